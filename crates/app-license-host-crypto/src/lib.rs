//! RSA signature checks by the program that a WebAssembly module runs in.
//!
//! A module that carries RSA is twice as large as one that asks its host, which has a faster one.
//! The module hands in how its host is asked, once, with [`provide`]. Until then every signature is
//! refused.

use std::sync::OnceLock;

/// Asks the host whether a signature is that of a message: RSASSA-PKCS1-v1_5 with SHA-256. The
/// arguments are modulus and exponent of the public key, big-endian, the message, and the signature.
pub type Rs256Verify = fn(n: &[u8], e: &[u8], message: &[u8], signature: &[u8]) -> bool;

static HOST: OnceLock<Rs256Verify> = OnceLock::new();

/// Hands in how the host is asked. The first one stays: answers whether it was this one.
///
/// ```
/// use app_license_host_crypto::{provide, rs256_verify};
///
/// assert!(!rs256_verify(&[], &[], b"message", b"signature"));
/// assert!(provide(|_, _, message, _| message == b"message"));
/// assert!(rs256_verify(&[], &[], b"message", b"signature"));
/// assert!(!provide(|_, _, _, _| true), "another one is not taken");
/// assert!(!rs256_verify(&[], &[], b"other", b"signature"));
/// ```
pub fn provide(verify: Rs256Verify) -> bool {
    HOST.set(verify).is_ok()
}

/// Whether a signature is that of a message: RSASSA-PKCS1-v1_5 with SHA-256. `n` and `e` are the
/// public key's modulus and exponent, big-endian. `false` where nobody was handed in to ask.
///
/// ```
/// assert!(!app_license_host_crypto::rs256_verify(&[], &[], b"message", b"signature"));
/// ```
#[must_use]
pub fn rs256_verify(n: &[u8], e: &[u8], message: &[u8], signature: &[u8]) -> bool {
    HOST.get()
        .is_some_and(|verify| verify(n, e, message, signature))
}
