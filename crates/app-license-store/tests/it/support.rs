//! What the tests of several stores need.

use app_license::connect::{KeyHosts, LifecycleBody, LifecycleEvent, LifecycleKind};
use app_license::{AppKey, ClientKey, InstallationKey, UnixTime};
use app_license_store::{Delivery, EncryptionKey, EncryptionKeys, Name};

/// 2026-11-22T00:00:00Z
pub(crate) fn now() -> UnixTime {
    UnixTime::from_seconds(1_795_305_600).unwrap()
}

pub(crate) fn key(seed: u8) -> EncryptionKey {
    let mut bytes = [seed; 32];
    bytes[0] = seed.wrapping_add(1);
    EncryptionKey::new(bytes).unwrap()
}

pub(crate) fn keys(seed: u8) -> EncryptionKeys {
    EncryptionKeys::new(key(seed))
}

pub(crate) fn tenant(tenant: &str) -> InstallationKey {
    InstallationKey::Connect(ClientKey::new(tenant).unwrap())
}

pub(crate) fn secret(name: &str) -> String {
    format!("sh4red-{name}-0123456789")
}

pub(crate) fn installed(tenant: &str, secret_name: &str) -> Delivery {
    let secret = secret(secret_name);
    let secret = format!(r#""sharedSecret":"{secret}","#);
    Delivery::connect(event(LifecycleKind::Installed, tenant, &secret))
}

pub(crate) fn event(kind: LifecycleKind, tenant: &str, more: &str) -> LifecycleEvent {
    let name = kind.name();
    let body = format!(
        r#"{{"key":"com.example.app","clientKey":"{tenant}","eventType":"{name}",
        {more}"baseUrl":"https://x.atlassian.net","productType":"jira"}}"#
    );
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let (app, issuer) = (
        AppKey::new("com.example.app").unwrap(),
        body.client_key().clone(),
    );
    body.accept(kind, &app, &issuer, &KeyHosts::default())
        .unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
