//! Installations, what happened to them, and who has read it.

use app_license::delivery::{Delivery, Mark, ReplayMark};
use app_license::{Installation, InstallationKey, UnixTime};
use async_trait::async_trait;

use crate::applied::Applied;
use crate::erase::Erased;
use crate::error::Error;
use crate::health::Health;
use crate::history::{HistoryEntry, Sequence};
use crate::name::Name;
use crate::stopped::Stopped;

/// Where an app keeps its installations and their history.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::delivery::Delivery;
/// use app_license::{ClientKey, InstallationKey, UnixTime};
/// use app_license_store::{Error, InstallationStore, MAX_PAGE, MemoryStore, Sequence};
///
/// /// Whoever reports on tenants needs no leases and no keys.
/// async fn events_of(store: &dyn InstallationStore, tenant: &str) -> Result<Vec<String>, Error> {
///     let key = InstallationKey::Connect(ClientKey::new(tenant).unwrap());
///     let entries = store.history(&key, Sequence::START, MAX_PAGE).await?;
///     Ok(entries.into_iter().map(|entry| entry.event).collect())
/// }
///
/// let store = MemoryStore::new();
/// let tenant = InstallationKey::Connect(ClientKey::new("tenant-1").unwrap());
/// assert!(store.get(&tenant).await?.is_none());
/// assert!(events_of(&store, "tenant-1").await?.is_empty());
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/#lifecycle>
#[async_trait]
pub trait InstallationStore: Send + Sync + std::fmt::Debug {
    /// The installation of a tenant, uninstalled ones included.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`; `does_not_open`, `unknown_encryption_key` and
    /// `plain_text_refused` for its secrets.
    async fn get(&self, key: &InstallationKey) -> Result<Option<Installation>, Error>;

    /// Loads the installation and the mark of the delivery's token, asks [`Delivery::apply`], and
    /// writes record, history and mark as it says, in one transaction, committed before this
    /// returns. Deliveries of one tenant are applied one after the other, whoever brings them; of
    /// two with one token, the second finds the mark of the first.
    ///
    /// # Errors
    /// `tenant_mismatch`, `replayed`, `too_many_marks`, and those of [`Self::get`]. After any of
    /// them the store is as it was, except that after `store_unavailable` the commit may have
    /// happened: deliver again, a repeated delivery changes nothing.
    async fn apply(&self, delivery: Delivery, now: UnixTime) -> Result<Applied, Error>;

    /// Records in the order of their keys as text, from behind `after`, at most `limit` and
    /// never more than [`MAX_PAGE`](crate::MAX_PAGE): installations, uninstalled ones included, and
    /// links to them, which [`InstallationRecord::tenant`](app_license::InstallationRecord::tenant)
    /// tells apart.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    async fn list(
        &self,
        after: Option<&InstallationKey>,
        limit: usize,
    ) -> Result<Vec<Installation>, Error>;

    /// How many installations there are, uninstalled ones included. A link is none
    /// ([`InstallationStatus::Linked`](app_license::InstallationStatus::Linked)).
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn count(&self) -> Result<u64, Error>;

    /// What happened to one tenant, oldest first, from behind `after`.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    async fn history(
        &self,
        key: &InstallationKey,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error>;

    /// What happened to all tenants, in the order of commit, from behind `after`; not what was erased. An
    /// entry is never seen before one with a smaller number, so a consumer that remembers the last number
    /// it handled misses nothing.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    async fn events_after(&self, after: Sequence, limit: usize)
    -> Result<Vec<HistoryEntry>, Error>;

    /// The body that led to a history entry, without its secrets, if it was given.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn payload(&self, sequence: Sequence) -> Result<Option<String>, Error>;

    /// How far a consumer has come; [`Sequence::START`] for a new one.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn cursor(&self, consumer: &Name) -> Result<Sequence, Error>;

    /// Says that a consumer has handled everything up to `sequence`. Never moves back. Advance
    /// after handling, so that every event is handled at least once.
    ///
    /// # Errors
    /// `cursor_beyond_end`, `store_unavailable`.
    async fn advance(&self, consumer: &Name, sequence: Sequence) -> Result<(), Error>;

    /// The tenants that a consumer stopped at, in the order of the events that failed.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    async fn stopped(&self, consumer: &Name) -> Result<Vec<Stopped>, Error>;

    /// Says that a consumer stopped at a tenant, in place of what was said of it before.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn stop(&self, consumer: &Name, stopped: &Stopped) -> Result<(), Error>;

    /// Says that a consumer goes on with a tenant; answers whether it had stopped.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn resume(&self, consumer: &Name, key: &InstallationKey) -> Result<bool, Error>;

    /// Erases a tenant for good: its record and secrets, its events with their bodies, what License APIs
    /// said of it, leases in its name, and where consumers stopped at it; and all of these of every link to
    /// it, those under earlier ARIs of the customer, too. The numbers of its events are not given again. What
    /// stays are marks of its tokens, hashes that are forgotten a day after they expire. A block is forgotten too,
    /// and a consumer that has not seen an event never will.
    ///
    /// A database may keep what was deleted until it is overwritten. [`SqliteStore`](crate::SqliteStore)
    /// overwrites it and empties its log; PostgreSQL does so by `VACUUM FULL`, and keeps its log as long
    /// as it is set to.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn erase(&self, key: &InstallationKey) -> Result<Erased, Error>;

    /// Erases tenants that were uninstalled before a time (UTC), and are: the policy of retention. Answers
    /// whom, at most [`MAX_PAGE`](crate::MAX_PAGE); call it again until that is nobody.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    async fn erase_uninstalled(&self, before: UnixTime) -> Result<Vec<InstallationKey>, Error>;

    /// Remembers a lifecycle token, and says whether it was seen before. Forgets expired marks.
    /// [`Delivery::marked`] does the same inside the delivery's own transaction, which is better
    /// where it is possible: a delivery that failed can then be repeated.
    ///
    /// # Errors
    /// `too_many_marks`, `store_unavailable`.
    async fn mark_once(&self, mark: &ReplayMark, now: UnixTime) -> Result<Mark, Error>;

    /// Forgets expired marks and leases; answers how many. For a timer, once an hour or so.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn prune(&self, now: UnixTime) -> Result<u64, Error>;

    /// Seals every secret with the current key that is not yet; answers how many installations
    /// were written. May run beside the normal work, and again after a failure.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    async fn reencrypt_all(&self) -> Result<u64, Error>;

    /// Asks the store whether it is well: it answers, and where its first records have secrets, at the
    /// least one is for the configured keys.
    ///
    /// # Errors
    /// `store_unavailable`; `unknown_encryption_key`, `plain_text_refused`.
    async fn health(&self) -> Result<Health, Error>;
}
