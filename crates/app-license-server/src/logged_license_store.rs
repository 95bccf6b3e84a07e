//! Failures of keeping an answer of a License API, in the log.

use std::sync::Arc;

use app_license::error::with_causes;
use app_license::{InstallationKey, LicenseSource};
use app_license_store::{CachedLicense, Error, LicenseStore, async_trait};

/// The same store, which logs what is not kept: the client counts it, and has no log.
#[derive(Debug)]
pub(crate) struct LoggedLicenseStore(pub(crate) Arc<dyn LicenseStore>);

#[async_trait]
impl LicenseStore for LoggedLicenseStore {
    async fn license(
        &self,
        key: &InstallationKey,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Error> {
        self.0.license(key, source).await
    }

    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), Error> {
        let put = self.0.put_license(key, license).await;
        put.inspect_err(|error| {
            tracing::warn!(tenant = %key, code = error.code(), error = %with_causes(error), "an answer of the License API is not kept");
        })
    }
}
