//! How conditions of the shared vectors are printed, and which values `appEdition` has: `app-license
//! conformance` evaluates them, and these two it does not look at.

use app_license_descriptor::connect::Condition;
use app_license_descriptor::forge::DisplayCondition;
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn forms_of_conditions_are_printed_as_they_are_read() {
    for case in vectors("connect-conditions.json")["cases"]
        .as_array()
        .unwrap()
    {
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
