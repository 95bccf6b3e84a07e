//! Trying once more within one question.

use std::time::Duration;

/// How often one question is tried, and how long the pauses between the tries are.
///
/// ```
/// use std::time::Duration;
/// use app_license::plan::license::Retries;
/// let retries = Retries::new(3, Duration::from_millis(200), Duration::from_secs(2));
/// let first = retries.pause(1, true, None).unwrap();
/// assert_eq!((first.at_least, first.jitter), (Duration::ZERO, Duration::from_millis(400)));
/// // the host may say when; too long a pause ends the tries
/// let wanted = retries.pause(1, true, Some(1)).unwrap();
/// assert_eq!((wanted.at_least, wanted.jitter), (Duration::from_secs(1), Duration::from_millis(200)));
/// assert_eq!(retries.pause(1, true, Some(3)), None);
/// // the third failure is the last, and a fault that does not pass is not tried again
/// assert_eq!(retries.pause(3, true, None), None);
/// assert_eq!(retries.pause(1, false, None), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    attempts: u32,
    first: Duration,
    longest: Duration,
}

/// A pause: so long, and a random part of the jitter more, so that not all come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPause {
    /// The least of it.
    pub at_least: Duration,
    /// What is added at the most.
    pub jitter: Duration,
}

impl Retries {
    /// Of a Connect site.
    pub const CONNECT: Self = Self::new(3, Duration::from_millis(200), Duration::from_secs(2));

    /// So many tries in all; the first pause, which doubles; and the longest.
    #[must_use]
    pub const fn new(attempts: u32, first: Duration, longest: Duration) -> Self {
        Self {
            attempts,
            first,
            longest,
        }
    }

    /// The pause after so many failures; `None` for not trying again. `passing` says whether the
    /// fault may pass by itself, `retry_after` what the host asks for, in seconds.
    #[must_use]
    pub fn pause(
        &self,
        failures: u32,
        passing: bool,
        retry_after: Option<u64>,
    ) -> Option<RetryPause> {
        if failures >= self.attempts || !passing {
            return None;
        }
        match retry_after.map(Duration::from_secs) {
            Some(wanted) if wanted > self.longest => None,
            Some(wanted) => Some(RetryPause {
                at_least: wanted,
                jitter: self.ceiling(0),
            }),
            None => Some(RetryPause {
                at_least: Duration::ZERO,
                jitter: self.ceiling(failures),
            }),
        }
    }

    fn ceiling(&self, doublings: u32) -> Duration {
        let factor = 2_u32.saturating_pow(doublings);
        self.first.saturating_mul(factor).min(self.longest)
    }
}
