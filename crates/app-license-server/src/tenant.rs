//! An installation with its keys ready to verify, kept in memory for a short while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app_license::connect::TenantKeys;
use app_license::{ClientKey, HmacKey, Installation, InstallationKey, UnixTime};
use app_license_store::InstallationStore;
use quick_cache::sync::Cache;

use crate::rejection::Rejection;

/// An installation and the keys made from its secrets.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) installation: Installation,
    pub(crate) keys: TenantKeys,
    read_at: UnixTime,
    /// Until when the keys are those of the installation's secrets.
    secrets_end: Option<UnixTime>,
}

/// Tenants by client key. The store is the truth: what is kept here is at most `seconds` old, and
/// a signature that does not match makes the store be asked again.
pub(crate) struct Tenants {
    store: Arc<dyn InstallationStore>,
    kept: Cache<ClientKey, Arc<Tenant>>,
    /// How often something was forgotten: what was read before is not kept after.
    forgotten: AtomicU64,
    seconds: u64,
    grace: u64,
}

/// Whether a kept answer will do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    Cached,
    FromStore,
}

impl Tenants {
    pub(crate) fn new(store: Arc<dyn InstallationStore>, seconds: u64, grace: u64) -> Self {
        Self {
            store,
            kept: Cache::new(10_000),
            forgotten: AtomicU64::new(0),
            seconds,
            grace,
        }
    }

    /// The tenant, if the app is installed there.
    pub(crate) async fn get(
        &self,
        client_key: &ClientKey,
        freshness: Freshness,
        now: UnixTime,
    ) -> Result<Option<Arc<Tenant>>, Rejection> {
        if freshness == Freshness::Cached
            && let Some(tenant) = self.kept.get(client_key)
            && now >= tenant.read_at
            && now.since(tenant.read_at) < self.seconds
            && tenant.secrets_end.is_none_or(|last| now <= last)
        {
            return Ok(Some(tenant));
        }
        let key = InstallationKey::Connect(client_key.clone());
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let Some(installation) = self
            .store
            .get(&key)
            .await
            .map_err(|e| Rejection::store(&e))?
        else {
            self.kept.remove(client_key);
            return Ok(None);
        };
        let Some(tenant) = self.of(installation, now) else {
            self.kept.remove(client_key);
            return Ok(None);
        };
        let tenant = Arc::new(tenant);
        if self.seconds > 0 {
            self.kept.insert(client_key.clone(), Arc::clone(&tenant));
            if self.forgotten.load(Ordering::SeqCst) != forgotten {
                self.kept.remove(client_key);
            }
        }
        Ok(Some(tenant))
    }

    /// Whether any secret of an installation counts, to ask its site with.
    pub(crate) fn has_secret(&self, installation: &Installation, now: UnixTime) -> bool {
        installation.secrets(now, self.grace).next().is_some()
    }

    /// The tenant of an installation that was read; `None` where no secret of it counts.
    pub(crate) fn of(&self, installation: Installation, now: UnixTime) -> Option<Tenant> {
        let InstallationKey::Connect(client_key) = installation.key() else {
            return None;
        };
        let mut secrets = installation.secrets(now, self.grace).map(HmacKey::new);
        let mut keys = TenantKeys::new(client_key.clone(), secrets.next()?);
        if let Some(previous) = secrets.next() {
            keys = keys.with_previous(previous);
        }
        drop(secrets);
        let secrets_end = installation.secrets_end(now, self.grace);
        Some(Tenant {
            installation,
            keys,
            read_at: now,
            secrets_end,
        })
    }

    pub(crate) fn forget(&self, client_key: &ClientKey) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.kept.remove(client_key);
    }
}

impl std::fmt::Debug for Tenants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenants")
            .field("kept", &self.kept.len())
            .finish_non_exhaustive()
    }
}
