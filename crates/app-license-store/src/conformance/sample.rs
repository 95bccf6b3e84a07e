//! Events as the platform sends them.

use app_license::connect::{KeyHosts, LifecycleBody, LifecycleEvent, LifecycleKind};
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use app_license::{AppKey, ClientKey, InstallationKey, UnixTime};

use crate::{Delivery, Name};

/// 2026-11-22T00:00:00Z
pub(super) fn now() -> UnixTime {
    UnixTime::from_seconds(1_795_305_600).unwrap()
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(super) fn client_key(tenant: &str) -> InstallationKey {
    InstallationKey::Connect(ClientKey::new(tenant).unwrap())
}

/// A secret that no other text contains.
pub(super) fn secret(name: &str) -> String {
    format!("sh4red-{name}-0123456789")
}

/// The body of an event; `more` begins with a comma.
pub(super) fn body(kind: LifecycleKind, tenant: &str, more: &str) -> String {
    format!(
        r#"{{"key":"com.example.app","clientKey":"{tenant}","eventType":"{kind}",
        "baseUrl":"https://{tenant}.atlassian.net","productType":"jira"{more}}}"#
    )
}

pub(super) fn installed_body(tenant: &str, secret_name: &str, more: &str) -> String {
    let secret = secret(secret_name);
    let more = format!(r#","sharedSecret":"{secret}"{more}"#);
    body(LifecycleKind::Installed, tenant, &more)
}

pub(super) fn accepted(kind: LifecycleKind, body: &str) -> LifecycleEvent {
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let app = AppKey::new("com.example.app").unwrap();
    let tenant = body.client_key().clone();
    body.accept(kind, &app, &tenant, &KeyHosts::default())
        .unwrap()
}

pub(super) fn installed_event(tenant: &str, secret_name: &str, more: &str) -> LifecycleEvent {
    let body = installed_body(tenant, secret_name, more);
    accepted(LifecycleKind::Installed, &body)
}

pub(super) fn installed(tenant: &str, secret_name: &str) -> Delivery {
    Delivery::connect(installed_event(tenant, secret_name, ""))
}

pub(super) fn installed_with(tenant: &str, secret_name: &str, more: &str) -> Delivery {
    Delivery::connect(installed_event(tenant, secret_name, more))
}

pub(super) fn event(kind: LifecycleKind, tenant: &str) -> LifecycleEvent {
    accepted(kind, &body(kind, tenant, ""))
}

pub(super) fn enabled(tenant: &str) -> Delivery {
    Delivery::connect(event(LifecycleKind::Enabled, tenant))
}

pub(super) fn disabled(tenant: &str) -> Delivery {
    Delivery::connect(event(LifecycleKind::Disabled, tenant))
}

pub(super) fn uninstalled(tenant: &str) -> Delivery {
    Delivery::connect(event(LifecycleKind::Uninstalled, tenant))
}

pub(super) fn forge(id: &str, version: &str) -> Delivery {
    let json = format!(
        r#"{{"id":"{id}","app":{{"id":"406d303d-0393-4ec4-ad7c-1435be94583a","version":"{version}"}}}}"#
    );
    let event = ForgeLifecycleEvent::parse(ForgeLifecycleKind::Installed, json.as_bytes()).unwrap();
    Delivery::forge(event).unwrap()
}

pub(super) fn forge_uninstalled(key: &InstallationKey) -> Delivery {
    let json = format!(
        r#"{{"id":"{key}","app":{{"id":"406d303d-0393-4ec4-ad7c-1435be94583a","version":"1"}}}}"#
    );
    let kind = ForgeLifecycleKind::PreUninstall;
    let event = ForgeLifecycleEvent::parse(kind, json.as_bytes()).unwrap();
    Delivery::new(key.clone(), event)
}
