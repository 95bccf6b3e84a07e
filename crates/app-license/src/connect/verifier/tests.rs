use super::{ReceivedEvent, UnverifiedEvent, Verifier};
use crate::connect::{
    BaseUrl, CanonicalRequest, InstallToken, LifecycleKind, RequestLine, RequestVerifierConfig,
    TenantKeys, TokenClaims,
};
use crate::delivery::ReplayMark;
use crate::{
    AppKey, ClientKey, Error, HmacKey, KeyId, Leeway, RsaPublicKey, RsaSigningKey, SharedSecret,
    UnixTime, Verified,
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const TENANT: &str = "1a2b3c4d-0001";
const TARGET: &str = "/installed";

fn now() -> UnixTime {
    UnixTime::from_seconds(1_800_000_000).unwrap()
}

fn verifier() -> Verifier {
    let base = BaseUrl::new("https://app.example.com").unwrap();
    let leeway = Leeway::from_seconds(7).unwrap();
    let config = RequestVerifierConfig::new(base).leeway(leeway);
    Verifier::new(AppKey::new("com.example.app").unwrap(), config)
}

fn body(kind: LifecycleKind, site: &str) -> Vec<u8> {
    let kind = kind.name();
    format!(
        r#"{{"eventType":"{kind}","key":"com.example.app","clientKey":"{TENANT}",
        "sharedSecret":"{SECRET}","baseUrl":"{site}","productType":"jira"}}"#
    )
    .into_bytes()
}

fn claims(target: &str) -> TokenClaims {
    let request = RequestLine::new("POST", target);
    let base = BaseUrl::new("https://app.example.com").unwrap();
    TokenClaims::new(TENANT, now()).qsh(&CanonicalRequest::new(&request, &base).unwrap())
}

fn signed_by_platform() -> String {
    let pem = include_str!("../../../../app-license-testkit/keys/test-1.pem");
    let key = RsaSigningKey::from_pem(pem).unwrap();
    let kid = KeyId::new("0e50fccb-239d-4991-a5db-dc850ba3f236").unwrap();
    let claims = claims(TARGET).audience("https://app.example.com");
    claims.sign_rs256(&key, &kid).unwrap()
}

fn platform_key(name: &str) -> RsaPublicKey {
    RsaPublicKey::from_pem(match name {
        "test-1" => include_str!("../../../tests/keys/test-1.pub.pem"),
        _ => include_str!("../../../tests/keys/test-2.pub.pem"),
    })
    .unwrap()
}

/// What becomes of an `installed` as soon as a key is there.
fn installed<T>(
    token: &str,
    body: &[u8],
    target: &str,
    key: &str,
    then: fn(Verified<ReceivedEvent<'_, InstallToken>>) -> T,
) -> Result<T, Error> {
    let verifier = verifier();
    let event = verifier.installed(token)?;
    let event = event.receive(body, &RequestLine::new("POST", target), now())?;
    event.verify(&platform_key(key)).map(then)
}

#[test]
fn a_mark_is_of_token_and_body_and_lives_as_long_as_the_token_verifies() {
    let token = signed_by_platform();
    let body = body(LifecycleKind::Installed, "https://example.atlassian.net");
    let mark = ReplayMark::new(&token, &body, now().plus(180 + 7));
    let marks = installed(&token, &body, TARGET, "test-1", |event| {
        let own = *event.mark();
        let outcome = event.into_delivery().apply(None, None, now()).unwrap();
        (own, outcome.mark)
    });
    assert_eq!(marks.unwrap(), (mark, Some(mark)));

    let key = HmacKey::new(&SharedSecret::new(SECRET).unwrap());
    let token = claims("/enabled").sign(&key);
    let body = self::body(LifecycleKind::Enabled, "https://example.atlassian.net");
    let verifier = verifier();
    let event = verifier.enabled(&token).unwrap();
    let keys = TenantKeys::new(ClientKey::new(TENANT).unwrap(), key);
    let sender = event.verify(&keys, &RequestLine::new("POST", "/enabled"), now());
    let event = sender.unwrap().receive(&body).unwrap();
    assert_eq!(
        event.mark(),
        &ReplayMark::new(&token, &body, now().plus(187))
    );
}

#[test]
fn what_takes_no_key_is_said_before_the_signature() {
    let token = signed_by_platform();
    let site = "https://example.atlassian.net";
    let good = body(LifecycleKind::Installed, site);
    let foreign = body(LifecycleKind::Installed, "https://example.com");
    let other_event = body(LifecycleKind::Uninstalled, site);
    let code = |body: &[u8], target, key| {
        let result = installed(&token, body, target, key, |_| ());
        result.map_or_else(|error| error.code(), |_| "accepted")
    };
    assert_eq!(code(&good, TARGET, "test-1"), "accepted");
    assert_eq!(code(&good, TARGET, "test-2"), "signature");
    assert_eq!(code(&foreign, TARGET, "test-2"), "foreign_base_url");
    assert_eq!(code(&foreign, "/other", "test-2"), "qsh_mismatch");
    assert_eq!(code(&other_event, TARGET, "test-2"), "field_value");
    assert_eq!(code(b"{}", "/other", "test-2"), "field_missing");
}

#[test]
fn a_signature_is_checked_again_with_a_fresher_key() {
    let token = signed_by_platform();
    let body = body(LifecycleKind::Installed, "https://example.atlassian.net");
    let verifier = verifier();
    let event = verifier.installed(&token).unwrap();
    let event = event.receive(&body, &RequestLine::new("POST", TARGET), now());
    let event = event.unwrap();
    let refused = event.verify(&platform_key("test-2")).unwrap_err();
    assert_eq!(refused.code(), "signature");
    assert!(event.verify(&platform_key("test-1")).is_ok());
}

#[test]
fn each_endpoint_takes_the_tokens_of_those_who_sign_its_events() {
    let platform = signed_by_platform();
    let key = HmacKey::new(&SharedSecret::new(SECRET).unwrap());
    let tenant = claims("/enabled").sign(&key);
    let verifier = verifier();
    for kind in LifecycleKind::ALL {
        let by_platform = matches!(kind, LifecycleKind::Installed | LifecycleKind::Uninstalled);
        let event = verifier.event(kind, if by_platform { &platform } else { &tenant });
        assert_eq!(
            matches!(event, Ok(UnverifiedEvent::OfPlatform(_))),
            by_platform
        );
        let other = verifier.event(kind, if by_platform { &tenant } else { &platform });
        assert_eq!(other.unwrap_err().code(), "algorithm", "{kind}");
    }
}
