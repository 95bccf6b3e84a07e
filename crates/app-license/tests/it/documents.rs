//! Reading documents: what is refused, with which code, and in which words.

use app_license::{ErrorClass, License, LicenseSource, State};

#[test]
fn a_document_that_is_not_what_it_should_be_says_so() {
    type Read = fn(&[u8]) -> Result<License, app_license::Error>;
    let api: Read = License::from_connect_api;
    let ui: Read = License::from_forge_ui_context;
    for (read, text, code, message) in [
        (
            api,
            "",
            "json_syntax",
            "the License API body is not acceptable JSON: the JSON stops inside a value at byte 0",
        ),
        (
            api,
            "<html>",
            "json_syntax",
            "the License API body is not valid JSON at byte 0",
        ),
        (
            api,
            "[]",
            "json_syntax",
            "the License API body is not acceptable JSON: expected an object at byte 0",
        ),
        (
            api,
            r#"{"status-code":404,"message":"Add-on with key x was not found"}"#,
            "field_missing",
            "the License API body lacks `key`",
        ),
        (
            api,
            r#"{"key":"a","license":{"active":true,"active":false}}"#,
            "json_duplicate_key",
            "the License API body is not acceptable JSON: a key occurs twice in one object at byte 36",
        ),
        (
            ui,
            r#"{"license":"active"}"#,
            "field_type",
            "`license` of the Forge UI context must be an object, found a string",
        ),
        (
            ui,
            r#"{"license":null,"license":{"active":true}}"#,
            "json_duplicate_key",
            "the Forge UI context is not acceptable JSON: a key occurs twice in one object at byte 16",
        ),
    ] {
        let error = read(text.as_bytes()).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, message));
        assert_eq!(error.class(), ErrorClass::Malformed);
    }
}

#[test]
fn a_document_over_the_limit_is_too_large() {
    let text = format!("{{\"a\":\"{}\"}}", "x".repeat(256 * 1024));
    let error = License::from_forge_ui_context(text.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "too_large");
    assert_eq!(error.class().http_status(), 413);
}

#[test]
fn a_resolver_context_cannot_claim_an_environment() {
    let context = br#"{"license":{"active":true},"environmentType":"PRODUCTION"}"#;
    let resolver = License::from_forge_function_context(context).unwrap();
    assert_eq!(resolver.environment(), None);
    assert!(
        License::from_forge_app_context(context)
            .unwrap()
            .environment()
            .is_some()
    );
}

#[test]
fn null_and_missing_and_empty_are_absent_on_every_document() {
    for license in ["", r#","license":null"#, r#","license":{}"#] {
        let text = format!("{{\"key\":\"a\"{license}}}");
        for read in [
            License::from_connect_api,
            License::from_connect_context,
            License::from_forge_ui_context,
            License::from_forge_function_context,
            License::from_forge_app_context,
        ] {
            assert_eq!(
                read(text.as_bytes()).unwrap().state(),
                State::Absent,
                "{text}"
            );
        }
    }
    let null = License::from_object(b" null ", LicenseSource::ForgeUiContext).unwrap();
    assert_eq!(null.state(), State::Absent);
}

/// An object of `fields` keys of `bytes` bytes each, all written with escapes and alike but for
/// their ends.
fn escaped_keys(fields: usize, bytes: usize) -> String {
    let long = "a".repeat(bytes.saturating_sub(5));
    let all: Vec<_> = (0..fields)
        .map(|number| format!("\"\\u0061{long}{number:04}\":{number}"))
        .collect();
    format!("{{{}}}", all.join(","))
}

/// Bounds are for what is read. 254 keys of 1,000 bytes are 250 KiB, within the size of a document.
#[test]
fn limits_on_data_nobody_reads_are_of_size_alone() {
    use app_license::connect::LifecycleBody;
    use app_license::forge::{
        ForgeLifecycleEvent, ForgeLifecycleKind, LicenseApiResponse, UiContext,
    };
    type Read = fn(&[u8]) -> Result<(), app_license::Error>;
    let app = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
    let site = "11111111-2222-4333-8444-555555555555";
    let documents: [(&str, Read, String); 8] = [
        (
            "UI context",
            |b| UiContext::parse(b).map(drop),
            format!(r#"{{"cloudId":"{site}","license":{{"active":true}},"extension":DATA}}"#),
        ),
        (
            "license of a UI context",
            |b| License::from_forge_ui_context(b).map(drop),
            r#"{"license":{"active":true},"extension":DATA}"#.to_owned(),
        ),
        (
            "context of a function",
            |b| License::from_forge_function_context(b).map(drop),
            r#"{"license":{"active":true},"extension":DATA}"#.to_owned(),
        ),
        (
            "getAppContext()",
            |b| License::from_forge_app_context(b).map(drop),
            r#"{"license":{"active":true},"permissions":DATA}"#.to_owned(),
        ),
        (
            "Connect License API",
            |b| License::from_connect_api(b).map(drop),
            r#"{"key":"a","license":{"active":true},"links":DATA}"#.to_owned(),
        ),
        (
            "license object",
            |b| License::from_object(b, LicenseSource::ForgeInvocationToken).map(drop),
            r#"{"active":true,"tomorrow":DATA}"#.to_owned(),
        ),
        (
            "Forge lifecycle event",
            |b| ForgeLifecycleEvent::parse(ForgeLifecycleKind::Installed, b).map(drop),
            format!(
                r#"{{"id":"{site}","app":{{"id":"{app}","version":"1.0.0"}},"environment":{{"id":"{site}"}},"more":DATA}}"#
            ),
        ),
        (
            "Connect lifecycle body",
            |b| LifecycleBody::parse(b).map(drop),
            format!(
                r#"{{"key":"com.example.app","clientKey":"{site}","sharedSecret":"{}","baseUrl":"https://acme.atlassian.net","productType":"jira","eventType":"installed","more":DATA}}"#,
                "s".repeat(64)
            ),
        ),
    ];
    let deep = format!("{}1{}", "{\"a\":[".repeat(1000), "]}".repeat(1000));
    for (name, read, document) in documents {
        let with = |data: &str| read(document.replace("DATA", data).as_bytes());
        for (data, what) in [
            (escaped_keys(254, 1000), "254 keys"),
            (escaped_keys(8000, 16), "8,000 keys"),
            (deep.clone(), "2,000 levels"),
        ] {
            with(&data).unwrap_or_else(|error| panic!("{name}, {what}: {error}"));
        }
        let error = with(&escaped_keys(300, 1000)).unwrap_err();
        assert_eq!(error.code(), "too_large", "{name}");
        assert_eq!(error.class(), ErrorClass::TooLarge, "{name}");
    }
    let results = format!("{{\"results\":[],\"more\":{}}}", escaped_keys(254, 1000));
    LicenseApiResponse::parse(results.as_bytes()).unwrap();
}
