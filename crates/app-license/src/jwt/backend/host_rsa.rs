//! RSA by the host of a WebAssembly module, which keeps the parsed keys.

use app_license_host_crypto::rs256_verify;

pub(in crate::jwt) struct Rsa {
    n: Box<[u8]>,
    e: Box<[u8]>,
}

impl Rsa {
    /// From modulus and exponent, big-endian without leading zeros.
    pub(in crate::jwt) fn new(n: &[u8], e: &[u8]) -> Option<Self> {
        let (n, e) = (n.into(), e.into());
        Some(Self { n, e })
    }

    pub(in crate::jwt) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        rs256_verify(&self.n, &self.e, message, signature)
    }
}
