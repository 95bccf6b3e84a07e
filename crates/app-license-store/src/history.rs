//! The append-only history: what happened to whom, in the order in which it was committed.

use std::fmt;

use app_license::{Change, InstallationKey, UnixTime};

/// The number of an event in the history of the whole store: 1, 2, 3, … without gaps, in the order
/// in which the events were committed. Whoever has seen number `n` has seen all before it.
///
/// ```
/// use app_license_store::Sequence;
/// assert_eq!(Sequence::START.get(), 0);
/// assert!(Sequence::START < Sequence::new(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(u64);

impl Sequence {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The event with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of the event after it.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn from_column(number: i64) -> Self {
        Self(u64::try_from(number).unwrap_or(0))
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn to_column(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One event that changed something.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::{Change, UnixTime};
/// use app_license_store::{InstallationStore, MemoryStore, Sequence};
/// # use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
/// # use app_license::{AppKey, ClientKey};
/// # use app_license_store::Delivery;
/// # let body = LifecycleBody::parse(br#"{
/// #     "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
/// #     "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://example.atlassian.net",
/// #     "productType": "jira"
/// # }"#)?;
/// # let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
/// # let event = body.accept(LifecycleKind::Installed, &app, &tenant, &KeyHosts::default())?;
/// let store = MemoryStore::new();
/// // … an `installed` event was verified and accepted …
/// store.apply(Delivery::connect(event), UnixTime::EPOCH).await?;
/// let history = store.events_after(Sequence::START, 10).await?;
/// assert_eq!(history[0].event, "installed");
/// assert_eq!(history[0].changes, [Change::Installed]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// Its number.
    pub sequence: Sequence,
    /// Whose event it was.
    pub key: InstallationKey,
    /// When it was applied (UTC seconds).
    pub at: UnixTime,
    /// What the platform calls it: `installed`, `uninstalled`, `avi:forge:upgraded:app`, …; the
    /// code of the license source where a license was read.
    pub event: String,
    /// What it changed, in order.
    pub changes: Vec<Change>,
    /// How many more changes it holds of kinds that only a newer version of this crate knows.
    pub unknown_changes: usize,
}

/// How many entries a page holds at most; a larger number counts as this.
pub const MAX_PAGE: usize = 1000;

pub(crate) const fn page(limit: usize) -> usize {
    if limit > MAX_PAGE { MAX_PAGE } else { limit }
}
