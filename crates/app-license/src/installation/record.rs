//! What is known of an installation, without its secrets.

use super::entitlement::Entitlement;
use super::install_times::InstallTimes;
use super::issued::Issued;
use super::key::InstallationKey;
use super::known_license::KnownLicense;
use super::status::InstallationStatus;
use super::trial::TrialNotice;
use crate::capability::Capability;
use crate::ids::{AppKey, ClientKey, CloudId, ForgeAppId, InstallationAri};
use crate::time::UnixTime;

/// What is known of an installation, without its secrets: may be stored as JSON, and logged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallationRecord {
    pub(super) key: InstallationKey,
    pub(super) status: InstallationStatus,
    pub(super) status_since: UnixTime,
    pub(super) first_installed_at: UnixTime,
    pub(super) installed_at: UnixTime,
    pub(super) updated_at: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) uninstalled_at: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) blocked_at: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) app_key: Option<AppKey>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "app_id")]
    pub(super) app_id: Option<ForgeAppId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) app_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) environment_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) display_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) product_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) oauth_client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cloud_id: Option<CloudId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) installation_id: Option<InstallationAri>,
    #[serde(default)]
    pub(super) entitlement: Entitlement,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) capability_set: Option<Capability>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) license: Option<KnownLicense>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trial_notice: Option<TrialNotice>,
    /// Whose the link is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tenant: Option<ClientKey>,
    /// What was taken over last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) joined: Option<InstallationAri>,
    #[serde(default, skip_serializing_if = "Issued::is_nothing")]
    pub(super) issued: Issued,
}

mod app_id {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::ids::ForgeAppId;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        id: &Option<ForgeAppId>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => s.serialize_str(id.as_str()),
            None => s.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<ForgeAppId>, D::Error> {
        Option::<String>::deserialize(d)?
            .map(|id| ForgeAppId::new(&id).map_err(de::Error::custom))
            .transpose()
    }
}

impl InstallationRecord {
    /// What identifies it.
    #[must_use]
    pub const fn key(&self) -> &InstallationKey {
        &self.key
    }

    /// Whether the app is there.
    #[must_use]
    pub const fn status(&self) -> InstallationStatus {
        self.status
    }

    /// Since when (UTC).
    #[must_use]
    pub const fn status_since(&self) -> UnixTime {
        self.status_since
    }

    /// When it was installed for the first time (UTC).
    #[must_use]
    pub const fn first_installed_at(&self) -> UnixTime {
        self.first_installed_at
    }

    /// When it was installed, the last time (UTC).
    #[must_use]
    pub const fn installed_at(&self) -> UnixTime {
        self.installed_at
    }

    /// When anything last changed (UTC).
    #[must_use]
    pub const fn updated_at(&self) -> UnixTime {
        self.updated_at
    }

    /// When it was uninstalled (UTC), while it is.
    #[must_use]
    pub const fn uninstalled_at(&self) -> Option<UnixTime> {
        self.uninstalled_at
    }

    /// When the platform said that it was uninstalled (UTC), while it is: when the token of that event was
    /// issued, or when the event came, where that is all that is known. To compare with the times of other
    /// tokens: the app's clock has no part in it.
    ///
    /// ```
    /// # use app_license::{InstallationRecord, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"uninstalled",
    /// #   "statusSince":"1970-01-01T00:01:10Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z",
    /// #   "uninstalledAt":"1970-01-01T00:01:10Z","issued":{"uninstalled":"1970-01-01T00:01:00Z"}}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// // issued after a minute; it came ten seconds later
    /// assert_eq!(record.uninstall_issued_at(), Some(UnixTime::EPOCH.plus(60)));
    /// assert_eq!(record.uninstalled_at(), Some(UnixTime::EPOCH.plus(70)));
    /// ```
    #[must_use]
    pub fn uninstall_issued_at(&self) -> Option<UnixTime> {
        let came = self.uninstalled_at?;
        Some(self.issued.uninstalled().unwrap_or(came))
    }

    /// When the app's vendor blocked the site (UTC), while it is blocked.
    #[must_use]
    pub const fn blocked_at(&self) -> Option<UnixTime> {
        self.blocked_at
    }

    /// Whether the app's vendor blocked the site: it is not served then, whatever the platform says.
    #[must_use]
    pub const fn is_blocked(&self) -> bool {
        self.blocked_at.is_some()
    }

    /// What was stated of the license before this time (UTC) is of an installation that ended: it was
    /// installed then, or removed. A time further ahead of `now` than clocks differ
    /// ([`UnixTime::is_ahead`]) counts for nothing: all that is stated would be of before. Where the platform issued
    /// the event's token earlier, by no more than clocks differ, that time counts: the clock that took it in may be
    /// ahead of the one that asks.
    ///
    /// ```
    /// # use app_license::{InstallationRecord, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"installed",
    /// #   "statusSince":"1970-01-01T01:00:00Z","firstInstalledAt":"1970-01-01T01:00:00Z",
    /// #   "installedAt":"1970-01-01T01:00:00Z","updatedAt":"1970-01-01T01:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// let installed_at = UnixTime::EPOCH.plus(3600);
    /// assert_eq!(record.license_since(installed_at), installed_at);
    /// // by a clock that was an hour ahead
    /// assert_eq!(record.license_since(UnixTime::EPOCH), UnixTime::EPOCH);
    /// ```
    #[must_use]
    pub fn license_since(&self, now: UnixTime) -> UnixTime {
        let (install_issued_at, uninstall_issued_at) =
            (self.issued.any_installed(), self.issued.uninstalled());
        let times = InstallTimes {
            installed_at: self.installed_at,
            install_issued_at,
            uninstalled_at: self.uninstalled_at,
            uninstall_issued_at,
        };
        times.license_since(now)
    }

    /// The key of the Connect app.
    #[must_use]
    pub const fn app_key(&self) -> Option<&AppKey> {
        self.app_key.as_ref()
    }

    /// The id of the Forge app.
    #[must_use]
    pub const fn app_id(&self) -> Option<&ForgeAppId> {
        self.app_id.as_ref()
    }

    /// The version of the Forge app.
    #[must_use]
    pub fn app_version(&self) -> Option<&str> {
        self.app_version.as_deref()
    }

    /// The Forge environment the app is installed from, an id.
    #[must_use]
    pub fn environment_id(&self) -> Option<&str> {
        self.environment_id.as_deref()
    }

    /// The base URL of the site, for REST calls.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// The URL for links that people see: the base URL when none is known.
    #[must_use]
    pub fn display_url(&self) -> Option<&str> {
        self.display_url.as_deref().or_else(|| self.base_url())
    }

    /// `jira`, `confluence`, or another.
    #[must_use]
    pub fn product_type(&self) -> Option<&str> {
        self.product_type.as_deref()
    }

    /// What the site's admin calls it.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// For acting as a user.
    #[must_use]
    pub fn oauth_client_id(&self) -> Option<&str> {
        self.oauth_client_id.as_deref()
    }

    /// The id of the site.
    #[must_use]
    pub const fn cloud_id(&self) -> Option<&CloudId> {
        self.cloud_id.as_ref()
    }

    /// The Forge installation: the key itself on Forge, or that of a Connect-on-Forge app.
    #[must_use]
    pub const fn installation_id(&self) -> Option<&InstallationAri> {
        match &self.key {
            InstallationKey::Forge(ari) => Some(ari),
            InstallationKey::Connect(_) => self.installation_id.as_ref(),
        }
    }

    /// What the customer bought.
    #[must_use]
    pub const fn entitlement(&self) -> &Entitlement {
        &self.entitlement
    }

    /// The last capability set that was named, active or not.
    #[must_use]
    pub const fn capability_set(&self) -> Option<&Capability> {
        self.capability_set.as_ref()
    }

    /// The last statement about the license.
    #[must_use]
    pub const fn license(&self) -> Option<&KnownLicense> {
        self.license.as_ref()
    }
}
