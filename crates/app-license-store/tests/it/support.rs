//! What the tests of several stores need.

use std::ops::ControlFlow;

use app_license::connect::{KeyHosts, LifecycleBody, LifecycleEvent, LifecycleKind};
use app_license::{AppKey, ClientKey, InstallationKey, LicenseSource, UnixTime};
use app_license_store::{
    CachedLicense, Delivery, EncryptionKey, EncryptionKeys, Name, StoredRecord,
};

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

/// One tenant, of whom both License APIs answered. Columns are given by their place.
pub(crate) const ANSWERS_OF_VERSION_5: &str =
    "INSERT INTO installation (tenant, status, record, changed_at)
        VALUES ('connect:tenant-a', 'installed', '{\"key\":{\"connect\":\"tenant-a\"},\"status\":\"installed\"}', 0);
    INSERT INTO license VALUES ('connect:tenant-a', 'connect_license_api', '{}', 10),
        ('connect:tenant-a', 'forge_license_api', NULL, 20);";

pub(crate) fn kept(license: Option<CachedLicense>) -> Option<(Option<String>, u64)> {
    license.map(|it| {
        (
            it.document().map(str::to_owned),
            it.fetched_at().as_seconds(),
        )
    })
}

/// Whose answer stands beside a record.
pub(crate) fn sources_read(
    read: &mut Vec<Option<LicenseSource>>,
    record: &StoredRecord<'_>,
) -> ControlFlow<()> {
    read.push(record.license.as_ref().map(CachedLicense::source));
    ControlFlow::Continue(())
}
