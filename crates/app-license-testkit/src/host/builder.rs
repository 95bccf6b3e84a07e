//! Settings before the start.

use std::sync::{Arc, Mutex, OnceLock};

use super::{MockHost, Shared};
use crate::clock::TestClock;
use crate::error::{Error, ErrorKind};
use crate::fault::Switchboard;
use crate::serve;
use crate::world::{Spelling, World};

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
    /// [`Service::ALL`](crate::Service::ALL), then the gateway.
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

    /// How Forge spells the active flag toward functions and remotes; both ways unless said.
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
            serve::start(Arc::clone(&host.shared), ports).await?,
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
                moves: Mutex::default(),
                license_cache: Mutex::default(),
            }),
            servers: None,
        })
    }
}
