//! Whether the app is there.

use std::fmt;

use crate::answer::Refusal;
use crate::gate::facts::State;

/// Whether the app is there. Connect-on-Forge apps get no `enabled` and stay `Installed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum InstallationStatus {
    /// Installed; nothing is said about being enabled.
    Installed,
    /// Installed and switched on.
    Enabled,
    /// Installed and switched off.
    Disabled,
    /// No installation of its own, but a link to that of a customer: see [`InstallationRecord::tenant`](crate::InstallationRecord::tenant).
    Linked,
    /// Removed. What is known is kept for a reinstall, until the app's own retention ends.
    Uninstalled,
}

impl InstallationStatus {
    /// Every status.
    ///
    /// ```
    /// use app_license::InstallationStatus;
    /// let in_use = InstallationStatus::ALL.into_iter().filter(|it| it.is_in_use());
    /// assert_eq!(in_use.count(), 2);
    /// ```
    pub const ALL: [Self; 5] = [
        Self::Installed,
        Self::Enabled,
        Self::Disabled,
        Self::Linked,
        Self::Uninstalled,
    ];

    /// The stable name.
    ///
    /// ```
    /// # use app_license::InstallationStatus;
    /// assert_eq!(InstallationStatus::Enabled.name(), "enabled");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Linked => "linked",
            Self::Uninstalled => "uninstalled",
        }
    }

    /// Why proved requests of an installation in this status are not served, if they are not; whether the
    /// app's vendor blocks it is said beside it.
    ///
    /// ```
    /// # use app_license::InstallationStatus;
    /// assert!(InstallationStatus::Enabled.refusal(false).is_none());
    /// assert_eq!(InstallationStatus::Enabled.refusal(true).unwrap().code(), "tenant_blocked");
    /// assert_eq!(InstallationStatus::Linked.refusal(false).unwrap().code(), "unknown_tenant");
    /// ```
    #[must_use]
    pub const fn refusal(self, is_blocked: bool) -> Option<Refusal> {
        match self {
            _ if is_blocked => Some(Refusal::TenantBlocked),
            Self::Installed | Self::Enabled => None,
            Self::Disabled => Some(Refusal::TenantDisabled),
            // a link is no installation: its tenant is looked at instead
            Self::Uninstalled | Self::Linked => Some(Refusal::UnknownTenant),
        }
    }

    /// The state of the license that a store knows, for what no request is behind: what was `stated`, absent
    /// where nothing was, and inactive where the app is not served ([`InstallationStatus::refusal`]), or the
    /// store does not know the installation or its status.
    ///
    /// ```
    /// # use app_license::{InstallationStatus as Status, State};
    /// let of = |status| Status::stored_state(status, false, Some(State::Active));
    /// assert_eq!(of(Some(Status::Enabled)), State::Active);
    /// assert_eq!(of(Some(Status::Disabled)), State::Inactive);
    /// assert_eq!(of(None), State::Inactive);
    /// ```
    #[must_use]
    pub fn stored_state(status: Option<Self>, is_blocked: bool, stated: Option<State>) -> State {
        match status {
            Some(status) if status.refusal(is_blocked).is_none() => stated.unwrap_or(State::Absent),
            _ => State::Inactive,
        }
    }

    /// Whether the app may serve requests of this site.
    ///
    /// ```
    /// # use app_license::InstallationStatus;
    /// assert!(InstallationStatus::Installed.is_in_use());
    /// assert!(!InstallationStatus::Disabled.is_in_use());
    /// ```
    #[must_use]
    pub const fn is_in_use(self) -> bool {
        matches!(self, Self::Installed | Self::Enabled)
    }
}

impl fmt::Display for InstallationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
