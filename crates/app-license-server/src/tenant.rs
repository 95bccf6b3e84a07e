//! An installation with its keys ready to verify, kept in memory for a short while.

use std::sync::Arc;

use app_license::connect::TenantKeys;
use app_license::{ClientKey, ConnectCall, HmacKey, Installation, InstallationKey, UnixTime};
use app_license_store::InstallationStore;

use crate::rejection::Rejection;
use crate::short_cache::ShortCache;

/// An installation and the keys made from its secrets.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) installation: Installation,
    pub(crate) keys: TenantKeys,
}

/// Tenants by client key. The store is the truth: what is kept here, the core says
/// ([`Installation::kept_through`]), and a signature that does not match makes the store be asked again.
pub(crate) struct Tenants {
    store: Arc<dyn InstallationStore>,
    kept: ShortCache<ClientKey, Arc<Tenant>>,
    seconds: u64,
    grace: u64,
}

impl Tenants {
    pub(crate) fn new(store: Arc<dyn InstallationStore>, seconds: u64, grace: u64) -> Self {
        Self {
            store,
            kept: ShortCache::new(),
            seconds,
            grace,
        }
    }

    /// The tenant as it was read a moment ago: one that is served.
    pub(crate) fn kept(&self, client_key: &ClientKey, now: UnixTime) -> Option<Arc<Tenant>> {
        self.kept.get(client_key, now)
    }

    /// The tenant as the store has it; refused where nothing that it signed proves such a call.
    pub(crate) async fn load(
        &self,
        client_key: &ClientKey,
        call: ConnectCall,
        now: UnixTime,
    ) -> Result<Arc<Tenant>, Rejection> {
        let key = InstallationKey::Connect(client_key.clone());
        let read = async {
            let installation = self.store.get(&key).await?;
            let tenant = installation.and_then(|it| self.of(it, call, now));
            Ok(tenant.map(Arc::new))
        };
        let (seconds, grace) = (self.seconds, self.grace);
        let through = |it: &Arc<Tenant>| it.installation.kept_through(now, seconds, grace);
        let tenant = self.kept.read(client_key, now, read, through).await;
        let tenant = tenant.map_err(|error| Rejection::store(&error))?;
        tenant.ok_or_else(Rejection::unknown_tenant)
    }

    /// The tenant of an installation that was read; `None` where no secret of it proves such a call.
    pub(crate) fn of(
        &self,
        installation: Installation,
        call: ConnectCall,
        now: UnixTime,
    ) -> Option<Tenant> {
        let InstallationKey::Connect(client_key) = installation.key() else {
            return None;
        };
        let secrets = installation.secrets_for(call, now, self.grace);
        let mut secrets = secrets.map(HmacKey::new);
        let mut keys = TenantKeys::new(client_key.clone(), secrets.next()?);
        if let Some(previous) = secrets.next() {
            keys = keys.with_previous(previous);
        }
        drop(secrets);
        Some(Tenant { installation, keys })
    }

    /// Whether any secret of an installation counts, to ask its site with.
    pub(crate) fn has_secret(&self, installation: &Installation, now: UnixTime) -> bool {
        installation.secrets(now, self.grace).next().is_some()
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
