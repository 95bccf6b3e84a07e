//! An installation of the app on one site, and how events change it.

mod admission;
mod change;
mod entitlement;
mod event;
mod forge_half;
mod forge_lookup;
mod install_times;
mod issued;
mod key;
mod known_license;
mod news;
mod record;
mod reduce;
mod replay;
mod secrets;
mod site_link;
mod status;
mod trial;
mod update;

use std::ops::Deref;

use crate::answer::Refusal;
use crate::secret::SharedSecret;
use crate::time::UnixTime;

pub use admission::{Admission, ConnectCall};
pub use change::Change;
pub use entitlement::Entitlement;
pub use event::Event;
pub use forge_half::{ForgeCall, ForgeHalf};
pub use forge_lookup::{ForgeLookup, Learning, LookupStage, LookupStep};
pub use install_times::InstallTimes;
pub use key::InstallationKey;
pub use known_license::KnownLicense;
pub use record::InstallationRecord;
pub use secrets::InstallationSecrets;
pub use status::InstallationStatus;

/// One installation: what is known of the site ([`InstallationRecord`]), and its secrets.
///
/// [`Installation::apply`] is the only way to change one, and it is pure: a delivery repeated
/// changes nothing, an absent field never erases what is known, and the late brother of a parallel
/// pair of events does no harm.
///
/// ```
/// use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
/// use app_license::{AppKey, Change, ClientKey, Event, Installation, UnixTime};
///
/// let installed = LifecycleBody::parse(br#"{
///     "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
///     "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://example.atlassian.net",
///     "productType": "jira"
/// }"#)?;
/// let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
/// let event = installed.accept(LifecycleKind::Installed, &app, &tenant, &KeyHosts::default())?;
/// let event = Event::from(event);
///
/// let (installation, changes) = Installation::apply(None, &event, UnixTime::EPOCH);
/// assert_eq!(changes, [Change::Installed]);
/// let (again, changes) = Installation::apply(installation.clone(), &event, UnixTime::EPOCH.plus(9));
/// assert_eq!(changes, []);
/// assert_eq!(again, installation);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    record: InstallationRecord,
    secrets: InstallationSecrets,
}

impl Installation {
    /// Puts an installation together from what a store kept apart.
    #[must_use]
    pub const fn from_parts(record: InstallationRecord, secrets: InstallationSecrets) -> Self {
        Self { record, secrets }
    }

    /// Takes it apart: the record may be stored as JSON, the secrets encrypted.
    #[must_use]
    pub fn into_parts(self) -> (InstallationRecord, InstallationSecrets) {
        (self.record, self.secrets)
    }

    /// What is known of the site, without secrets.
    #[must_use]
    pub const fn record(&self) -> &InstallationRecord {
        &self.record
    }

    /// The secrets, stored as they are.
    #[must_use]
    pub const fn stored_secrets(&self) -> &InstallationSecrets {
        &self.secrets
    }

    /// Why a proved request of this installation is not served, if it is not: the app's own block first,
    /// then whether the app is installed there, and switched on.
    ///
    /// ```
    /// # use app_license::{Event, Installation, InstallationRecord, InstallationSecrets, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"disabled",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// let disabled = Installation::from_parts(record, InstallationSecrets::default());
    /// assert_eq!(disabled.refusal().unwrap().code(), "tenant_disabled");
    /// let (blocked, _) = Installation::apply(Some(disabled), &Event::Block, UnixTime::EPOCH);
    /// assert_eq!(blocked.unwrap().refusal().unwrap().code(), "tenant_blocked");
    /// ```
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.record.status().refusal(self.record.is_blocked())
    }

    /// Whether a page that the platform opened by a token of this time says that the app was switched
    /// on again, and the event got lost: a switched-off app is opened nowhere. The token is to be more
    /// than [`Installation::LATER`] seconds younger than the `disabled` by the app's clock, and younger by
    /// the platform's times where they are known, so that neither a page of the same moment nor clocks
    /// that disagree bring it back. Then apply [`Event::PageOpened`].
    ///
    /// ```
    /// # use app_license::{Installation, InstallationRecord, InstallationSecrets, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"disabled",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// // disabled at the beginning of time
    /// let installation = Installation::from_parts(record, InstallationSecrets::default());
    /// assert!(!installation.is_reopened(UnixTime::EPOCH.plus(60)));
    /// assert!(installation.is_reopened(UnixTime::EPOCH.plus(61)));
    /// ```
    #[must_use]
    pub fn is_reopened(&self, issued_at: UnixTime) -> bool {
        self.record.status() == InstallationStatus::Disabled
            && !self.record.is_blocked()
            && issued_at.since(self.record.status_since()) > Self::LATER
            && self.record.issued.is_after_switched_off(issued_at)
    }

    /// How much younger than the `disabled` a page's token is to be, in seconds, for the page to say
    /// that the app is switched on.
    pub const LATER: u64 = 60;

    /// How long a secret counts after it was replaced, in seconds, where an app says nothing else.
    pub const SECRET_GRACE: u64 = 300;

    /// The secrets that a token may be signed with now, the current one first.
    ///
    /// The previous secret counts for `grace` seconds after it was replaced, and both count for
    /// `grace` seconds after the app was uninstalled: `disabled` may come late. What is dated further ahead
    /// of `now` than clocks differ ([`UnixTime::is_ahead`]) has no grace.
    ///
    /// ```
    /// # use app_license::{Installation, InstallationRecord, InstallationSecrets, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"installed",
    /// #   "statusSince":"2026-01-01T00:00:00Z","firstInstalledAt":"2026-01-01T00:00:00Z",
    /// #   "installedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// let installation = Installation::from_parts(record, InstallationSecrets::default());
    /// assert_eq!(installation.secrets(UnixTime::EPOCH, 3600).count(), 0);
    /// ```
    pub fn secrets(&self, now: UnixTime, grace: u64) -> impl Iterator<Item = &SharedSecret> {
        let gone = self
            .record
            .uninstalled_at()
            .is_some_and(|at| secrets::is_over(at, grace, now));
        self.secrets.accepted(now, grace).filter(move |_| !gone)
    }

    /// The last second (UTC) in which all counts that [`Installation::secrets`] gives now: keys
    /// made from them are to be dropped after it. `None` when no time ends them.
    ///
    /// ```
    /// # use app_license::{
    /// #     Installation, InstallationRecord, InstallationSecrets, SharedSecret, UnixTime,
    /// # };
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"installed",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// # let secret = |s: &str| SharedSecret::new(s.repeat(4)).unwrap();
    /// let replaced_at = UnixTime::EPOCH.plus(1000);
    /// let secrets = InstallationSecrets::new(
    ///     Some(secret("new-secret")),
    ///     Some((secret("old-secret"), replaced_at)),
    /// );
    /// let installation = Installation::from_parts(record, secrets);
    /// let last = installation.secrets_end(replaced_at, 300).unwrap();
    /// assert_eq!(last, replaced_at.plus(300));
    /// assert_eq!(installation.secrets(last, 300).count(), 2);
    /// assert_eq!(installation.secrets(last.plus(1), 300).count(), 1);
    /// assert_eq!(installation.secrets_end(last.plus(1), 300), None);
    /// ```
    #[must_use]
    pub fn secrets_end(&self, now: UnixTime, grace: u64) -> Option<UnixTime> {
        let replaced = self.secrets.previous().map(|(_, at)| at);
        [replaced, self.record.uninstalled_at()]
            .into_iter()
            .flatten()
            .filter(|at| !secrets::is_over(*at, grace, now))
            .map(|at| at.plus(grace))
            .min()
    }
}

impl Deref for Installation {
    type Target = InstallationRecord;

    fn deref(&self) -> &InstallationRecord {
        &self.record
    }
}

#[cfg(test)]
mod tests;
