//! Tokens of Connect.

use super::support::{BASE, secret, sign, verify};
use crate::common::{file, run};
use serde_json::json;

#[test]
fn a_request_token_proves_its_own_request_only() {
    let secret = secret("request");
    let signed = "/connect/panel?lic=active&capSet=capabilityAdvanced";
    let token = sign(&[
        "request",
        "--secret-file",
        &secret,
        "--client-key",
        "tenant-1",
        "--base-url",
        BASE,
        "--url",
        signed,
        "--subject",
        "account-1",
    ]);
    let check = |url: &str, more: &[&str]| {
        let args = [
            "request",
            "--secret-file",
            &secret,
            "--base-url",
            BASE,
            "--url",
            url,
            "--token",
            &token,
        ];
        verify(&[&args, more].concat())
    };
    let ran = check(signed, &["--require", "advanced"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(
        ran.out,
        "accepted\n\
         \x20 tenant            tenant-1\n\
         \x20 subject           account-1\n\
         \x20 issued            2027-01-15T08:00:00Z\n\
         \x20 expires           2027-01-15T08:15:00Z\n\
         \x20 license           active, edition advanced\n\
         \x20 advanced: granted: needs capabilityAdvanced, has capabilityAdvanced \
         (verified from the Connect iframe query, 0 s old)\n"
    );
    // with the token in the URL, too
    let in_url = format!("{signed}&jwt={token}");
    let args = [
        "request",
        "--secret-file",
        &secret,
        "--base-url",
        BASE,
        "--url",
        &in_url,
    ];
    assert_eq!(verify(&args).code, 0);

    let ran = check(
        "/connect/panel?lic=active&capSet=capabilityAdvanced&lic=active",
        &[],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.out.starts_with("refused[qsh_mismatch]: "),
        "{}",
        ran.out
    );
    let stripped = "/panel?lic=active&capSet=capabilityAdvanced";
    let ran = check(stripped, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.out.starts_with("refused[outside_base_url]: "),
        "{}",
        ran.out
    );
    let ran = check(stripped, &["--proxy-strips-base-path"]);
    assert_eq!(
        ran.code, 0,
        "a proxy that strips the base path is named: {}",
        ran.out
    );
    let ran = check("/connect/panel?lic=active", &["--format", "json"]);
    let answer = ran.json();
    assert_eq!((ran.code, &answer["verdict"]), (2, &json!("refused")));
    assert_eq!(answer["error"]["code"], "qsh_mismatch");
    assert_eq!(answer["explanation"]["canonical"], "GET&/panel&lic=active");
    assert!(!answer["explanation"]["text"].as_str().unwrap().is_empty());

    for (more, code, exit) in [
        (&["--client-key", "tenant-2"][..], "issuer", 2),
        (&["--method", "POST"], "qsh_mismatch", 2),
        (&["--require", "capabilityUltra"], "", 2),
        (&["--leeway", "100000"], "", 3),
    ] {
        let ran = check(signed, more);
        assert_eq!(ran.code, exit, "{more:?} {}", ran.out);
        assert!(ran.out.contains(code), "{more:?} {}", ran.out);
    }
    let other = file("request/other.secret", "another-secret-0123456789");
    let ran = verify(&[
        "request",
        "--secret-file",
        &other,
        "--previous-secret-file",
        &secret,
        "--base-url",
        BASE,
        "--url",
        signed,
        "--token",
        &token,
    ]);
    assert!(ran.out.contains("the previous secret"), "{}", ran.out);
    let late = run(&[
        "verify",
        "request",
        "--secret-file",
        &secret,
        "--base-url",
        BASE,
        "--url",
        signed,
        "--token",
        &token,
        "--now",
        "1800000931",
    ]);
    assert_eq!(late.code, 2);
    assert!(late.out.starts_with("refused[expired]: "), "{}", late.out);
}

#[test]
fn what_cannot_be_read_is_invalid_input() {
    let secret = secret("invalid");
    let weak = file("invalid/weak.secret", "short");
    let base = ["--url", "/p", "--token", "eyJhIjoxfQ.e30.x"];
    for (args, code, exit) in [
        (
            vec!["--secret-file", &weak, "--base-url", BASE],
            "error[weak_secret]: the shared secret has 5 bytes, fewer than 16\n",
            3,
        ),
        (
            vec!["--secret-file", "nowhere", "--base-url", BASE],
            "error[read]: cannot read `nowhere`: ",
            1,
        ),
        (
            vec!["--secret-file", &secret, "--base-url", "ftp://x"],
            "error[invalid_base_url]: ",
            3,
        ),
    ] {
        let ran = verify(&[&["request"][..], &args, &base].concat());
        // the token is looked at before the secret is, and it is no token
        let refused = ran.out.starts_with("refused[");
        assert!(
            ran.err.starts_with(code) || refused,
            "{}{}",
            ran.out,
            ran.err
        );
        assert!(
            ran.code == exit || (refused && ran.code == 2),
            "{}",
            ran.code
        );
    }
    let ran = verify(&[
        "request",
        "--secret-file",
        &secret,
        "--base-url",
        BASE,
        "--url",
        "/p",
    ]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            3,
            "error[option]: give --token or --token-file: the URL has no parameter `jwt`\n"
        )
    );
    let ran = run(&["verify", "request", "--format", "json"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.json()["error"]["code"], "usage");
}

#[test]
fn context_and_session_tokens_are_not_each_other() {
    let secret = secret("context");
    let context = sign(&[
        "context",
        "--secret-file",
        &secret,
        "--client-key",
        "tenant-1",
        "--license-json",
        r#"{"active":true,"capabilitySet":"capabilityStandard"}"#,
    ]);
    let session = sign(&[
        "session",
        "--secret-file",
        &secret,
        "--app-key",
        "com.example.app",
        "--client-key",
        "tenant-1",
    ]);
    let of = |kind: &str, token: &str, more: &[&str]| {
        let args = [
            kind,
            "--secret-file",
            &secret,
            "--base-url",
            BASE,
            "--token",
            token,
        ];
        verify(&[&args, more].concat())
    };
    let ran = of(
        "context",
        &context,
        &["--require", "standard", "--format", "json"],
    );
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(ran.json()["decisions"][0]["trust"], "verified");
    assert_eq!(of("context", &context, &["--require", "advanced"]).code, 2);
    assert_eq!(of("context", &session, &[]).code, 2);
    assert_eq!(
        of("session", &session, &["--app-key", "com.example.app"]).code,
        0
    );
    assert_eq!(
        of("session", &session, &["--app-key", "com.example.other"]).code,
        2
    );
    assert_eq!(
        of("session", &context, &["--app-key", "com.example.app"]).code,
        2
    );
    assert_eq!(of("request", &context, &["--url", "/p"]).code, 2);
    assert_eq!(of("request", &session, &["--url", "/p"]).code, 2);
}

#[test]
fn a_url_of_another_host_is_not_the_apps() {
    let secret = secret("other-host");
    let token = sign(&[
        "request",
        "--secret-file",
        &secret,
        "--client-key",
        "tenant-1",
        "--base-url",
        BASE,
        "--url",
        "/connect/panel?lic=active",
    ]);
    let base = url::Url::parse(BASE).unwrap();
    for (host, code) in [("evil.example", 3), (base.host_str().unwrap(), 0)] {
        let url = format!("https://{host}/connect/panel?lic=active");
        let args = [
            "request",
            "--secret-file",
            &secret,
            "--base-url",
            BASE,
            "--url",
            &url,
            "--token",
            &token,
        ];
        let ran = verify(&args);
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        assert_eq!(
            ran.err.contains("--url is at `https://evil.example`"),
            code == 3,
            "{}",
            ran.err
        );
    }
}
