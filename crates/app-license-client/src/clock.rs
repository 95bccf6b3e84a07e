//! The clock, injected so that tests own it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

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
