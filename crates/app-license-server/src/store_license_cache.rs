//! The Forge License API's answers and the right to ask for them, in the app's store.

use std::sync::Arc;

use app_license::{InstallationAri, InstallationKey, LicenseSource, UnixTime};
use app_license_client::{LicenseCache, Source, Waiting};
use app_license_store::{CachedLicense, InstallationStore, Lease, Name};

use crate::random::replica_name;

/// Keeps what the Forge License API says in the store of installations, and holds all replicas of
/// the app together to one call in five minutes an installation, by a lease in the same store.
///
/// ```
/// use std::sync::Arc;
/// use app_license_server::client::ForgeLicenseApi;
/// use app_license_server::{Fetcher, InstallationStore, MemoryStore, StoreLicenseCache};
///
/// let store: Arc<dyn InstallationStore> = Arc::new(MemoryStore::new()); // shared by the replicas
/// let cache = StoreLicenseCache::new(store);
/// let api = ForgeLicenseApi::builder(Fetcher::new()?, cache).build()?;
/// # Ok::<(), app_license_server::client::Error>(())
/// ```
#[derive(Debug)]
pub struct StoreLicenseCache {
    store: Arc<dyn InstallationStore>,
    holder: Name,
}

impl StoreLicenseCache {
    /// A cache in this store.
    #[must_use]
    pub fn new(store: Arc<dyn InstallationStore>) -> Self {
        Self {
            store,
            holder: replica_name(),
        }
    }
}

fn fault(error: app_license_store::Error) -> Source {
    Arc::new(error)
}

fn lease_of(installation: &InstallationAri) -> Name {
    Name::of("forge-license", installation.as_str())
}

fn key_of(installation: &InstallationAri) -> InstallationKey {
    InstallationKey::Forge(installation.clone())
}

impl LicenseCache for StoreLicenseCache {
    fn try_lease<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, Lease> {
        Box::pin(async move {
            let name = lease_of(installation);
            let lease = self.store.try_lease(&name, &self.holder, now, seconds);
            lease.await.map_err(fault)
        })
    }

    fn prolong<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, ()> {
        Box::pin(async move {
            let name = lease_of(installation);
            let lease = self.store.renew_lease(&name, &self.holder, now, seconds);
            lease.await.map_err(fault)?;
            Ok(())
        })
    }

    fn release<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, ()> {
        Box::pin(async move {
            let name = lease_of(installation);
            let released = self.store.release_lease(&name, &self.holder);
            released.await.map_err(fault)
        })
    }

    fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<CachedLicense>> {
        Box::pin(async move {
            let key = key_of(installation);
            let license = self.store.license(&key, LicenseSource::ForgeLicenseApi);
            license.await.map_err(fault)
        })
    }

    fn put<'a>(
        &'a self,
        installation: &'a InstallationAri,
        license: CachedLicense,
    ) -> Waiting<'a, ()> {
        Box::pin(async move {
            let key = key_of(installation);
            let put = self.store.put_license(&key, &license);
            put.await.map_err(fault)?;
            Ok(())
        })
    }
}
