//! Settings of [`ConnectLicenseApi`].

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_license::connect::KeyHosts;
use app_license::plan::Bounded;
use app_license::plan::license::{LicensePlan, Retries};
use app_license::{AppKey, whole_seconds};
use app_license_store::LicenseStore;

use super::settings::Settings;
use super::{ConnectLicenseApi, Inner};
use crate::clock::{Clock, SharedClock, SystemClock};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::single_flight::SingleFlight;
use crate::stats::Counters;
use app_license::error::shown;

/// How long all tries of one question may take together.
const DEADLINE: Duration = Duration::from_secs(15);

/// Settings of [`ConnectLicenseApi`].
///
/// ```
/// use std::time::Duration;
///
/// use app_license::AppKey;
/// use app_license::connect::KeyHosts;
/// use app_license_client::{ConnectLicenseApi, Fetcher};
/// let app = AppKey::new("com.example.app").unwrap();
/// let api = ConnectLicenseApi::builder(Fetcher::new()?, app, KeyHosts::default())
///     .fresh_for(Duration::from_secs(900))
///     .keep_through_outage(Duration::from_secs(3600))
///     .build()?;
/// # Ok::<(), app_license_client::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct ConnectLicenseApiBuilder {
    fetcher: Fetcher,
    app: AppKey,
    hosts: KeyHosts,
    clock: SharedClock,
    settings: Settings,
}

impl ConnectLicenseApi {
    /// The API for this app on the sites of one cloud.
    pub fn builder(fetcher: Fetcher, app: AppKey, hosts: KeyHosts) -> ConnectLicenseApiBuilder {
        ConnectLicenseApiBuilder::new(fetcher, app, hosts)
    }

    /// The same API, which stores every answer here before anybody gets it, once however many requests
    /// it is given to. A token that the site refuses ends what is stored
    /// ([`CachedLicense::is_ended`](crate::CachedLicense::is_ended)). The answer is given all the same where storing fails, which is
    /// counted in [`ConnectLicenseApi::stats`].
    ///
    /// ```
    /// use app_license::AppKey;
    /// use app_license::connect::KeyHosts;
    /// use app_license_client::{ConnectLicenseApi, Fetcher};
    /// use app_license_store::MemoryStore;
    /// let app = AppKey::new("com.example.app").unwrap();
    /// let api = ConnectLicenseApi::builder(Fetcher::new()?, app, KeyHosts::default()).build()?;
    /// let api = api.stored_in(MemoryStore::new()); // a database, as a rule
    /// # Ok::<(), app_license_client::Error>(())
    /// ```
    #[must_use]
    pub fn stored_in(mut self, store: impl LicenseStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }
}

impl ConnectLicenseApiBuilder {
    fn new(fetcher: Fetcher, app: AppKey, hosts: KeyHosts) -> Self {
        Self {
            fetcher,
            app,
            hosts,
            clock: SharedClock::new(SystemClock),
            settings: Settings {
                plan: LicensePlan::CONNECT,
                retries: Retries::new(3, Duration::from_millis(200), Duration::from_secs(2)),
                deadline: DEADLINE,
                tenants: 2048,
                running: 32,
                waiting: 1024,
            },
        }
    }

    /// The clock. The machine's if not set.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = SharedClock::new(clock);
        self
    }

    /// How long an answer is given without asking again, in seconds: a part of one counts as one. Five minutes if not set, and at the
    /// least: the host itself answers no newer.
    pub const fn fresh_for(mut self, time: Duration) -> Self {
        self.settings.plan = self.settings.plan.fresh_for(time);
        self
    }

    /// How old an answer may be that is given when the site cannot be asked, in whole seconds: a part of one does
    /// not count. A day if not set; 0 for none.
    pub const fn keep_through_outage(mut self, time: Duration) -> Self {
        self.settings.plan.outage = time.as_secs();
        self
    }

    /// How long a site that fails is left alone, in seconds: a part of one counts as one. 30 s if not set.
    pub const fn back_off(mut self, time: Duration) -> Self {
        self.settings.plan.back_off = whole_seconds(time);
        self
    }

    /// How often a site is asked before it is left alone; the first pause between two tries, which
    /// doubles; and the longest. 3, 200 ms and 2 s if not set. A `Retry-After` over the longest
    /// ends the tries.
    pub const fn attempts(mut self, count: u32, first: Duration, longest: Duration) -> Self {
        self.settings.retries = Retries::new(count, first, longest);
        self
    }

    /// How long all tries together may take. 15 s if not set.
    pub const fn deadline(mut self, limit: Duration) -> Self {
        self.settings.deadline = limit;
        self
    }

    /// How many tenants' answers are kept. 2048 if not set.
    pub const fn tenants_kept(mut self, count: usize) -> Self {
        self.settings.tenants = count;
        self
    }

    /// How many sites are asked at once, and how many may be asked or wait for their turn; those
    /// beyond could not be checked. 32 and 1024 if not set.
    pub const fn at_once(mut self, running: usize, waiting: usize) -> Self {
        self.settings.running = running;
        self.settings.waiting = waiting;
        self
    }

    /// Makes the API. Nothing is asked yet.
    ///
    /// # Errors
    /// `setting` when the app key is not one that a descriptor may have.
    pub fn build(self) -> Result<ConnectLicenseApi, Error> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let app = self.app.as_str();
        if !app.bytes().all(plain) || app.bytes().all(|b| b == b'.') {
            return Err(Error::setting("app", format!("`{}`", shown(app))));
        }
        let settings = self.settings;
        let inner = Inner {
            fetcher: self.fetcher,
            app: self.app,
            hosts: self.hosts,
            clock: self.clock,
            settings,
            known: Mutex::new(Bounded::new(settings.tenants)),
            flights: SingleFlight::new(settings.running, settings.waiting),
            counters: Counters::default(),
        };
        Ok(ConnectLicenseApi {
            inner: Arc::new(inner),
            store: None,
        })
    }
}
