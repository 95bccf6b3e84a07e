//! How long a hook may take, when an event is tried again whose hook failed, and how long a runner of hooks rests.

use crate::gate::policy::Evidence;
use crate::time::UnixTime;

/// How a runner of hooks goes on after a failure. An event that failed stops its tenant alone, whose later
/// events wait; it is tried again after pauses that double.
///
/// ```
/// use app_license::UnixTime;
/// use app_license::plan::hooks::HookPlan;
///
/// let (plan, now) = (HookPlan::default(), UnixTime::EPOCH);
/// assert_eq!(plan.retry_at(3, now), now.plus(4));
/// assert!(plan.is_due(3, now.plus(4), now.plus(4)));
/// assert!(!plan.is_due(24, now, now), "only when it is asked for");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "settings of the caller")]
pub struct HookPlan {
    /// The pause before an event is tried again the first time, in whole seconds then, and between two
    /// turns when there is nothing to do; in milliseconds.
    pub pause: u64,
    /// How often an event is tried by itself; 0 and 1 are once. One that is asked for is tried always.
    pub tries: u32,
    /// How long a hook may take for one event, in milliseconds. One that takes longer failed: it would hold up
    /// every tenant.
    pub limit: u64,
}

impl HookPlan {
    /// How long a replica has the right to call after it last said so, in seconds.
    pub const LEASE: u64 = 60;
    /// How often it says so while a hook takes its time, in seconds.
    pub const RENEW: u64 = 20;
    /// How many events are read at once.
    pub const PAGE: usize = 100;
    /// The pause where an app says nothing else, in milliseconds.
    pub const PAUSE: u64 = 1000;
    /// How often an event is tried by itself where an app says nothing else: it takes half a day.
    pub const TRIES: u32 = 24;
    /// The kind of name under which a runner keeps whom it is calling for: what is still there when one takes the lease
    /// is a call that was not finished. No consumer that an app names can have a name of this kind.
    pub const ATTEMPTS: &str = " attempts";
    /// How long a hook may take for one event where an app says nothing else, in milliseconds.
    pub const LIMIT: u64 = 30_000;

    /// The longest pause before an event is tried again, in seconds.
    const LONGEST: u64 = 3600;

    /// Whether an event that failed so often is tried again by itself, or was asked for: its failures are
    /// counted anew then.
    #[must_use]
    pub const fn goes_on(&self, tries: u32) -> bool {
        tries == 0 || tries < self.tries
    }

    /// As how many tries a call counts that was not finished, and was the event's so many-th: never as the last one.
    /// Its process may have ended for another reason, as with each deployment.
    #[must_use]
    pub fn unfinished(&self, tries: u32) -> u32 {
        tries.min(self.tries.saturating_sub(1))
    }

    /// Whether it is tried again now.
    ///
    /// A `retry_at` that is further ahead than the longest pause, and than clocks differ
    /// ([`Evidence::MAX_AHEAD`]), was written by a clock that was wrong, and is not waited for.
    #[must_use]
    pub fn is_due(&self, tries: u32, retry_at: UnixTime, now: UnixTime) -> bool {
        const FURTHEST: u64 = HookPlan::LONGEST + Evidence::MAX_AHEAD;
        self.goes_on(tries) && (retry_at <= now || retry_at.since(now) > FURTHEST)
    }

    /// When an event is tried again that failed so often: in an hour at the latest.
    #[must_use]
    pub fn retry_at(&self, tries: u32, now: UnixTime) -> UnixTime {
        // less than a second would stay none however often it is doubled
        let pause = self.pause.div_ceil(1000);
        let doublings = tries.saturating_sub(1).min(16);
        now.plus(pause.saturating_mul(1 << doublings).min(Self::LONGEST))
    }

    /// How long to rest after so many turns that failed, one after the other; in milliseconds, and never
    /// nothing: a runner without a rest would ask its store all the time.
    #[must_use]
    pub fn rest(&self, failures: u32) -> u64 {
        const LONGEST: u64 = 60_000;
        let pause = self.pause.max(1);
        pause.saturating_mul(1 << failures.min(6)).min(LONGEST)
    }
}

impl Default for HookPlan {
    fn default() -> Self {
        Self {
            pause: Self::PAUSE,
            tries: Self::TRIES,
            limit: Self::LIMIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HookPlan;
    use crate::time::UnixTime;

    fn plan(pause: u64) -> HookPlan {
        HookPlan {
            pause,
            tries: 3,
            ..HookPlan::default()
        }
    }

    #[test]
    fn pauses_double_in_whole_seconds_up_to_an_hour() {
        let now = UnixTime::EPOCH.plus(1000);
        let after = |milliseconds, tries| plan(milliseconds).retry_at(tries, now).since(now);
        let pauses = [1, 2, 3, 12, 13, u32::MAX].map(|tries| after(100, tries));
        assert_eq!(pauses, [1, 2, 4, 2048, 3600, 3600]);
        assert_eq!((after(1001, 1), after(1000, 1), after(0, 9)), (2, 1, 0));
        assert_eq!(after(u64::MAX, 40), 3600);
    }

    #[test]
    fn an_event_is_due_at_its_second_and_while_tries_are_left() {
        let (plan, at) = (plan(1000), UnixTime::EPOCH.plus(10));
        let due = |tries, now| plan.is_due(tries, at, UnixTime::EPOCH.plus(now));
        assert_eq!([due(2, 9), due(2, 10), due(3, 10)], [false, true, false]);
    }

    #[test]
    fn what_is_asked_for_is_due_whatever_the_number_of_tries() {
        let now = UnixTime::EPOCH.plus(10);
        let due = |most, tries| {
            HookPlan {
                tries: most,
                ..HookPlan::default()
            }
            .is_due(tries, now, now)
        };
        assert_eq!(
            [due(0, 0), due(0, 1), due(1, 0), due(1, 1)],
            [true, false, true, false]
        );
    }

    #[test]
    fn a_call_that_was_not_finished_is_never_the_last_try() {
        for most in [0, 1, 2, 24] {
            let plan = HookPlan {
                tries: most,
                ..HookPlan::default()
            };
            let counted = [1, 2, 24, u32::MAX].map(|tries| plan.unfinished(tries));
            assert!(counted.iter().all(|tries| plan.goes_on(*tries)), "{most}");
            let expected = match most {
                0 | 1 => [0; 4],
                2 => [1; 4],
                _ => [1, 2, 23, 23],
            };
            assert_eq!(counted, expected, "{most}");
        }
    }

    #[test]
    fn a_time_that_a_clock_days_ahead_wrote_is_not_waited_for() {
        let now = UnixTime::EPOCH.plus(1000);
        let due = |ahead| plan(1000).is_due(1, now.plus(ahead), now);
        let ahead = [0, 1, 3600, 3900, 3901, 3 * 86_400];
        assert_eq!(ahead.map(due), [true, false, false, false, true, true]);
    }

    #[test]
    fn rests_double_up_to_a_minute() {
        let rests = [0, 1, 6, u32::MAX].map(|failures| plan(500).rest(failures));
        assert_eq!(rests, [500, 1000, 32_000, 32_000]);
        assert_eq!(plan(2000).rest(6), 60_000);
        assert_eq!([0, 6].map(|failures| plan(0).rest(failures)), [1, 64]);
    }
}
