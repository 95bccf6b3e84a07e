//! What can be done to the platform, as scenarios (TOML) and the console (JSON) write it.

use std::time::Duration;

use app_license::{Edition, UnixTime};
use app_license_testkit::{
    Billing, Error, InjectedFault, MockHost, Service, SignedRequest, Tenant,
};
use serde::{Deserialize, Serialize};

/// How long a trial lasts unless said, in days.
const TRIAL_DAYS: u64 = 30;
/// The furthest that the clock is moved at once, in days: a hundred years.
const MAX_DAYS: u64 = 36_500;

/// Something that happens to one app on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    Install,
    Uninstall,
    Reinstall,
    StartTrial {
        edition: PaidEdition,
        #[serde(default = "trial_days")]
        days: u64,
    },
    Buy {
        edition: PaidEdition,
        #[serde(default)]
        billing: BillingPeriod,
    },
    /// At once, of what is paid for or of the trial.
    ChangeEdition {
        edition: PaidEdition,
    },
    /// At the end of the paid period.
    Downgrade {
        edition: PaidEdition,
    },
    TakeFreeEdition,
    Cancel,
    Expire,
    Suspend,
    Deactivate,
    Resume,
    Rename {
        to: String,
    },
    RotateSecret,
    /// A new client key for the same site.
    ImportData,
    /// The site is deleted: nobody is told.
    Vanish,
    UpgradeApp {
        version: String,
    },
    /// From Connect to Connect on Forge, on this site alone.
    MigrateToForge,
    /// The version without Connect modules, on this site alone.
    LeaveConnect,
    /// What the license's `type` says.
    SetType {
        kind: String,
    },
}

const fn trial_days() -> u64 {
    TRIAL_DAYS
}

/// An edition that is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaidEdition {
    Standard,
    Advanced,
}

impl From<PaidEdition> for Edition {
    fn from(sold: PaidEdition) -> Self {
        match sold {
            PaidEdition::Standard => Self::Standard,
            PaidEdition::Advanced => Self::Advanced,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BillingPeriod {
    #[default]
    Monthly,
    Annual,
}

impl Action {
    /// Performs the action; returns the events that the platform then sends.
    pub(crate) fn apply(
        &self,
        tenant: &Tenant,
        forge_id: &str,
    ) -> Result<Vec<SignedRequest>, Error> {
        match self {
            Self::Install => tenant.install(),
            Self::Uninstall => tenant.uninstall(),
            Self::Reinstall => tenant.reinstall(),
            Self::StartTrial { edition, days } => {
                tenant.start_trial((*edition).into(), (*days).min(MAX_DAYS))
            }
            Self::Buy { edition, billing } => {
                let billing = match billing {
                    BillingPeriod::Monthly => Billing::Monthly,
                    BillingPeriod::Annual => Billing::Annual,
                };
                tenant.buy_billed((*edition).into(), billing)
            }
            Self::ChangeEdition { edition } => tenant.change_edition((*edition).into()),
            Self::Downgrade { edition } => tenant.downgrade_at_period_end((*edition).into()),
            Self::TakeFreeEdition => tenant.take_free_edition(),
            Self::Cancel => tenant.cancel(),
            Self::Expire => tenant.expire(),
            Self::Suspend => tenant.suspend(),
            Self::Deactivate => tenant.deactivate(),
            Self::Resume => tenant.resume(),
            Self::Rename { to } => tenant.site().rename(to),
            Self::RotateSecret => tenant.rotate_secret(),
            Self::ImportData => tenant.site().import_data(),
            Self::Vanish => tenant.vanish().map(|()| Vec::new()),
            Self::UpgradeApp { version } => tenant.upgrade(version),
            Self::MigrateToForge => tenant.migrate_to_forge(forge_id),
            Self::LeaveConnect => tenant.leave_connect(),
            Self::SetType { kind } => tenant.set_kind(kind),
        }
    }

    /// The action as a sentence.
    pub(crate) fn description(&self) -> String {
        let name = |sold: &PaidEdition| Edition::from(*sold).name();
        match self {
            Self::StartTrial { edition, days } => {
                format!("start a trial of {} for {days} days", name(edition))
            }
            Self::Buy { edition, billing } => format!("buy {} ({billing:?})", name(edition)),
            Self::ChangeEdition { edition } => format!("change to {}", name(edition)),
            Self::Downgrade { edition } => {
                format!("change to {} when the period ends", name(edition))
            }
            Self::TakeFreeEdition => "take the Free edition".to_owned(),
            Self::Rename { to } => format!("rename the site to {to}"),
            Self::RotateSecret => "rotate the shared secret".to_owned(),
            Self::ImportData => "import data: a new client key".to_owned(),
            Self::Vanish => "delete the site".to_owned(),
            Self::UpgradeApp { version } => format!("upgrade the app to {version}"),
            Self::MigrateToForge => "migrate from Connect to Forge".to_owned(),
            Self::LeaveConnect => "remove the Connect half".to_owned(),
            Self::SetType { kind } => format!("set the type to {kind}"),
            simple => format!("{simple:?}").to_ascii_lowercase(),
        }
    }
}

/// What happens to the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ClockChange {
    AdvanceDays(u64),
    AdvanceSeconds(u64),
    /// ISO-8601 with a zone, or a bare date.
    Set(String),
}

impl ClockChange {
    /// The time it leads to; `None` when the text is no time.
    pub(crate) fn from(&self, now: UnixTime) -> Option<UnixTime> {
        let days = |days: u64| now.plus(days.min(MAX_DAYS).saturating_mul(86_400));
        match self {
            Self::AdvanceDays(count) => Some(days(*count)),
            Self::AdvanceSeconds(seconds) => {
                Some(now.plus((*seconds).min(MAX_DAYS.saturating_mul(86_400))))
            }
            Self::Set(text) => UnixTime::parse(text),
        }
    }
}

/// A fault in front of a service of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultChange {
    /// A name of [`Service`], or `license-apis` for both of them.
    pub(crate) service: String,
    pub(crate) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// In order again.
    None,
    Down,
    /// Answers after 20 seconds.
    Slow,
    TooManyRequests,
    ServerError,
    Html,
    Rubbish,
    /// In order, but another's answer.
    Wrong,
    Redirect,
}

impl FaultChange {
    /// Puts it in place; `false` when there is no such service.
    pub(crate) fn set(&self, host: &MockHost) -> bool {
        let services: &[Service] = match self.service.as_str() {
            "license-apis" => &[Service::Sites, Service::ForgeApi],
            "key-hosts" => &[
                Service::InstallKeys,
                Service::InstallKeysFallback,
                Service::ForgeKeys,
            ],
            name => match Service::ALL.iter().find(|service| service.name() == name) {
                Some(service) => std::slice::from_ref(service),
                None => return false,
            },
        };
        for service in services {
            match self.kind.fault() {
                Some(fault) => host.set_fault(*service, fault),
                None => host.heal(*service),
            }
        }
        true
    }
}

impl FaultKind {
    fn fault(self) -> Option<InjectedFault> {
        Some(match self {
            Self::None => return None,
            Self::Down => InjectedFault::Down,
            Self::Slow => InjectedFault::Slow(Duration::from_secs(20)),
            Self::TooManyRequests => InjectedFault::TooManyRequests { retry_after: 60 },
            Self::ServerError => InjectedFault::Status(500),
            Self::Html => InjectedFault::Html,
            Self::Rubbish => InjectedFault::Rubbish,
            Self::Wrong => InjectedFault::Wrong,
            Self::Redirect => InjectedFault::Redirect,
        })
    }

    pub(crate) fn of(fault: Option<&InjectedFault>) -> Self {
        match fault {
            None => Self::None,
            Some(InjectedFault::Slow(_)) => Self::Slow,
            Some(InjectedFault::Status(_)) => Self::ServerError,
            Some(InjectedFault::TooManyRequests { .. }) => Self::TooManyRequests,
            Some(InjectedFault::Html) => Self::Html,
            Some(InjectedFault::Wrong) => Self::Wrong,
            Some(InjectedFault::Redirect) => Self::Redirect,
            Some(InjectedFault::Rubbish | InjectedFault::Huge(_)) => Self::Rubbish,
            Some(_) => Self::Down,
        }
    }
}

/// What happens to events on their way to the app, until told otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryMode {
    /// Every event comes once, in order.
    #[default]
    Once,
    Lost,
    Twice,
    /// The events of a move come in the opposite order; a single one after those of the next move.
    OutOfOrder,
}

/// Which keys to rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyRotation {
    /// Those that sign `installed` and `uninstalled`.
    Install,
    /// Those that sign invocation tokens; the old one is no longer served.
    Forge,
}
