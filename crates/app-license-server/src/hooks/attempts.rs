//! Which event a hook is being called for, in the store: a hook that ends its process would else be called again
//! by each process that comes after, before any other tenant.

use std::sync::Arc;

use app_license::InstallationKey;
use app_license::plan::hooks::HookPlan;
use app_license_store::{Error, Name, Stopped, Store};

/// The attempts of a runner, as those of a consumer of its own.
#[derive(Clone)]
pub(super) struct Attempts {
    store: Arc<dyn Store>,
    name: Name,
}

impl Attempts {
    pub(super) fn of(store: Arc<dyn Store>, consumer: &Name) -> Self {
        let name = Name::of(HookPlan::ATTEMPTS, consumer.as_str());
        Self { store, name }
    }

    /// The hook is about to be called: `failed` is what counts if its process does not survive it.
    pub(super) async fn begin(&self, failed: &Stopped) -> Result<(), Error> {
        self.store.stop(&self.name, failed).await
    }

    /// What became of the call is in the store, or needs not to be.
    pub(super) async fn end(&self, key: &InstallationKey) -> Result<(), Error> {
        self.store.resume(&self.name, key).await.map(drop)
    }

    /// What processes that ended were calling for. Nobody else calls: the lease is taken.
    pub(super) async fn left(&self) -> Result<Vec<Stopped>, Error> {
        self.store.stopped(&self.name).await
    }
}
