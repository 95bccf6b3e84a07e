//! The decision: what a license says, how it is known, what the caller wants. A total table.
//!
//! The first row that applies decides; the rows are the order of [`Policy::decide`]:
//!
//! | # | when | decision |
//! |---|---|---|
//! | 1 | the state is inactive, and the app does not sell nothing | [`Reason::Inactive`] |
//! | 2 | absent, and no edition is assumed there (by [`Policy::when_absent`], and by [`Policy::when_absent_outside_production`] in an environment that is known not to be production), or a confirmed license is asked for, and the app does not sell nothing | [`Reason::Absent`] |
//! | 3 | the platform says that this user has no access, unless the policy ignores that | [`Reason::NoUserAccess`] |
//! | 4 | the policy asks for production and the environment is not known to be | [`Reason::NotProduction`] |
//! | 5 | active, the policy bounds the age, the statement is older or of unknown age, and the app does not sell nothing | [`Reason::Stale`] |
//! | 6 | the policy asks for a confirmed license and this one is not | [`Reason::Unconfirmed`] |
//! | 7 | the app sells nothing | [`Reason::Granted`] |
//! | 8 | the edition (or the one assumed for absent) includes what is needed | [`Reason::Granted`] |
//! | 9 | otherwise | [`Reason::CapabilityMissing`] |
//!
//! Evaluation never changes the answer: a running trial is active. It is kept in
//! [`Reason::Inactive`] so that an ended trial can be told from an ended subscription.

use crate::find::named;
use std::time::Duration;

use crate::gate::capability::{Edition, Grants, RequiredCapability};
use crate::gate::facts::State;
use crate::gate::user_access::UserAccess;

/// What an absent license means. The platform says nothing in dev and staging environments, for
/// free apps, and to cacheable iframes; only the caller knows which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WhenAbsent {
    /// Nothing is granted.
    #[default]
    Deny,
    /// As if an active license of this edition had been named.
    Assume(Edition),
}

/// Where the app is installed, as far as the license source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Deployment {
    /// A production environment, or a framework without environments (Connect).
    Production,
    /// A development or staging environment: licenses can be overridden there.
    NotProduction,
    /// The license source should say and does not, or names none that the platform has.
    #[default]
    Unknown,
}

/// Everything a decision looks at.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the inputs of the table; a new one is a new table"
)]
pub struct Evidence<'a> {
    /// What the license says.
    pub state: State,
    /// What it grants if it is active.
    pub grants: Grants<'a>,
    /// What it says about being a trial.
    pub evaluation: Option<bool>,
    /// Where the app is installed.
    pub deployment: Deployment,
    /// How old the statement is, in seconds, where that is known: see [`Evidence::age`].
    pub age: Option<u64>,
    /// Fetched by us from a License API, with an entitlement, and not of type `DEVELOPER`.
    pub confirmed: bool,
    /// What the platform says of this user's access; `None` where it says nothing.
    pub user_access: Option<UserAccess>,
}

impl Evidence<'_> {
    /// How far in the future a statement may be dated, in seconds: the clocks of two hosts differ, and
    /// a token verifies up to its leeway before it was issued.
    pub const MAX_AHEAD: u64 = 300;

    /// How old a statement is, by the seconds from its time to now; negative in the future. `None`:
    /// what is dated more than [`Evidence::MAX_AHEAD`] seconds ahead says nothing of its age, and would
    /// be new until that time comes.
    ///
    /// ```
    /// use app_license::Evidence;
    /// assert_eq!(Evidence::age(60), Some(60));
    /// assert_eq!(Evidence::age(-300), Some(0));
    /// assert_eq!(Evidence::age(-301), None);
    /// ```
    #[must_use]
    pub const fn age(seconds: i64) -> Option<u64> {
        match seconds {
            0.. => Some(seconds.unsigned_abs()),
            _ if seconds.unsigned_abs() <= Self::MAX_AHEAD => Some(0),
            _ => None,
        }
    }
}

/// Why the answer is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The license is active and its edition includes what is needed.
    Granted,
    /// The license is active and its edition does not include what is needed.
    CapabilityMissing,
    /// The license is not active; `trial` says whether it was a trial.
    Inactive {
        /// What the license says about being a trial.
        trial: Option<bool>,
    },
    /// The license source said nothing, and the policy does not assume an edition.
    Absent,
    /// The policy asks for a production environment.
    NotProduction,
    /// The statement is older than the policy allows, or of unknown age.
    Stale,
    /// The policy asks for a confirmed license.
    Unconfirmed,
    /// The site is licensed, and the platform says that this user has no access.
    NoUserAccess,
}

impl Reason {
    /// Whether the feature may be used.
    ///
    /// ```
    /// # use app_license::Reason;
    /// assert!(!Reason::Absent.is_granted());
    /// ```
    #[must_use]
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted)
    }

    /// The stable code, the same in every language. An inactive trial reads `trial_ended`.
    ///
    /// ```
    /// # use app_license::Reason;
    /// assert_eq!(Reason::Inactive { trial: Some(true) }.code(), "trial_ended");
    /// assert_eq!(Reason::Inactive { trial: None }.code(), "inactive");
    /// ```
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::CapabilityMissing => "capability_missing",
            Self::Inactive { trial: Some(true) } => "trial_ended",
            Self::Inactive { .. } => "inactive",
            Self::Absent => "absent",
            Self::NotProduction => "not_production",
            Self::Stale => "stale",
            Self::Unconfirmed => "unconfirmed",
            Self::NoUserAccess => "no_user_access",
        }
    }

    /// The reason of a [`Reason::code`].
    ///
    /// ```
    /// # use app_license::Reason;
    /// assert_eq!(Reason::from_code("trial_ended"), Some(Reason::Inactive { trial: Some(true) }));
    /// assert_eq!(Reason::from_code("unheard_of"), None);
    /// ```
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        const ALL: [Reason; 9] = [
            Reason::Granted,
            Reason::CapabilityMissing,
            Reason::Inactive { trial: Some(true) },
            Reason::Inactive { trial: None },
            Reason::Absent,
            Reason::NotProduction,
            Reason::Stale,
            Reason::Unconfirmed,
            Reason::NoUserAccess,
        ];
        named(&ALL, Self::code, code)
    }
}

/// What the caller asks of a license beyond the capability. The default denies an absent license
/// and asks for nothing else.
///
/// ```
/// use app_license::{Deployment, Evidence, Policy, Reason};
/// use app_license::edition::{Edition, Grants, RequiredCapability};
/// use app_license::State;
///
/// let evidence = Evidence {
///     state: State::Active,
///     grants: Grants::Edition(Edition::Advanced),
///     evaluation: None,
///     deployment: Deployment::NotProduction,
///     age: Some(12),
///     confirmed: false,
///     user_access: None,
/// };
/// assert_eq!(Policy::new().decide(&evidence, RequiredCapability::ADVANCED), Reason::Granted);
/// let strict = Policy::new().production_only(true);
/// assert_eq!(strict.decide(&evidence, RequiredCapability::ADVANCED), Reason::NotProduction);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    when_absent: WhenAbsent,
    outside_production: Option<WhenAbsent>,
    sells_nothing: bool,
    ignore_user_access: bool,
    max_age: Option<u64>,
    production_only: bool,
    confirmed_only: bool,
}

impl Policy {
    /// Deny an absent license, any age, any environment, unconfirmed is enough.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            when_absent: WhenAbsent::Deny,
            outside_production: None,
            sells_nothing: false,
            ignore_user_access: false,
            max_age: None,
            production_only: false,
            confirmed_only: false,
        }
    }

    /// What an absent license means, wherever the app is installed. For "Standard while the app is
    /// developed, denied for customers" see [`Policy::when_absent_outside_production`].
    ///
    /// ```
    /// # use app_license::{Edition, Policy, WhenAbsent};
    /// let lenient = Policy::new().when_absent(WhenAbsent::Assume(Edition::Standard));
    /// ```
    #[must_use]
    pub const fn when_absent(mut self, meaning: WhenAbsent) -> Self {
        self.when_absent = meaning;
        self
    }

    /// What an absent license means in an environment that is known not to be production, where
    /// the platform sends none unless it is overridden. In production, and where the environment
    /// is not known, [`Policy::when_absent`] says it. Connect has no environments: all of it is
    /// production.
    ///
    /// ```
    /// use app_license::edition::{Edition, Grants, RequiredCapability};
    /// use app_license::{Deployment, Evidence, Policy, Reason, WhenAbsent};
    /// # use app_license::State;
    /// // absent outside production is Standard, inside it is denied
    /// let policy =
    ///     Policy::new().when_absent_outside_production(WhenAbsent::Assume(Edition::Standard));
    /// let absent_in = |deployment| Evidence {
    ///     state: State::Absent,
    ///     grants: Grants::Nothing,
    ///     evaluation: None,
    ///     deployment,
    ///     age: None,
    ///     confirmed: false,
    ///     user_access: None,
    /// };
    /// let decide = |deployment| policy.decide(&absent_in(deployment), RequiredCapability::STANDARD);
    /// assert_eq!(decide(Deployment::NotProduction), Reason::Granted);
    /// assert_eq!(decide(Deployment::Production), Reason::Absent);
    /// assert_eq!(decide(Deployment::Unknown), Reason::Absent);
    /// ```
    #[must_use]
    pub const fn when_absent_outside_production(mut self, meaning: WhenAbsent) -> Self {
        self.outside_production = Some(meaning);
        self
    }

    /// States that the app sells nothing: whatever is said about a license, everything is granted.
    /// The platform writes the same `lic=none` for an app that sells nothing and for a license
    /// that has ended, so only the app can say which it is. A policy that asks for production or
    /// for a confirmed license as well still asks for them.
    ///
    /// ```
    /// # use app_license::Policy;
    /// let free_app = Policy::new().sells_nothing(true);
    /// assert!(free_app.is_selling_nothing());
    /// ```
    #[must_use]
    pub const fn sells_nothing(mut self, yes: bool) -> Self {
        self.sells_nothing = yes;
        self
    }

    /// Whether the app states that it sells nothing.
    #[must_use]
    pub const fn is_selling_nothing(&self) -> bool {
        self.sells_nothing
    }

    /// Lets users through of whom the platform says that they have no access, where apps are
    /// billed by users: for pages that tell them how to get it.
    ///
    /// ```
    /// # use app_license::Policy;
    /// let page_for_everybody = Policy::new().ignore_user_access(true);
    /// ```
    #[must_use]
    pub const fn ignore_user_access(mut self, yes: bool) -> Self {
        self.ignore_user_access = yes;
        self
    }

    /// The oldest statement that still counts. Ages are whole seconds: a part of one is left out. An
    /// unknown age does not count.
    ///
    /// ```
    /// # use app_license::Policy;
    /// use std::time::Duration;
    /// let fresh = Policy::new().max_age(Duration::from_secs(3600));
    /// assert_eq!(fresh, Policy::new().max_age(Duration::from_millis(3_600_999)));
    /// ```
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age.as_secs());
        self
    }

    /// Whether only a production environment counts: elsewhere licenses can be overridden.
    #[must_use]
    pub const fn production_only(mut self, yes: bool) -> Self {
        self.production_only = yes;
        self
    }

    /// Whether only a confirmed license counts (implies production): fetched from a License API,
    /// with an entitlement, of a type other than `DEVELOPER`.
    #[must_use]
    pub const fn confirmed_only(mut self, yes: bool) -> Self {
        self.confirmed_only = yes;
        self
    }

    /// Whether only a confirmed license counts.
    #[must_use]
    pub const fn is_confirmed_only(&self) -> bool {
        self.confirmed_only
    }

    /// Decides by the table of this module.
    #[must_use]
    pub fn decide(&self, evidence: &Evidence<'_>, needs: RequiredCapability<'_>) -> Reason {
        let when_absent = match (evidence.deployment, self.outside_production) {
            (Deployment::NotProduction, Some(meaning)) => meaning,
            _ => self.when_absent,
        };
        let grants = match (evidence.state, when_absent) {
            // nothing is sold, so nothing that is said about a license matters
            _ if self.sells_nothing => None,
            (State::Active, _) => Some(evidence.grants),
            (State::Inactive, _) => {
                return Reason::Inactive {
                    trial: evidence.evaluation,
                };
            }
            (State::Absent, WhenAbsent::Assume(edition)) if !self.confirmed_only => {
                Some(Grants::Edition(edition))
            }
            (State::Absent, _) => return Reason::Absent,
        };
        if !self.ignore_user_access && evidence.user_access.is_some_and(|access| !access.allows()) {
            return Reason::NoUserAccess;
        }
        let production = matches!(evidence.deployment, Deployment::Production);
        if (self.production_only || self.confirmed_only) && !production {
            return Reason::NotProduction;
        }
        if let (State::Active, Some(max), Some(_)) = (evidence.state, self.max_age, grants)
            && evidence.age.is_none_or(|age| age > max)
        {
            return Reason::Stale;
        }
        if self.confirmed_only && !evidence.confirmed {
            return Reason::Unconfirmed;
        }
        if grants.is_none_or(|grants| grants.includes(needs)) {
            Reason::Granted
        } else {
            Reason::CapabilityMissing
        }
    }
}

#[cfg(test)]
mod tests;
