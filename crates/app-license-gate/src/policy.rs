//! The decision: what a licence says, how it is known, what the caller wants. A total table.
//!
//! The first row that applies decides; the rows are the order of [`Policy::decide`]:
//!
//! | # | when | decision |
//! |---|---|---|
//! | 1 | the state is inactive | [`Reason::Inactive`] |
//! | 2 | absent, and the policy says deny or asks for a confirmed licence | [`Reason::Absent`] |
//! | 3 | the policy asks for production and the environment is not known to be | [`Reason::NotProduction`] |
//! | 4 | active, the policy bounds the age, and the word is older or of unknown age | [`Reason::Stale`] |
//! | 5 | the policy asks for a confirmed licence and this one is not | [`Reason::Unconfirmed`] |
//! | 6 | the edition (or the one assumed for absent) includes what is needed | [`Reason::Granted`] |
//! | 7 | otherwise | [`Reason::CapabilityMissing`] |
//!
//! Evaluation never changes the answer: a running trial is active. It is kept in
//! [`Reason::Inactive`] so that an ended trial can be told from an ended subscription.

use crate::capability::{Edition, Grants, Needs};
use crate::facts::State;

/// What an absent licence means. The platform says nothing in dev and staging environments, for
/// free apps, and to cacheable iframes; only the caller knows which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WhenAbsent {
    /// Nothing is granted.
    #[default]
    Deny,
    /// As if an active licence of this edition had been named.
    Assume(Edition),
}

/// Where the app is installed, as far as the touchpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Deployment {
    /// A production environment, or a framework without environments (Connect).
    Production,
    /// A named environment that is not production: licences can be overridden there.
    NotProduction,
    /// The touchpoint should say and does not.
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
    /// What the licence says.
    pub state: State,
    /// What it grants if it is active.
    pub grants: Grants<'a>,
    /// What it says about being a trial.
    pub evaluation: Option<bool>,
    /// Where the app is installed.
    pub deployment: Deployment,
    /// How old the word is, in seconds.
    pub age: Option<u64>,
    /// Fetched by us from a License API, with an entitlement, and not of type `DEVELOPER`.
    pub confirmed: bool,
}

/// Why the answer is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The licence is active and its edition includes what is needed.
    Granted,
    /// The licence is active and its edition does not include what is needed.
    CapabilityMissing,
    /// The licence is not active; `trial` says whether it was a trial.
    Inactive {
        /// What the licence says about being a trial.
        trial: Option<bool>,
    },
    /// The touchpoint said nothing, and the policy does not assume an edition.
    Absent,
    /// The policy asks for a production environment.
    NotProduction,
    /// The word is older than the policy allows, or of unknown age.
    Stale,
    /// The policy asks for a confirmed licence.
    Unconfirmed,
}

impl Reason {
    /// Whether the feature may be used.
    ///
    /// ```
    /// # use app_license_gate::policy::Reason;
    /// assert!(!Reason::Absent.is_granted());
    /// ```
    #[must_use]
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted)
    }

    /// The stable code, the same in every language. An inactive trial reads `trial_ended`.
    ///
    /// ```
    /// # use app_license_gate::policy::Reason;
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
        }
    }
}

/// What the caller asks of a licence beyond the capability. The default denies an absent licence
/// and asks for nothing else.
///
/// ```
/// use app_license_gate::policy::{Deployment, Evidence, Policy, Reason};
/// use app_license_gate::{capability::Needs, facts::Facts};
///
/// let facts = Facts::from_json(br#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#)?;
/// let evidence = Evidence {
///     state: facts.state(),
///     grants: facts.grants(),
///     evaluation: facts.evaluation(),
///     deployment: Deployment::NotProduction,
///     age: Some(12),
///     confirmed: false,
/// };
/// assert_eq!(Policy::new().decide(&evidence, Needs::ADVANCED), Reason::Granted);
/// let strict = Policy::new().production_only(true);
/// assert_eq!(strict.decide(&evidence, Needs::ADVANCED), Reason::NotProduction);
/// # Ok::<(), app_license_gate::json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    when_absent: WhenAbsent,
    max_age: Option<u64>,
    production_only: bool,
    confirmed_only: bool,
}

impl Policy {
    /// Deny an absent licence, any age, any environment, unconfirmed is enough.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            when_absent: WhenAbsent::Deny,
            max_age: None,
            production_only: false,
            confirmed_only: false,
        }
    }

    /// What an absent licence means.
    ///
    /// ```
    /// # use app_license_gate::{capability::Edition, policy::{Policy, WhenAbsent}};
    /// let free_app = Policy::new().when_absent(WhenAbsent::Assume(Edition::Standard));
    /// ```
    #[must_use]
    pub const fn when_absent(mut self, meaning: WhenAbsent) -> Self {
        self.when_absent = meaning;
        self
    }

    /// The oldest word that still counts, in seconds. An unknown age does not count.
    ///
    /// ```
    /// # use app_license_gate::policy::Policy;
    /// let fresh = Policy::new().max_age(3600);
    /// ```
    #[must_use]
    pub const fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Whether only a production environment counts: elsewhere licences can be overridden.
    #[must_use]
    pub const fn production_only(mut self, yes: bool) -> Self {
        self.production_only = yes;
        self
    }

    /// Whether only a confirmed licence counts (implies production): fetched from a License API,
    /// with an entitlement, of a type other than `DEVELOPER`.
    #[must_use]
    pub const fn confirmed_only(mut self, yes: bool) -> Self {
        self.confirmed_only = yes;
        self
    }

    /// Whether only a confirmed licence counts.
    #[must_use]
    pub const fn is_confirmed_only(&self) -> bool {
        self.confirmed_only
    }

    /// Decides by the table of this module.
    #[must_use]
    pub fn decide(&self, evidence: &Evidence<'_>, needs: Needs<'_>) -> Reason {
        let grants = match (evidence.state, self.when_absent) {
            (State::Active, _) => evidence.grants,
            (State::Inactive, _) => {
                return Reason::Inactive {
                    trial: evidence.evaluation,
                };
            }
            (State::Absent, WhenAbsent::Assume(edition)) if !self.confirmed_only => {
                Grants::Edition(edition)
            }
            (State::Absent, _) => return Reason::Absent,
        };
        let production = matches!(evidence.deployment, Deployment::Production);
        if (self.production_only || self.confirmed_only) && !production {
            return Reason::NotProduction;
        }
        if let (State::Active, Some(max)) = (evidence.state, self.max_age)
            && evidence.age.is_none_or(|age| age > max)
        {
            return Reason::Stale;
        }
        if self.confirmed_only && !evidence.confirmed {
            return Reason::Unconfirmed;
        }
        if grants.includes(needs) {
            Reason::Granted
        } else {
            Reason::CapabilityMissing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Deployment, Evidence, Policy, Reason, WhenAbsent};
    use crate::capability::{Edition, Grants, Needs};
    use crate::facts::State;

    /// The table again, written row by row the slow way, checked over every cell.
    #[test]
    fn every_cell_of_the_table() {
        let states = [State::Active, State::Inactive, State::Absent];
        let trials = [None, Some(false), Some(true)];
        let capabilities = [
            None,
            Some("capabilityFree"),
            Some("capabilityStandard"),
            Some("capabilityAdvanced"),
            Some("capabilityUltra"),
        ];
        let wants = [
            "capabilityFree",
            "capabilityStandard",
            "capabilityAdvanced",
            "capabilityUltra",
        ];
        let places = [
            Deployment::Production,
            Deployment::NotProduction,
            Deployment::Unknown,
        ];
        let ages = [None, Some(0), Some(10), Some(11), Some(u64::MAX)];
        let absents = [
            WhenAbsent::Deny,
            WhenAbsent::Assume(Edition::Free),
            WhenAbsent::Assume(Edition::Standard),
            WhenAbsent::Assume(Edition::Advanced),
        ];
        let rank = |c: &str| {
            ["capabilityFree", "capabilityStandard", "capabilityAdvanced"]
                .iter()
                .position(|x| *x == c)
        };
        let includes = |has: &str, wants: &str| match (rank(has), rank(wants)) {
            (Some(h), Some(w)) => h >= w,
            (None, None) => has == wants,
            _ => false,
        };
        let mut cells = 0_u32;
        for state in states {
            for evaluation in trials {
                for capability in capabilities {
                    for wanted in wants {
                        for deployment in places {
                            for age in ages {
                                for confirmed in [false, true] {
                                    for when_absent in absents {
                                        for max_age in [None, Some(10)] {
                                            for production in [false, true] {
                                                for confirm in [false, true] {
                                                    let grants = match state {
                                                        State::Active => Grants::of_active(
                                                            capability.map(Into::into),
                                                        ),
                                                        _ => Grants::Nothing,
                                                    };
                                                    let evidence = Evidence {
                                                        state,
                                                        grants,
                                                        evaluation,
                                                        deployment,
                                                        age,
                                                        confirmed,
                                                    };
                                                    let mut policy = Policy::new()
                                                        .when_absent(when_absent)
                                                        .production_only(production)
                                                        .confirmed_only(confirm);
                                                    if let Some(seconds) = max_age {
                                                        policy = policy.max_age(seconds);
                                                    }
                                                    let assumed = match when_absent {
                                                        WhenAbsent::Assume(e) if !confirm => {
                                                            Some(e.capability_set())
                                                        }
                                                        _ => None,
                                                    };
                                                    let want = if state == State::Inactive {
                                                        Reason::Inactive { trial: evaluation }
                                                    } else if state == State::Absent
                                                        && assumed.is_none()
                                                    {
                                                        Reason::Absent
                                                    } else if (production || confirm)
                                                        && deployment != Deployment::Production
                                                    {
                                                        Reason::NotProduction
                                                    } else if state == State::Active
                                                        && max_age.is_some()
                                                        && !matches!(age, Some(0..=10))
                                                    {
                                                        Reason::Stale
                                                    } else if confirm && !confirmed {
                                                        Reason::Unconfirmed
                                                    } else {
                                                        let has = match state {
                                                            State::Absent => assumed.unwrap(),
                                                            _ => capability
                                                                .unwrap_or("capabilityStandard"),
                                                        };
                                                        if includes(has, wanted) {
                                                            Reason::Granted
                                                        } else {
                                                            Reason::CapabilityMissing
                                                        }
                                                    };
                                                    let got = policy
                                                        .decide(&evidence, Needs::from(wanted));
                                                    assert_eq!(
                                                        got, want,
                                                        "{policy:?} {evidence:?} {wanted}"
                                                    );
                                                    cells += 1;
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(cells, 3 * 3 * 5 * 4 * 3 * 5 * 2 * 4 * 2 * 2 * 2);
    }
}
