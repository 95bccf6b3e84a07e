//! `installed` refused: tokens, claims, bodies, keys.

use app_license_testkit::query_hash;
use serde_json::{Value, json};

use super::install_kit::{Forged as _, installed, token, with};
use super::kit::{
    ACME, GLOBEX, KEY_HOST, KID, LEEWAY, LIFE, SECOND_KEY_HOST, case, first_key, key_url, post,
    refused, seconds,
};
use crate::file::Case;

pub(super) fn bad_tokens() -> Case {
    let sent = |token: &str| post("/installed").jwt(token).json(&ACME.body("installed"));
    let signed = token().rs256(first_key());
    let parts: Vec<&str> = signed.split('.').collect();
    let (header, claims, signature) = match parts.as_slice() {
        [header, claims, signature] => (*header, *claims, *signature),
        _ => ("", "", ""),
    };
    let public_key = first_key().public_pem();
    let kid = |kid: Value| with(&token().header("kid", kid));
    let malformed = || refused(401, "token_malformed");
    let algorithm = || refused(401, "algorithm");
    case(
        "token-form",
        "a token that is not strictly a compact RS256 token with a plain key id costs no fetch",
    )
    .keys_served()
    .send(0, sent(&token().unsigned()), algorithm())
    .send(
        0,
        sent(&format!("{}{signature}", token().unsigned())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "None").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "nOnE").rs256(first_key())),
        algorithm(),
    )
    .send(0, sent(&token().hs256(public_key.as_bytes())), algorithm())
    .send(0, sent(&token().hs256(ACME.secret.as_bytes())), algorithm())
    .send(
        0,
        sent(&token().header("alg", "RS384").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "RS512").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "PS256").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", "ES256").rs256(first_key())),
        algorithm(),
    )
    .send(
        0,
        sent(&token().header("alg", json!(["RS256"])).rs256(first_key())),
        malformed(),
    )
    .send(
        0,
        with(&token().header("crit", json!(["exp"]))),
        refused(401, "critical_header"),
    )
    .send(0, sent("x"), malformed())
    .send(0, sent(&format!("{header}.{claims}")), malformed())
    .send(0, sent(&format!("{signed}.x")), malformed())
    .send(
        0,
        sent(&format!("{header}.{claims}.{signature}=")),
        malformed(),
    )
    .send(
        0,
        sent(&format!("{header}.{claims}=.{signature}")),
        malformed(),
    )
    .send(
        0,
        sent(&format!("{header}.{claims}.+{signature}")),
        malformed(),
    )
    .send(0, sent(&format!("{header}.W10.{signature}")), malformed())
    // {"iss":"tenant-acme","iss":"tenant-acme"}
    .send(
        0,
        sent(&format!(
            "{header}.eyJpc3MiOiJ0ZW5hbnQtYWNtZSIsImlzcyI6InRlbmFudC1hY21lIn0.{signature}"
        )),
        malformed(),
    )
    .send(
        0,
        sent(&format!("{header}.{}.{signature}", "e".repeat(33_000))),
        refused(431, "too_large"),
    )
    .or_by_node_without_a_body()
    .send(0, kid(json!(7)), malformed())
    .send(0, kid(json!("")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("../../evil")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("..")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("key/evil")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("key?evil=1")), refused(401, "key_id_invalid"))
    .send(0, kid(json!("key#evil")), refused(401, "key_id_invalid"))
    .send(
        0,
        kid(json!("https://evil.example/key")),
        refused(401, "key_id_invalid"),
    )
    .send(0, kid(json!("key\nevil")), refused(401, "key_id_invalid"))
    .send(
        0,
        kid(json!("k".repeat(2_000))),
        refused(401, "key_id_invalid"),
    )
    .send(0, sent(&without_kid()), refused(401, "key_id_missing"))
    .stored(vec![])
    .hooks(&[])
}

/// A token without `kid`, which signing would put in.
fn without_kid() -> String {
    // {"alg":"RS256","typ":"JWT"}
    let header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    let signed = token().rs256(first_key());
    let rest = signed.split_once('.').map_or("", |(_, rest)| rest);
    format!("{header}.{rest}")
}

pub(super) fn bad_claims() -> Case {
    let claim = |name: &str, value: Value| with(&token().claim(name, value));
    let now = seconds(0);
    let qsh = |method: &str, target: &str| claim("qsh", json!(query_hash(method, target, "")));
    let late = i64::try_from(LIFE + LEEWAY).unwrap_or_default();
    case(
        "claims",
        "a token proves what it says, for as long as it says, of this very request",
    )
    .keys_served()
    .send(
        0,
        with(&ACME.install_token(-late, "/installed")),
        refused(401, "expired"),
    )
    .send(0, claim("exp", json!(0)), refused(401, "expired"))
    .send(
        0,
        claim("exp", json!(format!("{}", now + 60))),
        refused(401, "claim_type"),
    )
    .send(0, claim("exp", json!(null)), refused(401, "claim_type"))
    .send(0, claim("exp", json!(1e300)), refused(401, "claim_type"))
    .send(
        0,
        with(&token().without_claim("exp")),
        refused(401, "claim_missing"),
    )
    .send(
        0,
        with(&token().without_claim("iat")),
        refused(401, "claim_missing"),
    )
    .send(
        0,
        claim("iat", json!(now + LEEWAY + 1)),
        refused(401, "not_yet_valid"),
    )
    .send(
        0,
        claim("nbf", json!(now + LEEWAY + 1)),
        refused(401, "not_yet_valid"),
    )
    .send(
        0,
        with(&token().without_claim("qsh")),
        refused(401, "claim_missing"),
    )
    .send(
        0,
        claim("qsh", json!("context-qsh")),
        refused(401, "context_token"),
    )
    .send(
        0,
        claim("qsh", json!([query_hash("POST", "/installed", "")])),
        refused(401, "claim_type"),
    )
    .send(0, qsh("POST", "/uninstalled"), refused(401, "qsh_mismatch"))
    .send(0, qsh("GET", "/installed"), refused(401, "qsh_mismatch"))
    .send(
        0,
        qsh("POST", "/installed?user=1"),
        refused(401, "qsh_mismatch"),
    )
    .send(
        0,
        installed(0).at("/installed?user=1"),
        refused(401, "qsh_mismatch"),
    )
    .send(0, claim("qsh", json!("")), refused(401, "qsh_mismatch"))
    .send(
        0,
        claim("iss", json!(GLOBEX.key)),
        refused(401, "tenant_mismatch"),
    )
    .send(
        0,
        claim("iss", json!([ACME.key])),
        refused(401, "claim_type"),
    )
    .send(0, claim("iss", json!("")), refused(401, "claim_missing"))
    .send(
        0,
        with(&token().without_claim("iss")),
        refused(401, "claim_missing"),
    )
    .stored(vec![])
    .hooks(&[])
}

pub(super) fn bad_bodies() -> Case {
    let token = token().rs256(first_key());
    let text = |text: &str| post("/installed").jwt(&token).text(text);
    let changed = |name: &str, value: Value| {
        let mut body = ACME.body("installed");
        body[name] = value;
        text(&body.to_string())
    };
    let without = |name: &str| {
        let mut body = ACME.body("installed");
        if let Some(fields) = body.as_object_mut() {
            fields.remove(name);
        }
        text(&body.to_string())
    };
    let double = r#"{"clientKey":"tenant-acme","clientKey":"tenant-globex"}"#;
    case(
        "bodies",
        "a body that is not of this event, this app, this tenant and this cloud is refused unread",
    )
    .keys_served()
    .send(0, text(""), refused(400, "json_syntax"))
    .send(0, text("[]"), refused(400, "json_syntax"))
    .send(0, text("{"), refused(400, "json_syntax"))
    .send(
        0,
        text(&format!("{} ", ACME.body("installed")).replace("}", "}x")),
        refused(400, "json_trailing_bytes"),
    )
    .send(0, text(double), refused(400, "json_duplicate_key"))
    .send(
        0,
        post("/installed").jwt(&token).repeated("a", 300_000),
        refused(413, "too_large"),
    )
    .send(
        0,
        changed("eventType", json!("uninstalled")),
        refused(400, "field_value"),
    )
    .send(
        0,
        changed("eventType", json!("INSTALLED")),
        refused(400, "field_value"),
    )
    .send(
        0,
        changed("key", json!("com.example.other")),
        refused(400, "field_value"),
    )
    .send(0, without("key"), refused(400, "field_missing"))
    .send(0, without("clientKey"), refused(400, "field_missing"))
    .send(
        0,
        changed("clientKey", json!(["tenant-acme"])),
        refused(400, "field_type"),
    )
    .send(
        0,
        changed("clientKey", json!(GLOBEX.key)),
        refused(401, "tenant_mismatch"),
    )
    .send(0, without("sharedSecret"), refused(400, "field_missing"))
    .send(
        0,
        changed("sharedSecret", json!("")),
        refused(400, "field_missing"),
    )
    .send(
        0,
        changed("sharedSecret", json!("short")),
        refused(400, "weak_secret"),
    )
    .send(
        0,
        changed("sharedSecret", json!(7)),
        refused(400, "field_type"),
    )
    .send(0, without("baseUrl"), refused(400, "field_missing"))
    .send(
        0,
        changed("baseUrl", json!("http://acme.atlassian.net")),
        refused(400, "invalid_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://acme.atlassian.net:8443")),
        refused(400, "invalid_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://acme.atlassian.net.evil.example")),
        refused(401, "foreign_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://evilatlassian.net")),
        refused(401, "foreign_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://127.0.0.1")),
        refused(401, "foreign_base_url"),
    )
    .send(
        0,
        changed("baseUrl", json!("https://acme.jira-dev.com")),
        refused(401, "foreign_base_url"),
    )
    .stored(vec![])
    .hooks(&[])
}

pub(super) fn bad_keys() -> Case {
    let by_stranger = |at| {
        let token = ACME.install_token(at, "/installed").rs256_under(KID);
        post("/installed").jwt(&token).json(&ACME.body("installed"))
    };
    let unknown = ACME
        .install_token(0, "/installed")
        .header("kid", "a-made-up-id");
    case(
        "keys",
        "a signature that does not match is refused, whatever else is right",
    )
    .keys_served()
    .send(0, by_stranger(0), refused(401, "signature"))
    .send(1, by_stranger(1), refused(401, "signature"))
    .send(2, with(&unknown), refused(401, "unknown_key"))
    .send(3, with(&unknown), refused(401, "unknown_key"))
    .stored(vec![])
    // fetched, and once again because the signature did not match
    .fetches(&key_url(KEY_HOST, KID), 2)
    .fetches(&key_url(KEY_HOST, "a-made-up-id"), 1)
    .fetches(&key_url(SECOND_KEY_HOST, "a-made-up-id"), 1)
    .hooks(&[])
}
