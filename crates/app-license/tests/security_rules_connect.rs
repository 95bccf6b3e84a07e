//! The security rules, as far as tokens and queries of Connect close them: one test a rule, named
//! after its id.
#![cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
#![expect(clippy::unwrap_used, reason = "a test")]

use app_license::connect::{
    BaseUrl, CanonicalRequest, Cloud, Expectations, IframeQuery, KeyHosts, PathForm, Request,
    SignedWith, TenantKeys, TokenClaims, UnverifiedContextToken, UnverifiedInstallToken,
    UnverifiedRequestToken, UnverifiedSessionToken, token_from_header, token_from_request,
};
use app_license::{
    AppKey, ClientKey, Error, ErrorClass, ErrorKind, HmacKey, Jwks, KeyId, Leeway, RsaPublicKey,
    RsaSigningKey, SharedSecret, State, UnixTime,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const SECRET: &str = "tenant-a-shared-secret-0123456789abcdef";
const OTHER_SECRET: &str = "tenant-b-shared-secret-fedcba9876543210";
const A: &str = "1a2b3c4d-0001-3000-8000-aaaaaaaaaaaa";
const B: &str = "1a2b3c4d-0002-3000-8000-bbbbbbbbbbbb";
const KID: &str = "0e50fccb-239d-4991-a5db-dc850ba3f236";
const PUBLIC: &str = include_str!("keys/test-1.pub.pem");
const PANEL: &str = "/panel?issueKey=T-1&lic=active";

fn now() -> UnixTime {
    UnixTime::from_seconds(1_800_000_000).unwrap()
}

fn key(secret: &str) -> HmacKey {
    HmacKey::new(&SharedSecret::new(secret).unwrap())
}

fn keys(tenant: &str, secret: &str) -> TenantKeys {
    TenantKeys::new(ClientKey::new(tenant).unwrap(), key(secret))
}

fn expected() -> Expectations {
    Expectations::new(BaseUrl::new("https://app.example.com").unwrap())
}

fn canonical(method: &str, target: &str) -> CanonicalRequest {
    CanonicalRequest::new(&Request::new(method, target), expected().base_url()).unwrap()
}

/// What the host signs for a request.
fn bound(tenant: &str, method: &str, target: &str) -> TokenClaims {
    TokenClaims::new(tenant, now()).qsh(&canonical(method, target))
}

fn outcome<T>(result: Result<T, Error>) -> String {
    result.map_or_else(|e| e.code().to_owned(), |_| "accepted".to_owned())
}

fn request_outcome(token: &str, target: &str) -> String {
    outcome(UnverifiedRequestToken::parse(token).and_then(|token| {
        let request = Request::new("GET", target);
        token.verify(&keys(A, SECRET), &request, &expected(), now())
    }))
}

fn context_outcome(token: &str) -> String {
    outcome(
        UnverifiedContextToken::parse(token)
            .and_then(|token| token.verify(&keys(A, SECRET), &expected(), now())),
    )
}

fn session_outcome(token: &str, keys: &TenantKeys) -> String {
    let app = AppKey::new("com.example.app").unwrap();
    outcome(
        UnverifiedSessionToken::parse(token)
            .and_then(|token| token.verify(keys, &app, &expected(), now())),
    )
}

fn install_outcome(token: &str, target: &str, body: &str) -> String {
    install_outcome_for(token, target, body, &expected())
}

fn install_outcome_for(token: &str, target: &str, body: &str, expected: &Expectations) -> String {
    outcome(UnverifiedInstallToken::parse(token).and_then(|token| {
        let key = RsaPublicKey::from_pem(PUBLIC).unwrap();
        let body = ClientKey::new(body).unwrap();
        let request = Request::new("POST", target);
        token.verify(&key, &request, &body, expected, now())
    }))
}

fn platform_key() -> RsaSigningKey {
    let pem = include_str!("../../app-license-testkit/keys/test-1.pem");
    RsaSigningKey::from_pem(pem).unwrap()
}

fn sign_install(claims: &TokenClaims) -> String {
    claims
        .sign_rs256(&platform_key(), &KeyId::new(KID).unwrap())
        .unwrap()
}

fn install_claims() -> TokenClaims {
    bound(A, "POST", "/installed").audience("https://app.example.com")
}

/// A token with any header, signed with a tenant's secret whatever the header says.
fn forged(header: &str, claims: &str, secret: &[u8]) -> String {
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let mac = hmac(secret, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// HMAC-SHA256 with any secret, which the crate itself would not take.
fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    use jsonwebtoken::{Algorithm, EncodingKey};
    #[cfg(feature = "aws-lc-rs")]
    let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
    let key = EncodingKey::from_secret(secret);
    let signer = (provider.signer_factory)(&Algorithm::HS256, &key).unwrap();
    signer.try_sign(message).unwrap()
}

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
fn qsh_missing_accepted() {
    let token = TokenClaims::new(A, now()).sign(&key(SECRET));
    assert_eq!(request_outcome(&token, PANEL), "claim_missing");
    let empty = TokenClaims::new(A, now()).claim("qsh", r#""""#).unwrap();
    assert_eq!(
        request_outcome(&empty.sign(&key(SECRET)), PANEL),
        "qsh_mismatch"
    );
}

#[test]
fn qsh_mismatch() {
    let token = bound(A, "GET", PANEL).sign(&key(SECRET));
    assert_eq!(request_outcome(&token, PANEL), "accepted");
    for target in [
        "/panel?issueKey=T-1&lic=none",
        "/panel?issueKey=T-1",
        "/panel?issueKey=T-1&lic=active&lic=active",
        "/panel?issueKey=T-1&lic=active&x=",
        "/other?issueKey=T-1&lic=active",
        "/Panel?issueKey=T-1&lic=active",
        "/panel//?issueKey=T-1&lic=active",
    ] {
        assert_eq!(request_outcome(&token, target), "qsh_mismatch", "{target}");
    }
    for (method, target) in [("POST", PANEL), ("get", PANEL)] {
        let token = UnverifiedRequestToken::parse(&token).unwrap();
        let request = Request::new(method, target);
        let result = token.verify(&keys(A, SECRET), &request, &expected(), now());
        let want = if method == "get" {
            "accepted"
        } else {
            "qsh_mismatch"
        };
        assert_eq!(outcome(result), want);
    }
    // the hash is compared as it is written
    let upper = canonical("GET", PANEL).qsh().as_str().to_ascii_uppercase();
    let token = TokenClaims::new(A, now())
        .claim("qsh", &format!("\"{upper}\""))
        .unwrap();
    assert_eq!(
        request_outcome(&token.sign(&key(SECRET)), PANEL),
        "qsh_mismatch"
    );
}

#[test]
fn context_endpoint_takes_anything() {
    let good = TokenClaims::new(A, now()).context_qsh().sign(&key(SECRET));
    assert_eq!(context_outcome(&good), "accepted");
    let bound = bound(A, "GET", PANEL).sign(&key(SECRET));
    assert_eq!(context_outcome(&bound), "not_context_token");
    let without = TokenClaims::new(A, now()).sign(&key(SECRET));
    assert_eq!(context_outcome(&without), "not_context_token");
    for qsh in ["Context-qsh", "context-qsh ", "context_qsh", ""] {
        let token = TokenClaims::new(A, now())
            .claim("qsh", &format!("\"{qsh}\""))
            .unwrap();
        let token = token.sign(&key(SECRET));
        assert_eq!(context_outcome(&token), "not_context_token", "{qsh}");
    }
}

#[test]
fn canonical_collision() {
    let root = BaseUrl::new("https://a.example").unwrap();
    let connect = BaseUrl::new("https://a.example/connect").unwrap();
    let of = |target: &str, base: &BaseUrl| {
        CanonicalRequest::new(&Request::new("GET", target), base).unwrap()
    };
    for (one, other) in [
        ("/project&a=b?x=y", "/project?a=b&x=y"),
        ("/p?a=1,2", "/p?a=1&a=2"),
        ("/p?a=1%2C2", "/p?a=1&a=2"),
        ("/p?a=1%26b=2", "/p?a=1&b=2"),
        ("/p?a%3D1=2", "/p?a=1%3D2"),
        ("/p?a=b%2Bc", "/p?a=b+c"),
        ("/p%3Fa=1", "/p?a=1"),
    ] {
        assert_ne!(
            of(one, &root).as_str(),
            of(other, &root).as_str(),
            "{one} {other}"
        );
        assert_ne!(
            of(one, &root).decoded(),
            Some(of(other, &root).as_str()),
            "{one}"
        );
    }
    assert_eq!(of("/connectors", &connect).as_str(), "GET&/connectors&");
    assert_eq!(of("/connect", &connect).as_str(), "GET&/&");
    assert_eq!(of("/connect/ors", &connect).as_str(), "GET&/ors&");
    assert_ne!(of("/connect%2Fors", &connect).decoded(), Some("GET&/ors&"));
    let method = Request::new("GET&/x", "/y");
    assert!(CanonicalRequest::new(&method, &root).is_err());
}

#[test]
fn canonical_decoded_path() {
    let root = BaseUrl::new("https://a.example").unwrap();
    let decoded = |path: &str| {
        let request = CanonicalRequest::new(&Request::new("GET", path), &root).unwrap();
        request.decoded().map(str::to_owned)
    };
    assert_eq!(decoded("/a%20b").as_deref(), Some("GET&/a b&"));
    assert_eq!(decoded("/a%2Fb").as_deref(), Some("GET&/a/b&"));
    assert_eq!(decoded("/a%26b").as_deref(), Some("GET&/a%26b&"));
    assert_eq!(decoded("/a%3Fb?x=1").as_deref(), Some("GET&/a?b&x=1"));
    assert_eq!(decoded("/100%25").as_deref(), Some("GET&/100%&"));
    // what would read as another request has no decoded form
    for path in [
        "/plain",
        "/a%2526b", // would be that of /a&b
        "/a%2541",  // would be that of /a%41
        "/a/%2e%2e/b",
        "/a/..%2Fb",
        "/%2e",
        "/a%00b",
        "/a%0Ab",
        "/a%FFb",
        "/a%zz",
    ] {
        assert_eq!(decoded(path), None, "{path}");
    }

    // the raw path first; which one it was is said; and the fallback can be switched off
    let target = "/a%20b?lic=active";
    let canonical = canonical("GET", target);
    let claims = |qsh: &str| {
        let claims = TokenClaims::new(A, now()).claim("qsh", &format!("\"{qsh}\""));
        claims.unwrap().sign(&key(SECRET))
    };
    let verify = |token: &str, expected: Expectations| {
        let token = UnverifiedRequestToken::parse(token).unwrap();
        let request = Request::new("GET", target);
        token
            .verify(&keys(A, SECRET), &request, &expected, now())
            .map(|token| token.path_form())
    };
    let raw = claims(canonical.qsh().as_str());
    let decoded = claims(canonical.decoded_qsh().unwrap().as_str());
    assert_eq!(verify(&raw, expected()).unwrap(), PathForm::Raw);
    assert_eq!(verify(&decoded, expected()).unwrap(), PathForm::Decoded);
    assert!(verify(&raw, expected().raw_paths_only()).is_ok());
    let refused = verify(&decoded, expected().raw_paths_only()).unwrap_err();
    assert_eq!(refused.code(), "qsh_mismatch");
}

#[test]
fn body_as_parameters() {
    let root = BaseUrl::new("https://a.example").unwrap();
    let of = |request: Request<'_>| {
        let canonical = CanonicalRequest::new(&request, &root).unwrap();
        canonical.as_str().to_owned()
    };
    let with_body = |method, target| Request::new(method, target).with_form_body("a=1&jwt=x");
    assert_eq!(of(with_body("POST", "/b")), "POST&/b&a=1");
    assert_eq!(of(with_body("put", "/b?")), "PUT&/b&a=1");
    assert_eq!(of(with_body("POST", "/b?&")), "POST&/b&a=1");
    for (method, target, want) in [
        ("GET", "/b", "GET&/b&"),
        ("DELETE", "/b", "DELETE&/b&"),
        ("PATCH", "/b", "PATCH&/b&"),
        ("POST", "/b?x=1", "POST&/b&x=1"),
        ("POST", "/b?jwt=a.b.c", "POST&/b&"),
    ] {
        assert_eq!(of(with_body(method, target)), want);
    }
    // and never unasked
    assert_eq!(of(Request::new("POST", "/b")), "POST&/b&");
}

#[test]
fn tenant_mismatch() {
    let token = sign_install(&install_claims());
    assert_eq!(install_outcome(&token, "/installed", B), "tenant_mismatch");
    // the keys of another tenant do not verify, whatever the lookup found
    let token = bound(A, "GET", PANEL).sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    let request = Request::new("GET", PANEL);
    let result = token.verify(&keys(B, SECRET), &request, &expected(), now());
    assert_eq!(outcome(result), "issuer");
    let token = bound(A, "GET", PANEL).sign(&key(OTHER_SECRET));
    assert_eq!(request_outcome(&token, PANEL), "signature");
}

#[test]
fn session_token_aud_overrides_iss() {
    let session = TokenClaims::new("com.example.app", now()).audience(A);
    let token = session.sign(&key(SECRET));
    assert_eq!(session_outcome(&token, &keys(A, SECRET)), "accepted");
    // not on other routes
    assert_eq!(request_outcome(&token, PANEL), "issuer");
    assert_eq!(context_outcome(&token), "issuer");
    // signed by B, for A
    let forged = session.sign(&key(OTHER_SECRET));
    assert_eq!(session_outcome(&forged, &keys(A, SECRET)), "signature");
    assert_eq!(session_outcome(&forged, &keys(B, OTHER_SECRET)), "issuer");
    // not exactly one tenant
    let claims = TokenClaims::new("com.example.app", now());
    for claims in [
        claims.clone(),
        claims.clone().audience(A).audience(B),
        claims.clone().claim("aud", "[]").unwrap(),
    ] {
        let token = claims.sign(&key(SECRET));
        assert!(
            ["claim_missing", "claim_type"]
                .contains(&session_outcome(&token, &keys(A, SECRET)).as_str())
        );
    }
    // a host's token in its place, another app's, and one that is bound to a URL
    let host = TokenClaims::new(A, now()).audience(A);
    assert_eq!(
        session_outcome(&host.sign(&key(SECRET)), &keys(A, SECRET)),
        "issuer"
    );
    let bound = session
        .clone()
        .qsh(&canonical("GET", PANEL))
        .sign(&key(SECRET));
    assert_eq!(
        session_outcome(&bound, &keys(A, SECRET)),
        "not_context_token"
    );
    // `aud` never picks the tenant of a request token
    let token = self::bound(A, "GET", PANEL).audience(B).sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    assert_eq!(token.issuer().as_str(), A);
}

#[test]
fn aud_not_checked() {
    let claims = || bound(A, "POST", "/installed");
    let with = |audience: &[&str]| {
        let all = audience
            .iter()
            .fold(claims(), |claims, a| claims.audience(*a));
        install_outcome(&sign_install(&all), "/installed", A)
    };
    let ours = "https://app.example.com";
    assert_eq!(with(&[]), "claim_missing");
    assert_eq!(with(&[ours]), "accepted");
    assert_eq!(with(&["https://app.example.com/"]), "accepted");
    assert_eq!(with(&["https://other.example.com", ours]), "accepted");
    for foreign in [
        "",
        "https://other.example.com",
        "https://app.example.com.evil.test",
        "https://app.example.co",
        "https://app.example.com//",
        "https://app.example.com/path",
        "http://app.example.com",
        "https://APP.example.com",
        "https://app.example.com:443",
        A,
    ] {
        assert_eq!(with(&[foreign]), "audience", "{foreign}");
    }
    // a former base URL counts where it is configured, with its own path
    let former = BaseUrl::new("https://old.example.com/connect").unwrap();
    let accepts = expected().accept_base_url(former.clone());
    let request = Request::new("POST", "/connect/installed");
    let canonical = CanonicalRequest::new(&request, &former).unwrap();
    let token = TokenClaims::new(A, now())
        .qsh(&canonical)
        .audience(former.as_str());
    let token = sign_install(&token);
    assert_eq!(
        install_outcome_for(&token, "/connect/installed", A, &accepts),
        "accepted"
    );
    assert_eq!(install_outcome(&token, "/connect/installed", A), "audience");
}

#[test]
fn kid_not_validated() {
    let claims = install_claims().to_json();
    let long = "a".repeat(10_000);
    let longer_than_an_id = "a".repeat(129);
    for (kid, want) in [
        ("../evil", "invalid_id"),
        ("..", "invalid_id"),
        ("a/b", "invalid_id"),
        ("a%2Fb", "invalid_id"),
        ("a?b", "invalid_id"),
        ("a#b", "invalid_id"),
        ("a\\u0000", "invalid_id"),
        ("a\\n", "invalid_id"),
        ("http://127.0.0.1:9/key.pem", "invalid_id"),
        ("@evil.test/x", "invalid_id"),
        ("", "invalid_id"),
        (&long, "too_large"),
        (&longer_than_an_id, "invalid_id"),
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
fn time_claims() {
    let raw = |times: &str| {
        let qsh = canonical("GET", PANEL).qsh();
        let claims = format!(r#"{{"iss":"{A}","qsh":"{qsh}"{times}}}"#);
        let token = forged(r#"{"alg":"HS256"}"#, &claims, SECRET.as_bytes());
        request_outcome(&token, PANEL)
    };
    for (times, want) in [
        (r#","iat":1799999990,"exp":1800000170"#, "accepted"),
        (r#","iat":1799999990,"exp":1800000170.5"#, "accepted"),
        (r#","iat":1799999990,"exp":1799999971"#, "accepted"),
        (r#","iat":1799999990,"exp":1799999970"#, "expired"),
        (r#","iat":1799999990,"exp":0"#, "expired"),
        (r#","iat":1799999990"#, "claim_missing"),
        (r#","exp":1800000170"#, "claim_missing"),
        (r#","iat":1799999990,"exp":null"#, "claim_type"),
        (r#","iat":1799999990,"exp":"1800000170""#, "claim_type"),
        (r#","iat":1799999990,"exp":18e8"#, "claim_type"),
        (r#","iat":1799999990,"exp":1e400"#, "claim_type"),
        (r#","iat":1799999990,"exp":1800000170000"#, "claim_type"),
        (r#","iat":1799999990,"exp":-1"#, "claim_type"),
        (r#","iat":1800000030,"exp":1800000170"#, "accepted"),
        (r#","iat":1800000031,"exp":1800000170"#, "not_yet_valid"),
        (
            r#","iat":1799999990,"nbf":1800000031,"exp":1800000170"#,
            "not_yet_valid",
        ),
        (
            r#","iat":1799999990,"nbf":"x","exp":1800000170"#,
            "claim_type",
        ),
    ] {
        assert_eq!(raw(times), want, "{times}");
    }
    assert!(Leeway::from_seconds(121).is_none());
}

#[test]
fn claim_type_confusion() {
    let qsh = canonical("GET", PANEL).qsh();
    for (iss, qsh, want) in [
        (format!(r#"["{A}"]"#), format!(r#""{qsh}""#), "claim_type"),
        ("12345".to_owned(), format!(r#""{qsh}""#), "claim_type"),
        (
            format!(r#"{{"{A}":1}}"#),
            format!(r#""{qsh}""#),
            "claim_type",
        ),
        (r#""""#.to_owned(), format!(r#""{qsh}""#), "claim_missing"),
        (r#""__proto__""#.to_owned(), format!(r#""{qsh}""#), "issuer"),
        (format!(r#""{A}""#), format!(r#"["{qsh}"]"#), "claim_type"),
        (format!(r#""{A}""#), "null".to_owned(), "claim_type"),
        (
            format!(r#""{A}\u0000""#),
            format!(r#""{qsh}""#),
            "claim_type",
        ),
        (format!(r#""{A}\n""#), format!(r#""{qsh}""#), "claim_type"),
    ] {
        let claims = format!(r#"{{"iss":{iss},"iat":1800000000,"exp":1800000180,"qsh":{qsh}}}"#);
        let token = forged(r#"{"alg":"HS256"}"#, &claims, SECRET.as_bytes());
        assert_eq!(request_outcome(&token, PANEL), want, "{claims}");
    }
}

#[test]
fn header_crit() {
    let claims = bound(A, "GET", PANEL).to_json();
    for crit in [r#"["exp"]"#, "[]", "null", r#""b64""#] {
        let header = format!(r#"{{"alg":"HS256","crit":{crit}}}"#);
        let token = forged(&header, &claims, SECRET.as_bytes());
        assert_eq!(request_outcome(&token, PANEL), "critical_header", "{crit}");
    }
}

#[test]
fn structure() {
    let token = bound(A, "GET", PANEL).sign(&key(SECRET));
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return assert_eq!(parts.len(), 3);
    };
    for broken in [
        format!("{header}.{claims}"),
        format!("{header}.{claims}.{signature}."),
        format!("{header}.{claims}.{signature}.x"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}=.{signature}"),
        format!("{header}.{claims}.{signature} "),
        format!("{header}.{claims}.\n{signature}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
    ] {
        assert_eq!(
            request_outcome(&broken, PANEL),
            "token_malformed",
            "{broken}"
        );
    }
    let json = bound(A, "GET", PANEL).to_json();
    let twice = json.replacen('{', &format!(r#"{{"iss":"{B}","#), 1);
    let bom = format!("\u{feff}{json}");
    let deep = json.replacen(
        '{',
        &format!(r#"{{"x":{}{},"#, "[".repeat(99), "]".repeat(99)),
        1,
    );
    for claims in [twice, bom, deep, format!("{json}x"), "[]".to_owned()] {
        let token = forged(r#"{"alg":"HS256"}"#, &claims, SECRET.as_bytes());
        assert_eq!(
            request_outcome(&token, PANEL),
            "token_malformed",
            "{claims}"
        );
    }
    let large = json.replacen('{', &format!(r#"{{"x":"{}","#, "a".repeat(64_000)), 1);
    let token = forged(r#"{"alg":"HS256"}"#, &large, SECRET.as_bytes());
    assert_eq!(request_outcome(&token, PANEL), "too_large");
}

#[test]
fn token_placement() {
    assert_eq!(token_from_request(["jwt a.b.c"], "").unwrap(), "a.b.c");
    assert_eq!(token_from_request([], "x=1&jwt=a.b.c").unwrap(), "a.b.c");
    assert_eq!(token_from_request(["JWT a.b.c"], "jwt=").unwrap(), "a.b.c");
    let code =
        |headers: &[&str], query: &str| outcome(token_from_request(headers.iter().copied(), query));
    assert_eq!(code(&["JWT a.b.c"], "jwt=d.e.f"), "token_conflict");
    assert_eq!(code(&["JWT a.b.c", "JWT d.e.f"], ""), "token_conflict");
    assert_eq!(code(&[], "jwt=a.b.c&jwt=d.e.f"), "token_conflict");
    assert_eq!(code(&["Bearer a.b.c"], ""), "token_scheme");
    assert_eq!(code(&["Bearer a.b.c"], "jwt=a.b.c"), "token_scheme");
    assert_eq!(code(&[], "JWT=a.b.c"), "token_missing");
    // lifecycle events have theirs in the header
    assert_eq!(outcome(token_from_header([])), "token_missing");
}

#[test]
fn replay() {
    // an install token is bound to its own path, and can be told apart from every other
    let token = sign_install(&install_claims());
    assert_eq!(install_outcome(&token, "/uninstalled", A), "qsh_mismatch");
    let fingerprint = |token: &str| {
        let key = RsaPublicKey::from_pem(PUBLIC).unwrap();
        let request = Request::new("POST", "/installed");
        let body = ClientKey::new(A).unwrap();
        let token = UnverifiedInstallToken::parse(token).unwrap();
        let token = token.verify(&key, &request, &body, &expected(), now());
        token.unwrap().fingerprint()
    };
    let later = sign_install(&install_claims().lifetime(179));
    assert_eq!(fingerprint(&token), fingerprint(&token));
    assert_ne!(fingerprint(&token), fingerprint(&later));
}

#[test]
fn weak_rsa() {
    let weak = include_str!("keys/rsa-1024.pub.pem");
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
fn lic_fails_open() {
    for query in [
        "",
        "lic",
        "lic=",
        "lic=none",
        "LIC=active",
        "lic=ACTIVE",
        "lic=active%20",
    ] {
        let license = IframeQuery::parse(query).license();
        assert!(!license.has_capability("capabilityStandard"), "{query}");
    }
    // what a request token proves is the query it was verified with
    let token = bound(A, "GET", PANEL).sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    let request = Request::new("GET", PANEL);
    let token = token
        .verify(&keys(A, SECRET), &request, &expected(), now())
        .unwrap();
    assert_eq!(token.license().state(), State::Active);
    assert_eq!(token.license().as_of(), Some(now()));
}

#[test]
fn lic_duplicate_order() {
    for target in ["/p?lic=active&lic=none", "/p?lic=none&lic=active"] {
        // one hash for both orders
        let token = bound(A, "GET", "/p?lic=none&lic=active").sign(&key(SECRET));
        let token = UnverifiedRequestToken::parse(&token).unwrap();
        let request = Request::new("GET", target);
        let token = token
            .verify(&keys(A, SECRET), &request, &expected(), now())
            .unwrap();
        assert_eq!(token.license().state(), State::Inactive, "{target}");
    }
}

#[test]
fn issuer_case() {
    let token = bound(&A.to_ascii_uppercase(), "GET", PANEL).sign(&key(SECRET));
    assert_eq!(request_outcome(&token, PANEL), "issuer");
    let token = sign_install(
        &bound(&A.to_ascii_uppercase(), "POST", "/installed").audience("https://app.example.com"),
    );
    assert_eq!(install_outcome(&token, "/installed", A), "tenant_mismatch");
}

#[test]
fn unverified_decode() {
    // an unverified token shows whose keys to look up, and no more: not even in its Debug output
    let claims = bound(A, "GET", PANEL).subject("the-user");
    let token = claims.sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    assert_eq!(token.issuer().as_str(), A);
    assert!(!format!("{token:?}").contains("the-user"));
}

#[test]
fn tenant_from_query() {
    let target = "/p?xdm_e=https%3A%2F%2Ftenant-b.atlassian.net&lic=active";
    let token = bound(A, "GET", target).sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    let request = Request::new("GET", target);
    let token = token
        .verify(&keys(A, SECRET), &request, &expected(), now())
        .unwrap();
    assert_eq!(token.issuer().as_str(), A);
}

#[test]
fn secret_in_logs() {
    let keys = keys(A, SECRET).with_previous(key(OTHER_SECRET));
    assert!(!format!("{keys:?}").contains("shared-secret"));
    let token = bound(A, "GET", "/other").sign(&key(SECRET));
    let signature = token.rsplit('.').next().unwrap();
    let unverified = UnverifiedRequestToken::parse(&token).unwrap();
    assert!(!format!("{unverified:?}").contains(signature));
    let target = format!("/panel?jwt={token}");
    let request = Request::new("GET", &target);
    let explanation = unverified.explain(&request, &expected()).to_string();
    assert!(!explanation.contains(signature), "{explanation}");
    let error = unverified
        .verify(&keys, &request, &expected(), now())
        .unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(
            !text.contains(signature) && !text.contains("shared-secret"),
            "{text}"
        );
    }
    assert_eq!(error.class(), ErrorClass::Refused);
}

#[test]
fn a_rotated_secret_is_honoured_as_long_as_it_is_given() {
    let token = bound(A, "GET", PANEL).sign(&key(OTHER_SECRET));
    let request = Request::new("GET", PANEL);
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

/// An iframe URL carries its token in the query: no `Debug` output repeats it.
#[test]
fn secret_in_logs() {
    use app_license::connect::{IframeQuery, Request};
    for query in [
        "lic=active&jwt=e30.e30.c2ln",
        "%6Awt=e30.e30.c2ln&x",
        "JWT=e30.e30.c2ln",
    ] {
        let target = format!("/panel?{query}");
        let printed = format!(
            "{:?} {:?}",
            IframeQuery::parse(query),
            Request::new("GET", &target)
        );
        assert!(!printed.contains("c2ln"), "{printed}");
        assert_eq!(printed.matches("[redacted]").count(), 2, "{printed}");
    }
    let shown = format!("{:?}", IframeQuery::parse("lic=active&jwt=e30.e30.c2ln"));
    assert_eq!(shown, r#"IframeQuery("lic=active&jwt=[redacted]")"#);
}
