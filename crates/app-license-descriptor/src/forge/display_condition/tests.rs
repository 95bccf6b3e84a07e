use super::DisplayCondition;
use crate::visibility::HostLicense;

fn parse(json: &str) -> DisplayCondition {
    DisplayCondition::parse(json.as_bytes()).unwrap()
}

fn shown(json: &str, licensed: bool, capability: Option<&str>) -> Option<bool> {
    parse(json).evaluate(HostLicense::new(licensed, capability), &|name, value| {
        (name == "isAdmin").then_some(value == "true")
    })
}

#[test]
fn entries_of_an_object_are_joined_by_its_operator() {
    let advanced = Some("capabilityAdvanced");
    let standard = Some("capabilityStandard");
    for (json, licensed, capability, want) in [
        ("{}", false, None, Some(true)),
        (r#"{"or":{}}"#, true, advanced, Some(false)),
        (r#"{"not":{}}"#, true, advanced, Some(false)),
        (
            r#"{"appIsLicensed":true,"appEdition":"advanced"}"#,
            true,
            advanced,
            Some(true),
        ),
        (
            r#"{"appIsLicensed":true,"appEdition":"advanced"}"#,
            false,
            advanced,
            Some(false),
        ),
        (
            r#"{"or":{"appIsLicensed":true,"appEdition":"advanced"}}"#,
            false,
            advanced,
            Some(true),
        ),
        (
            r#"{"or":[{"appEdition":"standard"},{"appEdition":"advanced"}]}"#,
            true,
            advanced,
            Some(true),
        ),
        (
            r#"{"or":[{"appEdition":"standard","isAdmin":false}]}"#,
            true,
            standard,
            Some(false),
        ),
        (r#"{"not":{"appIsLicensed":true}}"#, false, None, Some(true)),
        (r#"{"appIsLicensed":false}"#, false, None, Some(true)),
        (r#"{"appEdition":"standard"}"#, true, advanced, Some(false)),
        (r#"{"appEdition":"standard"}"#, true, None, Some(false)),
        (r#"{"appEdition":"free"}"#, true, None, None),
        (
            r#"{"isAdmin":true,"appIsLicensed":true}"#,
            true,
            None,
            Some(true),
        ),
        (
            r#"{"isAdmin":false,"appIsLicensed":true}"#,
            true,
            None,
            Some(false),
        ),
        (
            r#"{"isLoggedIn":true,"appIsLicensed":true}"#,
            true,
            None,
            None,
        ),
        (
            r#"{"isLoggedIn":true,"appIsLicensed":true}"#,
            false,
            None,
            Some(false),
        ),
    ] {
        assert_eq!(
            shown(json, licensed, capability),
            want,
            "{json} {capability:?}"
        );
    }
}

#[test]
fn what_the_platform_refuses_is_refused() {
    for json in [
        r#"{"appEdition":"Advanced"}"#,
        r#"{"appEdition":["advanced"]}"#,
        r#"{"appIsLicensed":"true"}"#,
        r#"{"and":true}"#,
        r#"{"and":["x"]}"#,
        "[]",
        "null",
    ] {
        let error = DisplayCondition::parse(json.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "condition", "{json}");
    }
    let nested = |n: usize| format!("{}{{}}{}", r#"{"and":"#.repeat(n), "}".repeat(n));
    assert!(DisplayCondition::parse(nested(9).as_bytes()).is_ok());
    assert!(DisplayCondition::parse(nested(10).as_bytes()).is_err());
}

#[test]
fn the_same_warnings_as_on_connect() {
    let codes = |json: &str| {
        let diagnostics = parse(json).diagnostics(None);
        diagnostics
            .iter()
            .map(|w| w.code())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        codes(r#"{"appIsLicensed":true,"appEdition":"advanced"}"#),
        ""
    );
    assert_eq!(
        codes(r#"{"appIsLicensed":true,"appEdition":"standard"}"#),
        "standard_hides_advanced standard_hides_unchanged"
    );
    assert_eq!(codes(r#"{"not":{"appEdition":"advanced"}}"#), "");
    assert_eq!(codes(r#"{"appEdition":"advanced"}"#), "shown_to_inactive");
}

#[test]
fn conditions_print_for_people() {
    assert_eq!(
        parse(r#"{"or":{"isAdmin":true,"and":{"appIsLicensed":true,"appEdition":"advanced"}}}"#)
            .to_string(),
        "isAdmin is true or (appIsLicensed and appEdition is advanced)"
    );
    assert_eq!(
        parse(r#"{"not":{"appIsLicensed":true}}"#).to_string(),
        "not (appIsLicensed)"
    );
}
