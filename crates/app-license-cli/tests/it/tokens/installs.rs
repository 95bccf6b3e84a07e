//! Tokens and bodies of Connect installs.

use super::support::{BASE, SECRET, keys, sign, verify};
use crate::common::{file, run};
use serde_json::json;

#[test]
fn an_install_is_accepted_with_its_body_and_its_secret_stays_hidden() {
    let keys = keys("install");
    let event = |kind: &str, tenant: &str| {
        json!({
            "key": "com.example.app", "clientKey": tenant, "sharedSecret": SECRET,
            "baseUrl": "https://acme.atlassian.net", "productType": "jira", "eventType": kind,
            "capabilitySet": "capabilityAdvanced",
        })
        .to_string()
    };
    let token = sign(&[
        "install",
        "--private-key-file",
        &keys.private,
        "--key-id",
        "test-1",
        "--client-key",
        "tenant-1",
        "--base-url",
        BASE,
        "--url",
        "/connect/installed",
    ]);
    let header = file(
        "install/header.txt",
        format!("Authorization: JWT {token}\n"),
    );
    let check = |kind: &str, body: &str, url: &str, more: &[&str]| {
        let args = [
            kind,
            "--public-key-file",
            &keys.public,
            "--base-url",
            BASE,
            "--app-key",
            "com.example.app",
            "--url",
            url,
            "--body-file",
            body,
            "--token-file",
            &header,
        ];
        verify(&[&args, more].concat())
    };
    let body = file("install/body.json", event("installed", "tenant-1"));
    let ran = check("install", &body, "/connect/installed", &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("tenant            tenant-1\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("shared secret     new, not shown\n"),
        "{}",
        ran.out
    );
    assert_eq!(
        check(
            "install",
            &body,
            "/connect/installed",
            &["--key-id", "test-1"]
        )
        .code,
        0
    );

    let other = file("install/other.json", event("installed", "tenant-2"));
    let gone = file("install/gone.json", event("uninstalled", "tenant-1"));
    for (kind, body, url, more, code) in [
        (
            "install",
            &other,
            "/connect/installed",
            &[][..],
            "tenant_mismatch",
        ),
        ("install", &gone, "/connect/installed", &[], "field_value"),
        (
            "uninstall",
            &body,
            "/connect/uninstalled",
            &[],
            "qsh_mismatch",
        ),
        ("uninstall", &body, "/connect/installed", &[], "field_value"),
        (
            "install",
            &body,
            "/connect/installed",
            &["--key-id", "test-2"],
            "unknown_key",
        ),
        (
            "install",
            &body,
            "/connect/installed",
            &["--cloud", "staging"],
            "foreign_base_url",
        ),
    ] {
        let ran = check(kind, body, url, more);
        assert_eq!(ran.code, 2, "{code}: {}{}", ran.out, ran.err);
        assert!(
            ran.out.starts_with(&format!("refused[{code}]: ")),
            "{code}: {}",
            ran.out
        );
    }
    // a site of no known cloud, where its domain is named
    let own = event("installed", "tenant-1").replace("acme.atlassian.net", "acme.sites.example");
    let own = file("install/own.json", own);
    let ran = check("install", &own, "/connect/installed", &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.out.starts_with("refused[foreign_base_url]") && ran.out.contains("--site-domain"),
        "{}",
        ran.out
    );
    let named = ["--site-domain", "sites.example"];
    let ran = check("install", &own, "/connect/installed", &named);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    // the configured cloud and the setting are named, and the app's other base URLs
    let ran = check(
        "install",
        &body,
        "/connect/installed",
        &["--cloud", "staging"],
    );
    assert!(
        ran.out.contains(
            "help: the configured cloud is `staging`, whose sites are *.jira-dev.com; this is a site of \
             `commercial`: give `--cloud commercial`"
        ),
        "{}",
        ran.out
    );
    let elsewhere = verify(&[
        "install",
        "--public-key-file",
        &keys.public,
        "--base-url",
        "https://eu.app.example.com",
        "--app-key",
        "com.example.app",
        "--url",
        "/connect/installed",
        "--body-file",
        &body,
        "--token-file",
        &header,
    ]);
    assert!(
        elsewhere.out.starts_with("refused[audience]")
            && elsewhere.out.contains("`regionBaseUrls`"),
        "{}",
        elsewhere.out
    );
    // inspecting the same body does not show the secret either
    for format in ["human", "json"] {
        let ran = run(&["inspect", &body, "--format", format]);
        assert_eq!(ran.code, 0);
        assert!(!ran.out.contains(SECRET), "{}", ran.out);
    }
}
