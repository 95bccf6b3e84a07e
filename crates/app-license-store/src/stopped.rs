//! Tenants that a consumer of the history stopped at.

use app_license::{InstallationKey, UnixTime};

use crate::history::Sequence;

/// One tenant whose events a consumer handles no further, because one of them failed. The events of
/// others go on.
///
/// ```
/// use app_license::{ClientKey, InstallationKey, UnixTime};
/// use app_license_store::{Sequence, Stopped};
/// let tenant = InstallationKey::Connect(ClientKey::new("tenant-1")?);
/// let stopped = Stopped::new(tenant, Sequence::new(7), 1, UnixTime::EPOCH.plus(60));
/// assert_eq!(stopped.at.get(), 7);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// Whose events wait.
    pub key: InstallationKey,
    /// The event that failed; it and all later ones of the tenant wait.
    pub at: Sequence,
    /// How often it failed.
    pub tries: u32,
    /// When it is tried again (UTC seconds).
    pub retry_at: UnixTime,
}

impl Stopped {
    /// An event that failed so often, and is tried again then.
    #[must_use]
    pub const fn new(key: InstallationKey, at: Sequence, tries: u32, retry_at: UnixTime) -> Self {
        Self {
            key,
            at,
            tries,
            retry_at,
        }
    }
}
