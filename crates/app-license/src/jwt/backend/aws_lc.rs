//! Signatures by aws-lc-rs.

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use aws_lc_rs::{constant_time, digest, hmac};

#[derive(Clone)]
pub(in crate::jwt) struct Hmac(hmac::Key);

impl Hmac {
    pub(in crate::jwt) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    pub(in crate::jwt) fn verify(&self, message: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.0, message, mac).is_ok()
    }

    pub(in crate::jwt) fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.0, message).as_ref().to_vec()
    }
}

pub(in crate::jwt) struct Rsa(ParsedPublicKey);

impl Rsa {
    /// From modulus and exponent, big-endian without leading zeros.
    pub(in crate::jwt) fn new(n: &[u8], e: &[u8]) -> Option<Self> {
        let key = RsaPublicKeyComponents { n, e };
        let parsed = key.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
        Some(Self(parsed))
    }

    pub(in crate::jwt) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    if let Some(found) = digest::digest(&digest::SHA256, bytes)
        .as_ref()
        .first_chunk()
    {
        hash = *found;
    }
    hash
}

/// Compares in constant time.
pub(crate) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}
