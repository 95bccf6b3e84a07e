//! How far clocks may differ.

/// How many seconds the clocks of sender and receiver may differ: 30 by default, at most 179.
///
/// ```
/// use app_license::Leeway;
/// assert_eq!(Leeway::default().as_seconds(), 30);
/// assert!(Leeway::from_seconds(180).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leeway(u64);

impl Leeway {
    /// No difference at all.
    pub const NONE: Self = Self(0);
    /// The most that is taken, in seconds: under the 180 s that the shortest tokens of Connect live.
    /// Those of Jira's iframes live 900 s, invocation tokens of Forge 25 s.
    pub const MAX_SECONDS: u64 = 179;

    /// This many seconds, or `None` over [`Self::MAX_SECONDS`].
    ///
    /// ```
    /// # use app_license::Leeway;
    /// assert_eq!(Leeway::from_seconds(0), Some(Leeway::NONE));
    /// ```
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds <= Self::MAX_SECONDS {
            Some(Self(seconds))
        } else {
            None
        }
    }

    /// In seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }
}

impl Default for Leeway {
    fn default() -> Self {
        Self(30)
    }
}
