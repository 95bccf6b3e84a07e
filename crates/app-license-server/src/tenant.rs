//! An installation with its keys ready to verify, kept in memory for a short while.

use std::sync::Arc;

use app_license::connect::TenantKeys;
use app_license::{ClientKey, HmacKey, Installation, InstallationKey, UnixTime};
use app_license_store::InstallationStore;

use crate::rejection::Rejection;
use crate::short_cache::ShortCache;

/// An installation and the keys made from its secrets.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) installation: Installation,
    pub(crate) keys: TenantKeys,
    /// Until when the keys are those of the installation's secrets.
    secrets_end: Option<UnixTime>,
}

/// Tenants by client key. The store is the truth: what is kept here is at most `seconds` old, and
/// a signature that does not match makes the store be asked again.
pub(crate) struct Tenants {
    store: Arc<dyn InstallationStore>,
    kept: ShortCache<ClientKey, Arc<Tenant>>,
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
            kept: ShortCache::new(seconds),
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
            && let Some(tenant) = self.kept.get(client_key, now)
            && tenant.secrets_end.is_none_or(|last| now <= last)
        {
            return Ok(Some(tenant));
        }
        let key = InstallationKey::Connect(client_key.clone());
        let read = async {
            let installation = self.store.get(&key).await?;
            Ok(installation.and_then(|it| self.of(it, now)).map(Arc::new))
        };
        let tenant = self.kept.read(client_key, now, read).await;
        tenant.map_err(|error| Rejection::store(&error))
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
            secrets_end,
        })
    }

    pub(crate) fn forget(&self, client_key: &ClientKey) {
        self.kept.forget(client_key);
    }
}

impl std::fmt::Debug for Tenants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenants").finish_non_exhaustive()
    }
}
