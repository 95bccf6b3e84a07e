//! What a person is told of a refusal.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{inspect, kind, run};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn file(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pastes-{name}"));
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The file of the tenant's secret, written once: tests run at the same time.
fn secret_file() -> &'static str {
    static FILE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    FILE.get_or_init(|| file("secret", SECRET))
}

/// A request token for one URL, signed by `sign`.
fn signed_for(url: &str) -> String {
    let secret = secret_file();
    let ran = run(
        &[
            "sign",
            "request",
            "--secret-file",
            secret,
            "--client-key",
            "tenant-1",
            "--base-url",
            "https://app.example.com",
            "--url",
            url,
            "--now",
            "1800000000",
        ],
        "",
    );
    assert_eq!(ran.code, 0, "{}", ran.all());
    ran.out.trim().to_owned()
}

#[test]
fn a_replayed_iframe_token_is_called_that() {
    let secret = secret_file();
    let token = signed_for("/panel?lic=active&xdm_e=x&project=A");
    let ran = run(
        &[
            "verify",
            "request",
            "--secret-file",
            secret,
            "--base-url",
            "https://app.example.com",
            "--method",
            "POST",
            "--url",
            "/api/export?format=pdf",
            "--token",
            &token,
            "--now",
            "1800000010",
        ],
        "",
    );
    assert_eq!(ran.code, 2, "{}", ran.all());
    for say in [
        "refused[qsh_mismatch]",
        "iframe's URL sent again",
        "AP.context.getToken()",
    ] {
        assert!(ran.out.contains(say), "{say}: {}", ran.out);
    }
    // a known mistake is named instead
    let ran = run(
        &[
            "verify",
            "request",
            "--secret-file",
            secret,
            "--base-url",
            "https://app.example.com",
            "--method",
            "POST",
            "--url",
            "/panel?lic=active&xdm_e=x&project=A",
            "--token",
            &token,
            "--now",
            "1800000010",
        ],
        "",
    );
    assert!(
        ran.out.contains("it was signed for GET") && !ran.out.contains("getToken"),
        "{}",
        ran.out
    );
}

#[test]
fn a_token_in_the_url_is_compared() {
    let token = signed_for("/panel?lic=active");
    let base = ["--base-url", "https://app.example.com"];
    let url = format!("https://app.example.com/panel?lic=active&jwt={token}");
    let ran = run(&[&["qsh", "GET", &url], &base[..]].concat(), "");
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(
        ran.out.contains("the token in the URL matches"),
        "{}",
        ran.out
    );
    let url = format!("https://app.example.com/panel?lic=none&jwt={token}");
    let ran = run(
        &[&["qsh", "GET", &url, "--format", "json"], &base[..]].concat(),
        "",
    );
    assert_eq!(ran.code, 2, "{}", ran.all());
    let said = ran.json();
    assert_eq!(
        (&said["token"], &said["matches"]),
        (&json!("url"), &json!(false))
    );
    assert!(!ran.out.contains(&token));
    let ran = run(
        &[&["qsh", "GET", "/panel?lic=active"], &base[..]].concat(),
        "",
    );
    assert_eq!(ran.code, 0);
    assert!(!ran.out.contains("matches"));
}

#[test]
fn a_context_token_without_qsh_is_called_what_it_is() {
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let token = |claims: Value| format!("{}.{}.c2ln", part(json!({"alg": "HS256"})), part(claims));
    let old = token(
        json!({"iss": "t", "iat": 1, "exp": 2, "sub": "u", "context": {"jira": {}, "license": {"active": true}}}),
    );
    assert_eq!(kind(&old), "connect_context_token_without_qsh");
    let said = inspect(&old)["warnings"].to_string();
    assert!(
        said.contains("qsh_missing") && said.contains("every endpoint refuses it"),
        "{said}"
    );
    assert_eq!(
        kind(token(json!({"iss": "t", "iat": 1, "exp": 2}))),
        "connect_token_without_qsh"
    );
    assert_eq!(
        kind(token(
            json!({"iss": "app", "aud": ["t"], "iat": 1, "exp": 2})
        )),
        "connect_session_token"
    );
    let secret = secret_file();
    let ran = run(
        &[
            "verify",
            "request",
            "--secret-file",
            secret,
            "--base-url",
            "https://app.example.com",
            "--url",
            "/p",
            "--token",
            &old,
        ],
        "",
    );
    assert_eq!(ran.code, 2, "{}", ran.all());
}

#[test]
fn an_installed_body_gets_no_table_of_denials() {
    let body = json!({
        "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
        "sharedSecret": SECRET, "baseUrl": "https://a.atlassian.net", "productType": "jira",
        "capabilitySet": "capabilityAdvanced"
    });
    let ran = run(&["inspect", "-"], body.to_string());
    assert_eq!(ran.code, 0);
    assert!(
        !ran.out.contains("denied") && !ran.out.contains("granted"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("edition named     capabilityAdvanced"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("note[not_about_active]"), "{}", ran.out);
    assert!(!ran.all().contains(SECRET));
    // whoever asks gets an answer
    assert_eq!(
        run(&["inspect", "-", "--require", "free"], body.to_string()).code,
        2
    );
}
