//! When to ask again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The seconds a `Retry-After` header says: a number, or a date (then counted from the machine's
/// clock by whoever sent it, so it is not read: a date is `None`).
pub(crate) fn retry_after(value: &str) -> Option<u64> {
    let value = value.trim_ascii();
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    // more digits than a number has is "very long", not "nothing"
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

/// A random part of so long at the most: how long to wait beside a pause, so that replicas, and the
/// servers of different apps, do not ask in step.
///
/// ```
/// use std::time::Duration;
/// use app_license_client::jitter;
/// assert!(jitter(Duration::from_secs(2)) <= Duration::from_secs(2));
/// assert_eq!(jitter(Duration::ZERO), Duration::ZERO);
/// ```
#[must_use]
pub fn jitter(most: Duration) -> Duration {
    let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random().checked_rem(nanos.saturating_add(1)).unwrap_or(0))
}

/// Not for secrets: spreads retries and names lease holders.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{jitter, retry_after};

    #[test]
    fn retry_after_in_seconds() {
        assert_eq!(retry_after(" 300 "), Some(300));
        assert_eq!(retry_after("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(retry_after("-1"), None);
        assert_eq!(retry_after(""), None);
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), None);
    }

    #[test]
    fn pauses_are_spread() {
        let most = Duration::from_secs(2);
        let pauses: Vec<_> = (0..20).map(|_| jitter(most)).collect();
        assert!(pauses.iter().all(|pause| *pause <= most));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
        assert_eq!(jitter(Duration::ZERO), Duration::ZERO);
    }
}
