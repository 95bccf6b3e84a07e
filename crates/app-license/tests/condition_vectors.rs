//! Conditions and lifecycle bodies against the vectors that every language shares.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use app_license::connect::{
    Condition, IframeQuery, InlineCondition, LicenseApiAnswer, LifecycleBody, LifecycleKind,
    remote_condition_shown,
};
use app_license::forge::DisplayCondition;
use app_license::{AppKey, ClientKey, Edition, HostLicense, License, State};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap()
}

fn cases(name: &str) -> Vec<Value> {
    vectors(name)["cases"].as_array().unwrap().clone()
}

#[test]
fn conditions() {
    for case in cases("conditions.json") {
        let id = case["id"].as_str().unwrap();
        if let Some(input) = case["input"].as_str() {
            let found = InlineCondition::parse(input).ok();
            let found = found.map(|c| {
                let params: serde_json::Map<_, _> =
                    c.params().map(|(k, v)| (k.to_owned(), v.into())).collect();
                serde_json::json!({"name": c.name(), "params": params})
            });
            assert_eq!(found.unwrap_or(Value::Null), case["expect"], "{id}");
        } else if let Some(body) = case["app_body"].as_str() {
            let status = u16::try_from(case["app_status"].as_u64().unwrap()).unwrap();
            let shown = remote_condition_shown(status, body.as_bytes());
            assert_eq!(Value::from(shown), case["expect_shown"], "{id}");
        } else if case["conditions"].is_null() {
            let licensed = case["license_exists"] == true && case["license_active"] == true;
            let host = HostLicense::new(licensed, None);
            assert_eq!(
                Value::from(host.is_licensed()),
                case["expect"]["addon_is_licensed"],
                "{id}"
            );
            assert_eq!(Value::from(host.lic()), case["expect"]["lic"], "{id}");
        } else {
            let condition = Condition::parse(case["conditions"].to_string().as_bytes()).unwrap();
            let licensed = case["env"]["licensed"] == true;
            let host = HostLicense::new(licensed, case["env"]["capabilitySet"].as_str());
            let shown = condition.evaluate(host, &|_, _| None);
            assert_eq!(Value::from(shown), case["expect"], "{id}");
        }
    }
}

#[test]
fn forms_of_conditions_are_printed_as_they_are_read() {
    for case in cases("connect-conditions.json") {
        let condition = Condition::parse(case["json"].to_string().as_bytes()).unwrap();
        let printed: Value = serde_json::from_str(&condition.to_json()).unwrap();
        let mut want = case["json"].clone();
        if want.is_array() {
            want = serde_json::json!({"and": want});
        }
        // `invert: false` is what no `invert` says
        let text = want.to_string().replace(r#","invert":false"#, "");
        assert_eq!(
            printed,
            serde_json::from_str::<Value>(&text).unwrap(),
            "{}",
            case["id"]
        );
    }
}

#[test]
fn display_conditions_of_the_manifest() {
    let file = vectors("forge-manifest-licensing.json");
    let modules = &file["fragments"]["display_condition"]["modules"];
    let json = modules["jira:issuePanel"][0]["displayConditions"].to_string();
    let condition = DisplayCondition::parse(json.as_bytes()).unwrap();
    assert_eq!(
        condition.to_string(),
        "appEdition is advanced and appIsLicensed"
    );
    for edition in file["enums"]["appEdition"].as_array().unwrap() {
        let json = serde_json::json!({"appEdition": edition}).to_string();
        assert!(DisplayCondition::parse(json.as_bytes()).is_ok());
    }
    for capability in file["enums"]["capabilitySet"].as_array().unwrap() {
        let json = serde_json::json!({"appEdition": capability}).to_string();
        assert_eq!(
            DisplayCondition::parse(json.as_bytes()).unwrap_err().code(),
            "condition"
        );
    }
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
            let accepted = read.and_then(|b| b.accept(endpoint, &app, &tenant, &|_| true));
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
        let answer = LicenseApiAnswer::read(status, body.as_bytes());
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
