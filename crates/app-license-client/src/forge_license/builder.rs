//! Settings of [`ForgeLicenseApi`].

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_license::forge::LicenseApiRequest;
use app_license::plan::Bounded;
use app_license::plan::license::LicensePlan;
use app_license::{ForgeAppId, whole_seconds};
use app_license_store::{LeaseStore, LicenseStore};
use url::Url;

use super::settings::Settings;
use super::shared_cache::SharedCache;
use super::{ForgeLicenseApi, Inner};
use crate::clock::{Clock, SharedClock, SystemClock};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::single_flight::SingleFlight;
use crate::stats::Counters;

/// How many installations' answers a process keeps beside the shared cache.
const INSTALLATIONS: usize = 2048;
/// How long another replica's answer is waited for.
const WAIT: Duration = Duration::from_secs(2);

/// Settings of [`ForgeLicenseApi`].
///
/// ```
/// use std::time::Duration;
///
/// use app_license::ForgeAppId;
/// use app_license_client::{Fetcher, ForgeLicenseApi, MemoryLicenseCache};
/// let api = ForgeLicenseApi::builder(Fetcher::new()?, MemoryLicenseCache::new())
///     .app(ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11").unwrap())
///     .fresh_for(Duration::from_secs(1800))
///     .build()?;
/// # Ok::<(), app_license_client::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct ForgeLicenseApiBuilder {
    fetcher: Fetcher,
    shared: SharedCache,
    host: String,
    older_path: bool,
    apps: Vec<ForgeAppId>,
    clock: SharedClock,
    settings: Settings,
}

impl ForgeLicenseApi {
    /// The API, with a store that all replicas share: the app's own, as a rule.
    /// [`MemoryLicenseCache`](crate::MemoryLicenseCache) is right for one process only.
    pub fn builder(
        fetcher: Fetcher,
        store: impl LicenseStore + LeaseStore + 'static,
    ) -> ForgeLicenseApiBuilder {
        ForgeLicenseApiBuilder::new(fetcher, SharedCache::new(store))
    }
}

impl ForgeLicenseApiBuilder {
    fn new(fetcher: Fetcher, shared: SharedCache) -> Self {
        Self {
            fetcher,
            shared,
            host: LicenseApiRequest::ORIGIN.to_owned(),
            older_path: false,
            apps: Vec::new(),
            clock: SharedClock::new(SystemClock),
            settings: Settings {
                plan: LicensePlan::FORGE,
                wait: WAIT,
                running: 16,
                waiting: 1024,
            },
        }
    }

    /// One more app to ask about, at most [`LicenseApiRequest::MAX_APPS`], of the same vendor and environment.
    /// The calling app itself if none is set.
    pub fn app(mut self, app: ForgeAppId) -> Self {
        if !self.apps.contains(&app) {
            self.apps.push(app);
        }
        self
    }

    /// The platform's API host. `https://api.atlassian.com` if not set.
    pub fn host(mut self, url: impl Into<String>) -> Self {
        self.host = url.into();
        self
    }

    /// Asks at the path of before May 2026, `/forge/installation/v1/license`.
    pub const fn older_path(mut self) -> Self {
        self.older_path = true;
        self
    }

    /// The clock. The machine's if not set. The clocks of all replicas must agree to
    /// [`Self::leased_for`] less 300 seconds.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = SharedClock::new(clock);
        self
    }

    /// How long an answer is given without asking again, in seconds: a part of one counts as one. An hour if not set, as the
    /// platform recommends; 300 at the least.
    pub const fn fresh_for(mut self, time: Duration) -> Self {
        self.settings.plan = self.settings.plan.fresh_for(time);
        self
    }

    /// How old an answer may be that is given when nothing newer can be had, in whole seconds: a part of one does
    /// not count. A day if not set; 0 for none.
    pub const fn keep_through_outage(mut self, time: Duration) -> Self {
        self.settings.plan.outage = time.as_secs();
        self
    }

    /// How long the right to ask is held, in seconds: a part of one counts as one. 330 s if not set; 300 s at the least.
    pub const fn leased_for(mut self, time: Duration) -> Self {
        self.settings.plan = self.settings.plan.leased_for(time);
        self
    }

    /// How long to wait for another replica's answer when nothing at all is known. 2 s if not set.
    pub const fn wait(mut self, limit: Duration) -> Self {
        self.settings.wait = limit;
        self
    }

    /// How long a fault stands before the shared cache is looked into again, in seconds: a part of one counts as one. 5 s if not
    /// set.
    pub const fn back_off(mut self, time: Duration) -> Self {
        self.settings.plan.back_off = whole_seconds(time);
        self
    }

    /// Makes the API. Nothing is asked yet.
    ///
    /// # Errors
    /// `setting` when the host is not an https URL, or there are too many apps.
    pub fn build(self) -> Result<ForgeLicenseApi, Error> {
        let wrong = |reason: &str| Error::setting("host", reason);
        let base = Url::parse(&self.host).map_err(|e| wrong(&e.to_string()))?;
        if !self.fetcher.takes(&base) || base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("it is not a plain https URL"));
        }
        let request = LicenseApiRequest::of_apps(&self.apps)
            .map_err(|e| Error::setting("app", e.to_string()))?
            .older_path(self.older_path);
        let text = format!("{}{}", base.as_str().trim_end_matches('/'), request.path());
        let url = Url::parse(&text).map_err(|e| wrong(&e.to_string()))?;
        let settings = self.settings;
        let inner = Inner {
            fetcher: self.fetcher,
            apps: self.apps,
            url,
            shared: self.shared,
            clock: self.clock,
            settings,
            known: Mutex::new(Bounded::new(INSTALLATIONS)),
            flights: SingleFlight::new(settings.running, settings.waiting),
            counters: Counters::default(),
        };
        Ok(ForgeLicenseApi {
            inner: Arc::new(inner),
        })
    }
}
