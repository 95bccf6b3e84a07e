//! The one place that knows which cryptography is underneath.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(not(feature = "aws-lc-rs"))]
mod rust_crypto;

#[cfg(feature = "aws-lc-rs")]
pub(super) use aws_lc::{Hmac, Rsa};
#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::{same_bytes, sha256};
#[cfg(not(feature = "aws-lc-rs"))]
pub(super) use rust_crypto::{Hmac, Rsa};
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use rust_crypto::{same_bytes, sha256};

/// The JOSE layer's own provider for the same backend; never its process-wide default, which
/// panics when two backends are compiled in.
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
