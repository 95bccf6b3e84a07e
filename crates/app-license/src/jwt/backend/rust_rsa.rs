//! RSA by the RustCrypto crates.

use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::Sha256;

use super::rust_crypto::sha256;

/// The longest modulus, in bits.
const MAX_BITS: usize = 8192;

pub(in crate::jwt) struct Rsa(RsaPublicKey);

impl Rsa {
    /// From modulus and exponent, big-endian without leading zeros.
    pub(in crate::jwt) fn new(n: &[u8], e: &[u8]) -> Option<Self> {
        let (n, e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
        RsaPublicKey::new_with_max_size(n, e, MAX_BITS)
            .ok()
            .map(Self)
    }

    pub(in crate::jwt) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let hash = sha256(message);
        self.0
            .verify(Pkcs1v15Sign::new::<Sha256>(), &hash, signature)
            .is_ok()
    }
}
