//! Decisions: allowed or not, and why. The table is the gate's; see [`crate::gate::policy`].

use std::fmt;

use crate::gate::capability::RequiredCapability;
use crate::gate::facts::State;
use crate::gate::policy::{Deployment, Evidence, Policy, Reason};
use crate::gate::user_access::UserAccess;

use crate::capability::Capability;
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::open_text::{EnvironmentType, LicenseKind};
use crate::time::UnixTime;
use crate::verified::{Hint, Verified};

/// Whether the license behind a decision is proved.
///
/// ```
/// use app_license::Trust;
/// assert_eq!(Trust::Hint.name(), "hint");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "something is proved, or it is not")]
pub enum Trust {
    /// Proved by a signature, or fetched by us.
    Verified,
    /// Read from the user's own browser: show and hide by it, never authorize.
    Hint,
}

impl Trust {
    /// `verified` or `hint`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Hint => "hint",
        }
    }
}

/// May this customer use it, now, and why?
///
/// ```
/// use app_license::{Hint, License, Policy, LicenseSource, UnixTime};
///
/// let json = br#"{"active":true,"capabilitySet":"capabilityStandard"}"#;
/// let license = Hint::new(License::from_object(json, LicenseSource::ForgeUiContext)?);
/// let decision = license.decide(&Policy::new(), "capabilityAdvanced", UnixTime::EPOCH);
/// assert!(!decision.is_allowed());
/// assert_eq!(decision.code(), "capability_missing");
/// assert_eq!(
///     decision.to_string(),
///     "denied: needs capabilityAdvanced, has capabilityStandard (hint from the Forge UI context)",
/// );
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    reason: Reason,
    needs: Capability,
    has: Option<Capability>,
    source: LicenseSource,
    trust: Trust,
    age: Option<u64>,
    basis: Basis,
}

/// What a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    License,
    /// The edition that the policy assumes where nothing is said.
    Assumed,
    /// The policy states that the app sells nothing.
    NothingSold,
}

impl Decision {
    /// A decision that denies, as a shell in another language holds it; `None` for a reason that
    /// grants.
    ///
    /// ```
    /// use app_license::{Capability, Decision, Reason, LicenseSource, Trust};
    /// let denied = |reason| {
    ///     let source = LicenseSource::ConnectIframeQuery;
    ///     Decision::denied(reason, Capability::STANDARD, None, source, Trust::Verified, Some(3))
    /// };
    /// assert!(denied(Reason::Granted).is_none());
    /// assert_eq!(
    ///     denied(Reason::Absent).unwrap().to_string(),
    ///     "denied: nothing is said about a license (verified from the Connect iframe query, 3 s old)",
    /// );
    /// ```
    #[must_use]
    pub fn denied(
        reason: Reason,
        needs: Capability,
        has: Option<Capability>,
        source: LicenseSource,
        trust: Trust,
        age: Option<u64>,
    ) -> Option<Self> {
        (!reason.is_granted()).then_some(Self {
            reason,
            needs,
            has,
            source,
            trust,
            age,
            basis: Basis::License,
        })
    }

    /// Whether the feature may be used.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.reason.is_granted()
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The stable code of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.reason.code()
    }

    /// The capability asked for.
    #[must_use]
    pub const fn needs(&self) -> &Capability {
        &self.needs
    }

    /// The capability the license stands for: what it names, or Standard when it names none;
    /// `None` when it is not active.
    #[must_use]
    pub const fn has(&self) -> Option<&Capability> {
        self.has.as_ref()
    }

    /// Which license source spoke.
    #[must_use]
    pub const fn source(&self) -> LicenseSource {
        self.source
    }

    /// Whether it is proved.
    #[must_use]
    pub const fn trust(&self) -> Trust {
        self.trust
    }

    /// How old its statement is, in seconds, where that is known: see [`License::age`].
    #[must_use]
    pub const fn age(&self) -> Option<u64> {
        self.age
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_allowed() {
            "granted: "
        } else {
            "denied: "
        })?;
        match self.reason {
            Reason::Granted if self.basis == Basis::Assumed => {
                f.write_str("the policy assumes an edition where none is said")?;
            }
            Reason::Granted if self.basis == Basis::NothingSold => {
                f.write_str("the policy states that the app sells nothing")?;
            }
            Reason::Granted | Reason::CapabilityMissing => {
                write!(f, "needs {}, has ", self.needs)?;
                match &self.has {
                    Some(has) => write!(f, "{has}")?,
                    None => f.write_str("less, by the policy for absent licenses")?,
                }
            }
            Reason::Inactive { trial: Some(true) } => f.write_str("the trial has ended")?,
            Reason::Inactive { .. } => f.write_str("the license is not active")?,
            Reason::Absent => f.write_str("nothing is said about a license")?,
            Reason::NotProduction => f.write_str("not a production environment")?,
            Reason::Stale => f.write_str("the license statement is too old")?,
            Reason::Unconfirmed => f.write_str("the license is not confirmed")?,
            Reason::NoUserAccess => f.write_str("this user has no access to the app")?,
        }
        write!(f, " ({} from the {}", self.trust.name(), self.source)?;
        if let Some(age) = self.age {
            write!(f, ", {age} s old")?;
        }
        f.write_str(")")
    }
}

impl serde::Serialize for Decision {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("Decision", 7)?;
        s.serialize_field("allowed", &self.is_allowed())?;
        s.serialize_field("reason", self.code())?;
        s.serialize_field("needs", &self.needs)?;
        s.serialize_field("has", &self.has)?;
        s.serialize_field("source", &self.source)?;
        s.serialize_field("trust", self.trust.name())?;
        s.serialize_field("age", &self.age)?;
        s.end()
    }
}

impl Verified<License> {
    /// Says which Forge environment the app is installed from, where the license source does not:
    /// out of a verified token of the same installation.
    #[must_use]
    pub fn in_environment(self, environment: EnvironmentType) -> Self {
        self.map(|license| license.in_environment(environment))
    }

    /// Says whether it is, or was, a trial, where the license source does not: see
    /// [`License::with_evaluation`].
    #[must_use]
    pub fn with_evaluation(self, evaluation: Option<bool>) -> Self {
        self.map(|license| license.with_evaluation(evaluation))
    }

    /// Says what the platform states of the user who asks: see [`License::with_user_access`].
    #[must_use]
    pub fn with_user_access(self, access: Option<UserAccess>) -> Self {
        self.map(|license| license.with_user_access(access))
    }

    /// Whether it proves that somebody bought the app, as [`Policy::confirmed_only`] asks: a
    /// License API states an entitlement whose type is not `DEVELOPER`, or an invocation token of
    /// a production environment does.
    ///
    /// ```
    /// use app_license::{EnvironmentType, License, LicenseSource, Verified};
    /// let json = br#"{"active":true,"type":"commercial","ccpEntitlementId":"e-1"}"#;
    /// let license = License::from_object(json, LicenseSource::ForgeInvocationToken)?;
    /// let license = Verified::fetched(license);
    /// assert!(!license.is_confirmed());
    /// assert!(license.in_environment(EnvironmentType::PRODUCTION).is_confirmed());
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        is_confirmed(self)
    }

    /// Decides whether the license allows what needs `capability`, by the policy's table.
    ///
    /// ```
    /// use app_license::{License, Policy, LicenseSource, UnixTime, Verified};
    /// let json = br#"{"active":false,"evaluation":true}"#;
    /// let license = License::from_object(json, LicenseSource::ConnectLicenseApi)?;
    /// // fetched by this very process:
    /// let license = Verified::fetched(license);
    /// let decision = license.decide(&Policy::new(), "capabilityStandard", UnixTime::EPOCH);
    /// assert_eq!(decision.code(), "trial_ended");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    pub fn decide<'a>(
        &self,
        policy: &Policy,
        capability: impl Into<RequiredCapability<'a>>,
        now: UnixTime,
    ) -> Decision {
        decide(self, Trust::Verified, policy, capability.into(), now)
    }
}

impl Hint<License> {
    /// Decides what to show. Never authorize by it.
    pub fn decide<'a>(
        &self,
        policy: &Policy,
        capability: impl Into<RequiredCapability<'a>>,
        now: UnixTime,
    ) -> Decision {
        decide(self, Trust::Hint, policy, capability.into(), now)
    }
}

fn decide(
    license: &License,
    trust: Trust,
    policy: &Policy,
    needs: RequiredCapability<'_>,
    now: UnixTime,
) -> Decision {
    let age = license.age(now);
    let evidence = Evidence {
        state: license.state(),
        grants: license.grants(),
        evaluation: license.is_evaluation(),
        deployment: license.deployment(),
        age,
        confirmed: trust == Trust::Verified && is_confirmed(license),
        user_access: license.user_access(),
    };
    let reason = policy.decide(&evidence, needs);
    let active = license.state() == State::Active;
    let named = || {
        license
            .capability_set()
            .cloned()
            .unwrap_or(Capability::STANDARD)
    };
    Decision {
        reason,
        needs: needs
            .edition()
            .map_or_else(|| Capability::new(needs.text()), Capability::from),
        has: active.then(named),
        source: license.source(),
        trust,
        age,
        basis: match reason {
            Reason::Granted if policy.is_selling_nothing() => Basis::NothingSold,
            Reason::Granted if !active => Basis::Assumed,
            _ => Basis::License,
        },
    }
}

impl License {
    /// Where the app is installed, as far as it is said. Connect has no environments: whatever speaks
    /// there is production. Of Forge's types only those count that the platform names; a custom
    /// environment is of the type `DEVELOPMENT`.
    ///
    /// ```
    /// use app_license::{Deployment, EnvironmentType, License, LicenseSource};
    /// let license = License::absent(LicenseSource::ForgeFunctionContext);
    /// let deployment = |name| license.clone().in_environment(EnvironmentType::new(name)).deployment();
    /// assert_eq!(deployment("STAGING"), Deployment::NotProduction);
    /// assert_eq!(deployment("PROD"), Deployment::Unknown);
    /// ```
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        match self.environment() {
            _ if self.source().is_connect() => Deployment::Production,
            Some(e) if *e == EnvironmentType::PRODUCTION => Deployment::Production,
            Some(e) if *e == EnvironmentType::STAGING || *e == EnvironmentType::DEVELOPMENT => {
                Deployment::NotProduction
            }
            _ => Deployment::Unknown,
        }
    }
}

/// A copied descriptor can be installed with an overridden license: an active flag does not prove
/// payment. With an entitlement, the License API does, and so does an invocation token of a
/// production environment, where nothing can be overridden.
fn is_confirmed(license: &License) -> bool {
    let source = license.source();
    let in_production = source == LicenseSource::ForgeInvocationToken
        && license.environment() == Some(&EnvironmentType::PRODUCTION);
    (source.is_license_api() || in_production)
        && (license.entitlement_id().is_some() || license.entitlement_number().is_some())
        && license.kind() != Some(&LicenseKind::DEVELOPER)
}
