//! Marks that make a lifecycle token good for one body only.

use std::fmt;

use app_license::UnixTime;
use sha2::{Digest, Sha256};

/// What is remembered of a lifecycle token: a hash of it, a hash of the body it came with, and
/// when it can be forgotten.
///
/// The signature of an install token does not cover the body, so a captured token could carry
/// another secret. A mark holds a token to the first body it was seen with: the same delivery
/// repeated is answered alike, any other is [`Mark::Replayed`].
///
/// ```
/// use app_license::UnixTime;
/// use app_license_store::ReplayMark;
/// let mark = ReplayMark::new("eyJ0…", b"{}", UnixTime::EPOCH.plus(180));
/// assert_eq!(mark.expires_at().as_seconds(), 180);
/// assert!(!format!("{mark:?}").contains("eyJ0"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReplayMark {
    token: [u8; 32],
    body: [u8; 32],
    expires_at: UnixTime,
}

impl ReplayMark {
    /// A mark for a token (without its scheme), the raw bytes it came with, and the last time at
    /// which the token verifies: `exp` plus the leeway (UTC seconds).
    #[must_use]
    pub fn new(token: &str, body: &[u8], expires_at: UnixTime) -> Self {
        Self::from_hash(Sha256::digest(token.as_bytes()).into(), body, expires_at)
    }

    /// The same, from the SHA-256 of the token: its fingerprint, where that is known already.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// # use app_license_store::ReplayMark;
    /// let mark = ReplayMark::from_hash([7; 32], b"{}", UnixTime::EPOCH.plus(180));
    /// assert_eq!(mark.token_hash(), &[7; 32]);
    /// ```
    #[must_use]
    pub fn from_hash(token_hash: [u8; 32], body: &[u8], expires_at: UnixTime) -> Self {
        Self {
            token: token_hash,
            body: Sha256::digest(body).into(),
            expires_at,
        }
    }

    /// SHA-256 of the token.
    #[must_use]
    pub const fn token_hash(&self) -> &[u8; 32] {
        &self.token
    }

    /// SHA-256 of the body.
    #[must_use]
    pub const fn body_hash(&self) -> &[u8; 32] {
        &self.body
    }

    /// The last time at which the token verifies (UTC seconds).
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// How long a mark outlives its token, in seconds: the clocks of replicas differ.
    pub const GRACE: u64 = 600;

    /// The answer, given the body the token was first seen with, if it was.
    pub(crate) fn against(&self, first_body: Option<&[u8]>) -> Mark {
        match first_body {
            None => Mark::First,
            Some(body) if body == self.body => Mark::Repeated,
            Some(_) => Mark::Replayed,
        }
    }

    /// Marks that expired before this time are forgotten.
    pub(crate) fn forgotten_before(now: UnixTime) -> u64 {
        now.as_seconds().saturating_sub(Self::GRACE)
    }
}

impl fmt::Debug for ReplayMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayMark")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Whether a token was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// Never.
    First,
    /// With the same body: a delivery repeated.
    Repeated,
    /// With another body: refuse.
    Replayed,
}
