//! Compact tokens: whatever the bytes, no kind of token verifies by chance or panics.
#![no_main]

use app_license::connect::{
    BaseUrl, RequestVerifierConfig, Request, TenantKeys, UnverifiedContextToken, UnverifiedInstallToken,
    UnverifiedRequestToken, UnverifiedSessionToken, token_from_header, token_from_request,
};
use app_license::{HmacKey, SharedSecret, UnixTime};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = token_from_header([text]);
    let _ = token_from_request([], text);
    let _ = UnverifiedInstallToken::parse(text);
    let _ = UnverifiedContextToken::parse(text);
    let _ = UnverifiedSessionToken::parse(text);
    let Ok(token) = UnverifiedRequestToken::parse(text) else { return };
    let secret = SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap();
    let keys = TenantKeys::new(token.issuer().clone(), HmacKey::new(&secret));
    let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com").unwrap());
    let request = Request::new("GET", "/panel?lic=active");
    assert!(token.verify(&keys, &request, &expected, UnixTime::EPOCH).is_err());
});
