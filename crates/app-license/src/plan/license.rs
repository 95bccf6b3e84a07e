//! Whether and when a License API is asked, and which answer counts until then.
//!
//! | what is remembered of an installation | what comes of a question |
//! |---|---|
//! | an answer that is fresh | that answer |
//! | an older one | the API is asked |
//! | an older one, and the API failed of late or cannot be asked | that answer and the fault, until it is [`LicensePlan::outage`] old |
//! | nothing, and the API failed of late or cannot be asked | could not check |
//! | the API refused the token, 401 or 403 | could not check; what it said before does not stand in |
//!
//! **The one bound on staleness:** no answer counts that is older than [`LicensePlan::outage`]
//! seconds (a day), whatever fails.
//!
//! **The bound on calls**, an installation: on Connect, one in [`LicensePlan::ACTIVE_PAUSE`]
//! seconds where a page states otherwise than an active license, in [`LicensePlan::INACTIVE_PAUSE`]
//! where nothing is active, in [`LicensePlan::back_off`] after a fault, and else in
//! [`LicensePlan::fresh`]. On Forge, one in [`LicensePlan::lease`] seconds over all replicas, which
//! the platform's own limit of one in five minutes asks for, and [`LicensePlan::MAX_REFUSED`] more
//! a replica whose token is refused. A `Retry-After` makes either longer, by an hour at most.
//!
//! A shell keeps one [`CacheEntry`] an installation, calls [`LicensePlan::next`], does what the
//! [`Step`] says, and tells what came of it: [`LicensePlan::found`], [`LicensePlan::leased`],
//! [`LicensePlan::answered`].
//!
//! ```
//! use app_license::UnixTime;
//! use app_license::plan::license::{
//!     AnswerContent, CacheEntry, FetchResult, Lease, LicensePlan, Step,
//! };
//!
//! let plan = LicensePlan::FORGE;
//! let now = UnixTime::EPOCH.plus(1_000_000);
//! let mut entry = CacheEntry::<&str, &str>::default();
//!
//! // nothing is known: look into the cache that all replicas share, then take the lease
//! assert_eq!(plan.next(&entry, now, now), Step::Look);
//! assert_eq!(plan.found(&mut entry, None, now), Step::Lease { seconds: 330 });
//! let granted = Lease::Granted { until: now.plus(330) };
//! assert_eq!(plan.leased(&mut entry, granted, now, false), Step::Ask);
//!
//! // the platform answered
//! let fetched = FetchResult::Answered { value: "active", content: AnswerContent::Active };
//! let (step, _) = plan.answered(&mut entry, fetched, now);
//! assert_eq!(step, Step::Use { value: "active", as_of: now, fault: None });
//!
//! // for an hour nobody is asked
//! assert_eq!(plan.next(&entry, now, now.plus(3599)), step);
//! assert_eq!(plan.next(&entry, now, now.plus(3600)), Step::Look);
//! ```

mod cached;
mod caller;
mod entry;
mod retry;

use std::time::Duration;

use crate::connect::LicenseApiResponse;
use crate::time::{UnixTime, whole_seconds};

pub use cached::{CachedLicense, Lease};
pub use caller::Caller;
pub use entry::{AnswerContent, CacheEntry, FetchError, FetchResult, LeaseUse, Step};
pub use retry::{Retries, RetryPause};

/// The times by which a License API is asked, in seconds. See [the module's page](self).
///
/// ```
/// use app_license::plan::license::LicensePlan;
/// let plan = LicensePlan::CONNECT;
/// assert_eq!((plan.fresh, plan.outage, plan.lease), (300, 86_400, None));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "settings of the caller")]
pub struct LicensePlan {
    /// How long an answer counts without asking again.
    pub fresh: u64,
    /// The age from which no answer counts, whatever fails.
    pub outage: u64,
    /// How long a fault stands before anything is tried again.
    pub back_off: u64,
    /// For how long the right to ask is taken, where replicas share it and an answer; `None` where
    /// each asks for itself.
    pub lease: Option<u64>,
}

impl LicensePlan {
    /// Of the Connect License API: a site answers no newer within five minutes.
    pub const CONNECT: Self = Self {
        fresh: 300,
        outage: 86_400,
        back_off: 30,
        lease: None,
    };
    /// Of the Forge License API: the platform recommends an hour, and allows one call in five
    /// minutes; half a minute more is for clocks that disagree.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/apis-reference/license-api/>
    pub const FORGE: Self = Self {
        fresh: 3600,
        outage: 86_400,
        back_off: 5,
        lease: Some(330),
    };
    /// The least pause of [`LicensePlan::fresh`] and of a lease: what the platform allows.
    pub const LEAST: u64 = 300;
    /// How much older than asked for an active license of a Connect site may be, and how long the
    /// site is left alone after it.
    pub const ACTIVE_PAUSE: u64 = LicenseApiResponse::OVERRULES_FOR;
    /// How long a Connect site is left alone that said that nothing is active.
    pub const INACTIVE_PAUSE: u64 = 60;
    /// How many calls with a token that the platform refuses a replica makes in the time of one
    /// lease.
    pub const MAX_REFUSED: u32 = 3;
    /// The longest `Retry-After` that is kept to.
    pub const MAX_RETRY_AFTER: u64 = 3600;

    /// The same plan with another [`LicensePlan::fresh`]; [`LicensePlan::LEAST`] at the least. A part of a
    /// second counts as one: the platform is never asked sooner than stated.
    ///
    /// ```
    /// # use app_license::plan::license::LicensePlan;
    /// use std::time::Duration;
    /// assert_eq!(LicensePlan::FORGE.fresh_for(Duration::from_secs(1800)).fresh, 1800);
    /// assert_eq!(LicensePlan::FORGE.fresh_for(Duration::from_millis(1800_001)).fresh, 1801);
    /// assert_eq!(LicensePlan::FORGE.fresh_for(Duration::ZERO).fresh, 300);
    /// ```
    #[must_use]
    pub const fn fresh_for(mut self, time: Duration) -> Self {
        self.fresh = at_least(time);
        self
    }

    /// The same plan with another [`LicensePlan::lease`]; [`LicensePlan::LEAST`] at the least, and
    /// [`Lease::LONGEST`] at the most. A part of a second counts as one: no lease ends sooner than stated.
    ///
    /// ```
    /// # use app_license::plan::license::LicensePlan;
    /// use std::time::Duration;
    /// assert_eq!(LicensePlan::FORGE.leased_for(Duration::ZERO).lease, Some(300));
    /// assert_eq!(LicensePlan::FORGE.leased_for(Duration::from_millis(330_001)).lease, Some(331));
    /// assert_eq!(LicensePlan::FORGE.leased_for(Duration::from_secs(100_000)).lease, Some(86_400));
    /// ```
    #[must_use]
    pub const fn leased_for(mut self, time: Duration) -> Self {
        let seconds = at_least(time);
        let longest = seconds > Lease::LONGEST;
        self.lease = Some(if longest { Lease::LONGEST } else { seconds });
        self
    }

    /// What to do about a question, given what is remembered. `since` is the time of what the
    /// answer is wanted for: an older answer is asked for again sooner; [`UnixTime::EPOCH`] where
    /// any fresh one will do.
    ///
    /// [`Step::Use`], [`Step::Refuse`], [`Step::Ask`], or [`Step::Look`] where there is a lease.
    #[must_use]
    pub fn next<A: Clone, E: Clone>(
        &self,
        entry: &CacheEntry<A, E>,
        since: UnixTime,
        now: UnixTime,
    ) -> Step<A, E> {
        if let Some(answer) = &entry.answer
            && self.is_fresh(entry, answer.content, answer.as_of, now)
            && (self.lease.is_some() || !is_asked_again(answer.content, answer.as_of, since, now))
        {
            return answer.step(None);
        }
        match &entry.fault {
            Some(fault) if !now.passed(fault.since, fault.seconds) => {
                self.use_stored_or_fail(entry, fault.cause.clone(), now)
            }
            _ if self.lease.is_some() => Step::Look,
            _ => Step::Ask,
        }
    }

    /// Says that a signed request states more than the answer that is remembered, and answers whether
    /// it is worth asking again: at once, and as long as the two disagree once more after each
    /// [`LicensePlan::LEAST`] seconds, for a host answers as of five minutes ago at the worst. Where
    /// there is a lease, that is kept to.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license::plan::license::{AnswerContent, CacheEntry, FetchResult, LicensePlan, Step};
    ///
    /// let plan = LicensePlan::CONNECT;
    /// let at = |seconds: u64| UnixTime::EPOCH.plus(1_000_000).plus(seconds);
    /// let mut entry = CacheEntry::<&str, &str>::default();
    /// let standard = || FetchResult::Answered { value: "Standard", content: AnswerContent::Active };
    /// plan.answered(&mut entry, standard(), at(0));
    /// assert!(matches!(plan.next(&entry, UnixTime::EPOCH, at(60)), Step::Use { .. }));
    ///
    /// // a page says Advanced
    /// assert!(plan.expect_newer(&mut entry, at(60)));
    /// assert_eq!(plan.next(&entry, UnixTime::EPOCH, at(60)), Step::Ask);
    /// plan.answered(&mut entry, standard(), at(60));
    ///
    /// // and goes on saying so
    /// assert!(!plan.expect_newer(&mut entry, at(61)));
    /// assert!(matches!(plan.next(&entry, UnixTime::EPOCH, at(61)), Step::Use { .. }));
    /// assert_eq!(plan.next(&entry, UnixTime::EPOCH, at(360)), Step::Ask);
    /// ```
    pub fn expect_newer<A, E>(&self, entry: &mut CacheEntry<A, E>, now: UnixTime) -> bool {
        let lately = entry.expected_since;
        if lately.is_some_and(|since| !now.passed(since, Self::LEAST)) {
            return false;
        }
        entry.expected_since = Some(now);
        let answer = entry.answer.as_ref();
        // the one that was fetched for this very request is as new as can be
        answer.is_none_or(|answer| answer.as_of.plus(Self::ACTIVE_PAUSE) < now)
    }

    /// What to do once the shared cache was looked into, with what was found there.
    ///
    /// [`Step::Use`], [`Step::Refuse`] or [`Step::Lease`].
    pub fn found<A: Clone, E: Clone>(
        &self,
        entry: &mut CacheEntry<A, E>,
        shared: Option<(A, UnixTime, AnswerContent)>,
        now: UnixTime,
    ) -> Step<A, E> {
        if let Some((value, as_of, content)) = shared
            && as_of >= entry.installed_at
        {
            let step = entry.remember(value, as_of, content);
            if self.is_fresh(entry, content, as_of, now) {
                entry.fault = None;
                return step;
            }
        }
        let seconds = self.lease.unwrap_or(0);
        match entry.refusals {
            Some((first, count)) if count >= Self::MAX_REFUSED && !now.passed(first, seconds) => {
                let seconds = seconds.saturating_sub(now.since(first));
                Step::Refuse(FetchError::TokensRefused { seconds })
            }
            _ => Step::Lease { seconds },
        }
    }

    /// What to do once the lease was tried. Where another has it, its answer is waited for, while
    /// `patient` and nothing at all is known; look into the shared cache again after a pause.
    ///
    /// [`Step::Ask`], [`Step::Wait`], [`Step::Use`] or [`Step::Refuse`].
    pub fn leased<A: Clone, E: Clone>(
        &self,
        entry: &mut CacheEntry<A, E>,
        lease: Lease,
        now: UnixTime,
        patient: bool,
    ) -> Step<A, E> {
        match lease {
            Lease::Granted { .. } => Step::Ask,
            Lease::Held { until } if patient && entry.answer.is_none() => Step::Wait { until },
            Lease::Held { until } => {
                let seconds = until.since(now);
                self.failed(entry, FetchError::Leased { seconds }, self.back_off, now)
            }
        }
    }

    /// What to remember of a call, what to answer, and what becomes of the lease. Where the result
    /// [ends what is stored](FetchResult::ends_stored), put [`CachedLicense::ended`] into the store or
    /// the cache that replicas share.
    ///
    /// [`Step::Use`] or [`Step::Refuse`].
    pub fn answered<A: Clone, E: Clone>(
        &self,
        entry: &mut CacheEntry<A, E>,
        result: FetchResult<A, E>,
        now: UnixTime,
    ) -> (Step<A, E>, LeaseUse) {
        if result.ends_stored() {
            // what was said before does not stand in for a refusal
            entry.answer = None;
        }
        match result {
            FetchResult::Answered { value, content } => {
                entry.fault = None;
                (entry.remember(value, now, content), LeaseUse::Keep)
            }
            FetchResult::TokenRefused { error, .. } if self.lease.is_some() => {
                // those with a better token may ask at once
                entry.count_refusal(now, self.lease.unwrap_or(0));
                (Step::Refuse(FetchError::Failed(error)), LeaseUse::GiveBack)
            }
            FetchResult::TokenRefused { error, retry_after } => {
                self.unanswered(entry, error, retry_after, now)
            }
            FetchResult::Failed { error, retry_after } => {
                self.unanswered(entry, error, retry_after, now)
            }
        }
    }

    fn unanswered<A: Clone, E: Clone>(
        &self,
        entry: &mut CacheEntry<A, E>,
        error: E,
        retry_after: Option<u64>,
        now: UnixTime,
    ) -> (Step<A, E>, LeaseUse) {
        let wanted = retry_after.unwrap_or(0).min(Self::MAX_RETRY_AFTER);
        let (pause, lease) = match self.lease {
            None => (self.back_off.max(wanted), LeaseUse::Keep),
            // the lease is what holds all replicas back
            Some(lease) if wanted > lease => (self.back_off, LeaseUse::Prolong { seconds: wanted }),
            Some(_) => (self.back_off, LeaseUse::Keep),
        };
        (
            self.failed(entry, FetchError::Failed(error), pause, now),
            lease,
        )
    }

    fn failed<A: Clone, E: Clone>(
        &self,
        entry: &mut CacheEntry<A, E>,
        cause: FetchError<E>,
        seconds: u64,
        now: UnixTime,
    ) -> Step<A, E> {
        entry.fault = Some(entry::Failure {
            since: now,
            seconds,
            cause: cause.clone(),
        });
        self.use_stored_or_fail(entry, cause, now)
    }

    /// The last answer, if it is not too old, in spite of a fault.
    fn use_stored_or_fail<A: Clone, E: Clone>(
        &self,
        entry: &CacheEntry<A, E>,
        fault: FetchError<E>,
        now: UnixTime,
    ) -> Step<A, E> {
        match &entry.answer {
            Some(answer) if !now.passed(answer.as_of, self.outage) => answer.step(Some(fault)),
            _ => Step::Refuse(fault),
        }
    }

    /// Whether an answer need not be asked for again: sooner, where it is not whole.
    fn is_fresh<A, E>(
        &self,
        entry: &CacheEntry<A, E>,
        content: AnswerContent,
        as_of: UnixTime,
        now: UnixTime,
    ) -> bool {
        let newer = as_of.plus(Self::ACTIVE_PAUSE);
        // what is expected since a time to come was expected by a clock that was wrong
        let expected = |since: UnixTime| newer < since && !since.is_ahead(now);
        if entry.expected_since.is_some_and(expected) {
            return false;
        }
        let seconds = match content {
            AnswerContent::Partial => self.lease.unwrap_or(self.fresh),
            AnswerContent::Active | AnswerContent::Inactive => self.fresh,
        };
        !now.passed(as_of, seconds)
    }
}

const fn at_least(time: Duration) -> u64 {
    let seconds = whole_seconds(time);
    if seconds > LicensePlan::LEAST {
        seconds
    } else {
        LicensePlan::LEAST
    }
}

/// Whether a fresh answer is asked for again, being older than what it is wanted for.
fn is_asked_again(content: AnswerContent, as_of: UnixTime, since: UnixTime, now: UnixTime) -> bool {
    let pause = match content {
        AnswerContent::Active => LicensePlan::ACTIVE_PAUSE,
        AnswerContent::Inactive | AnswerContent::Partial => LicensePlan::INACTIVE_PAUSE,
    };
    as_of.plus(LicensePlan::ACTIVE_PAUSE) < since && now.passed(as_of, pause)
}

#[cfg(test)]
mod tests;
