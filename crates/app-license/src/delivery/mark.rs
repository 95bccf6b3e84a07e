//! Marks that make a lifecycle token good for one body only.

use std::fmt;

use super::hash::{BodyHash, TokenHash};
use crate::time::UnixTime;

/// What is remembered of a lifecycle token: a hash of it, a hash of the body it came with, and
/// when it can be forgotten.
///
/// The signature of a lifecycle token does not cover the body, so a captured token could carry
/// another secret. A mark holds a token to the first body it was seen with: the same delivery
/// repeated is answered alike, any other is [`Mark::Replayed`].
///
/// ```
/// use app_license::UnixTime;
/// use app_license::delivery::ReplayMark;
/// let mark = ReplayMark::new("eyJ0…", b"{}", UnixTime::EPOCH.plus(180));
/// assert_eq!(mark.expires_at().as_seconds(), 180);
/// assert!(!format!("{mark:?}").contains("eyJ0"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReplayMark {
    token: TokenHash,
    body: BodyHash,
    expires_at: UnixTime,
}

impl ReplayMark {
    /// How long a mark outlives its token, in seconds: a day, by which the clock of a replica may be wrong, and
    /// [`Evidence::MAX_AHEAD`], by which any two differ. What a clock ahead forgets would else be taken again by
    /// the replicas whose clocks are right.
    ///
    /// [`Evidence::MAX_AHEAD`]: crate::Evidence::MAX_AHEAD
    pub const GRACE: u64 = 86_700;

    /// A mark for a token (without its scheme), the raw bytes it came with, and the first time at
    /// which the token no longer verifies: `exp` plus the leeway (UTC seconds).
    #[must_use]
    pub fn new(token: &str, body: &[u8], expires_at: UnixTime) -> Self {
        Self::from_hash(TokenHash::of(token), body, expires_at)
    }

    /// The same, where the token's hash is known already.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// # use app_license::delivery::{ReplayMark, TokenHash};
    /// let token = TokenHash::of("eyJ0…");
    /// let mark = ReplayMark::from_hash(token, b"{}", UnixTime::EPOCH.plus(180));
    /// assert_eq!(mark, ReplayMark::new("eyJ0…", b"{}", UnixTime::EPOCH.plus(180)));
    /// ```
    #[must_use]
    pub fn from_hash(token: TokenHash, body: &[u8], expires_at: UnixTime) -> Self {
        Self::from_hashes(token, BodyHash::of(body), expires_at)
    }

    /// The same, where both hashes are known already: of a mark that was made before, its parts.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// # use app_license::delivery::{BodyHash, ReplayMark, TokenHash};
    /// let (token, body) = (TokenHash::of("eyJ0…"), BodyHash::of(b"{}"));
    /// let mark = ReplayMark::from_hashes(token, body, UnixTime::EPOCH.plus(180));
    /// assert_eq!(mark, ReplayMark::new("eyJ0…", b"{}", UnixTime::EPOCH.plus(180)));
    /// ```
    #[must_use]
    pub const fn from_hashes(token: TokenHash, body: BodyHash, expires_at: UnixTime) -> Self {
        Self {
            token,
            body,
            expires_at,
        }
    }

    /// The token: under it, a mark is stored.
    #[must_use]
    pub const fn token_hash(&self) -> &TokenHash {
        &self.token
    }

    /// The body the token is held to.
    #[must_use]
    pub const fn body_hash(&self) -> &BodyHash {
        &self.body
    }

    /// The first time at which the token no longer verifies (UTC seconds).
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// What is to be stored under the token.
    #[must_use]
    pub const fn stored(&self) -> StoredMark {
        StoredMark::new(self.body, self.expires_at)
    }

    /// Whether the token was seen before, given what is stored under it. A stored mark that is
    /// forgotten by now is as good as none.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license::delivery::{Mark, ReplayMark};
    /// let at = |seconds| UnixTime::EPOCH.plus(seconds);
    /// let mark = ReplayMark::new("eyJ0…", b"{}", at(180));
    /// let other = ReplayMark::new("eyJ0…", b"[]", at(180));
    /// assert_eq!(mark.against(None, at(0)), Mark::First);
    /// assert_eq!(mark.against(Some(&mark.stored()), at(0)), Mark::Repeated);
    /// assert_eq!(mark.against(Some(&other.stored()), at(0)), Mark::Replayed);
    /// assert_eq!(mark.against(Some(&other.stored()), at(181 + ReplayMark::GRACE)), Mark::First);
    /// ```
    #[must_use]
    pub fn against(&self, stored: Option<&StoredMark>, now: UnixTime) -> Mark {
        match stored.filter(|stored| !stored.is_forgotten(now)) {
            None => Mark::First,
            Some(stored) if stored.body == self.body => Mark::Repeated,
            Some(_) => Mark::Replayed,
        }
    }

    /// Marks whose token no longer verified before this time are forgotten.
    ///
    /// ```
    /// # use app_license::UnixTime;
    /// # use app_license::delivery::ReplayMark;
    /// let now = UnixTime::EPOCH.plus(ReplayMark::GRACE + 400);
    /// assert_eq!(ReplayMark::forgotten_before(now), UnixTime::EPOCH.plus(400));
    /// ```
    #[must_use]
    pub const fn forgotten_before(now: UnixTime) -> UnixTime {
        UnixTime::EPOCH.plus(now.since(UnixTime::EPOCH.plus(Self::GRACE)))
    }
}

impl fmt::Debug for ReplayMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayMark")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What is stored under a token's hash: the body it was first seen with, and the first time at
/// which the token no longer verifies (UTC seconds).
///
/// ```
/// use app_license::UnixTime;
/// use app_license::delivery::{BodyHash, ReplayMark, StoredMark};
/// let stored = StoredMark::new(BodyHash::of(b"{}"), UnixTime::EPOCH.plus(180));
/// assert!(!stored.is_forgotten(UnixTime::EPOCH.plus(180 + ReplayMark::GRACE)));
/// assert!(stored.is_forgotten(UnixTime::EPOCH.plus(181 + ReplayMark::GRACE)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredMark {
    body: BodyHash,
    expires_at: UnixTime,
}

impl StoredMark {
    /// Puts together what a store kept.
    #[must_use]
    pub const fn new(body: BodyHash, expires_at: UnixTime) -> Self {
        Self { body, expires_at }
    }

    /// The body the token was first seen with.
    #[must_use]
    pub const fn body_hash(&self) -> &BodyHash {
        &self.body
    }

    /// The first time at which the token no longer verifies (UTC seconds).
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Whether the mark no longer counts: its token ended [`ReplayMark::GRACE`] seconds ago.
    #[must_use]
    pub fn is_forgotten(&self, now: UnixTime) -> bool {
        self.expires_at < ReplayMark::forgotten_before(now)
    }
}

/// Whether a token was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth case")]
pub enum Mark {
    /// Never.
    First,
    /// With the same body: a delivery repeated.
    Repeated,
    /// With another body: refuse.
    Replayed,
}
