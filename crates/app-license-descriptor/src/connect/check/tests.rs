use super::diagnostics;

fn codes(json: &str) -> String {
    let found = diagnostics(json.as_bytes(), None).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|d| format!("{} {}", d.code(), d.path()))
        .collect();
    found.join(", ")
}

#[test]
fn migrations_are_asked_for_where_installs_are_signed() {
    for (json, want) in [
        ("{}", ""),
        (
            r#"{"lifecycle":{"installed":"/i"}}"#,
            "signed_install_missing , context_qsh_missing ",
        ),
        (
            r#"{"lifecycle":{"installed":"/i"},"apiMigrations":{"signed-install":true,"gdpr":true}}"#,
            "context_qsh_missing apiMigrations",
        ),
        (
            r#"{"lifecycle":{"installed":"/i"},"apiMigrations":{"signed-install":true,"context-qsh":true}}"#,
            "",
        ),
        (
            r#"{"lifecycle":{"installed":"/i"},"contexts":["account"]}"#,
            "",
        ),
        (
            r#"{"authentication":{"type":"none"},"lifecycle":{"installed":"/i"}}"#,
            "",
        ),
        (
            r#"{"authentication":{"type":"none"},"enableLicensing":true}"#,
            "authentication_none authentication.type",
        ),
    ] {
        assert_eq!(codes(json), want, "{json}");
    }
}

#[test]
fn one_url_is_for_one_event() {
    let json = r#"{"authentication":{"type":"none"},"lifecycle":
        {"installed":"/l","uninstalled":"/u","enabled":"/l","disabled":"/l"}}"#;
    assert_eq!(
        codes(json),
        "lifecycle_url_shared lifecycle.enabled, lifecycle_url_shared lifecycle.disabled"
    );
}

#[test]
fn urls_of_modules_are_read() {
    let page = |module: &str| format!(r#"{{"modules":{{"generalPages":[{module}]}}}}"#);
    for (module, want) in [
        (r#"{"key":"p","url":"/p?a=1&license={x}"}"#, ""),
        (r#"{"key":"p","url":"/lic?x=lic"}"#, ""),
        (
            r#"{"key":"p","url":"/p?a=1&lic={x}"}"#,
            "lic_in_url modules.generalPages[0] `p`.url",
        ),
        (
            r#"{"key":"p","cacheable":true,"url":"/p?i={issue.key}"}"#,
            "cacheable_module_reads_query modules.generalPages[0] `p`.url",
        ),
        (r#"{"key":"p","cacheable":true,"url":"/p?v=2"}"#, ""),
        (
            r#"{"key":"p","url":"/p?x={condition.capability_set(value=capability_advanced)}"}"#,
            "capability_spelling modules.generalPages[0] `p`.url",
        ),
        (
            r#"{"key":"p","url":"/p?x={condition.a(b)}"}"#,
            "condition_invalid modules.generalPages[0] `p`.url",
        ),
    ] {
        assert_eq!(codes(&page(module)), want, "{module}");
    }
}

#[test]
fn what_is_asked_about_must_be_enabled() {
    let condition = r#"[{"condition":"addon_is_licensed"},
        {"condition":"capability_set","params":{"value":"capabilityAdvanced"}}]"#;
    let app = |flags: &str| {
        format!(
            r#"{{{flags}"modules":{{"webPanels":[{{"key":"a","conditions":{condition}}},{{"key":"b","conditions":{condition}}}]}}}}"#
        )
    };
    assert_eq!(codes(&app("")), "licensing_not_enabled ");
    assert_eq!(
        codes(&app(r#""enableLicensing":true,"#)),
        "editions_not_enabled "
    );
    assert_eq!(
        codes(&app(r#""enableLicensing":true,"editionsEnabled":true,"#)),
        ""
    );
}
