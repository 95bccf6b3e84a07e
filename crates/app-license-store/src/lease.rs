//! A right that one holder at a time has, over all replicas.

use app_license::UnixTime;

/// The answer to [`InstallationStore::try_lease`](crate::InstallationStore::try_lease).
///
/// ```
/// use app_license::UnixTime;
/// use app_license_store::Lease;
/// let until = UnixTime::EPOCH.plus(300);
/// assert!(Lease::Granted { until }.is_granted());
/// assert_eq!(Lease::Held { until }.until(), until);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lease {
    /// It is the asker's until then.
    Granted {
        /// When it ends (UTC seconds).
        until: UnixTime,
    },
    /// Somebody holds it until then; the asker itself, perhaps.
    Held {
        /// When it can be had again (UTC seconds).
        until: UnixTime,
    },
}

impl Lease {
    /// Whether the asker has it.
    #[must_use]
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted { .. })
    }

    /// When it ends (UTC seconds).
    #[must_use]
    pub const fn until(self) -> UnixTime {
        match self {
            Self::Granted { until } | Self::Held { until } => until,
        }
    }
}
