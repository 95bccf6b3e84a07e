use super::{LifecycleBody, LifecycleEvent, LifecycleKind};
use crate::connect::key_host::KeyHosts;
use crate::error::{Error, ErrorClass};
use crate::ids::{AppKey, ClientKey};

fn body(change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> Vec<u8> {
    let mut body = serde_json::json!({
        "eventType": "installed",
        "key": "com.example.app",
        "clientKey": "tenant-1",
        "sharedSecret": "0123456789abcdef0123",
        "baseUrl": "https://example.atlassian.net",
        "productType": "jira",
    });
    change(body.as_object_mut().unwrap());
    serde_json::to_vec(&body).unwrap()
}

fn set(name: &str, value: serde_json::Value) -> Vec<u8> {
    body(|b| drop(b.insert(name.to_owned(), value)))
}

fn accept(json: &[u8]) -> Result<LifecycleEvent, Error> {
    LifecycleBody::parse(json)?.accept(
        LifecycleKind::Installed,
        &AppKey::new("com.example.app").unwrap(),
        &ClientKey::new("tenant-1").unwrap(),
        &KeyHosts::default(),
    )
}

#[test]
fn what_is_needed_is_needed_and_empty_is_absent() {
    for name in [
        "eventType",
        "key",
        "clientKey",
        "baseUrl",
        "productType",
        "sharedSecret",
    ] {
        for value in [None, Some("".into()), Some(serde_json::Value::Null)] {
            let json = body(|b| {
                b.remove(name);
                b.extend(value.clone().map(|v| (name.to_owned(), v)));
            });
            let error = LifecycleBody::parse(&json).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the lifecycle body lacks `{name}`")
            );
        }
        for wrong in [
            1.into(),
            true.into(),
            serde_json::json!(["x"]),
            serde_json::json!({}),
        ] {
            let error = LifecycleBody::parse(&set(name, wrong)).unwrap_err();
            assert_eq!(error.code(), "field_type", "{name}");
        }
    }
    let uninstalled = body(|b| {
        b.remove("sharedSecret");
        b.insert("eventType".to_owned(), "uninstalled".into());
    });
    assert!(!LifecycleBody::parse(&uninstalled).unwrap().has_secret());
}

#[test]
fn optional_fields_are_typed_too() {
    for name in [
        "displayUrl",
        "installationId",
        "capabilitySet",
        "cloudId",
        "accountId",
    ] {
        let error = LifecycleBody::parse(&set(name, 7.into())).unwrap_err();
        assert_eq!(error.code(), "field_type", "{name}");
        for absent in ["".into(), serde_json::Value::Null] {
            let body = LifecycleBody::parse(&set(name, absent)).unwrap();
            assert_eq!(body.installation_id(), None);
            assert_eq!(body.capability_set(), None);
            assert_eq!(body.display_url(), "https://example.atlassian.net");
        }
    }
}

#[test]
fn an_unknown_event_and_odd_text_are_refused() {
    for (json, code) in [
        (set("eventType", "Installed".into()), "field_value"),
        (set("clientKey", "a b".into()), "invalid_id"),
        (set("baseUrl", "https://a b".into()), "field_value"),
        (set("baseUrl", "x".repeat(4000).into()), "too_large"),
        (set("x", "y".repeat(300_000).into()), "too_large"),
        (br#"{"key":"a","key":"b"}"#.to_vec(), "json_duplicate_key"),
        (b"[]".to_vec(), "json_syntax"),
        (b"".to_vec(), "json_syntax"),
        (b"{} {}".to_vec(), "json_trailing_bytes"),
    ] {
        assert_eq!(LifecycleBody::parse(&json).unwrap_err().code(), code);
    }
}

#[test]
fn the_body_must_agree_with_its_token() {
    assert!(matches!(
        accept(&body(|_| {})),
        Ok(LifecycleEvent::Installed(_))
    ));
    for (name, value, code, class) in [
        (
            "eventType",
            "uninstalled",
            "field_value",
            ErrorClass::Malformed,
        ),
        (
            "key",
            "com.example.other",
            "field_value",
            ErrorClass::Malformed,
        ),
        (
            "clientKey",
            "tenant-2",
            "tenant_mismatch",
            ErrorClass::Refused,
        ),
        (
            "clientKey",
            "Tenant-1",
            "tenant_mismatch",
            ErrorClass::Refused,
        ),
        (
            "sharedSecret",
            "a-secret-key",
            "weak_secret",
            ErrorClass::Malformed,
        ),
        (
            "baseUrl",
            "http://example.atlassian.net",
            "invalid_base_url",
            ErrorClass::Malformed,
        ),
        (
            "baseUrl",
            "example.atlassian.net",
            "invalid_base_url",
            ErrorClass::Malformed,
        ),
        (
            "baseUrl",
            "https://u@example.atlassian.net",
            "invalid_base_url",
            ErrorClass::Malformed,
        ),
        (
            "baseUrl",
            "https://example.atlassian.net?x",
            "invalid_base_url",
            ErrorClass::Malformed,
        ),
        (
            "baseUrl",
            "https://example.atlassian.net:8443",
            "invalid_base_url",
            ErrorClass::Malformed,
        ),
        (
            "baseUrl",
            "https://atlassian.net.evil.com",
            "foreign_base_url",
            ErrorClass::Refused,
        ),
        (
            "baseUrl",
            "https://127.0.0.1",
            "foreign_base_url",
            ErrorClass::Refused,
        ),
    ] {
        let error = accept(&set(name, value.into())).unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            (code, class),
            "{name} {value}"
        );
    }
    let confluence = accept(&set("baseUrl", "https://example.atlassian.net/wiki".into()));
    assert!(confluence.is_ok());
}

#[test]
fn the_secret_is_never_printed() {
    let event = accept(&body(|_| {})).unwrap();
    let printed = format!("{event:?} {event:#?}");
    assert!(!printed.contains("0123456789"), "{printed}");
    assert!(event.body().raw().contains("0123456789"));
    let weak = accept(&set("sharedSecret", "s3cr3t".into())).unwrap_err();
    assert!(!format!("{weak} {weak:?}").contains("s3cr3t"));
}

#[test]
fn a_body_accepted_before_is_held_to_no_cloud_and_stays_strict() {
    let before = |json: &[u8]| LifecycleBody::parse(json)?.accepted_before();
    let elsewhere = set("baseUrl", "https://acme.sites.example".into());
    assert_eq!(accept(&elsewhere).unwrap_err().code(), "foreign_base_url");
    let event = before(&elsewhere).unwrap();
    assert_eq!(event.body().base_url(), "https://acme.sites.example");
    assert_eq!(
        before(&body(|_| {})).unwrap(),
        accept(&body(|_| {})).unwrap()
    );

    for (name, value, code) in [
        ("baseUrl", "https://192.0.2.1", "foreign_base_url"),
        (
            "baseUrl",
            "https://acme.atlassian.net:8443",
            "invalid_base_url",
        ),
        ("baseUrl", "http://acme.atlassian.net", "invalid_base_url"),
        ("sharedSecret", "s3cr3t", "weak_secret"),
    ] {
        let error = before(&set(name, value.into())).unwrap_err();
        assert_eq!(error.code(), code, "{value}");
    }
}
