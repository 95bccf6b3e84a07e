//! What was found: a kind of drift, its likely cause, and the evidence of both sides.

use std::fmt;

use app_license::UnixTime;
use serde::Serialize;

/// How an installation and what was bought for it differ.
///
/// ```
/// use app_license_marketplace::reconcile::DriftKind;
/// assert_eq!(DriftKind::RunsAboveBought.code(), "runs_above_bought");
/// assert_eq!(DriftKind::ALL.len(), 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DriftKind {
    /// It runs a higher edition than was bought, or runs although nothing is bought any more.
    RunsAboveBought,
    /// A trial has ended, and what was on trial is still granted.
    TrialEnded,
    /// It runs a lower edition than was bought, or is locked out although it is paid for.
    RunsBelowBought,
    /// Bought and active, and installed nowhere.
    NotInstalled,
    /// Installed and running, and the report has never heard of it.
    NotInReport,
}

impl DriftKind {
    /// Every kind, in the order in which they are shown: what costs the vendor money first.
    pub const ALL: [Self; 5] = [
        Self::RunsAboveBought,
        Self::TrialEnded,
        Self::RunsBelowBought,
        Self::NotInstalled,
        Self::NotInReport,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::RunsAboveBought => "runs_above_bought",
            Self::TrialEnded => "trial_ended",
            Self::RunsBelowBought => "runs_below_bought",
            Self::NotInstalled => "not_installed",
            Self::NotInReport => "not_in_report",
        }
    }

    /// A heading for people.
    ///
    /// ```
    /// # use app_license_marketplace::reconcile::DriftKind;
    /// assert_eq!(DriftKind::NotInstalled.title(), "bought, not installed");
    /// ```
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::RunsAboveBought => "runs more than was bought",
            Self::TrialEnded => "trial ended, still granted",
            Self::RunsBelowBought => "runs less than was bought",
            Self::NotInstalled => "bought, not installed",
            Self::NotInReport => "installed, not in the report",
        }
    }
}

/// Why both sides likely differ. An inference from the evidence, never a proof.
///
/// ```
/// use app_license_marketplace::reconcile::Cause;
/// assert_eq!(Cause::Migration.code(), "migration");
/// assert!(Cause::Migration.explanation().contains("cloud id"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The site was migrated: both sides name different cloud ids.
    Migration,
    /// A sandbox of the customer.
    Sandbox,
    /// A payment is outstanding.
    Dunning,
    /// The change is so recent that the report may not have it yet.
    ReportLag,
    /// Suspended, and installed again before the payment was made.
    ReinstalledBeforePayment,
    /// The report changed later than the installation: an event was not delivered or not handled.
    EventLost,
    /// Nothing was said to the app about its license since the license ended.
    NoStatementSince,
    /// Uninstalled while the subscription goes on.
    UninstalledNotCancelled,
    /// The store never had an installation of it: nobody installed it, or an event was lost.
    NeverInstalled,
    /// A site in a government or isolated cloud, which reports leave out unless asked.
    ComplianceBoundary,
    /// Installations that name neither site nor entitlement are there: one of them may be it.
    InstallationWithoutIds,
    /// Nothing in the evidence tells.
    Unknown,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 12] = [
        Self::Migration,
        Self::Sandbox,
        Self::Dunning,
        Self::ReportLag,
        Self::ReinstalledBeforePayment,
        Self::EventLost,
        Self::NoStatementSince,
        Self::UninstalledNotCancelled,
        Self::NeverInstalled,
        Self::ComplianceBoundary,
        Self::InstallationWithoutIds,
        Self::Unknown,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Migration => "migration",
            Self::Sandbox => "sandbox",
            Self::Dunning => "dunning",
            Self::ReportLag => "report_lag",
            Self::ReinstalledBeforePayment => "reinstalled_before_payment",
            Self::EventLost => "event_lost",
            Self::NoStatementSince => "no_statement_since",
            Self::UninstalledNotCancelled => "uninstalled_not_cancelled",
            Self::NeverInstalled => "never_installed",
            Self::ComplianceBoundary => "compliance_boundary",
            Self::InstallationWithoutIds => "installation_without_ids",
            Self::Unknown => "unknown",
        }
    }

    /// The cause with this code.
    ///
    /// ```
    /// # use app_license_marketplace::reconcile::Cause;
    /// assert_eq!(Cause::from_code("sandbox"), Some(Cause::Sandbox));
    /// assert_eq!(Cause::from_code("weather"), None);
    /// ```
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == code)
    }

    /// What that means and what to do, in one sentence.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Migration => {
                "both sides name different cloud ids: a migrated site gets a new one; compare again when the report has it"
            }
            Self::Sandbox => {
                "a sandbox of the customer, which is licensed with its production site"
            }
            Self::Dunning => "a payment is outstanding: what is granted meanwhile is your policy",
            Self::ReportLag => {
                "the change is so recent that the report may not have it yet; compare again tomorrow"
            }
            Self::ReinstalledBeforePayment => {
                "suspended, and installed again before the payment was made: ask the License API"
            }
            Self::EventLost => {
                "the purchase changed after the installation did: an event was not delivered or not handled; ask the License API"
            }
            Self::NoStatementSince => {
                "nothing was said to the app since the license ended: nobody opened it, or the site is gone; ask the License API"
            }
            Self::UninstalledNotCancelled => {
                "the app was uninstalled and the subscription goes on: expect churn"
            }
            Self::NeverInstalled => {
                "the store has never had an installation of it: nobody installed it, or the event `installed` was not delivered or not handled"
            }
            Self::ComplianceBoundary => {
                "a government or isolated cloud, which reports leave out unless all boundaries are asked for"
            }
            Self::InstallationWithoutIds => {
                "installations that name neither site nor entitlement are there, and one may be it: ask the License API once for each"
            }
            Self::Unknown => "nothing in the evidence tells",
        }
    }
}

/// By which key both sides were found to be about the same customer.
///
/// ```
/// use app_license_marketplace::reconcile::JoinedBy;
/// assert_eq!(JoinedBy::CloudId.code(), "cloud_id");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum JoinedBy {
    /// The entitlement's id or number.
    Entitlement,
    /// The id or number of an entitlement for many sites.
    MultiInstance,
    /// The id of the site.
    CloudId,
    /// The host name of the site: the weakest, used when nothing else matches.
    HostName,
}

impl JoinedBy {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Entitlement => "entitlement",
            Self::MultiInstance => "multi_instance",
            Self::CloudId => "cloud_id",
            Self::HostName => "host_name",
        }
    }
}

macro_rules! by_code {
    ($($kind:ty),*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }
        impl Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }
    )*};
}
by_code!(DriftKind, Cause, JoinedBy);

/// What the report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Bought {
    /// What it entitles to: an edition, `nothing`, or `unknown`.
    pub grants: &'static str,
    /// The entitlement's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entitlement_number: Option<String>,
    /// The entitlement's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entitlement_id: Option<String>,
    /// The entitlement for many sites that it belongs to: number, or else id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_instance_entitlement: Option<String>,
    /// The id of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_id: Option<String>,
    /// The host name of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `appEdition`, as the report has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// `licenseType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_type: Option<String>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `tier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance_start: Option<String>,
    /// Last day; of an evaluation, the end of the trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance_end: Option<String>,
    /// First day of a trial of a higher edition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_trial_start: Option<String>,
    /// The edition on trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_trial_edition: Option<String>,
    /// When the report's record last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<String>,
    /// Why a payment is outstanding, or `in grace period`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dunning: Option<String>,
    /// Whether it is installed on a sandbox.
    pub sandbox: bool,
}

/// What the store says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Runs {
    /// What the app grants as far as it knows: an edition, `nothing`, or `unknown`.
    pub grants: &'static str,
    /// The client key on Connect, the installation's ARI on Forge.
    pub tenant: Box<str>,
    /// `connect` or `forge`.
    pub platform: &'static str,
    /// `installed`, `enabled`, `disabled`, `uninstalled`.
    pub status: Box<str>,
    /// The host name of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Box<str>>,
    /// The id of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_id: Option<Box<str>>,
    /// The entitlement's number, or else its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entitlement: Option<Box<str>>,
    /// The last capability set that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability_set: Option<Box<str>>,
    /// `active`, `active trial`, `inactive`, `absent`; nothing when nothing was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<&'static str>,
    /// When that was said (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<UnixTime>,
    /// When it was installed the last time (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<UnixTime>,
    /// When anything of it last changed (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<UnixTime>,
    /// When it was uninstalled (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uninstalled_at: Option<UnixTime>,
}

/// One case of drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Drift {
    /// The same from run to run while the case lasts: kind, and tenant or entitlement.
    pub id: String,
    /// How both sides differ.
    pub kind: DriftKind,
    /// Why, likely.
    pub cause: Cause,
    /// The app's key, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Since when both sides can have differed (UTC); nothing when neither side has a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixTime>,
    /// By which key both sides were joined, where there are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_by: Option<JoinedBy>,
    /// What the report says; nothing when it does not know of the installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bought: Option<Bought>,
    /// What the store says; nothing when it does not know of the purchase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<Runs>,
}
