//! Private keys of the platform's kind: for tests and mock hosts.

use std::fmt;

use jsonwebtoken::EncodingKey;

use super::backend::provider;
use super::base64url::encode;
use super::sign::signing_input;
use crate::error::{Error, ErrorKind};

/// A private key that signs RS256 tokens as the platform does: for tests and mock hosts.
///
/// ```
/// use app_license::RsaSigningKey;
/// let error = RsaSigningKey::from_pem("no key").unwrap_err();
/// assert_eq!(error.code(), "key_malformed");
/// ```
#[derive(Clone)]
pub struct RsaSigningKey(EncodingKey);

impl RsaSigningKey {
    /// Reads a private key in PEM, PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// `key_malformed` when it is neither.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let malformed = |reason| ErrorKind::KeyMalformed {
            what: "RSA private key",
            reason,
        };
        let private = [
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----",
        ];
        let pem = pem.trim_ascii();
        if !private.iter().any(|begin| pem.starts_with(begin)) {
            return Err(malformed("it is not the PEM of a private key").into());
        }
        let key = EncodingKey::from_rsa_pem(pem.as_bytes())
            .map_err(|_| malformed("it is not the PEM of an RSA key"))?;
        let key = Self(key);
        key.sign(b"")?;
        Ok(key)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = || ErrorKind::KeyMalformed {
            what: "RSA private key",
            reason: "it does not sign",
        };
        let algorithm = jsonwebtoken::Algorithm::RS256;
        let signer = (provider().signer_factory)(&algorithm, &self.0).map_err(|_| failed())?;
        Ok(signer.try_sign(message).map_err(|_| failed())?)
    }
}

impl fmt::Debug for RsaSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaSigningKey([redacted])")
    }
}

/// An RS256 token over claims that are JSON text, its header naming the key.
pub(crate) fn rs256_token(claims: &str, kid: &str, key: &RsaSigningKey) -> Result<String, Error> {
    let kid = serde_json::Value::from(kid);
    let header = format!(r#"{{"typ":"JWT","alg":"RS256","kid":{kid}}}"#);
    let mut token = signing_input(&header, claims);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    encode(&signature, &mut token);
    Ok(token)
}
