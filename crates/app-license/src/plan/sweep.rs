//! Asking a License API about all installations, so that a downgrade, an ended license or a new
//! edition is noticed where nobody opens a page.
//!
//! A sweep walks through the installations of a store in the order of their keys, again and again, in
//! turns of [`SweepPlan::turn`] seconds. Of an installation in use the API is asked where its last
//! answer is three quarters of [`SweepPlan::every`] old; a whole walk takes the fourth quarter at the
//! most, so that no answer of a site that answers grows much older than [`SweepPlan::every`].
//!
//! | bound | on what |
//! |---|---|
//! | twice the even pace, [`SweepPlan::asks`] | questions a turn: after an outage, or when a sweep is switched on for many customers, the API is not flooded |
//! | [`SweepPlan::visits`] | installations a turn that are read from the store: eight that are passed by, as links are, count as one |
//! | a pause that doubles, up to [`SweepPlan::every`] | questions about one installation that does not answer |
//! | [`Sweep::IN_A_ROW`] failures one after the other | a turn: the platform is not well, and the pause doubles, up to an hour |
//! | one lease, [`SweepPlan::lease`] | replicas: one of them sweeps |
//!
//! Whether a question is sent at all is for [`LicensePlan`](super::license::LicensePlan) to say, which
//! knows what was answered lately and keeps to a `Retry-After`.
//!
//! What was answered, and when, is in the store, so a sweep that begins anew skips what was asked
//! already. It looks at a part of the installations a turn, though: one that is made for each turn, in a
//! function that a schedule calls, would see the first ones alone. Begin it behind a random key, with
//! [`Sweep::begin_behind`]. A shell does in each turn:
//!
//! ```
//! use app_license::UnixTime;
//! use app_license::plan::sweep::{Sweep, SweepPlan, Visit};
//!
//! // a store of two installations: key, and when the License API answered last
//! let mut store = [("a", None), ("b", Some(UnixTime::EPOCH))];
//! let now = UnixTime::EPOCH.plus(3600);
//!
//! let mut sweep = Sweep::new(SweepPlan::DEFAULT);
//! sweep.begin(store.len() as u64);
//! for (key, answered) in &mut store {
//!     if sweep.visit(*key, true, now) == Visit::Look && sweep.is_due(*answered, now) {
//!         // ask the License API here
//!         *answered = Some(now);
//!         sweep.answered(key, true, now);
//!     }
//! }
//! // the first was asked about, the second had been an hour ago
//! assert_eq!(store, [("a", Some(now)), ("b", Some(UnixTime::EPOCH))]);
//! assert!(!sweep.begins_again());
//! assert_eq!(sweep.pause().at_least.as_secs(), 30);
//! ```

use std::time::Duration;

use super::bounded::Bounded;
use super::license::{Lease, RetryPause};
use crate::time::UnixTime;

/// How often a sweep asks about each installation.
///
/// ```
/// use app_license::plan::sweep::SweepPlan;
/// let plan = SweepPlan::DEFAULT;
/// assert_eq!((plan.every(), plan.turn(), plan.lease()), (21_600, 60, 180));
/// // of 10,000 customers, at most so many a minute
/// assert_eq!(plan.asks(10_000), 56);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepPlan {
    every: u64,
}

/// Whether an installation is worth a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum Visit {
    /// It is not: the app is not in use there, or it did not answer lately. Go on with the next.
    Pass,
    /// Load when the License API last answered about it, and ask [`Sweep::is_due`].
    Look,
    /// The turn is over: this installation is for the next one.
    Stop,
}

impl SweepPlan {
    /// Each installation four times a day.
    pub const DEFAULT: Self = Self { every: 6 * 3600 };
    /// The least time between two questions about an installation, in seconds. A sweep is for what
    /// changes a few times in a year; a page states its license at once.
    pub const LEAST: u64 = 3600;
    /// The most, in seconds: 120 days, so that a [lease](Lease::LONGEST) is longer than a turn.
    pub const MOST: u64 = 120 * 86_400;
    /// In how many turns a sweep goes once through everything.
    const TURNS: u64 = 360;
    /// How many installations a turn looks at, at the least.
    const LEAST_VISITS: u64 = 100;
    /// How many that are passed by count as one that is looked at. A store lists two links beside each
    /// customer who is on Forge, and does not count them: a walk still takes a quarter of the time.
    const PASSED: u64 = 8;

    /// Each installation once in so many seconds; in [`SweepPlan::LEAST`] at the least, and in
    /// [`SweepPlan::MOST`] at the most.
    ///
    /// ```
    /// use app_license::plan::sweep::SweepPlan;
    /// assert_eq!(SweepPlan::new(86_400).every(), 86_400);
    /// assert_eq!(SweepPlan::new(1).every(), SweepPlan::LEAST);
    /// assert_eq!(SweepPlan::new(u64::MAX).every(), SweepPlan::MOST);
    /// ```
    #[must_use]
    pub const fn new(every: u64) -> Self {
        let every = if every > Self::MOST {
            Self::MOST
        } else {
            every
        };
        Self {
            every: if every > Self::LEAST {
                every
            } else {
                Self::LEAST
            },
        }
    }

    /// How old the last answer about an installation gets, in seconds.
    #[must_use]
    pub const fn every(self) -> u64 {
        self.every
    }

    /// How far apart turns are, in seconds, on the average.
    #[must_use]
    pub const fn turn(self) -> u64 {
        self.every.div_euclid(Self::TURNS)
    }

    /// For how many seconds one replica has the sweep to itself, unless it renews that.
    #[must_use]
    pub const fn lease(self) -> u64 {
        self.turn().saturating_mul(3)
    }

    /// For how many seconds the process has the sweep to itself that took one turn and takes no further one:
    /// less than a turn, so that whoever a schedule starts next may go on, and two that are started one
    /// after the other ask no more than one.
    #[must_use]
    pub const fn turn_lease(self) -> u64 {
        self.turn().saturating_mul(3).div_euclid(4)
    }

    /// How many questions a turn has, of so many installations: twice as many as an even pace
    /// needs, one at the least.
    #[must_use]
    pub const fn asks(self, installations: u64) -> u64 {
        let even = installations.saturating_mul(2).div_ceil(Self::TURNS);
        if even == 0 { 1 } else { even }
    }

    /// How many installations a turn looks at, of so many: five times as many as an even pace needs.
    #[must_use]
    pub const fn visits(self, installations: u64) -> u64 {
        let five = installations.saturating_mul(5).div_ceil(Self::TURNS);
        if five > Self::LEAST_VISITS {
            five
        } else {
            Self::LEAST_VISITS
        }
    }

    /// The pause after so many failures about one installation.
    const fn back_off(self, failures: u32) -> u64 {
        let first = self.every.div_euclid(24);
        doubled(first, failures.saturating_sub(1), self.every)
    }
}

impl Default for SweepPlan {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How far one sweep came, and what does not answer. See [the module's page](self).
///
/// `K` is what a store lists installations by, in its order.
#[derive(Debug)]
pub struct Sweep<K> {
    plan: SweepPlan,
    cursor: Option<K>,
    failing: Bounded<K, Failing>,
    turn: Turn,
    in_a_row: u32,
    slowed: u32,
}

#[derive(Debug, Default)]
struct Failing {
    failures: u32,
    /// Until when it is left alone.
    until: Option<UnixTime>,
}

/// What is left of a turn.
#[derive(Debug)]
struct Turn {
    asks: u64,
    /// In parts of a look: [`SweepPlan::PASSED`].
    visits: u64,
    /// Whether it was at the beginning of the list.
    began_again: bool,
}

impl<K: Ord + Clone> Sweep<K> {
    /// After how many failures, one after the other, a turn ends: the platform is not well.
    pub const IN_A_ROW: u32 = 5;
    /// How many installations that do not answer are remembered.
    const MAX_FAILING: usize = 10_000;
    /// The longest pause between two turns, in seconds, where [`SweepPlan::turn`] is none.
    const LONGEST_PAUSE: u64 = 3600;

    /// A sweep that begins at the first installation.
    #[must_use]
    pub const fn new(plan: SweepPlan) -> Self {
        Self {
            plan,
            cursor: None,
            failing: Bounded::new(Self::MAX_FAILING),
            turn: Turn {
                asks: 0,
                visits: 0,
                began_again: false,
            },
            in_a_row: 0,
            slowed: 0,
        }
    }

    /// Begins a turn, in a store of so many installations, without the links to them.
    pub const fn begin(&mut self, installations: u64) {
        self.in_a_row = 0;
        self.turn = Turn {
            asks: self.plan.asks(installations),
            visits: self
                .plan
                .visits(installations)
                .saturating_mul(SweepPlan::PASSED),
            began_again: self.cursor.is_none(),
        };
    }

    /// Says behind which installation a sweep that was just made begins, instead of at the first: behind
    /// a random one, so that sweeps that do not live long come to see all installations.
    ///
    /// ```
    /// use app_license::plan::sweep::{Sweep, SweepPlan};
    /// let mut sweep = Sweep::new(SweepPlan::DEFAULT);
    /// sweep.begin_behind("m");
    /// sweep.begin(26);
    /// assert_eq!(sweep.cursor(), Some(&"m"));
    /// // at the end of the list it goes on at the first, in the same turn
    /// assert!(sweep.begins_again());
    /// ```
    pub fn begin_behind(&mut self, key: K) {
        self.cursor = Some(key);
    }

    /// Behind which installation to go on; `None` for at the first.
    #[must_use]
    pub const fn cursor(&self) -> Option<&K> {
        self.cursor.as_ref()
    }

    /// Says which installation is next.
    pub fn visit(&mut self, key: K, in_use: bool, now: UnixTime) -> Visit {
        if self.turn.asks == 0 || self.turn.visits == 0 || self.in_a_row >= Self::IN_A_ROW {
            return Visit::Stop;
        }
        // a pause that is longer than one can be was begun by a clock that was wrong
        let longest = self.plan.every;
        let pauses = |until: UnixTime| now < until && until.since(now) <= longest;
        let waits = |failing: &Failing| failing.until.is_some_and(pauses);
        let (visit, cost) = if !in_use || self.failing.peek(&key).is_some_and(waits) {
            (Visit::Pass, 1)
        } else {
            (Visit::Look, SweepPlan::PASSED)
        };
        self.turn.visits = self.turn.visits.saturating_sub(cost);
        self.cursor = Some(key);
        visit
    }

    /// Whether the License API is to be asked about the installation that was visited last:
    /// `answered` is when it last answered (UTC). It counts as a question of this turn then.
    pub const fn is_due(&mut self, answered: Option<UnixTime>, now: UnixTime) -> bool {
        let quarter = self.plan.every.div_euclid(4);
        let due = match answered {
            Some(at) => now.passed(at, quarter.saturating_mul(3)),
            None => true,
        };
        if due {
            self.turn.asks = self.turn.asks.saturating_sub(1);
        }
        due
    }

    /// Says what came of a question: an answer, or none.
    pub fn answered(&mut self, key: &K, answered: bool, now: UnixTime) {
        if answered {
            self.failing.remove(key);
            (self.in_a_row, self.slowed) = (0, 0);
            return;
        }
        let plan = self.plan;
        self.failing.change(key, |failing| {
            failing.failures = failing.failures.saturating_add(1);
            failing.until = Some(now.plus(plan.back_off(failing.failures)));
        });
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row == Self::IN_A_ROW {
            self.slowed = self.slowed.saturating_add(1);
        }
    }

    /// Says that the list came to its end. Whether to go on at its beginning, in the same turn: once
    /// a turn, and not where the turn began there.
    pub fn begins_again(&mut self) -> bool {
        let began = std::mem::replace(&mut self.turn.began_again, true);
        let whole = self.cursor.take().is_some() && !began;
        whole && self.turn.visits > 0 && self.turn.asks > 0
    }

    /// Whether the platform is not well, and the pause is longer for it.
    #[must_use]
    pub const fn is_slowed(&self) -> bool {
        self.slowed > 0
    }

    /// For how many seconds to hold the lease through the rest before the next turn, which is this long,
    /// so that no other replica asks meanwhile what this one leaves alone: for a turn longer than the
    /// rest, and [`SweepPlan::lease`] at the least.
    ///
    /// ```
    /// use std::time::Duration;
    /// use app_license::plan::sweep::{Sweep, SweepPlan};
    /// let sweep = Sweep::<u8>::new(SweepPlan::DEFAULT);
    /// assert_eq!(sweep.rest_lease(Duration::from_secs(90)), 180);
    /// assert_eq!(sweep.rest_lease(Duration::from_secs(5000)), 5060);
    /// ```
    #[must_use]
    pub const fn rest_lease(&self, rest: Duration) -> u64 {
        let through = rest.as_secs().saturating_add(self.plan.turn());
        if through > Lease::LONGEST {
            Lease::LONGEST
        } else if through > self.plan.lease() {
            through
        } else {
            self.plan.lease()
        }
    }

    /// How long to rest before the next turn. The random part keeps replicas, and the sweeps of
    /// different apps, from asking in step.
    #[must_use]
    pub const fn pause(&self) -> RetryPause {
        let turn = self.plan.turn();
        let longest = if turn > Self::LONGEST_PAUSE {
            turn
        } else {
            Self::LONGEST_PAUSE
        };
        let seconds = doubled(turn, self.slowed, longest);
        RetryPause {
            at_least: Duration::from_secs(seconds.div_euclid(2)),
            jitter: Duration::from_secs(seconds),
        }
    }
}

/// Doubled so often, and no more than the most.
const fn doubled(seconds: u64, times: u32, most: u64) -> u64 {
    let seconds = seconds.saturating_mul(2_u64.saturating_pow(times));
    if seconds < most { seconds } else { most }
}

#[cfg(test)]
mod bound_tests;
#[cfg(test)]
mod tests;
