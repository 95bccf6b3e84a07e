//! The mock host platform itself.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::app::App;
use crate::clock::TestClock;
use crate::error::{Error, ErrorKind};
use crate::fault::{Fault, Service, Switchboard};
use crate::forge::license_api::Limits;
use crate::keys::SigningKey;
use crate::serve::Servers;
use crate::site::{Product, Site};
use crate::tenant::Tenant;
use crate::world::{SiteRecord, Spelling, World};

/// A mock Atlassian platform in this process: sites, apps, licences, keys, servers on loopback,
/// and a test clock. Clones share one platform; the servers stop with the last of them.
///
/// ```
/// use app_license::Edition;
/// use app_license_testkit::{App, MockHost};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let host = MockHost::start().await?;
/// let app = App::connect("com.example.app", "http://127.0.0.1:3000")?;
/// let acme = host.tenant(&app, "acme")?;
/// acme.install()?;
/// acme.buy(Edition::Standard)?;
/// assert!(host.install_keys_url().unwrap().starts_with("http://127.0.0.1:"));
/// assert!(acme.page("/panel")?.target().contains("lic=active"));
/// # Ok::<(), app_license_testkit::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct MockHost {
    pub(crate) shared: Arc<Shared>,
    servers: Option<Arc<Servers>>,
}

/// What the servers see.
pub(crate) struct Shared {
    pub(crate) clock: TestClock,
    pub(crate) world: Mutex<World>,
    pub(crate) faults: Switchboard,
    pub(crate) limits: Mutex<Limits>,
    /// Where the sites are served, once they are.
    pub(crate) sites_url: OnceLock<String>,
}

/// Settings of a [`MockHost`] before it starts.
///
/// ```
/// use app_license_testkit::{MockHost, TestClock};
/// let host = MockHost::builder().seed(7).clock(TestClock::ticking()).offline()?;
/// assert!(host.install_keys_url().is_none());
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MockHostBuilder {
    seed: u64,
    clock: Option<TestClock>,
    snapshot: Option<String>,
    ports: Option<u16>,
    loopback_base_urls: bool,
    spelling: Option<Spelling>,
    resend_on_edition_change: bool,
}

impl MockHostBuilder {
    /// Another seed for ids and secrets; the same seed and the same moves give the same ids.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The clock to live by; a frozen one unless said.
    #[must_use]
    pub fn clock(mut self, clock: TestClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Continues from what [`MockHost::snapshot`] wrote.
    #[must_use]
    pub fn restore(mut self, snapshot: impl Into<String>) -> Self {
        self.snapshot = Some(snapshot.into());
        self
    }

    /// Fixed ports on loopback instead of free ones: the first of six in a row, in the order of
    /// [`Service::ALL`], then the gateway.
    #[must_use]
    pub const fn ports_from(mut self, first: u16) -> Self {
        self.ports = Some(first);
        self
    }

    /// Makes `baseUrl` of every site an address on this machine, `http://127.0.0.1:…/acme`, so
    /// that an app reaches the Connect License API by it. Otherwise it is
    /// `https://acme.atlassian.net`, and the app has to be told where the API is, or sends what it
    /// asks to [`MockHost::gateway`]. An app that accepts sites of the platform alone, as it
    /// should, refuses such an install.
    #[must_use]
    pub const fn loopback_base_urls(mut self) -> Self {
        self.loopback_base_urls = true;
        self
    }

    /// How Forge spells the active flag towards functions and remotes; both ways unless said.
    #[must_use]
    pub const fn spelling(mut self, spelling: Spelling) -> Self {
        self.spelling = Some(spelling);
        self
    }

    /// Sends `installed` again when the edition changes. The platform is not known to.
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::builder().resend_installed_on_edition_change().offline()?;
    /// let acme = host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// acme.buy(Edition::Standard)?;
    /// assert_eq!(acme.change_edition(Edition::Advanced)?[0].name(), "installed");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub const fn resend_installed_on_edition_change(mut self) -> Self {
        self.resend_on_edition_change = true;
        self
    }

    /// Starts the servers, on loopback only.
    ///
    /// # Errors
    /// `network` when a port cannot be had, `snapshot` when the stored state cannot be read.
    pub async fn start(self) -> Result<MockHost, Error> {
        let ports = self.ports;
        let mut host = self.offline()?;
        host.servers = Some(Arc::new(
            Servers::start(Arc::clone(&host.shared), ports).await?,
        ));
        Ok(host)
    }

    /// Starts no servers: makes events, tokens, URLs and contexts only.
    ///
    /// # Errors
    /// `snapshot` when the stored state cannot be read.
    pub fn offline(self) -> Result<MockHost, Error> {
        let mut world = match &self.snapshot {
            Some(text) => {
                serde_json::from_str(text).map_err(|e| ErrorKind::Snapshot(e.to_string()))?
            }
            None => World::new(self.seed)?,
        };
        world.loopback_base_urls |= self.loopback_base_urls;
        world.resend_on_edition_change |= self.resend_on_edition_change;
        world.spelling = self.spelling.unwrap_or(world.spelling);
        Ok(MockHost {
            shared: Arc::new(Shared {
                clock: self.clock.unwrap_or_else(TestClock::frozen),
                world: Mutex::new(world),
                faults: Switchboard::default(),
                limits: Mutex::default(),
                sites_url: OnceLock::new(),
            }),
            servers: None,
        })
    }
}

impl MockHost {
    /// Starts a platform with a frozen clock, its servers on free ports of loopback.
    ///
    /// # Errors
    /// `network` when a port cannot be had.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// A platform without servers, with a frozen clock.
    ///
    /// ```
    /// use app_license_testkit::MockHost;
    /// assert!(MockHost::offline().jwks_url().is_none());
    /// ```
    ///
    /// # Panics
    /// Never: the keys it needs ship with this crate.
    #[must_use]
    pub fn offline() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the shipped keys are read in every test"
        )]
        Self::builder().offline().expect("shipped keys")
    }

    /// Settings before it starts.
    #[must_use]
    pub fn builder() -> MockHostBuilder {
        MockHostBuilder::default()
    }

    /// The clock. Hand a clone to the app under test.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.shared.clock
    }

    /// A site, made when it is new: a lower-case name as the first label of its host.
    ///
    /// # Errors
    /// `invalid` when it is no name for a host.
    pub fn site(&self, name: &str, product: Product) -> Result<Site, Error> {
        self.change(|world| world.add_site(name, product))?;
        Ok(Site {
            host: self.clone(),
            name: name.to_owned(),
        })
    }

    /// The app on the site: the handle for moves and for everything the host says about it. App
    /// and site are registered when they are new; a new site runs Jira.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// let acme = host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// assert_eq!(acme.site().name(), "acme");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid` when the site has no name for a host.
    pub fn tenant(&self, app: &App, site: &str) -> Result<Tenant, Error> {
        self.change(|world| world.add_tenant(app, site))?;
        Ok(Tenant::new(self.clone(), site, app.name()))
    }

    /// Every app on every site, in order of their names.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// assert_eq!(host.tenants().len(), 1);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn tenants(&self) -> Vec<Tenant> {
        let names: Vec<String> = self.world(|world| world.sites.keys().cloned().collect());
        names
            .iter()
            .flat_map(|site| self.tenants_of(site))
            .collect()
    }

    /// Every site, in order of their names.
    #[must_use]
    pub fn sites(&self) -> Vec<Site> {
        let names: Vec<String> = self.world(|world| world.sites.keys().cloned().collect());
        names
            .into_iter()
            .map(|name| Site {
                host: self.clone(),
                name,
            })
            .collect()
    }

    pub(crate) fn tenants_of(&self, site: &str) -> Vec<Tenant> {
        let apps: Vec<String> = self.world(|world| {
            let apps = world.tenants.get(site);
            apps.map(|apps| apps.keys().cloned().collect())
                .unwrap_or_default()
        });
        apps.iter()
            .map(|app| Tenant::new(self.clone(), site, app))
            .collect()
    }

    /// Where a service is: `http://127.0.0.1:…`, without a slash at the end; `None` when the
    /// platform was started [`MockHost::offline`].
    #[must_use]
    pub fn url(&self, service: Service) -> Option<String> {
        self.servers.as_ref()?.url(service)
    }

    /// The install-key host: `GET /{kid}` answers PEM.
    #[must_use]
    pub fn install_keys_url(&self) -> Option<String> {
        self.url(Service::InstallKeys)
    }

    /// The JWKS of Forge invocation tokens.
    #[must_use]
    pub fn jwks_url(&self) -> Option<String> {
        let base = self.url(Service::ForgeKeys)?;
        Some(format!("{base}/.well-known/jwks.json"))
    }

    /// The stand-in for `https://api.atlassian.com`.
    #[must_use]
    pub fn forge_api_url(&self) -> Option<String> {
        self.url(Service::ForgeApi)
    }

    /// Where the Connect License API of every site is: `/{site}/rest/atlassian-connect/1/addons/{key}`,
    /// for Confluence `/{site}/wiki/rest/…`.
    #[must_use]
    pub fn sites_url(&self) -> Option<String> {
        self.url(Service::Sites)
    }

    /// Where all of the platform's hosts are answered for, by the `Host` header: key hosts, the
    /// Forge CDN, `api.atlassian.com`, and every site. For clients that send each https URL to one
    /// address; so the app under test keeps the addresses of production.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use app_license_testkit::MockHost;
    /// let host = MockHost::start().await?;
    /// assert!(host.gateway().unwrap().ip().is_loopback());
    /// # Ok::<(), app_license_testkit::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn gateway(&self) -> Option<std::net::SocketAddr> {
        self.servers.as_ref()?.gateway()
    }

    pub(crate) fn base_url(&self, name: &str, record: &SiteRecord, loopback: bool) -> String {
        let path = record.product.context_path();
        match self.shared.sites_url.get().filter(|_| loopback) {
            Some(sites) => format!("{sites}/{name}{path}"),
            None => format!("https://{}{path}", record.host),
        }
    }

    /// Puts a fault in front of a service, in place of any other.
    ///
    /// ```
    /// use app_license_testkit::{Fault, MockHost, Service};
    /// let host = MockHost::offline();
    /// host.set_fault(Service::InstallKeys, Fault::Down);
    /// assert_eq!(host.fault(Service::InstallKeys), Some(Fault::Down));
    /// host.heal(Service::InstallKeys);
    /// assert_eq!(host.fault(Service::InstallKeys), None);
    /// ```
    pub fn set_fault(&self, service: Service, fault: Fault) {
        self.shared.faults.set(service, Some(fault));
    }

    /// Takes the fault away.
    pub fn heal(&self, service: Service) {
        self.shared.faults.set(service, None);
    }

    /// The fault in front of a service.
    #[must_use]
    pub fn fault(&self, service: Service) -> Option<Fault> {
        self.shared.faults.get(service)
    }

    /// How many requests a service has taken, those met by a fault too.
    ///
    /// ```
    /// use app_license_testkit::{MockHost, Service};
    /// assert_eq!(MockHost::offline().hits(Service::ForgeApi), 0);
    /// ```
    #[must_use]
    pub fn hits(&self, service: Service) -> u64 {
        self.shared.faults.hits(service)
    }

    /// The key that signs `installed` and `uninstalled` now.
    ///
    /// # Errors
    /// `key` never, in practice.
    pub fn install_key(&self) -> Result<SigningKey, Error> {
        self.read(|world| world.install_keys.current())
    }

    /// The key that signs invocation tokens now.
    ///
    /// # Errors
    /// `key` never, in practice.
    pub fn forge_key(&self) -> Result<SigningKey, Error> {
        self.read(|world| world.forge_keys.current())
    }

    /// Signs installs with a new key from now on; the old one stays on the key host. Answers the
    /// new id.
    ///
    /// ```
    /// use app_license_testkit::MockHost;
    /// let host = MockHost::offline();
    /// assert_eq!(host.rotate_install_keys()?, "test-2");
    /// assert_eq!(host.install_key()?.id(), "test-2");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `key` when no key could be made.
    pub fn rotate_install_keys(&self) -> Result<String, Error> {
        self.change(|world| world.install_keys.rotate(true))
    }

    /// Signs invocation tokens with a new key from now on. The JWKS keeps the old ones when
    /// `keep_old`. Answers the new id.
    ///
    /// ```
    /// use app_license_testkit::MockHost;
    /// let host = MockHost::offline();
    /// host.rotate_jwks(false)?;
    /// assert_eq!(host.jwks()["keys"].as_array().unwrap().len(), 1);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `key` when no key could be made.
    pub fn rotate_jwks(&self, keep_old: bool) -> Result<String, Error> {
        self.change(|world| world.forge_keys.rotate(keep_old))
    }

    /// The JWKS as it is served, for apps that are given it.
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        self.world(crate::serve::jwks)
    }

    /// Everything the platform knows, secrets and private test keys too, as JSON for
    /// [`MockHostBuilder::restore`]. The clock and the faults are not in it.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::connect("com.example.app", "https://app.example.com")?;
    /// let host = MockHost::offline();
    /// host.tenant(&app, "acme")?.install()?;
    /// let again = MockHost::builder().restore(host.snapshot()?).offline()?;
    /// assert!(again.tenant(&app, "acme")?.is_installed());
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `snapshot` when it cannot be written.
    pub fn snapshot(&self) -> Result<String, Error> {
        self.read(|world| {
            serde_json::to_string(world).map_err(|e| ErrorKind::Snapshot(e.to_string()).into())
        })
    }

    /// The same platform as its servers see it.
    pub(crate) const fn without_servers(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            servers: None,
        }
    }

    /// Looks at the world.
    pub(crate) fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(
            &self
                .shared
                .world
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    pub(crate) fn read<T>(
        &self,
        look: impl FnOnce(&World) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.world(look)
    }

    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut World) -> Result<T, Error>,
    ) -> Result<T, Error> {
        change(
            &mut self
                .shared
                .world
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl fmt::Debug for MockHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockHost")
            .field("clock", &self.shared.clock)
            .field("online", &self.servers.is_some())
            .finish_non_exhaustive()
    }
}
