//! Install keys that proved themselves, in the app's store.

use std::sync::Arc;

use app_license_client::{Clock, InstallKeyStore, Source, StoredKey, SystemClock, Waiting};
use app_license_store::{InstallKey, InstallationStore};

/// Keeps the keys that lifecycle tokens were verified with in the store of installations, so that
/// after a deployment no key is unknown that was known before. [`ConnectAppBuilder`] does it by
/// itself; this is for an [`InstallKeys`](app_license_client::InstallKeys) of your own.
///
/// ```
/// use std::sync::Arc;
/// use app_license_server::client::InstallKeys;
/// use app_license_server::connect::KeyHosts;
/// use app_license_server::{Fetcher, InstallationStore, MemoryStore, StoreInstallKeys};
///
/// let store: Arc<dyn InstallationStore> = Arc::new(MemoryStore::new());
/// let keys = InstallKeys::builder(Fetcher::new()?, KeyHosts::default())
///     .stored_in(StoreInstallKeys::new(store))
///     .build()?;
/// # Ok::<(), app_license_server::client::Error>(())
/// ```
///
/// [`ConnectAppBuilder`]: crate::ConnectAppBuilder
pub struct StoreInstallKeys {
    store: Arc<dyn InstallationStore>,
    clock: Arc<dyn Clock>,
}

impl StoreInstallKeys {
    /// Keys in this store.
    #[must_use]
    pub fn new(store: Arc<dyn InstallationStore>) -> Self {
        Self::with_clock(store, Arc::new(SystemClock))
    }

    pub(crate) fn with_clock(store: Arc<dyn InstallationStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

fn fault(error: app_license_store::Error) -> Source {
    Arc::new(error)
}

impl InstallKeyStore for StoreInstallKeys {
    fn load(&self, limit: usize) -> Waiting<'_, Vec<StoredKey>> {
        Box::pin(async move {
            let kept = self.store.install_keys(limit).await.map_err(fault)?;
            let stored = |key: InstallKey| StoredKey::new(key.id().clone(), key.pem());
            Ok(kept.into_iter().map(stored).collect())
        })
    }

    fn save(&self, key: StoredKey) -> Waiting<'_, ()> {
        Box::pin(async move {
            let key = InstallKey::new(key.id().clone(), key.pem());
            let put = self.store.put_install_key(&key, self.clock.now());
            put.await.map_err(fault)
        })
    }
}

impl std::fmt::Debug for StoreInstallKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StoreInstallKeys")
            .field(&self.store)
            .finish()
    }
}
