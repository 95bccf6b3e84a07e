//! Reading documents: what is refused, with which code, and in which words.

use app_license::{ErrorClass, License, State, Touchpoint};

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
    let null = License::from_object(b" null ", Touchpoint::ForgeUiContext).unwrap();
    assert_eq!(null.state(), State::Absent);
}
