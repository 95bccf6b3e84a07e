//! Who a token is from and for, and when.

use super::support::{
    A, B, OTHER_SECRET, PANEL, SECRET, bound, canonical, context_outcome, expected, forged,
    install_claims, install_outcome, install_outcome_for, key, keys, now, outcome, request_outcome,
    session_outcome, sign_install,
};
use app_license::Leeway;
use app_license::connect::{
    BaseUrl, CanonicalRequest, RequestLine, TokenClaims, UnverifiedRequestToken,
};

#[test]
fn tenant_mismatch() {
    let token = sign_install(&install_claims());
    assert_eq!(install_outcome(&token, "/installed", B), "tenant_mismatch");
    // the keys of another tenant do not verify, whatever the lookup found
    let token = bound(A, "GET", PANEL).sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    let request = RequestLine::new("GET", PANEL);
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
    let request = RequestLine::new("POST", "/connect/installed");
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
    assert!(Leeway::from_seconds(180).is_none());
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
        &format!(r#"{{"x":{}{},"#, "[".repeat(5000), "]".repeat(5000)),
        1,
    );
    let token = forged(r#"{"alg":"HS256"}"#, &deep, SECRET.as_bytes());
    assert_eq!(request_outcome(&token, PANEL), "too_complex");
    for claims in [twice, bom, format!("{json}x"), "[]".to_owned()] {
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
fn issuer_case() {
    let token = bound(&A.to_ascii_uppercase(), "GET", PANEL).sign(&key(SECRET));
    assert_eq!(request_outcome(&token, PANEL), "issuer");
    let token = sign_install(
        &bound(&A.to_ascii_uppercase(), "POST", "/installed").audience("https://app.example.com"),
    );
    assert_eq!(install_outcome(&token, "/installed", A), "tenant_mismatch");
}
