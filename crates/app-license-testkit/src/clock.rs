//! The test clock: set, advance, or let it tick.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use app_license::UnixTime;

/// The clock of the mock host. Clones share one clock, so hand one to the app under test.
///
/// Trials and subscriptions end when this clock passes their dates. Tokens are stamped with it
/// too, unless [`TestClock::stamp_tokens_by_system`] says that the app under test has a clock of
/// its own.
///
/// ```
/// use app_license_testkit::TestClock;
/// let clock = TestClock::frozen();
/// let before = clock.now();
/// clock.advance_days(30);
/// assert_eq!(clock.now().since(before), 30 * 86_400);
/// ```
///
/// It is an [`app_license_client::Clock`]: whatever of the app takes one, takes
/// `host.clock().clone()`.
///
/// ```
/// use app_license_client::Clock;
/// use app_license_testkit::MockHost;
/// fn of_the_app(clock: impl Clock) -> u64 {
///     clock.now().as_seconds()
/// }
/// let host = MockHost::offline();
/// assert_eq!(of_the_app(host.clock().clone()), host.clock().now().as_seconds());
/// ```
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Mutex<Hands>>);

#[derive(Debug, Clone, Copy)]
struct Hands {
    /// Frozen: the time. Ticking: what is added to the system's time.
    seconds: i64,
    ticking: bool,
    tokens_by_system: bool,
}

/// Seconds in a day.
pub(crate) const DAY: u64 = 86_400;

impl TestClock {
    /// Where a frozen clock starts: 2027-01-15T08:00:00Z.
    pub const START: u64 = 1_800_000_000;

    /// A clock that stands at [`TestClock::START`] until it is moved.
    #[must_use]
    pub fn frozen() -> Self {
        Self(Arc::new(Mutex::new(Hands {
            seconds: i64::try_from(Self::START).unwrap_or(0),
            ticking: false,
            tokens_by_system: false,
        })))
    }

    /// A clock that ticks with the system's, and can be moved away from it.
    ///
    /// ```
    /// use app_license_testkit::TestClock;
    /// let clock = TestClock::ticking();
    /// clock.advance(3600);
    /// assert!(clock.now() > clock.token_time());
    /// ```
    #[must_use]
    pub fn ticking() -> Self {
        Self(Arc::new(Mutex::new(Hands {
            seconds: 0,
            ticking: true,
            tokens_by_system: true,
        })))
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        let hands = self.hands();
        if hands.ticking {
            shifted(system(), hands.seconds)
        } else {
            shifted(UnixTime::EPOCH, hands.seconds)
        }
    }

    /// The time that tokens are stamped with: this clock's, or the system's.
    #[must_use]
    pub fn token_time(&self) -> UnixTime {
        if self.hands().tokens_by_system {
            system()
        } else {
            self.now()
        }
    }

    /// Sets the clock, forwards or backwards. A ticking clock goes on ticking from there.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license_testkit::TestClock;
    /// let clock = TestClock::frozen();
    /// clock.set(UnixTime::from_seconds(1_900_000_000).unwrap());
    /// assert_eq!(clock.now().as_seconds(), 1_900_000_000);
    /// ```
    pub fn set(&self, now: UnixTime) {
        let base = if self.hands().ticking {
            signed(system())
        } else {
            0
        };
        self.change(|hands| hands.seconds = signed(now).saturating_sub(base));
    }

    /// Moves the clock forward by this many seconds.
    pub fn advance(&self, seconds: u64) {
        let step = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.change(|hands| hands.seconds = hands.seconds.saturating_add(step));
    }

    /// Moves the clock forward by this many days of 24 hours.
    pub fn advance_days(&self, days: u64) {
        self.advance(days.saturating_mul(DAY));
    }

    /// Stamps tokens with the system's time while licenses follow this clock: for apps under test
    /// that cannot be given a clock. `false` goes back to this clock.
    ///
    /// ```
    /// use app_license_testkit::TestClock;
    /// let clock = TestClock::frozen();
    /// assert_eq!(clock.token_time(), clock.now());
    /// clock.stamp_tokens_by_system(true);
    /// assert_ne!(clock.token_time(), clock.now());
    /// ```
    pub fn stamp_tokens_by_system(&self, yes: bool) {
        self.change(|hands| hands.tokens_by_system = yes);
    }

    fn hands(&self) -> Hands {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Hands)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl app_license_client::Clock for TestClock {
    fn now(&self) -> UnixTime {
        Self::now(self)
    }
}

fn system() -> UnixTime {
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    UnixTime::EPOCH.plus(seconds)
}

fn signed(time: UnixTime) -> i64 {
    i64::try_from(time.as_seconds()).unwrap_or(i64::MAX)
}

fn shifted(time: UnixTime, by: i64) -> UnixTime {
    let seconds = signed(time).saturating_add(by);
    UnixTime::EPOCH.plus(u64::try_from(seconds).unwrap_or(0))
}

/// A date as the platform writes it, `2026-12-08T00:00:00.000Z`.
pub(crate) fn iso(seconds: u64) -> String {
    let text = UnixTime::EPOCH.plus(seconds).to_string();
    text.strip_suffix('Z')
        .map_or_else(|| text.clone(), |head| format!("{head}.000Z"))
}
