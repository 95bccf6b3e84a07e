//! What binds a token to its request.

use std::time::Duration;

use super::support::{
    A, PANEL, PUBLIC, SECRET, bound, canonical, context_outcome, expected, install_claims,
    install_outcome, key, keys, now, outcome, request_outcome, sign_install,
};
use app_license::connect::{
    BaseUrl, CanonicalRequest, PathForm, RequestLine, TokenClaims, UnverifiedInstallToken,
    UnverifiedRequestToken, jwt_from_headers, token_from_request,
};
use app_license::{ClientKey, RsaPublicKey};

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
        let request = RequestLine::new(method, target);
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
        CanonicalRequest::new(&RequestLine::new("GET", target), base).unwrap()
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
    let method = RequestLine::new("GET&/x", "/y");
    assert!(CanonicalRequest::new(&method, &root).is_err());
}

#[test]
fn canonical_decoded_path() {
    let root = BaseUrl::new("https://a.example").unwrap();
    let decoded = |path: &str| {
        let request = CanonicalRequest::new(&RequestLine::new("GET", path), &root).unwrap();
        request.decoded().map(str::to_owned)
    };
    assert_eq!(decoded("/a%20b").as_deref(), Some("GET&/a b&"));
    assert_eq!(decoded("/a%2Fb").as_deref(), Some("GET&/a/b&"));
    // one slash at the end goes, whichever way it is written, and one only
    assert_eq!(decoded("/a%2F").as_deref(), Some("GET&/a&"));
    assert_eq!(decoded("/a%2F/").as_deref(), Some("GET&/a/&"));
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

    // the raw path first; and which one it was is said
    let target = "/a%20b?lic=active";
    let canonical = canonical("GET", target);
    let claims = |qsh: &str| {
        let claims = TokenClaims::new(A, now()).claim("qsh", &format!("\"{qsh}\""));
        claims.unwrap().sign(&key(SECRET))
    };
    let verify = |token: &str| {
        let token = UnverifiedRequestToken::parse(token).unwrap();
        let request = RequestLine::new("GET", target);
        token
            .verify(&keys(A, SECRET), &request, &expected(), now())
            .map(|token| token.path_form())
    };
    let raw = claims(canonical.qsh().as_str());
    let decoded = claims(canonical.decoded_qsh().unwrap().as_str());
    assert_eq!(verify(&raw).unwrap(), PathForm::Raw);
    assert_eq!(verify(&decoded).unwrap(), PathForm::Decoded);
}

#[test]
fn body_as_parameters() {
    let root = BaseUrl::new("https://a.example").unwrap();
    let of = |request: RequestLine<'_>| {
        let canonical = CanonicalRequest::new(&request, &root).unwrap();
        canonical.as_str().to_owned()
    };
    let with_body = |method, target| RequestLine::new(method, target).with_form_body("a=1&jwt=x");
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
    assert_eq!(of(RequestLine::new("POST", "/b")), "POST&/b&");
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
    assert_eq!(outcome(jwt_from_headers([])), "token_missing");
}

#[test]
fn replay() {
    // an install token is bound to its own path, and can be told apart from every other
    let token = sign_install(&install_claims());
    assert_eq!(install_outcome(&token, "/uninstalled", A), "qsh_mismatch");
    let hash = |token: &str| {
        let key = RsaPublicKey::from_pem(PUBLIC).unwrap();
        let request = RequestLine::new("POST", "/installed");
        let body = ClientKey::new(A).unwrap();
        let token = UnverifiedInstallToken::parse(token).unwrap();
        let token = token.verify(&key, &request, &body, &expected(), now());
        token.unwrap().hash()
    };
    let later = sign_install(&install_claims().lifetime(Duration::from_secs(179)));
    assert_eq!(hash(&token), hash(&token));
    assert_ne!(hash(&token), hash(&later));
}
