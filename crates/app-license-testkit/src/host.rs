//! The mock host platform itself.

mod builder;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use app_license::UnixTime;
use serde_json::Value;

use crate::clock::TestClock;
use crate::error::{Error, ErrorKind};
use crate::fault::{InjectedFault, Service, Switchboard};
use crate::forge::limits::Limits;
use crate::keys::SigningKey;
use crate::serve::Servers;
use crate::world::{SiteRecord, World};
pub use builder::MockHostBuilder;

/// A mock Atlassian platform in this process: sites, apps, licenses, keys, servers on loopback,
/// and a test clock. Clones share one platform; the servers stop with the last of them.
///
/// Ids follow from the seed and the moves alone: the first sites of two fresh platforms have the same
/// client key, whatever their names. Tests that share a database use a schema each, or another
/// [`MockHostBuilder::seed`].
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
    pub(crate) moves: Mutex<MovesOfASecond>,
    pub(crate) license_cache: Mutex<LicenseCache>,
}

/// How often each event of a tenant was sent by a move in the second of its last one.
pub(crate) type MovesOfASecond = BTreeMap<(String, String, String), (UnixTime, u64)>;

/// What sites answered to their License API, and when; for how many seconds they answer so.
#[derive(Default)]
pub(crate) struct LicenseCache {
    pub(crate) seconds: u64,
    pub(crate) answers: BTreeMap<(String, String), (UnixTime, Value)>,
}

impl MockHost {
    /// The clock. Hand a clone to the app under test.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.shared.clock
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
    /// use app_license_testkit::{InjectedFault, MockHost, Service};
    /// let host = MockHost::offline();
    /// host.set_fault(Service::InstallKeys, InjectedFault::Down);
    /// assert_eq!(host.fault(Service::InstallKeys), Some(InjectedFault::Down));
    /// host.heal(Service::InstallKeys);
    /// assert_eq!(host.fault(Service::InstallKeys), None);
    /// ```
    pub fn set_fault(&self, service: Service, fault: InjectedFault) {
        self.shared.faults.set(service, Some(fault));
    }

    /// Takes the fault away.
    pub fn heal(&self, service: Service) {
        self.shared.faults.set(service, None);
    }

    /// Lets sites answer their License API as the platform's do: what they answered last, for so many
    /// seconds; 300 there. Off unless this is called; 0 takes it back.
    ///
    /// ```
    /// use app_license_testkit::MockHost;
    /// let host = MockHost::offline();
    /// host.cache_licenses_for(300);
    /// ```
    pub fn cache_licenses_for(&self, seconds: u64) {
        let cache = self.shared.license_cache.lock();
        let mut cache = cache.unwrap_or_else(PoisonError::into_inner);
        *cache = LicenseCache {
            seconds,
            ..LicenseCache::default()
        };
    }

    /// The fault in front of a service.
    #[must_use]
    pub fn fault(&self, service: Service) -> Option<InjectedFault> {
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
    pub fn jwks(&self) -> Value {
        self.world(World::jwks)
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
