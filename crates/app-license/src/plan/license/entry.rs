//! What is remembered of one installation, and the steps that follow from it.

use std::fmt;

use crate::gate::facts::State;
use crate::license::License;
use crate::time::UnixTime;
use crate::{connect, forge};

/// What is remembered of one installation: the last answer `A` of the License API, the last fault
/// `E`, and how often it refused a token of late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry<A, E> {
    pub(super) answer: Option<StoredAnswer<A>>,
    pub(super) fault: Option<Failure<E>>,
    /// Since when, and how often since, the platform refused the token it was asked with.
    pub(super) refusals: Option<(UnixTime, u32)>,
    /// Since when an older answer is not fresh, for a signed request stated more.
    pub(super) expected_since: Option<UnixTime>,
    /// An older answer is about an installation that ended.
    pub(super) installed_at: UnixTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredAnswer<A> {
    pub(super) value: A,
    pub(super) as_of: UnixTime,
    pub(super) content: AnswerContent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure<E> {
    pub(super) since: UnixTime,
    pub(super) seconds: u64,
    pub(super) cause: FetchError<E>,
}

/// What an answer says, as far as the plan is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each has a rule of its own")]
pub enum AnswerContent {
    /// A license that is active.
    Active,
    /// No license that is active.
    Inactive,
    /// Licenses of some apps; of others the platform could not tell.
    Partial,
}

impl AnswerContent {
    /// What a Connect site says.
    ///
    /// ```
    /// use app_license::connect::LicenseApiResponse;
    /// use app_license::plan::license::AnswerContent;
    /// let content = AnswerContent::of_connect(&LicenseApiResponse::NotFound);
    /// assert_eq!(content, AnswerContent::Inactive);
    /// ```
    #[must_use]
    pub fn of_connect(answer: &connect::LicenseApiResponse) -> Self {
        Self::of(answer.license())
    }

    /// What the Forge License API says about the apps it was asked about.
    ///
    /// ```
    /// use app_license::forge::LicenseApiResponse;
    /// use app_license::plan::license::AnswerContent;
    /// let answer = LicenseApiResponse::parse(br#"{"results":[
    ///     {"appId":"8db33809-1f69-42a5-8e40-8b6e0b3f8d11","data":{"active":true}}]}"#)?;
    /// assert_eq!(AnswerContent::of_forge(&answer), AnswerContent::Active);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn of_forge(answer: &forge::LicenseApiResponse) -> Self {
        let mut licenses = answer.results().map(|(_, license)| license);
        if licenses.any(|license| license.is_err()) {
            return Self::Partial;
        }
        Self::of(answer.results().filter_map(|(_, license)| license.ok()))
    }

    fn of<'l>(licenses: impl IntoIterator<Item = &'l License>) -> Self {
        let active = |license: &License| license.state() == State::Active;
        if licenses.into_iter().any(active) {
            Self::Active
        } else {
            Self::Inactive
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum Step<A, E> {
    /// Answer with this.
    Use {
        /// What the License API said.
        value: A,
        /// When it said so (UTC).
        as_of: UnixTime,
        /// Why nothing newer is known, where something newer was wanted.
        fault: Option<FetchError<E>>,
    },
    /// Look into the cache that the replicas share, and call [`super::LicensePlan::found`].
    Look,
    /// Take the lease for so many seconds, and call [`super::LicensePlan::leased`].
    Lease {
        /// For how long.
        seconds: u64,
    },
    /// Ask the License API, and call [`super::LicensePlan::answered`].
    Ask,
    /// Another asks: pause for a moment, then do as for [`Step::Look`].
    Wait {
        /// When the lease can be had, at the latest (UTC).
        until: UnixTime,
    },
    /// It could not be checked.
    Refuse(FetchError<E>),
}

/// Why there is no newer answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must word each of them")]
pub enum FetchError<E> {
    /// The call failed so.
    Failed(E),
    /// Another process asked within the last minutes.
    Leased {
        /// When the lease can be had, in seconds.
        seconds: u64,
    },
    /// The platform refused the tokens it was asked with, so often that it is left alone.
    TokensRefused {
        /// For how long, in seconds.
        seconds: u64,
    },
}

impl<E: fmt::Display> fmt::Display for FetchError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Leased { seconds } => write!(
                f,
                "another process holds the lease on the question for up to {seconds} s"
            ),
            Self::TokensRefused { seconds } => write!(
                f,
                "the platform refused the tokens of this installation: it is asked again in {seconds} s"
            ),
        }
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a call ends in one of these")]
pub enum FetchResult<A, E> {
    /// An answer to the question.
    Answered {
        /// The answer.
        value: A,
        /// What it says.
        content: AnswerContent,
    },
    /// 401 or 403: the token was not accepted, the question not answered.
    TokenRefused {
        /// The fault.
        error: E,
        /// As in [`FetchResult::Failed`].
        retry_after: Option<u64>,
    },
    /// Anything else.
    Failed {
        /// The fault.
        error: E,
        /// The seconds after which the host wants to be asked again, where it said so.
        retry_after: Option<u64>,
    },
}

/// What becomes of the lease after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum LeaseUse {
    /// It is left to end.
    Keep,
    /// It is given back: the platform did not count the call.
    GiveBack,
    /// It is held from now for so many seconds.
    Prolong {
        /// For how long.
        seconds: u64,
    },
}

impl<A, E> FetchResult<A, E> {
    /// Whether what entries, stores and caches keep of before ends with it: what was stated before
    /// does not stand in for a refusal, whose token ever was refused.
    ///
    /// ```
    /// use app_license::plan::license::FetchResult;
    /// let refused = FetchResult::<(), _>::TokenRefused { error: "403", retry_after: None };
    /// let failed = FetchResult::<(), _>::Failed { error: "500", retry_after: None };
    /// assert!(refused.ends_stored() && !failed.ends_stored());
    /// ```
    #[must_use]
    pub const fn ends_stored(&self) -> bool {
        matches!(self, Self::TokenRefused { .. })
    }
}

impl<A, E> CacheEntry<A, E> {
    /// Forgets an answer that is older than this, and why there was no newer one: it was about an
    /// installation that ended, and a new install is a new one. An older one that the shared cache
    /// has is passed over, too. A time further ahead of `now` than clocks differ ([`UnixTime::is_ahead`])
    /// counts for nothing, also one that was not ahead when it was said, by a clock that was set back since.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license::plan::license::{AnswerContent, CacheEntry, FetchResult, LicensePlan, Step};
    ///
    /// let (plan, now) = (LicensePlan::CONNECT, UnixTime::EPOCH.plus(1_000_000));
    /// let mut entry = CacheEntry::<&str, &str>::default();
    /// let fetched = FetchResult::Answered { value: "active", content: AnswerContent::Active };
    /// plan.answered(&mut entry, fetched, now);
    /// entry.forget_before(now, now);
    /// assert!(matches!(plan.next(&entry, now, now), Step::Use { .. }));
    /// entry.forget_before(now.plus(1), now.plus(1));
    /// assert_eq!(plan.next(&entry, now, now.plus(2)), Step::Ask);
    /// ```
    pub fn forget_before(&mut self, time: UnixTime, now: UnixTime) {
        let time = time.unless_ahead(now);
        self.installed_at = self.installed_at.unless_ahead(now).max(time);
        if self
            .answer
            .as_ref()
            .is_some_and(|answer| answer.as_of < time)
        {
            self.answer = None;
            self.fault = None;
        }
    }
}

impl<A: Clone, E> CacheEntry<A, E> {
    pub(super) fn remember(
        &mut self,
        value: A,
        as_of: UnixTime,
        content: AnswerContent,
    ) -> Step<A, E> {
        let answer = StoredAnswer {
            value,
            as_of,
            content,
        };
        let step = answer.step(None);
        self.answer = Some(answer);
        step
    }

    pub(super) fn count_refusal(&mut self, now: UnixTime, seconds: u64) {
        self.refusals = match self.refusals {
            Some((first, count)) if !now.passed(first, seconds) => {
                Some((first, count.saturating_add(1)))
            }
            _ => Some((now, 1)),
        };
    }
}

impl<A, E> Default for CacheEntry<A, E> {
    /// Nothing is remembered.
    fn default() -> Self {
        Self {
            answer: None,
            fault: None,
            refusals: None,
            expected_since: None,
            installed_at: UnixTime::EPOCH,
        }
    }
}

impl<A: Clone> StoredAnswer<A> {
    pub(super) fn step<E>(&self, fault: Option<FetchError<E>>) -> Step<A, E> {
        Step::Use {
            value: self.value.clone(),
            as_of: self.as_of,
            fault,
        }
    }
}
