//! What a record said at an earlier time, and the license that it states.

use crate::gate::facts::State;

use super::Installation;
use super::change::Change;
use super::record::InstallationRecord;
use super::status::InstallationStatus;
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;
use crate::verified::Verified;

impl InstallationRecord {
    /// The record as it was at `time` (UTC), by what changed: each change of the history with the time
    /// it was applied, oldest first, and whole. `None` where the installation was not known by then.
    ///
    /// Status, block, edition, license, entitlement, base URL and version are those of that time; smaller
    /// details ([`Change::DetailsChanged`]) are those of now.
    ///
    /// ```
    /// # use app_license::{Capability, Change, InstallationRecord, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"installed",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z",
    /// #   "capabilitySet":"capabilityAdvanced"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// let at = |seconds| UnixTime::EPOCH.plus(seconds);
    /// let (from, to) = (Some(Capability::STANDARD), Capability::ADVANCED);
    /// let history = [(at(0), Change::Installed), (at(100), Change::EditionChanged { from, to })];
    /// let before = record.at(at(99), &history).unwrap();
    /// assert_eq!(before.capability_set(), Some(&Capability::STANDARD));
    /// assert_eq!(record.at(at(100), &history), Some(record));
    /// ```
    #[must_use]
    pub fn at<'h>(
        &self,
        time: UnixTime,
        history: impl IntoIterator<Item = &'h (UnixTime, Change), IntoIter: DoubleEndedIterator + Clone>,
    ) -> Option<Self> {
        let history = history.into_iter();
        let mut record = self.clone();
        // what is known of before a change is what it says it changed from
        for (_, change) in history.clone().rev().take_while(|(at, _)| *at > time) {
            record.undo(change);
        }
        let mut known = false;
        for (at, change) in history.take_while(|(at, _)| *at <= time) {
            known |= matches!(
                change,
                Change::Installed | Change::Reinstalled | Change::Linked { .. }
            );
            record.redo(change, *at);
        }
        if let Some(license) = &mut record.license {
            license.as_of = license.as_of.min(time);
        }
        known.then_some(record)
    }

    fn undo(&mut self, change: &Change) {
        match change {
            Change::SiteRenamed { from, .. } => self.base_url = Some(from.clone()),
            Change::EditionChanged { from, .. } => self.capability_set.clone_from(from),
            Change::LicenseChanged { from, .. } => self.license.clone_from(from),
            Change::EntitlementChanged { from, .. } => self.entitlement = from.clone(),
            Change::Upgraded { from, .. } => self.app_version.clone_from(from),
            Change::InstallationIdChanged { from, .. } => self.installation_id.clone_from(from),
            _ => {}
        }
    }

    fn redo(&mut self, change: &Change, at: UnixTime) {
        let status = match change {
            Change::Installed => {
                self.first_installed_at = at;
                self.blocked_at = None;
                InstallationStatus::Installed
            }
            Change::Reinstalled => InstallationStatus::Installed,
            Change::Enabled => InstallationStatus::Enabled,
            Change::Disabled => InstallationStatus::Disabled,
            Change::Uninstalled => InstallationStatus::Uninstalled,
            Change::Linked { to } => {
                self.tenant = Some(to.clone());
                self.becomes(InstallationStatus::Linked, at);
                return;
            }
            Change::Blocked => {
                self.blocked_at = Some(at);
                return;
            }
            Change::Unblocked => {
                self.blocked_at = None;
                return;
            }
            _ => return,
        };
        self.status = status;
        self.status_since = at;
        self.uninstalled_at = (status == InstallationStatus::Uninstalled).then_some(at);
        if matches!(change, Change::Installed | Change::Reinstalled) {
            self.installed_at = at;
        }
    }
}

impl Installation {
    /// The license that the record knows: what the last verified event, request or License API answer
    /// stated. For what no request is behind: scheduled jobs, hooks, support. It is absent where nothing was
    /// stated, and inactive where the app is not served ([`Installation::refusal`]): no policy for what is
    /// absent serves those. Say how old it may be, with [`Policy::max_age`](crate::Policy::max_age).
    ///
    /// ```
    /// # use app_license::{Installation, InstallationRecord, InstallationSecrets, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"installed",
    /// #   "statusSince":"1970-01-01T00:00:00Z","firstInstalledAt":"1970-01-01T00:00:00Z",
    /// #   "installedAt":"1970-01-01T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z",
    /// #   "capabilitySet":"capabilityAdvanced","license":{"state":"active",
    /// #   "source":"connect_license_api","asOf":"1970-01-01T00:00:00Z"}}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// let installation = Installation::from_parts(record, InstallationSecrets::default());
    /// let license = installation.stored_license();
    /// assert!(license.has_capability("capabilityAdvanced"));
    /// assert_eq!(license.as_of(), Some(UnixTime::EPOCH));
    /// ```
    #[must_use]
    pub fn stored_license(&self) -> Verified<License> {
        let known = self.record.license.as_ref();
        let source = known.map_or(LicenseSource::ConnectLifecycle, |known| known.source);
        let absent = || Verified::new(License::absent(source));
        let (status, is_blocked) = (self.record.status(), self.record.is_blocked());
        let stated = known.map(|known| known.state);
        let state = InstallationStatus::stored_state(Some(status), is_blocked, stated);
        if state == State::Absent {
            return absent();
        }
        let capability_set = self.record.capability_set.as_ref().map(|set| set.as_str());
        let stated = serde_json::json!({
            "active": state == State::Active,
            "capabilitySet": capability_set,
        });
        let license = License::from_object(stated.to_string().as_bytes(), source);
        let Ok(license) = license else {
            return absent();
        };
        let license = license.with_evaluation(known.and_then(|known| known.evaluation));
        Verified::new(match known {
            Some(known) => license.at(known.as_of),
            None => license,
        })
    }
}
