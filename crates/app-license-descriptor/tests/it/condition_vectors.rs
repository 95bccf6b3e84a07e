//! Conditions against the vectors that every language shares.

use app_license_descriptor::HostLicense;
use app_license_descriptor::connect::{Condition, InlineCondition, remote_condition_shown};
use app_license_descriptor::forge::DisplayCondition;
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
                Value::from(host.lic() == "active"),
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
