//! Settings of a Connect app.

mod build;

use std::sync::Arc;
use std::time::Duration;

use app_license::connect::{BaseUrl, Cloud, KeyHosts, RequestVerifierConfig};
use app_license::{AppKey, FeatureMap, Installation, Leeway, Policy, whole_seconds};
use app_license_client::{
    Clock, ConnectLicenseApi, ConnectLicenseApiBuilder, Fetcher, InstallKeys,
};
use app_license_descriptor::connect::Descriptor;
use app_license_store::Store;
use axum::response::IntoResponse;

use super::ConnectApp;
use crate::client_address::ClientAddress;
use crate::respond::RefusedRequest;
use crate::settings::{LicenseApiSetting, Settings};

/// How long an installation that was read from the store is kept, in seconds.
const TENANT_CACHE: u64 = 5;

/// Settings of a [`ConnectApp`]. Everything has a safe default but the store: without one,
/// installations are kept in memory, and a warning says so.
#[derive(Debug)]
#[must_use]
pub struct ConnectAppBuilder {
    app_key: AppKey,
    expectations: RequestVerifierConfig,
    hosts: KeyHosts,
    store: Option<Arc<dyn Store>>,
    install_keys: Option<InstallKeys>,
    license_api: Option<LicenseApiSetting<ConnectLicenseApi, ConnectLicenseApiBuilder>>,
    sells_nothing: bool,
    stored_for: Option<u64>,
    descriptor: Option<Descriptor>,
    tenant_cache: u64,
    secret_grace: u64,
    client_address: ClientAddress,
    settings: Settings,
}

impl ConnectApp {
    /// Begins an app: its key and its base URL, as in its descriptor.
    ///
    /// # Errors
    /// `invalid_id`, `invalid_base_url`.
    pub fn builder(app_key: &str, base_url: &str) -> Result<ConnectAppBuilder, app_license::Error> {
        ConnectAppBuilder::new(app_key, base_url)
    }
}

impl ConnectAppBuilder {
    fn new(app_key: &str, base_url: &str) -> Result<Self, app_license::Error> {
        Ok(Self {
            app_key: AppKey::new(app_key)?,
            expectations: RequestVerifierConfig::new(base_url_of(base_url)?),
            hosts: KeyHosts::of(Cloud::Commercial),
            store: None,
            install_keys: None,
            license_api: None,
            sells_nothing: false,
            stored_for: None,
            descriptor: None,
            tenant_cache: TENANT_CACHE,
            secret_grace: Installation::SECRET_GRACE,
            client_address: ClientAddress::Peer,
            settings: Settings::new(),
        })
    }

    /// Where installations are kept.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Where installations are kept, shared with others.
    pub fn shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Which cloud of the platform the app is installed from. Decides where install keys come
    /// from and which sites may install; never the request.
    pub fn cloud(self, cloud: Cloud) -> Self {
        self.key_hosts(KeyHosts::of(cloud))
    }

    /// Lets the sites of one more domain install: of a perimeter that is not known by name.
    ///
    /// # Errors
    /// `invalid_base_url` when it is no domain of at least two labels.
    pub fn accept_site_domain(mut self, domain: &str) -> Result<Self, app_license::Error> {
        self.hosts = self.hosts.with_site_domain(domain)?;
        Ok(self)
    }

    /// Looks for install keys in one more place, after those of the cloud.
    ///
    /// # Errors
    /// `invalid_base_url`.
    pub fn accept_key_host(mut self, url: &str) -> Result<Self, app_license::Error> {
        self.hosts = self.hosts.with_key_host(base_url_of(url)?);
        Ok(self)
    }

    /// Other key hosts and sites than those of a known cloud.
    pub fn key_hosts(mut self, hosts: KeyHosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// The way to the key hosts: [`Fetcher::new`] by default, which trusts nobody and takes no
    /// test keys. For tests, [`Fetcher::rerouted_for_tests`] makes a mock host platform of all of
    /// the platform's hosts.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.settings.fetcher = Some(fetcher);
        self
    }

    /// The cache of install keys; by default one for the key hosts, over the fetcher.
    pub fn install_keys(mut self, keys: InstallKeys) -> Self {
        self.install_keys = Some(keys);
        self
    }

    /// Asks the License API where a request states no license of its own, says `lic=none` (a license
    /// that was just bought shows `none` for a while), or where the policy wants a confirmed
    /// license. An app that sells nothing says so: [`ConnectAppBuilder::sells_nothing`].
    ///
    /// App key, fetcher, hosts and clock are those of this builder, whichever is set first; what else
    /// there is to set is set in the function.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use app_license_server::{ConnectApp, MemoryStore, Policy};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
    ///     .store(MemoryStore::new())
    ///     .policy(Policy::new().confirmed_only(true))
    ///     .confirm_with_license_api(|api| api.fresh_for(Duration::from_secs(900)))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn confirm_with_license_api(
        mut self,
        configure: impl FnOnce(ConnectLicenseApiBuilder) -> ConnectLicenseApiBuilder + Send + 'static,
    ) -> Self {
        self.license_api = Some(LicenseApiSetting::ToMake(Box::new(configure)));
        self
    }

    /// The same with an API that was made elsewhere, to share it.
    pub fn license_api(mut self, api: ConnectLicenseApi) -> Self {
        self.license_api = Some(LicenseApiSetting::Made(api));
        self
    }

    /// What decisions ask of a license. By default an absent license is denied.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// States that the app sells nothing: it is served whatever `lic` says, which is `none` for
    /// apps without licensing too. A part of the policy, whichever is set first.
    pub fn sells_nothing(mut self) -> Self {
        self.sells_nothing = true;
        self
    }

    /// Lets the last stored statement count, where neither the request nor the License API has one, if
    /// it is at most this old, in whole seconds: a part of one does not count. Off by default.
    pub fn stored_for(mut self, max_age: Duration) -> Self {
        self.stored_for = Some(max_age.as_secs());
        self
    }

    /// The app's features, `editions.toml`.
    pub fn features(mut self, features: FeatureMap) -> Self {
        self.settings.features = features;
        self
    }

    /// The app's descriptor. What this crate relies on is set in it; the rest is served as it is.
    /// Tokens may be for any of its `regionBaseUrls`, besides the app's base URL.
    ///
    /// An app that is sold in editions says `enableLicensing` and `editionsEnabled`. Without the first no
    /// license is handed over; without the second no license names an edition, so that every customer who
    /// bought the app counts as Standard and Advanced is refused to everybody.
    ///
    /// It is read from the JSON that a descriptor is written in:
    ///
    /// ```
    /// use app_license_server::{ConnectApp, Descriptor, MemoryStore};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// // include_str!("../atlassian-connect.json")
    /// let json = r#"{"key": "com.example.app", "baseUrl": "https://app.example.com",
    ///     "name": "Example", "scopes": ["READ"], "enableLicensing": true, "editionsEnabled": true,
    ///     "authentication": {"type": "jwt"},
    ///     "modules": {"generalPages": [{"key": "panel", "url": "/panel", "name": {"value": "Panel"}}]}}"#;
    /// let descriptor: Descriptor = serde_json::from_str(json)?;
    /// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
    ///     .store(MemoryStore::new())
    ///     .descriptor(descriptor)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn descriptor(mut self, descriptor: Descriptor) -> Self {
        self.descriptor = Some(descriptor);
        self
    }

    /// Another base URL tokens may be for: after a move, while old tokens are about.
    ///
    /// # Errors
    /// `invalid_base_url`.
    pub fn accept_base_url(mut self, base_url: &str) -> Result<Self, app_license::Error> {
        self.expectations = self.expectations.accept_base_url(base_url_of(base_url)?);
        Ok(self)
    }

    /// Says that a proxy in front strips the path of the base URL from requests. Without it,
    /// requests outside the base URL are refused, `outside_base_url`; see
    /// [`RequestVerifierConfig::proxy_strips_base_path`].
    pub fn proxy_strips_base_path(mut self) -> Self {
        self.expectations = self.expectations.proxy_strips_base_path();
        self
    }

    /// How far clocks may be apart; 30 s by default.
    pub fn leeway(mut self, leeway: Leeway) -> Self {
        self.expectations = self.expectations.leeway(leeway);
        self
    }

    /// For how long an installation read from the store is kept in memory, in seconds: a part of one counts
    /// as one. 5 s by default, zero to ask the store every time. With several replicas, an uninstall that another one was told
    /// of is noticed after this long.
    pub fn tenant_cache(mut self, time: Duration) -> Self {
        self.tenant_cache = whole_seconds(time);
        self
    }

    /// For how long a rotated secret still verifies, in whole seconds: a part of one does not count. 300 s by
    /// default.
    pub fn secret_grace(mut self, time: Duration) -> Self {
        self.secret_grace = time.as_secs();
        self
    }

    /// Where the address of a client stands, for the budgets that keep a flood of forged requests
    /// from shutting the platform out. By default it is the other end of the connection, as
    /// [`serve`](crate::serve) and axum's `ConnectInfo` tell it; behind a proxy that is the proxy,
    /// and all clients share one budget. Name the header in which the proxy writes the client's
    /// address (the last address in it counts, which the nearest proxy wrote), only if every
    /// request comes through that proxy.
    pub fn client_address_header(mut self, name: http::HeaderName) -> Self {
        self.client_address = ClientAddress::Header(name);
        self
    }

    /// Answers requests that are not let through by your own function, wherever the app is asked: by its
    /// gates, by its extractors, and where a handler answers a [`Rejection`](crate::Rejection). The
    /// platform's own calls, lifecycle events, are not among them. A gate with an answer of its own
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

    /// Another clock: for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// For tests: takes this mock host platform for the platform, and its clock. Without it no test key
    /// proves anything.
    ///
    /// ```
    /// use app_license_server::{ConnectApp, MemoryStore};
    /// use app_license_server::testkit::MockHost;
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let host = MockHost::start().await?;
    /// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
    ///     .store(MemoryStore::new())
    ///     .for_tests(&host)?
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`BuildError::MockHostOffline`](crate::BuildError::MockHostOffline).
    #[cfg(feature = "testkit")]
    pub fn for_tests(
        mut self,
        host: &app_license_testkit::MockHost,
    ) -> Result<Self, crate::error::BuildError> {
        self.settings.for_tests(host)?;
        Ok(self)
    }
}

/// `https`, or `http` on this machine.
fn base_url_of(url: &str) -> Result<BaseUrl, app_license::Error> {
    BaseUrl::new(url).or_else(|error| BaseUrl::http_loopback(url).map_err(|_| error))
}
