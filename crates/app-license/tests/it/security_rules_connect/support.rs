//! What the tests have in common.

use app_license::connect::{
    BaseUrl, CanonicalRequest, RequestLine, RequestVerifierConfig, TenantKeys, TokenClaims,
    UnverifiedContextToken, UnverifiedInstallToken, UnverifiedRequestToken, UnverifiedSessionToken,
};
use app_license::{
    AppKey, ClientKey, Error, HmacKey, KeyId, RsaPublicKey, RsaSigningKey, SharedSecret, UnixTime,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) const SECRET: &str = "tenant-a-shared-secret-0123456789abcdef";
pub(crate) const OTHER_SECRET: &str = "tenant-b-shared-secret-fedcba9876543210";
pub(crate) const A: &str = "1a2b3c4d-0001-3000-8000-aaaaaaaaaaaa";
pub(crate) const B: &str = "1a2b3c4d-0002-3000-8000-bbbbbbbbbbbb";
pub(crate) const KID: &str = "0e50fccb-239d-4991-a5db-dc850ba3f236";
pub(crate) const PUBLIC: &str = include_str!("../../keys/test-1.pub.pem");
pub(crate) const PANEL: &str = "/panel?issueKey=T-1&lic=active";

pub(crate) fn now() -> UnixTime {
    UnixTime::from_seconds(1_800_000_000).unwrap()
}

pub(crate) fn key(secret: &str) -> HmacKey {
    HmacKey::new(&SharedSecret::new(secret).unwrap())
}

pub(crate) fn keys(tenant: &str, secret: &str) -> TenantKeys {
    TenantKeys::new(ClientKey::new(tenant).unwrap(), key(secret))
}

pub(crate) fn expected() -> RequestVerifierConfig {
    RequestVerifierConfig::new(BaseUrl::new("https://app.example.com").unwrap())
}

pub(crate) fn canonical(method: &str, target: &str) -> CanonicalRequest {
    CanonicalRequest::new(&RequestLine::new(method, target), expected().base_url()).unwrap()
}

/// What the host signs for a request.
pub(crate) fn bound(tenant: &str, method: &str, target: &str) -> TokenClaims {
    TokenClaims::new(tenant, now()).qsh(&canonical(method, target))
}

pub(crate) fn outcome<T>(result: Result<T, Error>) -> String {
    result.map_or_else(|e| e.code().to_owned(), |_| "accepted".to_owned())
}

pub(crate) fn request_outcome(token: &str, target: &str) -> String {
    outcome(UnverifiedRequestToken::parse(token).and_then(|token| {
        let request = RequestLine::new("GET", target);
        token.verify(&keys(A, SECRET), &request, &expected(), now())
    }))
}

pub(crate) fn context_outcome(token: &str) -> String {
    outcome(
        UnverifiedContextToken::parse(token)
            .and_then(|token| token.verify(&keys(A, SECRET), &expected(), now())),
    )
}

pub(crate) fn session_outcome(token: &str, keys: &TenantKeys) -> String {
    let app = AppKey::new("com.example.app").unwrap();
    outcome(
        UnverifiedSessionToken::parse(token)
            .and_then(|token| token.verify(keys, &app, &expected(), now())),
    )
}

pub(crate) fn install_outcome(token: &str, target: &str, body: &str) -> String {
    install_outcome_for(token, target, body, &expected())
}

pub(crate) fn install_outcome_for(
    token: &str,
    target: &str,
    body: &str,
    expected: &RequestVerifierConfig,
) -> String {
    outcome(UnverifiedInstallToken::parse(token).and_then(|token| {
        let key = RsaPublicKey::from_pem(PUBLIC).unwrap();
        let body = ClientKey::new(body).unwrap();
        let request = RequestLine::new("POST", target);
        token.verify(&key, &request, &body, expected, now())
    }))
}

pub(crate) fn platform_key() -> RsaSigningKey {
    let pem = include_str!("../../../../app-license-testkit/keys/test-1.pem");
    RsaSigningKey::from_pem(pem).unwrap()
}

pub(crate) fn sign_install(claims: &TokenClaims) -> String {
    claims
        .sign_rs256(&platform_key(), &KeyId::new(KID).unwrap())
        .unwrap()
}

pub(crate) fn install_claims() -> TokenClaims {
    bound(A, "POST", "/installed").audience("https://app.example.com")
}

/// A token with any header, signed with a tenant's secret whatever the header says.
pub(crate) fn forged(header: &str, claims: &str, secret: &[u8]) -> String {
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let mac = hmac(secret, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// HMAC-SHA256 with any secret, which the crate itself would not take.
pub(crate) fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    use jsonwebtoken::{Algorithm, EncodingKey};
    #[cfg(feature = "aws-lc-rs")]
    let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
    let key = EncodingKey::from_secret(secret);
    let signer = (provider.signer_factory)(&Algorithm::HS256, &key).unwrap();
    signer.try_sign(message).unwrap()
}
