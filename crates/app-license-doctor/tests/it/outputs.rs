//! SARIF, JSON, baseline and fixes.

use app_license_doctor::{Baseline, Project, Report, apply_fixes, to_sarif};
use serde_json::Value;

use crate::common::{findings, folder};

const DESCRIPTOR: &str = r#"{
  "key": "com.example.app",
  "enableLicensing": true,
  "editionsEnabled": true,
  "modules": {"webPanels": [{
    "key": "é",
    "url": "/panel?lic=x&capSet=y",
    "conditions": [
      {"condition": "addon_is_licensed"},
      {"condition": "capability_set", "params": {"value": "CAPABILITY_ADVANCED"}}
    ]
  }]}
}
"#;

#[test]
fn sarif_says_what_was_found_and_where() {
    let app = folder([("a b/atlassian-connect.json", DESCRIPTOR)]);
    let found = findings(app.path());
    let log: Value = serde_json::from_str(&to_sarif(&found, "1.2.3")).unwrap();
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["semanticVersion"], "1.2.3");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), found.len());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for (result, finding) in results.iter().zip(&found) {
        let index = usize::try_from(result["ruleIndex"].as_i64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["ruleId"], finding.code());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            place["artifactLocation"]["uri"],
            "a%20b/atlassian-connect.json"
        );
        assert_eq!(place["region"]["startLine"], finding.start().line);
    }
}

#[test]
fn json_has_what_people_see() {
    let app = folder([("atlassian-connect.json", DESCRIPTOR)]);
    let found = findings(app.path());
    let report = serde_json::to_value(Report::new(&found, 2)).unwrap();
    let first = &report["findings"][1];
    assert_eq!(first["code"], "lic_in_url");
    assert_eq!(first["start"], serde_json::json!({"line": 7, "column": 5}));
    assert!(
        first["page"]
            .as_str()
            .unwrap()
            .ends_with("/docs/doctor/lic_in_url.md")
    );
    assert_eq!(report["known"], 2);
    assert_eq!(report["summary"]["errors"], 3);
}

#[test]
fn safe_fixes_are_made_and_nothing_else_changes() {
    let app = folder([("atlassian-connect.json", DESCRIPTOR)]);
    let project = Project::read(app.path()).unwrap();
    let result = apply_fixes(&project, &findings(app.path())).unwrap();
    assert_eq!(result.files, ["atlassian-connect.json"]);
    let text = std::fs::read_to_string(app.path().join("atlassian-connect.json")).unwrap();
    let want = DESCRIPTOR
        .replace("?lic=x&capSet=y", "")
        .replace("CAPABILITY_ADVANCED", "capabilityAdvanced");
    assert_eq!(text, want);
    let left: Vec<_> = findings(app.path()).iter().map(|f| f.code()).collect();
    assert_eq!(left, ["connect_end_of_support"]);
}

#[test]
fn a_baseline_takes_out_what_is_known_wherever_it_moves() {
    let app = folder([("atlassian-connect.json", DESCRIPTOR)]);
    let before = findings(app.path());
    let baseline = Baseline::new(&before);
    let path = app.path().join(Baseline::FILE_NAME);
    std::fs::write(&path, baseline.to_json()).unwrap();
    let baseline = Baseline::read(&path).unwrap();

    // two lines further down, and one mistake more
    let moved = DESCRIPTOR
        .replace("{\n  \"key\"", "{\n\n\n  \"key\"")
        .replace(
            "{\"webPanels\": [{",
            "{\"webItems\": [{\"key\": \"w\", \"url\": \"/w?lic=z\"}], \"webPanels\": [{",
        );
    std::fs::write(app.path().join("atlassian-connect.json"), moved).unwrap();
    let (new, known) = baseline.new_findings(findings(app.path()));
    assert_eq!(known, before.len());
    assert_eq!(new.len(), 1);
    assert_eq!(new[0].diagnostic().path().module_key(), Some("w"));
}

#[test]
fn a_baseline_of_another_shape_is_refused() {
    let app = folder([("b.json", r#"{"version": 2, "findings": []}"#)]);
    let error = Baseline::read(&app.path().join("b.json")).unwrap_err();
    assert_eq!(error.code(), "doctor_baseline");
}
