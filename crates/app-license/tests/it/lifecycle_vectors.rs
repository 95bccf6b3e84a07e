//! Lifecycle bodies, and `lic` with the License API, against the vectors that every language shares.

use app_license::connect::{
    IframeQuery, KeyHosts, LicenseApiResponse, LifecycleBody, LifecycleKind,
};
use app_license::{AppKey, ClientKey, Edition, License, State};
use serde_json::Value;

fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let file: Value = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

#[test]
fn lifecycle_bodies() {
    for case in cases("connect-lifecycle.json") {
        let id = case["id"].as_str().unwrap();
        let expect = &case["expect"];
        let read = LifecycleBody::parse(case["body"].to_string().as_bytes());
        if expect["error"].is_string() {
            let app = AppKey::new("installed-addon-key").unwrap();
            let tenant = ClientKey::new("unique-client-identifier").unwrap();
            let endpoint = case["endpoint"].as_str().unwrap_or("installed");
            let endpoint = LifecycleKind::from_name(endpoint).unwrap();
            let accepted =
                read.and_then(|b| b.accept(endpoint, &app, &tenant, &KeyHosts::default()));
            let message = accepted.unwrap_err().to_string();
            let field = if id.contains("eventtype") || id.contains("event-type") {
                "eventType"
            } else {
                "clientKey"
            };
            assert!(message.contains(field), "{id}: {message}");
            continue;
        }
        let body = read.unwrap_or_else(|e| panic!("{id}: {e}"));
        let edition = body.capability_set().and_then(|c| c.edition());
        assert_eq!(
            Value::from(edition.map(Edition::name)),
            expect["edition"],
            "{id}"
        );
        assert_eq!(Value::from(body.has_secret()), expect["has_secret"], "{id}");
        if expect["display_url_falls_back_to_base_url"] == true {
            assert_eq!(body.display_url(), body.base_url(), "{id}");
        }
        if let Some(ari) = expect["forge_installation_id"].as_str() {
            assert_eq!(body.installation_id().unwrap().as_str(), ari, "{id}");
        }
        if expect["empty_string_means_absent"] == true {
            assert_eq!(body.service_entitlement_number(), None, "{id}");
        }
        let raw: Value = serde_json::from_str(body.raw()).unwrap();
        assert_eq!(raw, case["body"], "{id}");
    }
}

#[test]
fn lic_together_with_the_license_api() {
    for case in cases("license-readings.json") {
        let id = case["id"].as_str().unwrap();
        if !id.starts_with("rest-") {
            continue;
        }
        let status = case["http_status"]
            .as_u64()
            .map(|s| u16::try_from(s).unwrap());
        let body = match &case["body"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let answer = LicenseApiResponse::read(status, body.as_bytes());
        let query = case["lic"].as_str().map(|l| format!("lic={l}"));
        let lic: License = IframeQuery::parse(query.as_deref().unwrap_or("")).license();
        let resolved = answer.resolve(&lic);
        match case["expect_allowed"].as_bool() {
            Some(allowed) => assert_eq!(resolved, Some(allowed), "{id}"),
            None if lic.state() == State::Absent => assert_eq!(resolved, Some(true), "{id}"),
            None => assert_eq!(resolved, None, "{id}"),
        }
    }
}
