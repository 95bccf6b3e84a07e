//! What an event changed.

use std::fmt;

use crate::gate::facts::State;

use super::entitlement::Entitlement;
use super::known_license::KnownLicense;
use crate::capability::Capability;
use crate::ids::{ClientKey, InstallationAri};
use crate::time::UnixTime;

/// One thing that an event changed. A list of them is what happened; an empty list says that a
/// store need not write.
///
/// ```
/// use app_license::{Capability, Change};
/// let change = Change::EditionChanged { from: Some(Capability::STANDARD), to: Capability::ADVANCED };
/// assert_eq!(change.code(), "edition_changed");
/// assert_eq!(change.to_string(), "edition changed from capabilityStandard to capabilityAdvanced");
/// assert_eq!(
///     serde_json::to_string(&change).unwrap(),
///     r#"{"change":"edition_changed","from":"capabilityStandard","to":"capabilityAdvanced"}"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Installed for the first time.
    Installed,
    /// Installed again after it was uninstalled.
    Reinstalled,
    /// A new shared secret.
    SecretRotated,
    /// The secret before the current one is not accepted any more.
    PreviousSecretForgotten,
    /// The site has another base URL.
    SiteRenamed {
        /// The old base URL.
        from: String,
        /// The new one.
        to: String,
    },
    /// The customer has another capability set.
    EditionChanged {
        /// What was known, if anything was.
        from: Option<Capability>,
        /// What is known now.
        to: Capability,
    },
    /// The license is in another state, or became a trial, or no longer is one.
    LicenseChanged {
        /// What was known, if anything was.
        from: Option<KnownLicense>,
        /// What is known now.
        to: KnownLicense,
    },
    /// A trial ends soon: in one of [`Change::TRIAL_NOTICES`] days or less, each once. Only Forge states
    /// when a trial ends.
    TrialEnding {
        /// How many days are left; a day that has begun counts.
        days: u64,
        /// When it ends (UTC).
        ends: UnixTime,
    },
    /// Another entitlement.
    EntitlementChanged {
        /// What was known.
        from: Entitlement,
        /// What is known now.
        to: Entitlement,
    },
    /// Switched on.
    Enabled,
    /// Switched off.
    Disabled,
    /// Removed.
    Uninstalled,
    /// The app's vendor serves the site no more.
    Blocked,
    /// The app's vendor serves the site again.
    Unblocked,
    /// Another version of the app.
    Upgraded {
        /// The old version, if it was known.
        from: Option<String>,
        /// The new one.
        to: String,
    },
    /// Another Forge installation behind the same Connect tenant.
    InstallationIdChanged {
        /// The old one, if it was known.
        from: Option<InstallationAri>,
        /// The new one.
        to: InstallationAri,
    },
    /// The key belongs to the customer with this client key, whose record and history are to be looked
    /// at instead.
    Linked {
        /// The customer.
        to: ClientKey,
    },
    /// What was known under a Forge installation was taken over: more of the history is there.
    Joined {
        /// The installation.
        from: InstallationAri,
    },
    /// Something smaller: display URL, description, product, ids of the site or its environment.
    DetailsChanged,
}

impl Change {
    /// How many days before the end of a trial [`Change::TrialEnding`] is noted.
    pub const TRIAL_NOTICES: [u64; 4] = [14, 7, 3, 1];

    /// Whether a license ended: it was active, and is no longer.
    ///
    /// ```
    /// use app_license::Change;
    /// let json = r#"{"change":"license_changed",
    ///   "from":{"state":"active","source":"connect_iframe_query","asOf":"2026-01-01T00:00:00Z"},
    ///   "to":{"state":"inactive","source":"connect_license_api","asOf":"2026-02-01T00:00:00Z"}}"#;
    /// let change: Change = serde_json::from_str(json).unwrap();
    /// assert!(change.is_license_ended());
    /// assert!(!Change::Uninstalled.is_license_ended());
    /// ```
    #[must_use]
    pub fn is_license_ended(&self) -> bool {
        match self {
            Self::LicenseChanged { from, to } => {
                let was = from.as_ref().map(KnownLicense::state);
                was == Some(State::Active) && to.state() == State::Inactive
            }
            _ => false,
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Reinstalled => "reinstalled",
            Self::SecretRotated => "secret_rotated",
            Self::PreviousSecretForgotten => "previous_secret_forgotten",
            Self::SiteRenamed { .. } => "site_renamed",
            Self::EditionChanged { .. } => "edition_changed",
            Self::LicenseChanged { .. } => "license_changed",
            Self::TrialEnding { .. } => "trial_ending",
            Self::EntitlementChanged { .. } => "entitlement_changed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Uninstalled => "uninstalled",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Upgraded { .. } => "upgraded",
            Self::InstallationIdChanged { .. } => "installation_id_changed",
            Self::Linked { .. } => "linked",
            Self::Joined { .. } => "joined",
            Self::DetailsChanged => "details_changed",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, from, to): (_, Option<&dyn fmt::Display>, &dyn fmt::Display) = match self {
            Self::SiteRenamed { from, to } => ("site renamed", Some(from), to),
            Self::EditionChanged { from, to } => {
                ("edition changed", from.as_ref().map(|f| f as _), to)
            }
            Self::LicenseChanged { from, to } => {
                ("license changed", from.as_ref().map(|f| f as _), to)
            }
            Self::EntitlementChanged { from, to } => ("entitlement changed", Some(from), to),
            Self::Upgraded { from, to } => ("upgraded", from.as_ref().map(|f| f as _), to),
            Self::InstallationIdChanged { from, to } => {
                let from = from.as_ref().map(|f| f as _);
                ("Forge installation changed", from, to)
            }
            Self::TrialEnding { days, ends } => {
                let days_left = if *days == 1 {
                    "1 day"
                } else {
                    &format!("{days} days")
                };
                return write!(f, "trial ends in {days_left}, at {ends}");
            }
            Self::Linked { to } => ("linked", None, to),
            Self::Joined { from } => return write!(f, "took over what was known under {from}"),
            Self::SecretRotated => return f.write_str("shared secret rotated"),
            Self::PreviousSecretForgotten => return f.write_str("previous secret forgotten"),
            Self::DetailsChanged => return f.write_str("details changed"),
            Self::Installed
            | Self::Reinstalled
            | Self::Enabled
            | Self::Disabled
            | Self::Uninstalled
            | Self::Blocked
            | Self::Unblocked => return f.write_str(self.code()),
        };
        f.write_str(what)?;
        if let Some(from) = from {
            write!(f, " from {from}")?;
        }
        write!(f, " to {to}")
    }
}
