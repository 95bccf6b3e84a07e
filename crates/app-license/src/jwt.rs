//! Compact tokens: one strict parse, pinned algorithms, keys kept parsed.
//!
//! Each kind of token names its one algorithm; the header is compared with it before any key is
//! looked up. Nothing here fetches anything.

mod backend;
mod base64url;
mod claims;
mod compact;
mod header;
mod jwks;
mod keys;
mod leeway;
mod pem;
mod segment;
mod sign;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod signing_key;

pub(crate) use backend::{same_bytes, sha256};
pub(crate) use claims::{Audience, ClaimScanner, Claims, Validity};
pub(crate) use compact::Compact;
pub(crate) use sign::hs256_token;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub(crate) use signing_key::rs256_token;

pub use jwks::Jwks;
pub use keys::{HmacKey, RsaPublicKey};
pub use leeway::Leeway;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use signing_key::RsaSigningKey;

/// The algorithm a kind of token has: an allow-list of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
        }
    }
}

#[cfg(all(test, any(feature = "aws-lc-rs", feature = "rust-crypto")))]
mod tests;
