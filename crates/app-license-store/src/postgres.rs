//! One database for many replicas.

pub(crate) mod connect;
mod coordination;
mod erase;
pub(crate) mod fault;
mod options;
pub(crate) mod schema;
pub(crate) mod schema_name;
pub(crate) mod statement;
mod tenants;

pub use options::PostgresOptions;
pub(crate) use tenants::entry;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use app_license::delivery::{Delivery, Mark, ReplayMark};
use app_license::plan::license::{CachedLicense, Lease};
use app_license::{Installation, InstallationKey, LicenseSource, UnixTime};
use async_trait::async_trait;
use deadpool_postgres::{Client, Pool};

use crate::applied::Applied;
use crate::encryption::Sealer;
use crate::erase::Erased;
use crate::error::Error;
use crate::health::Health;
use crate::history::{HistoryEntry, Sequence, page};
use crate::install_key::InstallKey;
use crate::name::Name;
use crate::stopped::Stopped;
use crate::store::{InstallKeyStore, InstallationStore, LeaseStore, LicenseStore, lasting};
use crate::tenant::tenant;
use fault::Fail;
use schema_name::SchemaName;

/// A store in a PostgreSQL database, shared by many replicas.
///
/// All tables are in one schema, `app_license` if not set. Deliveries of one tenant wait for each
/// other in the database; numbers of the history are committed in their order. A connection that
/// breaks, a deadlock or a restart of the server is tried again, three times at most.
///
/// TLS follows `sslmode` in the address: `disable`, `prefer` (if not set), `require` or
/// `verify-full`, which are one: the server's certificate and name are checked wherever TLS is used.
/// Nothing is kept in a session, so a pooler may run every transaction on another connection.
///
/// ```no_run
/// # async fn example(from_configuration: &str) -> Result<(), app_license_store::Error> {
/// use app_license_store::{EncryptionKey, EncryptionKeys, InstallationStore, PostgresStore};
/// let keys = EncryptionKeys::new(EncryptionKey::from_base64(from_configuration)?);
/// let url = "postgres://app@db.example.com/app?sslmode=require";
/// let store = PostgresStore::connect(url, keys).await?;
/// assert_eq!(store.count().await?, 0);
/// # Ok(()) }
/// ```
pub struct PostgresStore {
    pool: Pool,
    schema: SchemaName,
    sealer: Sealer,
    marks: u64,
    marked: AtomicU64,
}

impl PostgresStore {
    /// Closes all connections; what is under way is ended first.
    pub fn close(&self) {
        self.pool.close();
    }

    async fn client(&self) -> Result<Client, Fail> {
        Ok(self.pool.get().await?)
    }

    /// Counting marks costs time, so it is done now and then.
    fn check_marks(&self) -> Option<u64> {
        const EVERY: u64 = 256;
        let call = self.marked.fetch_add(1, Ordering::Relaxed);
        (call.is_multiple_of(EVERY) || self.marks < EVERY).then_some(self.marks)
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// Does a thing again when the failure passes by itself.
macro_rules! again {
    ($work:expr) => {{
        let mut tries = 0_u32;
        loop {
            tries = tries.saturating_add(1);
            match $work.await {
                Ok(value) => break Ok(value),
                Err(fail) if tries < 4 && fail.is_passing() && !fail.at_commit() => {
                    let pause = 20_u64.saturating_mul(u64::from(tries));
                    tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
                }
                Err(fail) => break Err(Error::from(fail)),
            }
        }
    }};
}

#[async_trait]
impl InstallationStore for PostgresStore {
    async fn get(&self, key: &InstallationKey) -> Result<Option<Installation>, Error> {
        again!(self.get_row(key))
    }

    async fn apply(&self, delivery: Delivery, now: UnixTime) -> Result<Applied, Error> {
        let check = delivery.mark().and_then(|_| self.check_marks());
        again!(self.apply_delivery(&delivery, now, check))
    }

    async fn list(
        &self,
        after: Option<&InstallationKey>,
        limit: usize,
    ) -> Result<Vec<Installation>, Error> {
        again!(self.list_rows(after, page(limit)))
    }

    async fn count(&self) -> Result<u64, Error> {
        again!(self.count_rows())
    }

    async fn history(
        &self,
        key: &InstallationKey,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        again!(self.history_of(key, after, page(limit)))
    }

    async fn events_after(
        &self,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        again!(self.all_history(after, page(limit)))
    }

    async fn payload(&self, sequence: Sequence) -> Result<Option<String>, Error> {
        again!(self.payload_of(sequence))
    }

    async fn cursor(&self, consumer: &Name) -> Result<Sequence, Error> {
        again!(self.cursor_of(consumer))
    }

    async fn advance(&self, consumer: &Name, sequence: Sequence) -> Result<(), Error> {
        again!(self.advance_to(consumer, sequence))
    }

    async fn stopped(&self, consumer: &Name) -> Result<Vec<Stopped>, Error> {
        again!(self.stopped_of(consumer))
    }

    async fn stop(&self, consumer: &Name, stopped: &Stopped) -> Result<(), Error> {
        again!(self.stop_at(consumer, stopped))
    }

    async fn resume(&self, consumer: &Name, key: &InstallationKey) -> Result<bool, Error> {
        let tenant = tenant(key);
        again!(self.resume_at(consumer, &tenant))
    }

    async fn erase(&self, key: &InstallationKey) -> Result<Erased, Error> {
        again!(self.erase_all_of(key, None))
    }

    async fn erase_uninstalled(&self, before: UnixTime) -> Result<Vec<InstallationKey>, Error> {
        let mut erased = Vec::new();
        for key in again!(self.uninstalled_before(before))? {
            // it may have come back meanwhile
            let gone = again!(self.erase_all_of(&key, Some(before)))?;
            erased.extend(gone.installation.then_some(key));
        }
        Ok(erased)
    }

    async fn mark_once(&self, mark: &ReplayMark, now: UnixTime) -> Result<Mark, Error> {
        let check = self.check_marks();
        // not tried again: the second try could find the mark of the first
        self.mark_token(mark, now, check).await.map_err(Error::from)
    }

    async fn prune(&self, now: UnixTime) -> Result<u64, Error> {
        again!(self.forget(now))
    }

    async fn reencrypt_all(&self) -> Result<u64, Error> {
        let mut after = Some(String::new());
        let mut written = 0_u64;
        while let Some(from) = after {
            let (some, next) = again!(self.reencrypt(&from))?;
            written = written.saturating_add(some);
            after = next;
        }
        Ok(written)
    }

    async fn health(&self) -> Result<Health, Error> {
        let version = again!(self.schema_version())?;
        again!(self.check_keys())?;
        Ok(Health::new("postgres", version, self.sealer.is_sealing()))
    }
}

#[async_trait]
impl LeaseStore for PostgresStore {
    async fn try_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let until = now.plus(lasting(ttl)?);
        // should the first try have taken it unseen, the second finds it held: nothing is granted twice
        again!(self.take_lease(lease, holder, now, until))
    }

    async fn renew_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let until = now.plus(lasting(ttl)?);
        again!(self.prolong_lease(lease, holder, now, until))
    }

    async fn release_lease(&self, lease: &Name, holder: &Name) -> Result<(), Error> {
        again!(self.give_back_lease(lease, holder))
    }
}

#[async_trait]
impl LicenseStore for PostgresStore {
    async fn license(
        &self,
        key: &InstallationKey,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Error> {
        let tenant = tenant(key);
        again!(self.license_of(&tenant, source))
    }

    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), Error> {
        let tenant = tenant(key);
        again!(self.keep_license(&tenant, license))
    }
}

#[async_trait]
impl InstallKeyStore for PostgresStore {
    async fn install_keys(&self, limit: usize) -> Result<Vec<InstallKey>, Error> {
        again!(self.kept_install_keys(limit))
    }

    async fn put_install_key(&self, key: &InstallKey, now: UnixTime) -> Result<(), Error> {
        again!(self.keep_install_key(key, now))
    }
}
