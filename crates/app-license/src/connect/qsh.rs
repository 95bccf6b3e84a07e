//! Query hashes.

use std::fmt;

use crate::jwt::{same_bytes, sha256};

/// A query hash: the SHA-256 of a canonical request, as 64 hexadecimal digits in lower case.
///
/// ```
/// use app_license::connect::{BaseUrl, CanonicalRequest, RequestLine};
/// let base = BaseUrl::new("https://example.com")?;
/// let qsh = CanonicalRequest::new(&RequestLine::new("GET", "/test?param=value"), &base)?.qsh();
/// assert_eq!(
///     qsh.as_str(),
///     "be16910858a41fd19ea5c1b4e9decca9a784d1024cb00b2158defe2f29dc86dd",
/// );
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Qsh([u8; 64]);

impl Qsh {
    /// What stands in place of a hash in context tokens, which are bound to no URL.
    pub const CONTEXT: &'static str = "context-qsh";

    pub(super) fn of(canonical: &str) -> Self {
        let digits = b"0123456789abcdef";
        let mut hex = [0_u8; 64];
        let (pairs, _) = hex.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(sha256(canonical.as_bytes())) {
            let digit = |half: u8| digits.get(usize::from(half)).copied().unwrap_or_default();
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        Self(hex)
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether a claim says the same, in constant time.
    pub(super) fn is(&self, claimed: &str) -> bool {
        same_bytes(&self.0, claimed.as_bytes())
    }
}

impl fmt::Display for Qsh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Qsh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Qsh({self})")
    }
}
