//! Compact tokens: whatever the bytes, no kind of token verifies by chance or panics.
#![no_main]

use app_license::connect::{
    BaseUrl, RequestLine, RequestVerifierConfig, TenantKeys, UnverifiedContextToken, UnverifiedInstallToken,
    UnverifiedRequestToken, UnverifiedSessionToken, jwt_from_headers, token_from_request,
};
use app_license::forge::{UnverifiedInvocationToken, Verifier, bearer_token};
use app_license::{ForgeAppId, HmacKey, Jwks, SharedSecret, UnixTime};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = jwt_from_headers([text]);
    let _ = token_from_request([], text);
    let _ = UnverifiedInstallToken::parse(text);
    let _ = UnverifiedContextToken::parse(text);
    let _ = UnverifiedSessionToken::parse(text);
    let _ = bearer_token([text]);
    if let Ok(token) = UnverifiedInvocationToken::parse(text) {
        let none = Jwks::parse(br#"{"keys":[]}"#).unwrap();
        let app = ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11").unwrap();
        let config = Verifier::new(app);
        assert!(token.verify(&none, &config, UnixTime::EPOCH).is_err());
    }
    let Ok(token) = UnverifiedRequestToken::parse(text) else { return };
    let secret = SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap();
    let keys = TenantKeys::new(token.issuer().clone(), HmacKey::new(&secret));
    let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com").unwrap());
    let request = RequestLine::new("GET", "/panel?lic=active");
    assert!(token.verify(&keys, &request, &expected, UnixTime::EPOCH).is_err());
});
