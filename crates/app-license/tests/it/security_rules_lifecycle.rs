//! The security rules, as far as lifecycle bodies and installations close them: one test a rule,
//! named after its id.

use app_license::connect::{
    KeyHosts, LicenseApiResponse, LifecycleBody, LifecycleEvent, LifecycleKind,
};
use app_license::{
    AppKey, ClientKey, Error, Event, Installation, InstallationStatus, License, LicenseSource,
    State, UnixTime,
};
use serde_json::{Value, json};

const SECRET: &str = "NEW-secret-from-install-0123456789abcdef";

fn body(event: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut body = json!({
        "eventType": event, "key": "com.example.app", "clientKey": "tenant-a",
        "sharedSecret": SECRET, "baseUrl": "https://tenant-a.atlassian.net", "productType": "jira",
    });
    change(&mut body);
    body.to_string().into_bytes()
}

fn accept_as(tenant: &str, endpoint: LifecycleKind, body: &[u8]) -> Result<LifecycleEvent, Error> {
    LifecycleBody::parse(body)?.accept(
        endpoint,
        &AppKey::new("com.example.app").unwrap(),
        &ClientKey::new(tenant).unwrap(),
        &KeyHosts::default(),
    )
}

fn accept(body: &[u8]) -> Result<LifecycleEvent, Error> {
    accept_as("tenant-a", LifecycleKind::Installed, body)
}

fn code(change: impl FnOnce(&mut Value)) -> &'static str {
    match accept(&body("installed", change)) {
        Ok(_) => "accepted",
        Err(error) => error.code(),
    }
}

#[test]
fn weak_body_validation() {
    assert_eq!(code(|_| {}), "accepted");
    for field in [
        "eventType",
        "key",
        "clientKey",
        "sharedSecret",
        "baseUrl",
        "productType",
    ] {
        assert_eq!(code(|b| b[field] = Value::Null), "field_missing", "{field}");
        assert_eq!(code(|b| b[field] = json!("")), "field_missing", "{field}");
        assert_eq!(
            code(|b| b[field] = json!({"$ne": null})),
            "field_type",
            "{field}"
        );
    }
    assert_eq!(
        code(|b| b["key"] = json!("com.example.other")),
        "field_value"
    );
    assert_eq!(code(|b| b["eventType"] = json!("enabled")), "field_value");
    assert_eq!(code(|b| b["sharedSecret"] = json!("short")), "weak_secret");
    for url in [
        "http://tenant-a.atlassian.net",
        "ftp://tenant-a.atlassian.net",
        "tenant-a",
    ] {
        assert_eq!(
            code(|b| b["baseUrl"] = json!(url)),
            "invalid_base_url",
            "{url}"
        );
    }
    for url in [
        "https://evil.test",
        "https://tenant-a.atlassian.net.evil.test",
        "https://evil.jira-dev.com",
        "https://[::1]",
        "https://169.254.169.254",
    ] {
        assert_eq!(
            code(|b| b["baseUrl"] = json!(url)),
            "foreign_base_url",
            "{url}"
        );
    }
}

#[test]
fn empty_secret() {
    assert_eq!(code(|b| b["sharedSecret"] = json!("")), "field_missing");
    for length in [1, 8, 15] {
        assert_eq!(
            code(|b| b["sharedSecret"] = json!("x".repeat(length))),
            "weak_secret"
        );
    }
    assert_eq!(
        code(|b| b["sharedSecret"] = json!("x".repeat(16))),
        "accepted"
    );
}

#[test]
fn tenant_mismatch() {
    for event in [LifecycleKind::Installed, LifecycleKind::Uninstalled] {
        let of_a = body(event.name(), |_| {});
        assert!(accept_as("tenant-a", event, &of_a).is_ok());
        // a genuine token of another tenant would overwrite the secret of this one
        for other in ["tenant-b", "Tenant-A", "tenant-a2"] {
            let error = accept_as(other, event, &of_a).unwrap_err();
            assert_eq!(error.code(), "tenant_mismatch", "{other}");
        }
    }
}

#[test]
fn structure() {
    let twice = br#"{"clientKey":"tenant-a","clientKey":"tenant-b"}"#;
    assert_eq!(accept(twice).unwrap_err().code(), "json_duplicate_key");
    let escaped = br#"{"clientKey":"tenant-a","client\u004bey":"tenant-b"}"#;
    assert_eq!(accept(escaped).unwrap_err().code(), "json_duplicate_key");
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(accept(deep.as_bytes()).unwrap_err().code(), "json_too_deep");
    assert_eq!(accept(&[b' '; 300_000]).unwrap_err().code(), "too_large");
}

#[test]
fn raw_body_is_kept_as_it_came() {
    // the text that is kept is the text that came, not one written anew
    let spaced = String::from_utf8(body("installed", |_| {}))
        .unwrap()
        .replace(',', " ,\n ");
    let event = accept(spaced.as_bytes()).unwrap();
    assert_eq!(event.body().raw(), spaced);
}

#[test]
fn secret_in_logs() {
    let event = accept(&body("installed", |_| {})).unwrap();
    let mut printed = format!("{event:?} {:?}", event.body());
    let (installation, changes) = Installation::apply(None, &Event::from(event), UnixTime::EPOCH);
    let installation = installation.unwrap();
    printed += &format!("{installation:#?} {changes:?}");
    printed += &serde_json::to_string(installation.record()).unwrap();
    assert!(!printed.contains("NEW-secret"), "{printed}");
}

#[test]
fn secret_overwritten() {
    let first = Event::from(accept(&body("installed", |_| {})).unwrap());
    let (known, _) = Installation::apply(None, &first, UnixTime::EPOCH);
    // of another tenant: not this installation's affair
    let other = body("installed", |b| {
        b["clientKey"] = json!("tenant-b");
        b["sharedSecret"] = json!("EVIL-secret-0123456789");
    });
    let other = Event::from(accept_as("tenant-b", LifecycleKind::Installed, &other).unwrap());
    let (after, changes) = Installation::apply(known.clone(), &other, UnixTime::EPOCH.plus(1));
    assert_eq!(changes, []);
    assert_eq!(after, known);
}

#[test]
fn unauthenticated_uninstall_loses_nothing() {
    let first = Event::from(accept(&body("installed", |_| {})).unwrap());
    let (known, _) = Installation::apply(None, &first, UnixTime::EPOCH);
    let gone = accept_as(
        "tenant-a",
        LifecycleKind::Uninstalled,
        &body("uninstalled", |_| {}),
    );
    let (after, _) =
        Installation::apply(known, &Event::from(gone.unwrap()), UnixTime::EPOCH.plus(1));
    // soft: everything is kept for a reinstall
    let after = after.unwrap();
    assert_eq!(after.status(), InstallationStatus::Uninstalled);
    assert!(after.stored_secrets().current().is_some());
}

#[test]
fn lic_fails_open() {
    let active =
        License::from_object(br#"{"active":true}"#, LicenseSource::ConnectIframeQuery).unwrap();
    for (status, body) in [(Some(404), ""), (Some(200), r#"{"key":"a"}"#)] {
        let answer = LicenseApiResponse::read(status, body.as_bytes());
        assert_eq!(answer.resolve(&active), Some(false));
    }
    for (status, body) in [
        (None, ""),
        (Some(500), ""),
        (Some(200), "<html>"),
        (Some(302), ""),
    ] {
        let answer = LicenseApiResponse::read(status, body.as_bytes());
        assert_eq!(answer.resolve(&active), None);
    }
    // a lifecycle body names an edition and never a license
    let event = accept(&body("installed", |b| {
        b["capabilitySet"] = json!("capabilityAdvanced")
    }));
    let event = event.unwrap();
    let license = event.body().license();
    assert_eq!(license.state(), State::Absent);
    assert!(!license.has_capability("capabilityStandard"));
}

// scenarios of the shared vectors that concern bodies and installations

#[test]
fn sb_installed_invalid_body() {
    for field in ["eventType", "key", "clientKey", "baseUrl", "productType"] {
        let lacking = body("installed", |b| {
            drop(b.as_object_mut().unwrap().remove(field))
        });
        let error = accept(&lacking).unwrap_err();
        assert_eq!(error.class().http_status(), 400, "{field}");
    }
}

#[test]
fn sb_uninstalled_no_body() {
    let error = accept_as("tenant-a", LifecycleKind::Uninstalled, b"").unwrap_err();
    assert_eq!(error.class().http_status(), 400);
}

#[test]
fn tp_wrong_event_type() {
    let error = accept(&body("uninstalled", |_| {})).unwrap_err();
    assert!(error.to_string().contains("eventType"), "{error}");
}

#[test]
fn tp_install_without_installation_id() {
    let ari = "ari:cloud:ecosystem::installation/1";
    let with = accept(&body("installed", |b| b["installationId"] = json!(ari))).unwrap();
    let (known, _) = Installation::apply(None, &Event::from(with), UnixTime::EPOCH);
    let without = Event::from(accept(&body("installed", |_| {})).unwrap());
    let (after, changes) = Installation::apply(known.clone(), &without, UnixTime::EPOCH.plus(1));
    assert_eq!(changes, []);
    assert_eq!(after, known);
}

#[test]
fn tp_uninstall_missing() {
    let gone = accept_as(
        "tenant-a",
        LifecycleKind::Uninstalled,
        &body("uninstalled", |_| {}),
    );
    let (after, changes) = Installation::apply(None, &Event::from(gone.unwrap()), UnixTime::EPOCH);
    assert_eq!((after, changes), (None, vec![]));
}

#[test]
fn ace_install_body_without_client_key() {
    let lacking = body("installed", |b| {
        drop(b.as_object_mut().unwrap().remove("clientKey"))
    });
    let error = accept(&lacking).unwrap_err();
    assert_eq!(error.to_string(), "the lifecycle body lacks `clientKey`");
}

#[test]
fn host_no_user_key() {
    assert_eq!(code(|b| b["userKey"] = json!("")), "accepted");
}
