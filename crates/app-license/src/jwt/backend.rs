//! The one place that knows which cryptography is underneath.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(all(
    feature = "host-crypto",
    not(any(feature = "aws-lc-rs", feature = "rust-crypto"))
))]
mod host_rsa;
#[cfg(not(any(
    feature = "aws-lc-rs",
    feature = "rust-crypto",
    feature = "host-crypto"
)))]
mod no_rsa;
#[cfg(not(feature = "aws-lc-rs"))]
mod rust_crypto;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
mod rust_rsa;

#[cfg(feature = "aws-lc-rs")]
pub(super) use aws_lc::{Hmac, Rsa};
#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::{same_bytes, sha256};
#[cfg(all(
    feature = "host-crypto",
    not(any(feature = "aws-lc-rs", feature = "rust-crypto"))
))]
pub(super) use host_rsa::Rsa;
#[cfg(not(any(
    feature = "aws-lc-rs",
    feature = "rust-crypto",
    feature = "host-crypto"
)))]
pub(super) use no_rsa::Rsa;
#[cfg(not(feature = "aws-lc-rs"))]
pub(super) use rust_crypto::Hmac;
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use rust_crypto::{same_bytes, sha256};
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
pub(super) use rust_rsa::Rsa;

/// The JOSE layer's own provider for the same backend; never its process-wide default, which
/// panics when two backends are compiled in.
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub(super) fn provider() -> &'static jsonwebtoken::crypto::CryptoProvider {
    #[cfg(feature = "aws-lc-rs")]
    {
        &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER
    }
    #[cfg(not(feature = "aws-lc-rs"))]
    {
        &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER
    }
}
