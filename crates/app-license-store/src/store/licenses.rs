//! What License APIs answered.

use std::sync::Arc;

use app_license::plan::license::CachedLicense;
use app_license::{InstallationKey, LicenseSource};
use async_trait::async_trait;

use crate::error::Error;

/// The last answers of License APIs, for all replicas of an app and over a restart.
///
/// Only what a License API answered may be kept here: what is read back counts as verified.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::{ClientKey, InstallationKey, License, LicenseSource, UnixTime};
/// use app_license_store::{CachedLicense, Error, LicenseStore, MemoryStore};
///
/// /// When the site was last heard.
/// async fn heard_at(store: &dyn LicenseStore, key: &InstallationKey) -> Result<Option<UnixTime>, Error> {
///     let answer = store.license(key, LicenseSource::ConnectLicenseApi).await?;
///     Ok(answer.map(|answer| answer.fetched_at()))
/// }
///
/// let (store, source) = (MemoryStore::new(), LicenseSource::ConnectLicenseApi);
/// let tenant = InstallationKey::Connect(ClientKey::new("tenant-1").unwrap());
/// let answer = CachedLicense::new(&License::absent(source), UnixTime::EPOCH);
/// store.put_license(&tenant, &answer).await?;
/// assert_eq!(heard_at(&store, &tenant).await?, Some(UnixTime::EPOCH));
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait LicenseStore: Send + Sync + std::fmt::Debug {
    /// The last answer of a License API about an installation.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    async fn license(
        &self,
        key: &InstallationKey,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Error>;

    /// Keeps the last answer of a License API, unless a later one is kept already:
    /// [`CachedLicense::replaces`]. The tenant need not be known.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), Error>;
}

#[async_trait]
impl<S: LicenseStore + ?Sized> LicenseStore for Arc<S> {
    async fn license(
        &self,
        key: &InstallationKey,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Error> {
        (**self).license(key, source).await
    }

    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), Error> {
        (**self).put_license(key, license).await
    }
}
