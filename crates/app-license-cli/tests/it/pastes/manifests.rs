//! Manifests and descriptors: read as the platform reads them, and what it refuses is an error.

use serde_json::json;

use super::{inspect, kind, run};

const APP: &str = "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

/// A manifest whose panel asks for a license.
fn manifest(conditions: &str) -> String {
    format!(
        "app:\n  id: {APP}\n  licensing:\n    enabled: true\n    editionsEnabled: true\nmodules:\n  \
         jira:issuePanel:\n    - key: panel\n      displayConditions:\n        {conditions}\n"
    )
}

/// The codes of what is wrong, with `!` before errors, and how `inspect` ends.
fn findings(text: &str) -> (String, u8) {
    let said = inspect(text);
    assert_eq!(said["input"]["code"], "forge_manifest", "{text}: {said}");
    let notes = said["warnings"].as_array().unwrap();
    let codes: Vec<_> = notes
        .iter()
        .map(|note| {
            let mark = if note["severity"] == "error" { "!" } else { "" };
            format!("{mark}{}", note["code"].as_str().unwrap())
        })
        .collect();
    let code = run(&["inspect", "-"], text).code;
    (codes.join(" "), code)
}

#[test]
fn a_manifest_in_every_form_is_read_alike() {
    let plain = manifest("appIsLicensed: true");
    let tab = plain.replace("enabled: true", "enabled:\ttrue");
    let forms = [
        plain.clone(),
        tab,
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        format!("# my app\n---\n{plain}"),
        plain.replace("app:\n", "\"app\":\n").replace("modules:", "'modules' :"),
        plain.replace("enabled: true", "enabled: !!bool true"),
        plain.replace("enabled: true", "enabled: !!bool \"true\""),
        plain.replace("enabled: true", "enabled: !!bool 'True'"),
        plain.replace("enabled: true", "enabled: True"),
        plain.replace("enabled: true", "enabled: &yes true").replace("appIsLicensed: true", "appIsLicensed: *yes"),
        format!("{{app: {{id: '{APP}', licensing: {{enabled: true, editionsEnabled: true}}}}, modules: {{'jira:issuePanel': [{{key: panel, displayConditions: {{appIsLicensed: true}}}}]}}}}"),
        format!("{{\n  app: {{\n    id: {APP},\n    licensing: {{ enabled: true, editionsEnabled: true }}\n  }},\n  modules: {{ jira:issuePanel: [ {{ key: panel, displayConditions: {{ appIsLicensed: true }} }} ] }}\n}}\n"),
        json!({"app": {"id": APP, "licensing": {"enabled": true, "editionsEnabled": true}}, "modules": {"jira:issuePanel": [{"key": "panel", "displayConditions": {"appIsLicensed": true}}]}}).to_string(),
        format!("```yaml\n{plain}```"),
    ];
    for form in forms {
        assert_eq!(findings(&form), (String::new(), 0), "{form}");
        let said = inspect(&form);
        assert_eq!(said["facts"]["licensing"], "enabled", "{form}");
        assert_eq!(said["conditions"].as_array().unwrap().len(), 1, "{form}");
    }
    // not a boolean to the platform either
    for no in ["yes", "on", "\"true\""] {
        let ran = run(
            &["inspect", "-"],
            plain.replacen("enabled: true", &format!("enabled: {no}"), 1),
        );
        assert_ne!(ran.code, 0, "{no}: {}", ran.all());
        assert!(!ran.out.contains("licensing         enabled"), "{no}");
    }
}

#[test]
fn a_broken_manifest_says_where_and_why() {
    for (text, place) in [
        ("app:\n  id: x\n  id: y\nmodules: {}\n", "line 3, column 3"),
        ("app:\n  id: x\n\tlicensing: {}\nmodules: {}\n", "line 3"),
        ("app:\n  id: 'x\nmodules: {}\n", "line "),
        ("app:\n  id: x: y\nmodules: {}\n", "line 2"),
        ("app:\n  id: *nowhere\nmodules: {}\n", "line 2"),
    ] {
        let ran = run(&["inspect", "-"], text);
        assert_eq!(ran.code, 3, "{}", ran.all());
        assert!(
            ran.err
                .starts_with("error[yaml]: not acceptable YAML at line "),
            "{}",
            ran.err
        );
        assert!(ran.err.contains(place), "{text}: {}", ran.err);
    }
}

#[test]
fn what_the_platform_refuses_is_an_error_and_the_exit_code_says_so() {
    for (conditions, want) in [
        ("appIsLicenced: true", "!condition_not_supported"),
        ("appislicensed: true", "!condition_not_supported"),
        ("appEdition: Advanced", "!condition_invalid"),
        ("appEdition: capabilityAdvanced", "!condition_invalid"),
        ("appIsLicensed: \"true\"", "!condition_invalid"),
        ("appIsLicensed: yes", "!condition_invalid"),
    ] {
        let (found, code) = findings(&manifest(conditions));
        assert!(found.split(' ').any(|f| f == want), "{conditions}: {found}");
        assert_eq!(code, 2, "{conditions}");
    }
    let plain = manifest("appIsLicensed: true");
    for (text, want) in [
        (
            plain.replace(
                "  licensing:\n    enabled: true\n    editionsEnabled: true\n",
                "licensing:\n  enabled: true\n",
            ),
            "!field_misplaced",
        ),
        (
            plain.replace("jira:issuePanel", "trigger"),
            "!condition_not_supported",
        ),
        (
            plain.replace("jira:issuePanel", "macro"),
            "!condition_not_supported",
        ),
        (
            plain
                .replace(
                    "displayConditions:\n        appIsLicensed",
                    "filter:\n        appIsLicensed",
                )
                .replace("jira:issuePanel", "trigger")
                .replace("appIsLicensed: true", "appIsLicensed: yes"),
            "!filter_invalid",
        ),
        (
            format!(
                "{plain}  scheduledTrigger:\n    - key: t\n      filter:\n        appIsLicenced: true\n"
            ),
            "!filter_invalid",
        ),
        (
            format!(
                "{plain}  consumer:\n    - key: t\n      filter:\n        appIsLicensed: true\n"
            ),
            "!filter_not_supported",
        ),
    ] {
        let (found, code) = findings(&text);
        assert!(found.split(' ').any(|f| f == want), "{text}: {found}");
        assert_eq!(code, 2, "{text}");
    }
    // what works, but not as meant, is no error
    let (found, code) = findings(&manifest("appEdition: standard"));
    assert!(
        found.contains("standard_hides_advanced") && !found.contains('!'),
        "{found}"
    );
    assert_eq!(code, 0);
}

#[test]
fn a_misspelled_name_is_told_with_the_one_that_is_near() {
    let plain = manifest("appIsLicensed: true");
    for (text, code, fix) in [
        (
            manifest("appIsLicenced: true"),
            "condition_not_supported",
            "write `appIsLicensed`",
        ),
        (
            manifest("appislicensed: true"),
            "condition_not_supported",
            "write `appIsLicensed`",
        ),
        (
            manifest("addon_is_licensed: true"),
            "condition_not_supported",
            "write `appIsLicensed`",
        ),
        (
            manifest("capabilitySet: advanced"),
            "condition_not_supported",
            "write `appEdition`",
        ),
        (
            plain.replace("  licensing:", "  licencing:"),
            "unknown_field",
            "write `licensing`, below `app`",
        ),
        (
            plain.replace("app:\n", "licence: {}\napp:\n"),
            "unknown_field",
            "write `licensing`, below `app`",
        ),
        (
            plain.replace("editionsEnabled", "editionEnabled"),
            "unknown_field",
            "write `editionsEnabled`",
        ),
        (
            format!(
                "{plain}  scheduledTrigger:\n    - key: t\n      filter:\n        appIsLicenced: true\n"
            ),
            "filter_invalid",
            "write `appIsLicensed`",
        ),
    ] {
        let said = inspect(&text);
        let notes = said["warnings"].as_array().unwrap();
        let note = notes.iter().find(|note| note["code"] == code);
        let message = note.unwrap()["message"].as_str().unwrap();
        assert!(message.contains(fix), "{text}: {said}");
    }
}

#[test]
fn variables_stand_for_their_defaults() {
    let text = manifest("appIsLicensed: true\n        appEdition: ${EDITION}");
    let declared = |default: &str| {
        format!("environment:\n  variables:\n    - key: EDITION\n{default}    - OTHER\n{text}")
    };
    assert_eq!(
        findings(&declared("      default: advanced\n")),
        (String::new(), 0)
    );
    let (found, code) = findings(&declared("      default: capabilityAdvanced\n"));
    assert_eq!((found.as_str(), code), ("!condition_invalid", 2));
    let (found, _) = findings(&declared(""));
    assert!(found.contains("variable_without_default"), "{found}");
    // a variable that is not declared is a text
    let (found, code) = findings(&text);
    assert_eq!((found.as_str(), code), ("!condition_invalid", 2));
}

#[test]
fn connect_modules_of_a_manifest_get_the_table_of_a_descriptor() {
    let text = format!(
        "app:\n  id: {APP}\n  connect:\n    key: com.example.app\n    remote: r\n  licensing:\n    enabled: true\n    editionsEnabled: true\nremotes:\n  - key: r\n    baseUrl: https://a.example\nconnectModules:\n  jira:webPanels:\n    - key: w\n      conditions:\n        - condition: addon_is_licensed\n        - condition: capability_set\n          params: {{value: capabilityAdvanced}}\n"
    );
    let ran = run(&["inspect", "-"], &text);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(
        ran.out
            .contains("connectModules.jira:webPanels[0] `w`.conditions"),
        "{}",
        ran.out
    );
    let said = inspect(&text);
    let cells = said["conditions"][0]["cells"].as_array().unwrap();
    let shown: Vec<_> = cells.iter().map(|cell| cell["host"] == true).collect();
    // no license, no edition named, Standard, Advanced, both after their end
    assert_eq!(shown, [false, false, false, true, false, false]);
}

#[test]
fn licensing_not_enabled_says_what_the_host_does() {
    let jira = json!({"key": "a", "baseUrl": "https://a.example", "authentication": {"type": "jwt"},
        "scopes": ["READ"], "modules": {"generalPages": []}});
    let said = inspect(jira.to_string())["warnings"].to_string();
    assert!(
        said.contains("licensing_not_enabled") && said.contains("every page gets `lic=none`"),
        "{said}"
    );
    let bitbucket = json!({"key": "a", "baseUrl": "https://a.example", "authentication": {"type": "jwt"},
        "scopes": ["account", "repository:write"], "contexts": ["account"], "modules": {"webhooks": []}});
    assert_eq!(kind(bitbucket.to_string()), "connect_descriptor");
    let said = inspect(bitbucket.to_string())["warnings"].to_string();
    assert!(
        said.contains("Bitbucket hands no license to apps") && !said.contains("lic=none"),
        "{said}"
    );
}

#[test]
fn apps_without_authentication_are_readable_and_never_proof() {
    let mut descriptor = json!({"key": "a", "baseUrl": "https://a.example", "authentication": {"type": "none"},
        "modules": {"generalPages": []}, "enableLicensing": true});
    let said = inspect(descriptor.to_string());
    let warning = said["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|w| w["code"] == "unsigned_licensing")
        .unwrap();
    assert_eq!(warning["severity"], "warning");
    descriptor["enableLicensing"] = json!(false);
    assert!(
        !inspect(descriptor.to_string())
            .to_string()
            .contains("unsigned_licensing")
    );
    let body = json!({"eventType": "installed", "key": "a", "clientKey": "t", "baseUrl": "https://a.atlassian.net",
        "productType": "jira"});
    let said = inspect(body.to_string());
    assert_eq!(said["input"]["code"], "connect_lifecycle", "{said}");
    assert_eq!(said["trust"]["code"], "unsigned");
    assert!(
        said["warnings"]
            .to_string()
            .contains("authentication: none")
    );
}
