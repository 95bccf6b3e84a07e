//! `sign`, `verify` and `qsh`: what is minted verifies, and nothing else does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

mod common;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use common::{Ran, file, run, run_with};
use serde_json::json;

const NOW: &str = "1800000000";
const SECRET: &str = "0123456789abcdef-the-shared-secret";
const BASE: &str = "https://app.example.com/connect";

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// A key pair of the moment: files of the private key, the public key, and a key set.
struct Keys {
    private: String,
    public: String,
    set: String,
}

fn keys(test: &str) -> Keys {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let number = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let set = json!({"keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "test-1",
        "n": number(pair.public_key().modulus().big_endian_without_leading_zero()),
        "e": number(pair.public_key().exponent().big_endian_without_leading_zero()),
    }]});
    Keys {
        private: file(
            &format!("{test}/private.pem"),
            pem("PRIVATE KEY", private.as_ref()),
        ),
        public: file(
            &format!("{test}/public.pem"),
            pem("PUBLIC KEY", public.as_ref()),
        ),
        set: file(&format!("{test}/jwks.json"), set.to_string()),
    }
}

fn secret(test: &str) -> String {
    // with the line end that editors add
    file(&format!("{test}/t.secret"), format!("{SECRET}\n"))
}

fn sign(args: &[&str]) -> String {
    let ran = run(&[&["sign"], args, &["--now", NOW]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    ran.out.trim().to_owned()
}

fn verify(args: &[&str]) -> Ran {
    let ran = run(&[&["verify"], args, &["--now", NOW]].concat());
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET));
    ran
}

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
         \x20 expires           2027-01-15T08:03:00Z\n\
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
    let ran = check(
        "/panel?lic=active&capSet=capabilityAdvanced",
        &["--format", "json"],
    );
    assert_eq!(
        ran.code, 0,
        "a proxy that strips the base path changes nothing: {}",
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
        "1800000211",
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
    // inspecting the same body does not show the secret either
    for format in ["human", "json"] {
        let ran = run(&["inspect", &body, "--format", format]);
        assert_eq!(ran.code, 0);
        assert!(!ran.out.contains(SECRET), "{}", ran.out);
    }
}

#[test]
fn an_invocation_token_is_for_one_app_and_its_licence_counts() {
    let keys = keys("invocation");
    let app = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
    let token = sign(&[
        "invocation",
        "--private-key-file",
        &keys.private,
        "--key-id",
        "test-1",
        "--app-id",
        app,
        "--license-json",
        r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#,
        "--environment",
        "DEVELOPMENT",
        "--lifetime",
        "25",
    ]);
    let check = |more: &[&str]| {
        let args = ["invocation", "--jwks-file", &keys.set, "--token", &token];
        verify(&[&args, more].concat())
    };
    let ran = check(&["--app-id", app, "--require", "advanced"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("environment       DEVELOPMENT\n"),
        "{}",
        ran.out
    );
    let ran = check(&["--app-id", app, "--require", "advanced", "--production"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.out.contains("denied: not a production environment"),
        "{}",
        ran.out
    );
    let features = file(
        "invocation/editions.toml",
        "[features]\nexport = \"standard\"\n",
    );
    let ran = check(&[
        "--app-id",
        app,
        "--features",
        &features,
        "--require",
        "export",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let ran = check(&[
        "--app-id",
        app,
        "--features",
        &features,
        "--require",
        "exprot",
    ]);
    assert_eq!(ran.code, 3);
    let ran = check(&["--app-id", "another-app"]);
    assert!(ran.out.starts_with("refused[audience]: "), "{}", ran.out);
    let mut broken = token.clone();
    broken.replace_range(
        token.len() - 6..token.len() - 5,
        if &token[token.len() - 6..token.len() - 5] == "A" {
            "B"
        } else {
            "A"
        },
    );
    let ran = verify(&[
        "invocation",
        "--jwks-file",
        &keys.set,
        "--token",
        &broken,
        "--app-id",
        app,
    ]);
    assert!(ran.out.starts_with("refused[signature]: "), "{}", ran.out);
}

#[test]
fn qsh_shows_and_compares() {
    let ran = run(&[
        "qsh",
        "get",
        "/connect/panel/?b=2&a=x+y",
        "--base-url",
        BASE,
    ]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (
            0,
            "GET&/panel&a=x%20y&b=2\nd01976b78df27aca1111a35b5190b06b9fc2fe872eb3fe0ebcbf439be7cba527\n"
        )
    );
    let secret = secret("qsh");
    let token = sign(&[
        "request",
        "--secret-file",
        &secret,
        "--client-key",
        "t",
        "--base-url",
        BASE,
        "--url",
        "/p",
    ]);
    let ran = run(&["qsh", "GET", "/p", "--token", &token]);
    assert_eq!((ran.code, ran.out.contains("the token matches")), (0, true));
    let ran = run(&[
        "qsh",
        "GET",
        "/p?lic=active",
        "--token",
        &format!("JWT {token}"),
    ]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("the query was left out"), "{}", ran.out);
    let form = file("qsh/form.txt", "a=1&b=2\n");
    let ran = run(&["qsh", "POST", "/p", "--form-body-file", &form]);
    assert!(ran.out.starts_with("POST&/p&a=1&b=2\n"), "{}", ran.out);
    let ran = run(&["qsh", "GET", "/a%20b", "--format", "json"]);
    assert_eq!(ran.json()["decoded"]["canonical"], "GET&/a b&");
    assert_eq!(run(&["qsh", "GET", "/p", "--token", "no"]).code, 3);
    assert_eq!(run(&["qsh", "G T", "/p"]).code, 3);
}

#[test]
fn a_minted_token_can_carry_any_claim() {
    let keys = keys("claims");
    let token = sign(&[
        "invocation",
        "--private-key-file",
        &keys.private,
        "--key-id",
        "test-1",
        "--app-id",
        "a",
        "--claim",
        r#"iss="forge/context-token""#,
        "--claim",
        "nbf=1",
    ]);
    let ran = verify(&[
        "invocation",
        "--jwks-file",
        &keys.set,
        "--token",
        &token,
        "--app-id",
        "a",
    ]);
    assert!(
        ran.out.starts_with("refused[forge_context_token]: "),
        "{}",
        ran.out
    );
    let ran = run_with(&["inspect"], &token);
    assert!(
        ran.out.starts_with("Forge context token (of a function)\n"),
        "{}",
        ran.out
    );
    let ran = run(&[
        "sign",
        "context",
        "--secret-file",
        &secret("claims"),
        "--client-key",
        "t",
        "--license-json",
        "{",
    ]);
    assert_eq!(
        (
            ran.code,
            ran.err.starts_with("error[option]: --license-json: ")
        ),
        (3, true)
    );
    let ran = run(&["sign", "request", "--claim", "x"]);
    assert_eq!(ran.code, 3);
}
