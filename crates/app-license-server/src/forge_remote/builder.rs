//! Settings of a Forge remote.

use std::sync::Arc;

use app_license::forge::{IsolatedCloud, JwksUrl, Verifier};
use app_license::{FeatureMap, ForgeAppId, Leeway, Policy};
use app_license_client::{
    Clock, Fetcher, ForgeKeys, ForgeLicenseApi, ForgeLicenseApiBuilder, MemoryLicenseCache,
};
use app_license_store::Store;
use axum::response::IntoResponse;

use super::{ForgeRemote, Inner, Installations};
use crate::error::BuildError;
use crate::respond::RefusedRequest;
use crate::settings::{LicenseApiSetting, Settings};

/// Settings of a [`ForgeRemote`].
#[derive(Debug)]
#[must_use]
pub struct ForgeRemoteBuilder {
    app_id: ForgeAppId,
    verifier: Verifier,
    key_set: JwksUrl,
    keys: Option<ForgeKeys>,
    license_api: Option<LicenseApiSetting<ForgeLicenseApi, ForgeLicenseApiBuilder>>,
    store: Option<Arc<dyn Store>>,
    settings: Settings,
}

impl ForgeRemote {
    /// Begins a remote of the app with this id (an ARI, or the UUID in it).
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn builder(app_id: &str) -> Result<ForgeRemoteBuilder, app_license::Error> {
        ForgeRemoteBuilder::new(app_id)
    }
}

impl ForgeRemoteBuilder {
    fn new(app_id: &str) -> Result<Self, app_license::Error> {
        let app_id = ForgeAppId::new(app_id)?;
        Ok(Self {
            verifier: Verifier::new(app_id.clone()),
            app_id,
            key_set: JwksUrl::default(),
            keys: None,
            license_api: None,
            store: None,
            settings: Settings::new(),
        })
    }

    /// Serves one more app with this id, where one backend serves several:
    /// [`ForgeInvocation::app_id`](super::ForgeInvocation::app_id) says which of them invoked it.
    ///
    /// # Errors
    /// `invalid_id`.
    pub fn accept_app_id(mut self, app_id: &str) -> Result<Self, app_license::Error> {
        self.verifier = self.verifier.accept_app(ForgeAppId::new(app_id)?);
        Ok(self)
    }

    /// The way to the platform: [`Fetcher::new`] by default, which trusts nobody and takes no test
    /// keys. For tests, [`Fetcher::rerouted_for_tests`] makes a mock host platform of all of the
    /// platform's hosts.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.settings.fetcher = Some(fetcher);
        self
    }

    /// The app is in the Isolated Cloud of this label: its tokens name it, those of another cloud are
    /// refused, and the keys are that cloud's, unless [`ForgeRemoteBuilder::keys`] or a later
    /// [`ForgeRemoteBuilder::key_set`] says otherwise. Without it, tokens that name a label are refused.
    ///
    /// ```
    /// use app_license_server::ForgeRemote;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let remote = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
    ///     .isolated_cloud("orange")?
    ///     .build()?;
    /// # let _ = remote;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `field_value` for what is no label.
    pub fn isolated_cloud(mut self, label: &str) -> Result<Self, app_license::Error> {
        let label = IsolatedCloud::new(label)?;
        self.key_set = JwksUrl::of_isolated_cloud(&label);
        self.verifier = self.verifier.isolated_cloud(label);
        Ok(self)
    }

    /// Where the platform publishes its keys: the commercial cloud by default.
    pub fn key_set(mut self, url: JwksUrl) -> Self {
        self.key_set = url;
        self
    }

    /// The cache of the platform's keys; by default one for the key set, over the fetcher.
    pub fn keys(mut self, keys: ForgeKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Keeps installations and their history in a store: see [`ForgeRemote::lifecycle_routes`].
    /// None by default: an invocation token proves all that a request needs.
    pub fn store(self, store: impl Store + 'static) -> Self {
        self.shared_store(Arc::new(store))
    }

    /// The same, for a store shared with others: [`HookRunner`](crate::HookRunner), say.
    pub fn shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Asks the License API where a token says nothing, or where the policy wants a confirmed
    /// license, if the invocation brings the app's system token. With a store, all replicas together
    /// ask once in five minutes an installation, and a restart asks nobody; without one, each process
    /// asks for itself.
    ///
    /// Apps, fetcher and clock are those of this builder, whichever is set first; what else there is
    /// to set is set in the function.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use app_license_server::{ForgeRemote, MemoryStore};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let remote = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
    ///     .store(MemoryStore::new())
    ///     .confirm_with_license_api(|api| api.fresh_for(Duration::from_secs(1800)))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn confirm_with_license_api(
        mut self,
        configure: impl FnOnce(ForgeLicenseApiBuilder) -> ForgeLicenseApiBuilder + Send + 'static,
    ) -> Self {
        self.license_api = Some(LicenseApiSetting::ToMake(Box::new(configure)));
        self
    }

    /// The same with an API that was made elsewhere, to share it. Make it over the
    /// store that the replicas share.
    pub fn license_api(mut self, api: ForgeLicenseApi) -> Self {
        self.license_api = Some(LicenseApiSetting::Made(api));
        self
    }

    /// Answers requests that are not let through by your own function, wherever the app is asked: by its
    /// gates, by its extractors, and where a handler answers a [`Rejection`](crate::Rejection). The
    /// platform's own calls, lifecycle events and schedules, are not among them. A gate with an answer of its own
    /// keeps that: [`Gate::respond_with`](crate::Gate::respond_with).
    ///
    /// The rejection is put into the extensions of what it answers, and `cache-control: no-store` and
    /// `retry-after` into its headers where the function sets none: a cache that kept a refusal would
    /// refuse a customer who has paid. For an example see [`RefusedRequest`].
    pub fn respond_with<R: IntoResponse>(
        mut self,
        respond: impl Fn(RefusedRequest<'_>) -> R + Send + Sync + 'static,
    ) -> Self {
        self.settings.respond_with(respond);
        self
    }

    /// What decisions ask of a license. By default an absent license is denied.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// The app's features, `editions.toml`.
    pub fn features(mut self, features: FeatureMap) -> Self {
        self.settings.features = features;
        self
    }

    /// How far clocks may be apart; 30 s by default.
    pub fn leeway(mut self, leeway: Leeway) -> Self {
        self.verifier = self.verifier.leeway(leeway);
        self
    }

    /// Another clock: for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// For tests: takes this mock host platform for the platform, and its clock. Without it no test key
    /// proves anything.
    ///
    /// ```
    /// use app_license_server::{ForgeRemote, MemoryStore};
    /// use app_license_server::testkit::MockHost;
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let host = MockHost::start().await?;
    /// let app = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
    ///     .store(MemoryStore::new())
    ///     .for_tests(&host)?
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`BuildError::MockHostOffline`].
    #[cfg(feature = "testkit")]
    pub fn for_tests(mut self, host: &app_license_testkit::MockHost) -> Result<Self, BuildError> {
        self.settings.for_tests(host)?;
        Ok(self)
    }

    /// The remote. Settings that would deny everybody are errors; a feature map that takes something
    /// away from a higher edition is a warning in the log.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(mut self) -> Result<ForgeRemote, BuildError> {
        let license_api = self.license_api_made()?;
        let keys = match self.keys.take() {
            Some(keys) => keys,
            None => ForgeKeys::builder(self.settings.fetcher()?, self.key_set)
                .clock(Arc::clone(&self.settings.clock))
                .build()?,
        };
        let decider = self.settings.into_decider(self.app_id.as_str());
        Ok(ForgeRemote(Arc::new(Inner {
            decider,
            app_id: self.app_id,
            verifier: self.verifier,
            keys,
            license_api,
            installations: self.store.clone().map(|store| Installations::new(store)),
        })))
    }

    fn license_api_made(&mut self) -> Result<Option<ForgeLicenseApi>, BuildError> {
        let api = match self.license_api.take() {
            None => return Ok(None),
            Some(LicenseApiSetting::Made(api)) => api,
            Some(LicenseApiSetting::ToMake(configure)) => {
                let fetcher = self.settings.fetcher()?;
                let mut api = match &self.store {
                    Some(store) => ForgeLicenseApi::builder(fetcher, Arc::clone(store)),
                    None => ForgeLicenseApi::builder(fetcher, MemoryLicenseCache::new()),
                };
                // of one app the platform knows by the token which it is
                if self.verifier.apps().count() > 1 {
                    for id in self.verifier.apps() {
                        api = api.app(id.clone());
                    }
                }
                configure(api.clock(Arc::clone(&self.settings.clock))).build()?
            }
        };
        let asked = api.apps();
        let not_asked = |id: &&ForgeAppId| !asked.is_empty() && !asked.contains(id);
        if let Some(id) = self.verifier.apps().find(not_asked) {
            let found: Vec<_> = asked.iter().map(ForgeAppId::as_str).collect();
            return Err(BuildError::LicenseApiOfAnotherApp {
                expected: id.to_string(),
                found: found.join(", "),
            });
        }
        Ok(Some(api))
    }
}
