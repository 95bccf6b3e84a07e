//! One file: the default for one machine.

mod coordination;
mod erase;
mod fault;
mod migrations;
mod npm;
mod options;
mod schema;
mod tenants;
mod writer;

pub(crate) use fault::failed;
pub(crate) use npm::TAKEN_OVER;
pub use options::SqliteOptions;
pub(crate) use tenants::entries;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use app_license::delivery::{Delivery, Mark, ReplayMark};
use app_license::plan::license::{CachedLicense, Lease};
use app_license::{Installation, InstallationKey, LicenseSource, UnixTime};
use async_trait::async_trait;
use rusqlite::Connection;

use crate::applied::Applied;
use crate::encryption::Sealer;
use crate::erase::Erased;
use crate::error::{Error, ErrorKind};
use crate::health::Health;
use crate::history::{HistoryEntry, Sequence, page};
use crate::install_key::InstallKey;
use crate::name::Name;
use crate::stopped::Stopped;
use crate::store::{InstallKeyStore, InstallationStore, LeaseStore, LicenseStore, lasting};
use crate::tenant::tenant;
use writer::Writer;

/// A store in one SQLite file, in WAL mode, synced at every commit.
///
/// One thread writes; what queues up behind it shares a commit. Single records are read on the
/// caller's own thread, which takes some microseconds; what takes longer goes to the blocking pool
/// of the runtime. Several processes may open one file, on one machine, never over a network drive.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("installations.db");
/// use app_license_store::{InstallationStore, SqliteStore};
/// let store = SqliteStore::open_plain_text(&path).await?;
/// assert_eq!(store.count().await?, 0);
/// store.close().await;
/// # Ok::<(), app_license_store::Error>(())
/// # }).unwrap();
/// ```
pub struct SqliteStore {
    readers: Arc<Readers>,
    writer: Writer,
    path: PathBuf,
    sealer: Sealer,
    marks: u64,
    marked: AtomicU64,
}

impl SqliteStore {
    /// Waits for what is under way, and closes the file. Dropping the store does the same without
    /// waiting; nothing that was answered is lost either way.
    pub async fn close(self) {
        let Self {
            readers, writer, ..
        } = self;
        drop(readers);
        writer.close().await;
    }

    /// For reads of one record, on this thread.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.readers.with(work)
    }

    /// For reads of many, on the blocking pool.
    async fn read_many<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || readers.with(work))
            .await
            .unwrap_or_else(|_| Err(ErrorKind::Closed.into()))
    }

    /// What was erased, or sealed anew, is in the log until that is emptied. It is gone all the same: the
    /// commit is done, and the next call empties the log of it, too.
    async fn empty_log(&self, what: &'static str) {
        let path = self.path.clone();
        let emptied = tokio::task::spawn_blocking(move || schema::checkpoint(&path)).await;
        let emptied = emptied.unwrap_or_else(|_| Err(ErrorKind::Closed.into()));
        schema::report_log(emptied, what);
    }

    /// Counting marks costs time, so it is done now and then.
    fn check_marks(&self) -> Option<u64> {
        const EVERY: u64 = 256;
        let call = self.marked.fetch_add(1, Ordering::Relaxed);
        (call.is_multiple_of(EVERY) || self.marks < EVERY).then_some(self.marks)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}

/// Connections that read, each used by one thread at a time.
struct Readers {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        for connection in &self.connections {
            match connection.try_lock() {
                Ok(connection) => return work(&connection),
                Err(TryLockError::Poisoned(e)) => return work(&e.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let at = turn.checked_rem(self.connections.len()).unwrap_or(0);
        let Some(connection) = self.connections.get(at) else {
            return Err(ErrorKind::Closed.into());
        };
        work(&connection.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The newest schema known.
pub(crate) const fn newest_schema() -> i64 {
    migrations::VERSION
}

#[async_trait]
impl InstallationStore for SqliteStore {
    async fn get(&self, key: &InstallationKey) -> Result<Option<Installation>, Error> {
        self.read(|c| tenants::get(c, &self.sealer, key))
    }

    async fn apply(&self, delivery: Delivery, now: UnixTime) -> Result<Applied, Error> {
        let sealer = self.sealer.clone();
        let check = delivery.mark().and_then(|_| self.check_marks());
        self.writer
            .write(move |c| tenants::apply(c, &sealer, &delivery, now, check))
            .await
    }

    async fn list(
        &self,
        after: Option<&InstallationKey>,
        limit: usize,
    ) -> Result<Vec<Installation>, Error> {
        let (sealer, after) = (self.sealer.clone(), after.cloned());
        self.read_many(move |c| tenants::list(c, &sealer, after.as_ref(), page(limit)))
            .await
    }

    async fn count(&self) -> Result<u64, Error> {
        self.read_many(tenants::count).await
    }

    async fn history(
        &self,
        key: &InstallationKey,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let key = key.clone();
        self.read_many(move |c| tenants::history(c, &key, after, page(limit)))
            .await
    }

    async fn events_after(
        &self,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        self.read_many(move |c| tenants::events_after(c, after, page(limit)))
            .await
    }

    async fn payload(&self, sequence: Sequence) -> Result<Option<String>, Error> {
        self.read(|c| tenants::payload(c, sequence))
    }

    async fn cursor(&self, consumer: &Name) -> Result<Sequence, Error> {
        self.read(|c| coordination::cursor(c, consumer))
    }

    async fn advance(&self, consumer: &Name, sequence: Sequence) -> Result<(), Error> {
        let consumer = consumer.clone();
        self.writer
            .write(move |c| coordination::advance(c, &consumer, sequence))
            .await
    }

    async fn stopped(&self, consumer: &Name) -> Result<Vec<Stopped>, Error> {
        let consumer = consumer.clone();
        self.read_many(move |c| erase::stopped(c, &consumer)).await
    }

    async fn stop(&self, consumer: &Name, stopped: &Stopped) -> Result<(), Error> {
        let (consumer, stopped) = (consumer.clone(), stopped.clone());
        self.writer
            .write(move |c| erase::stop(c, &consumer, &stopped))
            .await
    }

    async fn resume(&self, consumer: &Name, key: &InstallationKey) -> Result<bool, Error> {
        let (consumer, tenant) = (consumer.clone(), tenant(key));
        self.writer
            .write(move |c| erase::resume(c, &consumer, &tenant))
            .await
    }

    async fn erase(&self, key: &InstallationKey) -> Result<Erased, Error> {
        let key = key.clone();
        let erased = self.writer.write(move |c| erase::erase(c, &key)).await?;
        if !erased.is_nothing() {
            self.empty_log("what was erased").await;
        }
        Ok(erased)
    }

    async fn erase_uninstalled(&self, before: UnixTime) -> Result<Vec<InstallationKey>, Error> {
        let erase = move |c: &Connection| erase::uninstalled(c, before);
        let erased = self.writer.write(erase).await?;
        if !erased.is_empty() {
            self.empty_log("what was erased").await;
        }
        Ok(erased)
    }

    async fn mark_once(&self, mark: &ReplayMark, now: UnixTime) -> Result<Mark, Error> {
        let (mark, check) = (*mark, self.check_marks());
        self.writer
            .write(move |c| coordination::mark_once(c, &mark, now, check))
            .await
    }

    async fn prune(&self, now: UnixTime) -> Result<u64, Error> {
        self.writer
            .write(move |c| coordination::prune(c, now))
            .await
    }

    async fn reencrypt_all(&self) -> Result<u64, Error> {
        let mut after = Some(String::new());
        let mut written = 0_u64;
        while let Some(from) = after {
            let sealer = self.sealer.clone();
            let (some, next) = self
                .writer
                .write(move |c| tenants::reencrypt(c, &sealer, &from))
                .await?;
            written = written.saturating_add(some);
            after = next;
        }
        // where nothing was written, too: a reader may have held it up the last time
        self.empty_log("what was sealed with another key, or not at all,")
            .await;
        Ok(written)
    }

    async fn health(&self) -> Result<Health, Error> {
        let version = self.read(schema::version)?;
        self.read(|c| tenants::check_keys(c, &self.sealer))?;
        Ok(Health::new("sqlite", version, self.sealer.is_sealing()))
    }
}

#[async_trait]
impl LeaseStore for SqliteStore {
    async fn try_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let until = now.plus(lasting(ttl)?);
        let (lease, holder) = (lease.clone(), holder.clone());
        self.writer
            .write(move |c| coordination::try_lease(c, &lease, &holder, now, until))
            .await
    }

    async fn renew_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let until = now.plus(lasting(ttl)?);
        let (lease, holder) = (lease.clone(), holder.clone());
        self.writer
            .write(move |c| coordination::renew_lease(c, &lease, &holder, now, until))
            .await
    }

    async fn release_lease(&self, lease: &Name, holder: &Name) -> Result<(), Error> {
        let (lease, holder) = (lease.clone(), holder.clone());
        self.writer
            .write(move |c| coordination::release_lease(c, &lease, &holder))
            .await
    }
}

#[async_trait]
impl LicenseStore for SqliteStore {
    async fn license(
        &self,
        key: &InstallationKey,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Error> {
        self.read(|c| coordination::license(c, &tenant(key), source))
    }

    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), Error> {
        let (tenant, license) = (tenant(key), license.clone());
        self.writer
            .write(move |c| coordination::put_license(c, &tenant, &license))
            .await
    }
}

#[async_trait]
impl InstallKeyStore for SqliteStore {
    async fn install_keys(&self, limit: usize) -> Result<Vec<InstallKey>, Error> {
        self.read(|c| coordination::install_keys(c, limit))
    }

    async fn put_install_key(&self, key: &InstallKey, now: UnixTime) -> Result<(), Error> {
        let key = key.clone();
        self.writer
            .write(move |c| coordination::put_install_key(c, &key, now))
            .await
    }
}
