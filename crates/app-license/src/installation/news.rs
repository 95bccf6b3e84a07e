//! Which statements about a license are news.

use crate::gate::facts::State;

use super::known_license::KnownLicense;
use super::record::InstallationRecord;
use super::trial::TrialNotice;
use crate::license::License;
use crate::plan::license::LicensePlan;
use crate::time::UnixTime;

impl InstallationRecord {
    /// Whether a verified license states something else than what is known: worth an event, so
    /// that hooks hear of changed editions. An absent one says nothing, and an older statement is
    /// none; nor is one that is dated more than [`Evidence::MAX_AHEAD`] seconds ahead of `now`, while what is
    /// known is replaced by anything if it is. A License API may answer as of five minutes ago: when it contradicts what a signed
    /// request stated within [`LicensePlan::LEAST`] seconds before, that is no news, so that the two do
    /// not take turns. A trial that ends soon is news as often as [`Change::TRIAL_NOTICES`] says.
    ///
    /// [`Evidence::MAX_AHEAD`]: crate::Evidence::MAX_AHEAD
    /// [`LicensePlan::LEAST`]: crate::plan::license::LicensePlan::LEAST
    /// [`Change::TRIAL_NOTICES`]: crate::Change::TRIAL_NOTICES
    ///
    /// ```
    /// use app_license::{InstallationRecord, License, LicenseSource, UnixTime};
    /// # let json = r#"{"key":{"connect":"tenant-1"},"status":"installed",
    /// #   "statusSince":"2026-01-01T00:00:00Z","firstInstalledAt":"2026-01-01T00:00:00Z",
    /// #   "installedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}"#;
    /// # let record: InstallationRecord = serde_json::from_str(json).unwrap();
    /// let active = License::from_object(br#"{"active":true}"#, LicenseSource::ConnectLicenseApi)?;
    /// # let now = UnixTime::EPOCH;
    /// assert!(record.is_news(&active, now));
    /// assert!(!record.is_news(&License::absent(LicenseSource::ConnectLicenseApi), now));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn is_news(&self, license: &License, now: UnixTime) -> bool {
        let known = self.license().filter(|known| !known.is_ahead(now));
        let stale = |then: UnixTime| license.as_of().is_some_and(|at| at < then);
        if license.state() == State::Absent
            || self.tenant().is_some()
            || license.is_ahead(now)
            || known.is_some_and(|k| stale(k.as_of()))
        {
            return false;
        }
        if known.is_some_and(|known| is_lagging(license, known)) {
            return false;
        }
        let state = known.is_none_or(|k| k.state() != license.state());
        let named = license.capability_set();
        let given = self.trial_notice.as_ref();
        let notice = |at| TrialNotice::due(given, license, at).is_some();
        state
            || (named.is_some() && named != self.capability_set())
            || license.as_of().is_some_and(notice)
    }
}

/// Whether a License API may not have heard yet of what a signed request stated. A page's `lic=none`
/// is no such statement: a License API overrules it.
fn is_lagging(license: &License, known: &KnownLicense) -> bool {
    let signed = known.state() == State::Active && !known.source().is_license_api();
    let soon = |at: UnixTime| at.since(known.as_of()) < LicensePlan::LEAST;
    signed && license.source().is_license_api() && license.as_of().is_some_and(soon)
}
