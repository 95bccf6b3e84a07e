//! Settings of a Forge remote.

use std::sync::Arc;

use app_license::forge::InvocationExpectations;
use app_license::{FeatureMap, ForgeAppId, Leeway, Policy};
use app_license_client::{Clock, ForgeKeys, ForgeLicenseApi, SystemClock};
use app_license_store::InstallationStore;

use super::{ForgeRemote, Inner, Installations};
use crate::metrics::Metrics;

/// Settings of a [`ForgeRemote`].
#[must_use]
pub struct ForgeRemoteBuilder {
    expectations: InvocationExpectations,
    leeway: Leeway,
    keys: ForgeKeys,
    license_api: Option<ForgeLicenseApi>,
    store: Option<Arc<dyn InstallationStore>>,
    policy: Policy,
    features: FeatureMap,
    clock: Arc<dyn Clock>,
}

impl ForgeRemoteBuilder {
    pub(super) fn new(app_id: &str, keys: ForgeKeys) -> Result<Self, app_license::Error> {
        Ok(Self {
            expectations: InvocationExpectations::new(ForgeAppId::new(app_id)?),
            leeway: Leeway::default(),
            keys,
            license_api: None,
            store: None,
            policy: Policy::new(),
            features: FeatureMap::default(),
            clock: Arc::new(SystemClock),
        })
    }

    /// Serves one more app with this id, where one backend serves several:
    /// [`ForgeInvocation::app_id`](super::ForgeInvocation::app_id) says which of them invoked it.
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn accept_app_id(mut self, app_id: &str) -> Result<Self, app_license::Error> {
        self.expectations = self.expectations.accept_app(ForgeAppId::new(app_id)?);
        Ok(self)
    }

    /// Keeps installations and their history in a store: see [`ForgeRemote::lifecycle_routes`].
    /// None by default: an invocation token proves all that a request needs.
    pub fn store(self, store: impl InstallationStore + 'static) -> Self {
        self.shared_store(Arc::new(store))
    }

    /// The same, for a store shared with others: [`StoreLicenseCache`](crate::StoreLicenseCache),
    /// [`HookRunner`](crate::HookRunner).
    pub fn shared_store(mut self, store: Arc<dyn InstallationStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Asks the License API where a token says nothing, or where the policy wants a confirmed
    /// license. Make it over a [`StoreLicenseCache`](crate::StoreLicenseCache), so that all
    /// replicas together ask once in five minutes an installation, and a restart asks nobody.
    pub fn license_api(mut self, api: ForgeLicenseApi) -> Self {
        self.license_api = Some(api);
        self
    }

    /// What decisions ask of a license. By default an absent license is denied.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The app's features, `editions.toml`.
    pub fn features(mut self, features: FeatureMap) -> Self {
        self.features = features;
        self
    }

    /// How far clocks may be apart; 30 s by default.
    pub fn leeway(mut self, leeway: Leeway) -> Self {
        self.expectations = self.expectations.leeway(leeway);
        self.leeway = leeway;
        self
    }

    /// Another clock: for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The remote.
    #[must_use]
    pub fn build(self) -> ForgeRemote {
        ForgeRemote(Arc::new(Inner {
            expectations: self.expectations,
            leeway: self.leeway,
            keys: self.keys,
            license_api: self.license_api,
            installations: self.store.map(Installations::new),
            policy: self.policy,
            features: self.features,
            metrics: Metrics::new(),
            clock: self.clock,
        }))
    }
}

impl std::fmt::Debug for ForgeRemoteBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForgeRemoteBuilder").finish_non_exhaustive()
    }
}
