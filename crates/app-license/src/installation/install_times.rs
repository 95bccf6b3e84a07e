//! Since when statements are about an installation, and not about one before it.

use crate::gate::policy::Evidence;
use crate::time::UnixTime;

/// When an app was installed and removed, as a record has it: what
/// [`InstallationRecord::license_since`](crate::InstallationRecord::license_since) looks at, for shells that have
/// no more of the record at hand.
///
/// ```
/// use app_license::{InstallTimes, UnixTime};
/// let installed_at = UnixTime::EPOCH.plus(1000);
/// let times = InstallTimes {
///     installed_at,
///     install_issued_at: Some(UnixTime::EPOCH.plus(990)),
///     uninstalled_at: None,
///     uninstall_issued_at: None,
/// };
/// assert_eq!(times.license_since(installed_at), UnixTime::EPOCH.plus(990));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "for shells that read records themselves"
)]
pub struct InstallTimes {
    /// When it was installed, the last time (UTC).
    pub installed_at: UnixTime,
    /// When the token of that event was issued (UTC), where that is known.
    pub install_issued_at: Option<UnixTime>,
    /// When it was removed (UTC), while it is.
    pub uninstalled_at: Option<UnixTime>,
    /// When the token of that event was issued (UTC), where that is known.
    pub uninstall_issued_at: Option<UnixTime>,
}

impl InstallTimes {
    /// See [`InstallationRecord::license_since`](crate::InstallationRecord::license_since).
    #[must_use]
    pub fn license_since(&self, now: UnixTime) -> UnixTime {
        let earlier = |at: UnixTime, issued: Option<UnixTime>| {
            let near = issued.filter(|it| at.since(*it) <= Evidence::MAX_AHEAD);
            near.map_or(at, |it| it.min(at)).unless_ahead(now)
        };
        let installed_at = earlier(self.installed_at, self.install_issued_at);
        self.uninstalled_at.map_or(installed_at, |at| {
            earlier(at, self.uninstall_issued_at).max(installed_at)
        })
    }
}
