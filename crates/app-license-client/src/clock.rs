//! The clock, injected so that tests own it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use app_license::UnixTime;

/// Tells the time. Any `Fn() -> UnixTime` is a clock, and so is an `Arc<dyn Clock>`.
///
/// ```
/// use app_license::UnixTime;
/// use app_license_client::Clock;
/// let stopped = || UnixTime::EPOCH;
/// assert_eq!(Clock::now(&stopped), UnixTime::EPOCH);
/// let shared: std::sync::Arc<dyn Clock> = std::sync::Arc::new(stopped);
/// assert_eq!(Clock::now(&shared), UnixTime::EPOCH);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The time, in UTC seconds.
    fn now(&self) -> UnixTime;
}

impl<F: Fn() -> UnixTime + Send + Sync + 'static> Clock for F {
    fn now(&self) -> UnixTime {
        self()
    }
}

impl Clock for Arc<dyn Clock> {
    fn now(&self) -> UnixTime {
        (**self).now()
    }
}

/// The clock of the machine.
///
/// ```
/// use app_license::UnixTime;
/// use app_license_client::{Clock, SystemClock};
/// assert!(SystemClock.now() > UnixTime::EPOCH);
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has nothing to hold")]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |d| d.as_secs());
        UnixTime::from_seconds(seconds).unwrap_or(UnixTime::EPOCH)
    }
}

/// A clock behind a pointer, so that types holding one need no parameter.
#[derive(Clone)]
pub(crate) struct SharedClock(Arc<dyn Clock>);

impl SharedClock {
    pub(crate) fn new(clock: impl Clock) -> Self {
        Self(Arc::new(clock))
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.0.now()
    }
}

impl std::fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A time of a setting in whole seconds. A part of one counts as one: no time is taken for none.
#[must_use]
#[doc(hidden)]
pub const fn whole_seconds(time: Duration) -> u64 {
    let part = time.subsec_nanos() > 0;
    time.as_secs().saturating_add(part as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::whole_seconds;

    #[test]
    fn a_part_of_a_second_is_no_zero() {
        for (milliseconds, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
