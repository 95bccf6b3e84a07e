//! The Connect License API's answers, in the app's store.

use std::sync::Arc;

use app_license::error::with_causes;
use app_license::{ClientKey, InstallationKey};
use app_license_client::{CachedLicense, ConnectLicenseStore, Source, Waiting};
use app_license_store::InstallationStore;

/// Keeps what the sites say in the store of installations, for the other replicas, and for after a
/// restart.
#[derive(Debug)]
pub(crate) struct StoreConnectLicenses(pub(crate) Arc<dyn InstallationStore>);

impl ConnectLicenseStore for StoreConnectLicenses {
    fn put<'a>(&'a self, tenant: &'a ClientKey, license: CachedLicense) -> Waiting<'a, ()> {
        Box::pin(async move {
            let key = InstallationKey::Connect(tenant.clone());
            let put = self.0.put_license(&key, &license).await;
            let kept = put.inspect_err(|error| {
                tracing::warn!(%tenant, code = error.code(), error = %with_causes(error), "an answer of the License API is not kept");
            });
            kept.map_err(|error| Arc::new(error) as Source)
        })
    }
}
