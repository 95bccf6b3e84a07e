//! What a store answers to a delivery.

use app_license::delivery::Outcome;
use app_license::{Change, Installation};

use crate::history::Sequence;

/// What a delivery did. It is committed by the time this is seen.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
/// use app_license::{AppKey, ClientKey, InstallationKey, UnixTime};
/// use app_license_store::{Delivery, InstallationStore, MemoryStore, ReplayMark};
///
/// let body = br#"{
///     "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
///     "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://example.atlassian.net",
///     "productType": "jira"
/// }"#;
/// let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
/// let event = LifecycleBody::parse(body)?
///     .accept(LifecycleKind::Installed, &app, &tenant, &KeyHosts::default())?;
/// let now = UnixTime::EPOCH;
/// let mark = ReplayMark::new("the token, verified", body, now.plus(180));
///
/// let store = MemoryStore::new();
/// let applied = store.apply(Delivery::connect(event).marked(mark), now).await?;
/// assert!(applied.before.is_none());
///
/// let stored = store.get(&InstallationKey::Connect(tenant)).await?.unwrap();
/// assert_eq!(stored.base_url(), Some("https://example.atlassian.net"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Applied {
    /// The installation as it was.
    pub before: Option<Installation>,
    /// The installation as it is now.
    pub after: Option<Installation>,
    /// What changed, in order; empty for a delivery that says nothing new.
    pub changes: Vec<Change>,
    /// The number of the last history entry it led to.
    pub sequence: Option<Sequence>,
    /// Whether the delivery's token was seen before with this body, so nothing was done.
    pub repeated: bool,
}

impl Applied {
    /// The answer once the outcome is written; `sequence` is the number of the last entry appended.
    #[must_use]
    pub fn new(outcome: Outcome, sequence: Option<Sequence>) -> Self {
        Self {
            before: outcome.before,
            after: outcome.after,
            changes: outcome
                .entries
                .into_iter()
                .flat_map(|e| e.changes)
                .collect(),
            sequence,
            repeated: outcome.repeated,
        }
    }
}
