//! Forge tokens, contexts and answers against the vectors that every language shares.

use app_license::forge::{
    ForgeLifecycleEvent, ForgeLifecycleKind, InvocationToken, InvocationVerifierConfig,
    LicenseApiError, LicenseApiRequest, LicenseApiResponse, UiContext, UnverifiedInvocationToken,
    bearer_token,
};
use app_license::{
    Edition, Error, ForgeAppId, Jwks, License, LicenseSource, State, UnixTime, Verified,
};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap()
}

fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value[field].as_array().unwrap()
}

fn invocation(file: &Value, case: &Value) -> Result<Verified<InvocationToken>, Error> {
    let app = ForgeAppId::new(case["app_id"].as_str().unwrap()).unwrap();
    let set = &file["jwks_sets"][case["jwks"].as_str().unwrap()];
    let keys = Jwks::parse(set.to_string().as_bytes()).unwrap();
    let now = UnixTime::from_seconds(case["now"].as_u64().unwrap()).unwrap();
    let token = bearer_token(case["authorization"].as_str())?;
    UnverifiedInvocationToken::parse(token)?.verify(&keys, &InvocationVerifierConfig::new(app), now)
}

#[test]
fn invocation_requests() {
    let file = vectors("forge-invocation-requests.json");
    for case in list(&file, "cases") {
        let id = case["id"].as_str().unwrap();
        match (invocation(&file, case), case["expect"].as_str()) {
            (Ok(token), Some("accept")) => {
                if let Some(expected) = case["license_expected"].as_str() {
                    check_license(id, &token.license(), expected);
                }
            }
            (Err(_), Some("reject")) | (_, None) => {}
            (got, want) => panic!("{id}: {want:?}, got {got:?}"),
        }
    }
}

fn check_license(id: &str, license: &License, expected: &str) {
    let state = license.state();
    match expected.split([',', ' ']).next() {
        Some("active") => assert_eq!(state, State::Active, "{id}"),
        Some("absent") => assert_eq!(state, State::Absent, "{id}"),
        // an object that says nothing at all reads as absent: it grants nothing either
        Some("inactive") => assert_ne!(state, State::Active, "{id}"),
        other => panic!("{id}: {other:?}"),
    }
    if expected.contains("advanced") {
        assert_eq!(license.edition(), Some(Edition::Advanced), "{id}");
    } else if expected.contains("standard") {
        assert_eq!(license.edition(), Some(Edition::Standard), "{id}");
    } else if expected.contains("unknown edition") {
        assert_eq!(license.edition(), None, "{id}");
        assert!(license.capability_set().is_some(), "{id}");
    }
}

#[test]
fn a_flipped_byte_never_verifies() {
    let file = vectors("forge-invocation-requests.json");
    let case = &list(&file, "cases")[0];
    let token = case["authorization"].as_str().unwrap();
    for at in ("Bearer ".len()..token.len()).step_by(7) {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let mut changed = case.clone();
        changed["authorization"] = String::from_utf8(bytes).unwrap().into();
        assert!(invocation(&file, &changed).is_err(), "{at}");
    }
}

#[test]
fn license_api_answers() {
    let file = vectors("forge-license-api.json");
    for response in list(&file, "responses") {
        let id = response["id"].as_str().unwrap();
        let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
        let retry_after = response["headers"]["Retry-After"].as_str();
        let read =
            LicenseApiResponse::read(status, retry_after, response["body"].to_string().as_bytes());
        let of = |app: &str| {
            read.as_ref()
                .unwrap()
                .license(&ForgeAppId::new(app).unwrap())
        };
        match id {
            "200-mixed" => {
                let advanced = of("35559c21-6120-406b-b7cd-d87f468f6d32").unwrap();
                assert_eq!(advanced.edition(), Some(Edition::Advanced));
                let none = of("11259c21-6120-406b-b7cd-d87f468f6d99").unwrap();
                assert_eq!(none.state(), State::Absent);
            }
            "200-no-license" => {
                assert_eq!(read.unwrap().into_only().unwrap().state(), State::Absent);
            }
            "429" => {
                let limited = LicenseApiError::RateLimited {
                    retry_after: Some(300),
                };
                assert_eq!(read.unwrap_err(), limited);
            }
            "500" => assert!(read.unwrap_err().is_transient(), "{id}"),
            _ => assert_eq!(
                read.unwrap_err(),
                LicenseApiError::Refused { status },
                "{id}"
            ),
        }
    }
    let apps: Vec<_> = [
        "35559c21-6120-406b-b7cd-d87f468f6d32",
        "11259c21-6120-406b-b7cd-d87f468f6d99",
    ]
    .map(|id| ForgeAppId::new(id).unwrap())
    .into();
    let paths = [
        LicenseApiRequest::of_self().path(),
        LicenseApiRequest::of_apps(&apps).unwrap().path(),
    ];
    for (request, path) in list(&file, "requests").iter().zip(paths) {
        assert_eq!(request["path"], path.as_str());
    }
}

#[test]
fn contexts() {
    let file = vectors("forge-contexts.json");
    for case in list(&file, "cases") {
        let id = case["id"].as_str().unwrap();
        let context = case["context"].to_string();
        if id == "container-invocation-context" {
            // the context is one field of it
            let inner = case["context"]["context"].to_string();
            let context = UiContext::parse(inner.as_bytes()).unwrap();
            let access = context.user_access().unwrap();
            assert!(access.allows());
            continue;
        }
        let context = UiContext::parse(context.as_bytes()).unwrap();
        let licensed = case["context"]["license"].is_object();
        assert_eq!(
            context.license().has_capability("capabilityStandard"),
            licensed,
            "{id}"
        );
        if !case["context"]["userAccess"].is_null() {
            assert!(context.user_access().unwrap().allows(), "{id}");
        }
    }
    for event in list(&file, "lifecycle_events") {
        let kind = ForgeLifecycleKind::from_name(event["event"].as_str().unwrap()).unwrap();
        let read =
            ForgeLifecycleEvent::parse(kind, event["payload"].to_string().as_bytes()).unwrap();
        assert_eq!(read.app_version(), Some("9.0.0"));
        assert_eq!(read.account_id(), Some("4ad9aa0c52dc1b420a791d12"));
        assert_eq!(
            read.environment_id(),
            Some("23863033-1de4-4ebf-b30d-c906264a1e92")
        );
    }
}

#[test]
fn license_objects_are_all_read() {
    for case in list(&vectors("forge-license-objects.json"), "cases") {
        let json = case["license"].to_string();
        let license = License::from_object(json.as_bytes(), LicenseSource::ForgeUiContext).unwrap();
        let said = |field: &str| &case["license"][field];
        let yes = said("active") == true || said("isActive") == true;
        let active = yes && said("active") != false && said("isActive") != false;
        assert_eq!(license.state() == State::Active, active, "{}", case["id"]);
    }
}
