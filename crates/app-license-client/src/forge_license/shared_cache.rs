//! What the replicas of an app share: the last answers, and whose turn it is to ask.

use std::sync::Arc;

use app_license::plan::license::{CachedLicense, Lease};
use app_license::{InstallationAri, InstallationKey, LicenseSource, UnixTime};
use app_license_store::{LeaseStore, LicenseStore, Name};

use crate::error::Error;
use crate::retry::random;

/// The part of a store that the License API needs, under the names that it gives.
#[derive(Debug)]
pub(super) struct SharedCache {
    licenses: Arc<dyn LicenseStore>,
    leases: Arc<dyn LeaseStore>,
    /// Tells this process from its replicas.
    holder: Name,
}

impl SharedCache {
    pub(super) fn new(store: impl LicenseStore + LeaseStore + 'static) -> Self {
        let store = Arc::new(store);
        Self {
            licenses: store.clone(),
            leases: store,
            holder: Name::of("replica", &format!("{:016x}{:016x}", random(), random())),
        }
    }

    pub(super) async fn try_lease(
        &self,
        of: &InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Result<Lease, Error> {
        let lease = lease_of(of);
        let taken = self.leases.try_lease(&lease, &self.holder, now, seconds);
        Ok(taken.await?)
    }

    /// Holds the lease, just taken, for longer: the platform asked for a longer pause.
    pub(super) async fn prolong(
        &self,
        of: &InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Result<(), Error> {
        let lease = lease_of(of);
        let held = self.leases.renew_lease(&lease, &self.holder, now, seconds);
        held.await?;
        Ok(())
    }

    /// Gives the lease back: the call was refused before the platform counted it.
    pub(super) async fn release(&self, of: &InstallationAri) -> Result<(), Error> {
        let lease = lease_of(of);
        Ok(self.leases.release_lease(&lease, &self.holder).await?)
    }

    pub(super) async fn get(&self, of: &InstallationAri) -> Result<Option<CachedLicense>, Error> {
        let source = LicenseSource::ForgeLicenseApi;
        Ok(self.licenses.license(&key_of(of), source).await?)
    }

    pub(super) async fn put(
        &self,
        of: &InstallationAri,
        license: &CachedLicense,
    ) -> Result<(), Error> {
        Ok(self.licenses.put_license(&key_of(of), license).await?)
    }
}

fn lease_of(installation: &InstallationAri) -> Name {
    Name::of("forge-license", installation.as_str())
}

fn key_of(installation: &InstallationAri) -> InstallationKey {
    InstallationKey::Forge(installation.clone())
}
