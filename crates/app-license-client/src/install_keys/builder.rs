//! Settings of [`InstallKeys`].

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_license::connect::KeyHosts;
use app_license::plan::keys::{InstallKeyCache, InstallKeyPlan};
use app_license::{KeyId, whole_seconds};
use app_license_store::InstallKeyStore;
use url::Url;

use super::lanes::Lanes;
use super::stored::Stored;
use super::{Inner, InstallKeys};
use crate::clock::{Clock, SharedClock, SystemClock};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::single_flight::SingleFlight;
use crate::stats::Counters;

/// More flights than requests that can be open.
const MAX_FLIGHTS: usize = 1 << 20;

/// Settings of [`InstallKeys`].
///
/// ```
/// use std::time::Duration;
///
/// use app_license::connect::{Cloud, KeyHosts};
/// use app_license_client::{Fetcher, InstallKeys};
/// let keys = InstallKeys::builder(Fetcher::new()?, KeyHosts::of(Cloud::Commercial))
///     .refused_for(Duration::from_secs(30))
///     .build()?;
/// # Ok::<(), app_license_client::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct InstallKeysBuilder {
    fetcher: Fetcher,
    hosts: KeyHosts,
    clock: SharedClock,
    stored: Option<Arc<dyn InstallKeyStore>>,
    settings: Settings,
}

#[derive(Debug)]
struct Settings {
    plan: InstallKeyPlan,
    unknown: u32,
    running: usize,
    waiting: usize,
}

impl InstallKeys {
    /// The keys of one cloud.
    pub fn builder(fetcher: Fetcher, hosts: KeyHosts) -> InstallKeysBuilder {
        InstallKeysBuilder::new(fetcher, hosts)
    }
}

impl InstallKeysBuilder {
    fn new(fetcher: Fetcher, hosts: KeyHosts) -> Self {
        let test_keys = fetcher.is_for_tests();
        Self {
            fetcher,
            hosts,
            clock: SharedClock::new(SystemClock),
            stored: None,
            settings: Settings {
                plan: InstallKeyPlan {
                    test_keys,
                    ..InstallKeyPlan::CONNECT
                },
                unknown: 5,
                running: 16,
                waiting: 384,
            },
        }
    }

    /// The clock. The machine's if not set.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = SharedClock::new(clock);
        self
    }

    /// How long an unknown or weak key stays refused, in seconds: a part of one counts as one. 60 s if not set.
    pub const fn refused_for(mut self, time: Duration) -> Self {
        self.settings.plan.refused = whole_seconds(time);
        self
    }

    /// How long a host that fails is left alone, in seconds: a part of one counts as one. 5 s if not set.
    pub const fn back_off(mut self, time: Duration) -> Self {
        self.settings.plan.back_off = whole_seconds(time);
        self
    }

    /// How many keys are kept. 256 if not set: the platform has a handful at a time.
    pub const fn keys_kept(mut self, count: usize) -> Self {
        self.settings.plan.keys = count;
        self
    }

    /// How many fetches run at once, and how many key ids of callers who asked for few unknown ids may
    /// wait for their turn; of others half as many may. Those beyond could not be checked. 16 and 384
    /// if not set: fewer than a server has connections, so that who waits does not take the place
    /// of who comes.
    pub const fn at_once(mut self, running: usize, waiting: usize) -> Self {
        self.settings.running = running;
        self.settings.waiting = waiting;
        self
    }

    /// How many ids that turn out to be no key one caller may ask about in a minute before its
    /// questions wait behind those of callers who did not. 5 if not set: the platform has a
    /// handful of keys at a time.
    pub const fn unknown_per_caller(mut self, count: u32) -> Self {
        self.settings.unknown = count;
        self
    }

    /// Where keys that proved themselves are kept over a restart. Nowhere if not set; the server
    /// crate keeps them in the app's store.
    pub fn stored_in(mut self, store: impl InstallKeyStore + 'static) -> Self {
        self.stored = Some(Arc::new(store));
        self
    }

    /// For tests: accepts ids that begin with [`KeyId::TEST_PREFIX`], whose private keys everybody
    /// has. Whoever reaches the app can install on it then. A [`Fetcher`] for tests implies it.
    pub const fn allow_test_keys_for_tests(mut self) -> Self {
        self.settings.plan.test_keys = true;
        self
    }

    /// Refuses such ids although the [`Fetcher`] is one for tests: what is tested is then what a real
    /// app does.
    pub const fn refuse_test_keys(mut self) -> Self {
        self.settings.plan.test_keys = false;
        self
    }

    /// Makes the store of keys. Nothing is fetched yet.
    ///
    /// # Errors
    /// `setting` when there is no key host, or one that cannot be asked.
    pub fn build(self) -> Result<InstallKeys, Error> {
        let wrong = |reason: &str| Error::setting("hosts", reason);
        let probe = KeyId::new("probe").map_err(|e| wrong(&e.to_string()))?;
        let urls: Vec<_> = self.hosts.key_urls(&probe).collect();
        for url in &urls {
            let url = Url::parse(url).map_err(|e| wrong(&e.to_string()))?;
            if !self.fetcher.takes(&url) {
                return Err(wrong("a key host is not an https URL"));
            }
        }
        if urls.is_empty() {
            return Err(wrong("there is no key host"));
        }
        let settings = self.settings;
        let inner = Inner {
            fetcher: self.fetcher,
            hosts: self.hosts,
            clock: self.clock,
            cache: Mutex::new(InstallKeyCache::new(settings.plan, urls.len())),
            lanes: Lanes::new(settings.running, settings.waiting, settings.unknown),
            stored: Stored::new(self.stored),
            // the lanes say who runs and who waits
            flights: SingleFlight::new(MAX_FLIGHTS, MAX_FLIGHTS),
            counters: Counters::default(),
        };
        Ok(InstallKeys {
            inner: Arc::new(inner),
        })
    }
}
