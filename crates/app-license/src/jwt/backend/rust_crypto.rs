//! MACs and hashes by the RustCrypto crates.

use hmac::Mac as _;
use sha2::{Digest as _, Sha256};

#[derive(Clone)]
pub(in crate::jwt) struct Hmac(hmac::Hmac<Sha256>);

impl Hmac {
    pub(in crate::jwt) fn new(secret: &[u8]) -> Self {
        // HMAC hashes a key longer than its block, which is done here so that no length can fail
        let mut block = [0; 64];
        let hashed: [u8; 32];
        let key = if secret.len() > block.len() {
            hashed = sha256(secret);
            &hashed
        } else {
            secret
        };
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(hmac::Hmac::new((&block).into()))
    }

    pub(in crate::jwt) fn verify(&self, message: &[u8], mac: &[u8]) -> bool {
        self.0
            .clone()
            .chain_update(message)
            .verify_slice(mac)
            .is_ok()
    }

    pub(in crate::jwt) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mac = self.0.clone().chain_update(message).finalize();
        mac.into_bytes().to_vec()
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Compares in constant time.
pub(crate) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(a, b).into()
}
