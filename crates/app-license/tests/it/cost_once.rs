//! `cost-once`: what was read or hashed once is not read or hashed again. Steps are counted, not time.

use app_license::connect::{
    BaseUrl, CanonicalRequest, RequestLine, RequestVerifierConfig, TenantKeys, TokenClaims,
    UnverifiedRequestToken, Verifier,
};
use app_license::{
    AppKey, ClientKey, HmacKey, KeyId, RsaPublicKey, RsaSigningKey, SharedSecret, UnixTime, work,
};

const TENANT: &str = "1a2b3c4d-0001";

fn now() -> UnixTime {
    UnixTime::from_seconds(1_800_000_000).unwrap()
}

fn config() -> RequestVerifierConfig {
    RequestVerifierConfig::new(BaseUrl::new("https://app.example.com").unwrap())
}

fn claims(request: &RequestLine<'_>) -> TokenClaims {
    let canonical = CanonicalRequest::new(request, config().base_url()).unwrap();
    TokenClaims::new(TENANT, now()).qsh(&canonical)
}

#[test]
fn cost_once_query_of_a_verified_request() {
    let target = format!("/panel?lic=active&x={}", "y".repeat(1000));
    let request = RequestLine::new("GET", &target);
    let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap());
    let token = claims(&request).sign(&key);
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    let keys = TenantKeys::new(ClientKey::new(TENANT).unwrap(), key);
    let token = token.verify(&keys, &request, &config(), now()).unwrap();
    let (first, lic) = work::counted(|| token.query().lic());
    assert!(first >= 1000, "{first} steps");
    assert_eq!(lic.as_deref(), Some("active"));
    let (again, query) = work::counted(|| token.query());
    assert_eq!(again, 0);
    assert_eq!(query.lic().as_deref(), Some("active"));
}

#[test]
fn cost_once_request_of_an_installed_whose_key_was_replaced() {
    let target = format!("/installed?x={}", "y".repeat(1000));
    let request = RequestLine::new("POST", &target);
    let pem = include_str!("../../../app-license-testkit/keys/test-1.pem");
    let kid = KeyId::new("0e50fccb-239d-4991-a5db-dc850ba3f236").unwrap();
    let claims = claims(&request).audience("https://app.example.com");
    let token = claims.sign_rs256(&RsaSigningKey::from_pem(pem).unwrap(), &kid);
    let token = token.unwrap();
    let body = format!(
        r#"{{"eventType":"installed","key":"com.example.app","clientKey":"{TENANT}",
        "sharedSecret":"0123456789abcdef0123","baseUrl":"https://acme.atlassian.net",
        "productType":"jira"}}"#
    );
    let verifier = Verifier::new(AppKey::new("com.example.app").unwrap(), config());
    let event = verifier.installed(&token).unwrap();
    let received = || event.receive(body.as_bytes(), &request, now());
    let (steps, event) = work::counted(received);
    assert!(steps >= 1000, "{steps} steps");
    let event = event.unwrap();
    let replaced = RsaPublicKey::from_pem(include_str!("../keys/test-2.pub.pem")).unwrap();
    let key = RsaPublicKey::from_pem(include_str!("../keys/test-1.pub.pem")).unwrap();
    let (steps, verified) = work::counted(|| {
        assert!(event.verify(&replaced).is_err());
        event.verify(&key)
    });
    assert!(verified.is_ok());
    assert_eq!(steps, 0);
}
