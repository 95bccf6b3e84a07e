//! Where a license stands: derived from what was bought and what the clock shows.

use app_license::{Edition, State, UnixTime};

/// How often a customer is billed. A month has 30 days here and a year 365.
///
/// ```
/// use app_license_testkit::Billing;
/// assert_eq!(Billing::Annual.name(), "ANNUAL");
/// assert_eq!(Billing::Monthly.days(), 30);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Billing {
    /// `MONTHLY`
    Monthly,
    /// `ANNUAL`
    Annual,
}

impl Billing {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monthly => "MONTHLY",
            Self::Annual => "ANNUAL",
        }
    }

    /// The length of one period, in days.
    #[must_use]
    pub const fn days(self) -> u64 {
        match self {
            Self::Monthly => 30,
            Self::Annual => 365,
        }
    }
}

/// What the platform can be told a license is, outside of sales: the states of a Connect access
/// token, type `DEVELOPER`.
///
/// ```
/// use app_license_testkit::{AccessToken, App, MockHost};
/// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
/// acme.use_access_token(AccessToken::ActiveTrial)?;
/// assert_eq!(acme.snapshot().kind.as_deref(), Some("DEVELOPER"));
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum AccessToken {
    /// No license.
    Unlicensed,
    /// A trial that runs.
    ActiveTrial,
    /// A trial that has ended.
    InactiveTrial,
    /// A paid subscription.
    ActiveSubscription,
    /// Cancelled, but paid for: the same as active.
    CancelledSubscription,
    /// A subscription that has ended.
    InactiveSubscription,
}

/// The license override of `forge install --license`, outside production only.
///
/// ```
/// use app_license_testkit::Override;
/// assert_eq!(Override::from_name("advanced"), Some(Override::Advanced));
/// assert_eq!(Override::Trial.name(), "TRIAL");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Override {
    /// Active, edition unnamed.
    Active,
    /// Active and Standard.
    Standard,
    /// Active and Advanced.
    Advanced,
    /// Not active.
    Inactive,
    /// Active trial, edition unnamed.
    Trial,
}

impl Override {
    const ALL: [Self; 5] = [
        Self::Active,
        Self::Standard,
        Self::Advanced,
        Self::Inactive,
        Self::Trial,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Standard => "STANDARD",
            Self::Advanced => "ADVANCED",
            Self::Inactive => "INACTIVE",
            Self::Trial => "TRIAL",
        }
    }

    /// What the object's `state` says of it.
    ///
    /// ```
    /// use app_license_testkit::Override;
    /// assert_eq!(Override::Trial.state(), "trial");
    /// ```
    #[must_use]
    pub const fn state(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Standard => "standard",
            Self::Advanced => "advanced",
            Self::Inactive => "inactive",
            Self::Trial => "trial",
        }
    }

    /// Reads a name as the command line takes it, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|value| value.name().eq_ignore_ascii_case(name))
    }
}

/// The stage of a customer's relation to the app.
///
/// ```
/// use app_license_testkit::Stage;
/// assert_eq!(Stage::TrialEnded.name(), "trial_ended");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The app is free.
    Free,
    /// Not production, and no override.
    NotProduction,
    /// Never tried, never bought.
    NeverLicensed,
    /// A trial runs and nothing is paid for.
    Trial,
    /// The trial has ended and nothing was bought.
    TrialEnded,
    /// Paid for.
    Subscribed,
    /// Paid for, with a trial of another edition running.
    TrialWhileSubscribed,
    /// Cancelled, but still paid for.
    Cancelled,
    /// The subscription has ended.
    Ended,
    /// Suspended.
    Suspended,
    /// Switched off by the platform.
    Inactive,
    /// Set by an override or an access token.
    Overridden,
}

impl Stage {
    /// A name for machines and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::NotProduction => "not_production",
            Self::NeverLicensed => "never_licensed",
            Self::Trial => "trial",
            Self::TrialEnded => "trial_ended",
            Self::Subscribed => "subscribed",
            Self::TrialWhileSubscribed => "trial_while_subscribed",
            Self::Cancelled => "cancelled",
            Self::Ended => "ended",
            Self::Suspended => "suspended",
            Self::Inactive => "inactive",
            Self::Overridden => "overridden",
        }
    }
}

/// Where a license stands at one moment: what every license source then says, each in its spelling.
///
/// ```
/// use app_license::{Edition, State};
/// use app_license_testkit::{App, MockHost, Stage};
///
/// let host = MockHost::offline();
/// let acme = host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
/// acme.start_trial(Edition::Advanced, 30)?;
/// assert_eq!(acme.snapshot().state, State::Active);
/// assert_eq!(acme.snapshot().edition, Some(Edition::Advanced));
///
/// host.clock().advance_days(31);
/// assert_eq!(acme.snapshot().stage, Stage::TrialEnded);
/// assert_eq!(acme.snapshot().state, State::Inactive);
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LicenseSnapshot {
    /// The stage.
    pub stage: Stage,
    /// What a correct reader makes of it: active, inactive, or absent (nothing is said).
    pub state: State,
    /// The edition that an active license grants.
    pub edition: Option<Edition>,
    /// The edition that is named on the wire: none until the customer changes edition.
    pub capability_set: Option<Edition>,
    /// Whether it is a trial.
    pub evaluation: bool,
    /// The type, as Connect spells it; `None` where nothing is said.
    pub kind: Option<String>,
    /// How the customer is billed.
    pub billing: Option<Billing>,
    /// When the trial ends or ended.
    pub trial_end: Option<UnixTime>,
    /// When the paid period ends or ended.
    pub subscription_end: Option<UnixTime>,
    /// The edition that is paid for, a trial of another one aside.
    pub paid_edition: Option<Edition>,
    /// The edition that the subscription changes to at the end of the period.
    pub next_edition: Option<Edition>,
    /// The entitlement's id.
    pub entitlement_id: Option<String>,
    /// The entitlement's number.
    pub entitlement_number: Option<String>,
    /// The override that it stands by, if any: contexts and tokens then hold the few fields that
    /// were recorded of it.
    pub override_to: Option<Override>,
}

impl LicenseSnapshot {
    pub(crate) const fn silent(stage: Stage) -> Self {
        Self {
            stage,
            state: State::Absent,
            edition: None,
            capability_set: None,
            evaluation: false,
            kind: None,
            billing: None,
            trial_end: None,
            subscription_end: None,
            paid_edition: None,
            next_edition: None,
            entitlement_id: None,
            entitlement_number: None,
            override_to: None,
        }
    }

    /// Whether anything is said about a license.
    #[must_use]
    pub fn speaks(&self) -> bool {
        self.state != State::Absent
    }

    /// `active` or `none`, as the iframe query has it.
    #[must_use]
    pub fn lic(&self) -> &'static str {
        if self.state == State::Active {
            "active"
        } else {
            "none"
        }
    }

    pub(crate) fn capability_text(&self) -> Option<&'static str> {
        self.capability_set.map(Edition::capability_set)
    }
}

impl serde::Serialize for LicenseSnapshot {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let name = |edition: Option<Edition>| edition.map(Edition::name);
        let mut s = serializer.serialize_struct("LicenseSnapshot", 13)?;
        s.serialize_field("stage", self.stage.name())?;
        s.serialize_field("state", self.state.name())?;
        s.serialize_field("edition", &name(self.edition))?;
        s.serialize_field("capabilitySet", &self.capability_text())?;
        s.serialize_field("evaluation", &self.evaluation)?;
        s.serialize_field("type", &self.kind)?;
        s.serialize_field("billingPeriod", &self.billing.map(Billing::name))?;
        s.serialize_field("trialEndDate", &self.trial_end)?;
        s.serialize_field("subscriptionEndDate", &self.subscription_end)?;
        s.serialize_field("paidEdition", &name(self.paid_edition))?;
        s.serialize_field("nextEdition", &name(self.next_edition))?;
        s.serialize_field("entitlementId", &self.entitlement_id)?;
        s.serialize_field("entitlementNumber", &self.entitlement_number)?;
        s.end()
    }
}
