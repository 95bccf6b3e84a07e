//! Settings that cannot be: the app is not made, and nobody is denied in silence.

use serde_json::{Value, json};

use super::forge_kit::APP_ARI;
use super::kit::{ACME, APP_KEY, BASE_URL, case, file as file_of, ok};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    let app = json!({ "connect": { "key": APP_KEY, "base_url": BASE_URL }, "forge": { "app_ids": [APP_ARI] } });
    let cases = vec![
        wrong("app-key-empty", "/connect/key", json!(""), "invalid_id"),
        wrong("base-url-http", "/connect/base_url", json!("http://app.example.com"), "invalid_base_url"),
        wrong("base-url-relative", "/connect/base_url", json!("app.example.com"), "invalid_base_url"),
        wrong("base-url-query", "/connect/base_url", json!("https://app.example.com/?a=1"), "invalid_base_url"),
        wrong("base-url-fragment", "/connect/base_url", json!("https://app.example.com/#a"), "invalid_base_url"),
        wrong("base-url-user", "/connect/base_url", json!("https://user@app.example.com"), "invalid_base_url"),
        wrong("former-base-url", "/connect/accept_base_urls", json!(["http://old.example.com"]), "invalid_base_url"),
        wrong("region-base-url", "/connect/region_base_urls", json!({ "EU": "eu.example.com" }), "invalid_base_url"),
        wrong("region-base-url-number", "/connect/region_base_urls", json!({ "EU": 7 }), "invalid_base_url"),
        wrong("site-domain", "/connect/accept_site_domains", json!(["net"]), "invalid_base_url"),
        wrong("site-domain-url", "/connect/accept_site_domains", json!(["https://example.net"]), "invalid_base_url"),
        wrong("key-host", "/connect/accept_key_hosts", json!(["http://keys.example.com"]), "invalid_base_url"),
        wrong("cloud", "/connect/cloud", json!("moon"), "cloud"),
        wrong("leeway", "/connect/leeway", json!(180), "leeway"),
        wrong("features", "/connect/features", json!({ "features": { "export": 7 } }), "feature_map"),
        wrong("app-id", "/forge/app_ids", json!(["not an id"]), "invalid_id"),
        wrong("app-id-empty", "/forge/app_ids", json!([""]), "invalid_id"),
        wrong("second-app-id", "/forge/app_ids", json!([APP_ARI, "ari:cloud:ecosystem::app/"]), "invalid_id"),
        wrong("forge-leeway", "/forge/leeway", json!(1_000_000), "leeway"),
        slash(),
    ];
    file_of("Settings that cannot be: the app is not made, and the code says why.", app, cases)
}

fn wrong(id: &str, pointer: &str, value: Value, code: &str) -> Case {
    let mut patch = value;
    for name in pointer.rsplit('/').filter(|name| !name.is_empty()) {
        patch = json!({ name: patch });
    }
    case(id, "a setting that cannot be is found when the app is made").app(patch).not_built(code)
}

fn slash() -> Case {
    case("slash-at-the-end", "a slash at the end of the base URL is no mistake")
        .app(json!({ "connect": { "base_url": format!("{BASE_URL}/") } }))
        .installed(&ACME)
        .send(0, ACME.page(0, "/page", ACME.secret), ok())
}
