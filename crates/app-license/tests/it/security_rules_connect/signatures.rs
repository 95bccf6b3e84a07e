//! Algorithms, secrets and keys: what signs a token, and what does not.

use super::support::{
    A, KID, OTHER_SECRET, PANEL, PUBLIC, SECRET, bound, context_outcome, expected, forged,
    install_claims, install_outcome, key, keys, now, outcome, request_outcome, sign_install,
};
use app_license::connect::{
    Cloud, KeyHosts, RequestLine, SignedWith, TenantKeys, TokenClaims, UnverifiedContextToken,
    UnverifiedInstallToken, UnverifiedRequestToken, UnverifiedSessionToken,
};
use app_license::{ErrorKind, Jwks, KeyId, RsaPublicKey, SharedSecret};

#[test]
fn alg_none() {
    let claims = bound(A, "GET", PANEL).to_json();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = format!(r#"{{"typ":"JWT","alg":"{alg}"}}"#);
        let signed = forged(&header, &claims, SECRET.as_bytes());
        let (unsigned, _) = signed.rsplit_once('.').unwrap();
        for token in [signed.clone(), format!("{unsigned}.")] {
            assert_eq!(request_outcome(&token, PANEL), "algorithm", "{alg}");
            // refused while it is parsed: no key has been looked up
            assert_eq!(outcome(UnverifiedInstallToken::parse(&token)), "algorithm");
            assert_eq!(outcome(UnverifiedContextToken::parse(&token)), "algorithm");
            assert_eq!(outcome(UnverifiedSessionToken::parse(&token)), "algorithm");
        }
    }
}

#[test]
fn alg_confusion() {
    let claims = install_claims().to_json();
    let header = format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{KID}"}}"#);
    for secret in [PUBLIC, PUBLIC.trim_end(), ""] {
        let token = forged(&header, &claims, secret.as_bytes());
        assert_eq!(install_outcome(&token, "/installed", A), "algorithm");
    }
    // a genuine lifecycle token is not for other endpoints either
    let token = sign_install(&bound(A, "GET", PANEL).audience("https://app.example.com"));
    assert_eq!(request_outcome(&token, PANEL), "algorithm");
    assert_eq!(context_outcome(&token), "algorithm");
}

#[test]
fn alg_downgrade_or_sibling() {
    let claims = bound(A, "GET", PANEL).to_json();
    for alg in [
        "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "hs256", "HS256 ",
    ] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        let token = forged(&header, &claims, SECRET.as_bytes());
        assert_eq!(request_outcome(&token, PANEL), "algorithm", "{alg}");
    }
}

#[test]
fn empty_secret() {
    for secret in ["", "short", "fifteen-bytes!!"] {
        assert_eq!(SharedSecret::new(secret).unwrap_err().code(), "weak_secret");
    }
    // a token made with an empty key verifies with no key that can be made
    let claims = bound(A, "GET", PANEL).to_json();
    let token = forged(r#"{"alg":"HS256"}"#, &claims, b"");
    assert_eq!(request_outcome(&token, PANEL), "signature");
}

#[test]
fn context_jwt_on_lifecycle() {
    let context = TokenClaims::new(A, now()).context_qsh().sign(&key(SECRET));
    assert_eq!(install_outcome(&context, "/installed", A), "algorithm");
    assert_eq!(request_outcome(&context, PANEL), "context_token");
    let claims = TokenClaims::new(A, now()).audience("https://app.example.com");
    let token = sign_install(&claims.clone().context_qsh());
    assert_eq!(install_outcome(&token, "/installed", A), "context_token");
    assert_eq!(
        install_outcome(&sign_install(&claims), "/installed", A),
        "claim_missing"
    );
    let token = sign_install(&install_claims());
    assert_eq!(install_outcome(&token, "/installed", A), "accepted");
}

#[test]
fn kid_not_validated() {
    let claims = install_claims().to_json();
    let long = "a".repeat(10_000);
    let longer_than_an_id = "a".repeat(129);
    for (kid, want) in [
        ("../evil", "key_id_invalid"),
        ("..", "key_id_invalid"),
        ("a/b", "key_id_invalid"),
        ("a%2Fb", "key_id_invalid"),
        ("a?b", "key_id_invalid"),
        ("a#b", "key_id_invalid"),
        ("a\\u0000", "key_id_invalid"),
        ("a\\n", "key_id_invalid"),
        ("http://127.0.0.1:9/key.pem", "key_id_invalid"),
        ("@evil.test/x", "key_id_invalid"),
        ("", "key_id_invalid"),
        (&long, "too_large"),
        (&longer_than_an_id, "key_id_invalid"),
    ] {
        let header = format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#);
        let token = forged(&header, &claims, b"whatever");
        assert_eq!(
            outcome(UnverifiedInstallToken::parse(&token)),
            want,
            "{kid}"
        );
    }
    let token = forged(r#"{"alg":"RS256"}"#, &claims, b"whatever");
    assert_eq!(
        outcome(UnverifiedInstallToken::parse(&token)),
        "key_id_missing"
    );
}

#[test]
fn trust_root_from_unverified_data() {
    // configuration names the cloud; a body of another one is foreign to it
    let hosts = KeyHosts::of(Cloud::Commercial);
    let kid = KeyId::new(KID).unwrap();
    for url in hosts.key_urls(&kid) {
        assert!(url.starts_with("https://"), "{url}");
        assert!(url.ends_with(&format!("/{KID}")), "{url}");
        assert!(!url.contains("staging"), "{url}");
    }
    let staging = "https://tenant.jira-dev.com";
    assert_eq!(outcome(hosts.check_site(staging)), "foreign_base_url");
    assert!(KeyHosts::of(Cloud::Staging).check_site(staging).is_ok());
}

#[test]
fn weak_rsa() {
    let weak = include_str!("../../keys/rsa-1024.pub.pem");
    let error = RsaPublicKey::from_pem(weak).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::WeakKey {
            bits: 1024,
            minimum: 2048
        }
    ));
}

#[test]
fn key_server_failure() {
    for answer in [
        "",
        "<html>502 Bad Gateway</html>",
        "{\"message\":\"not found\"}",
    ] {
        assert_eq!(outcome(RsaPublicKey::from_pem(answer)), "key_malformed");
    }
}

#[test]
fn jwks_handling() {
    let set = br#"{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0c2VjcmV0","alg":"HS256"}]}"#;
    assert_eq!(Jwks::parse(set).unwrap().find("a").count(), 0);
}

#[test]
fn a_rotated_secret_counts_as_long_as_it_is_given() {
    let token = bound(A, "GET", PANEL).sign(&key(OTHER_SECRET));
    let request = RequestLine::new("GET", PANEL);
    let both = keys(A, SECRET).with_previous(key(OTHER_SECRET));
    let verify = |keys: &TenantKeys| {
        let token = UnverifiedRequestToken::parse(&token).unwrap();
        token
            .verify(keys, &request, &expected(), now())
            .map(|t| t.signed_with())
    };
    assert_eq!(verify(&both).unwrap(), SignedWith::Previous);
    assert_eq!(outcome(verify(&keys(A, SECRET))), "signature");
    assert_eq!(verify(&keys(A, OTHER_SECRET)).unwrap(), SignedWith::Current);
}
