//! Making tokens: for calls to the host, and for tests.

use super::base64url::encode;
use super::keys::HmacKey;

/// An HS256 token over claims that are JSON text.
pub(crate) fn hs256_token(claims: &str, key: &HmacKey) -> String {
    let mut token = signing_input(r#"{"typ":"JWT","alg":"HS256"}"#, claims);
    let mac = key.sign(token.as_bytes());
    token.push('.');
    encode(&mac, &mut token);
    token
}

pub(super) fn signing_input(header: &str, claims: &str) -> String {
    let mut token = String::with_capacity(claims.len().saturating_mul(2));
    encode(header.as_bytes(), &mut token);
    token.push('.');
    encode(claims.as_bytes(), &mut token);
    token
}
