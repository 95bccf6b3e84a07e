//! Settings of [`ForgeKeys`].

use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_license::plan::keys::{KeySetCache, KeySetPlan};
use app_license::whole_seconds;
use url::Url;

use super::{ForgeKeys, Inner};
use crate::clock::{Clock, SharedClock, SystemClock};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::single_flight::SingleFlight;
use crate::stats::Counters;

/// Settings of [`ForgeKeys`].
///
/// ```
/// use std::time::Duration;
///
/// use app_license::forge::JwksUrl;
/// use app_license_client::{Fetcher, ForgeKeys};
/// let keys = ForgeKeys::builder(Fetcher::new()?, JwksUrl::default())
///     .refresh_after(Duration::from_secs(120))
///     .expire_after(Duration::from_secs(600))
///     .keep_through_outage(Duration::from_secs(3600))
///     .build()?;
/// # Ok::<(), app_license_client::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct ForgeKeysBuilder {
    fetcher: Fetcher,
    url: String,
    clock: SharedClock,
    plan: KeySetPlan,
}

impl ForgeKeys {
    /// The key set at a URL of the configured cloud: a [`JwksUrl`](app_license::forge::JwksUrl).
    ///
    /// ```
    /// use app_license::forge::JwksUrl;
    /// use app_license_client::{Fetcher, ForgeKeys};
    /// let keys = ForgeKeys::builder(Fetcher::new()?, JwksUrl::default()).build()?;
    /// assert_eq!(keys.age(), None);
    /// # Ok::<(), app_license_client::Error>(())
    /// ```
    pub fn builder(fetcher: Fetcher, url: impl Display) -> ForgeKeysBuilder {
        ForgeKeysBuilder::new(fetcher, url.to_string())
    }
}

impl ForgeKeysBuilder {
    fn new(fetcher: Fetcher, url: String) -> Self {
        Self {
            plan: KeySetPlan {
                test_keys: fetcher.is_for_tests(),
                ..KeySetPlan::FORGE
            },
            fetcher,
            url,
            clock: SharedClock::new(SystemClock),
        }
    }

    /// The clock. The machine's if not set.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = SharedClock::new(clock);
        self
    }

    /// From which age on the set is fetched again while it is served, in seconds: a part of one counts as one. 300 s if not set.
    pub const fn refresh_after(mut self, time: Duration) -> Self {
        self.plan.refresh = whole_seconds(time);
        self
    }

    /// From which age on the set is fetched again before it is served, in whole seconds: the longest
    /// that a removed key is accepted. 900 if not set.
    pub const fn expire_after(mut self, time: Duration) -> Self {
        self.plan.expire = whole_seconds(time);
        self
    }

    /// For how long an expired set is served when the platform cannot be reached, in whole seconds: a part of
    /// one does not count. A day if not set; 0 for never.
    pub const fn keep_through_outage(mut self, time: Duration) -> Self {
        self.plan.outage = time.as_secs();
        self
    }

    /// The least time between two fetches for key ids that are unknown or whose signatures do not
    /// match, and after a failed fetch, in seconds: a part of one counts as one. 60 s if not set.
    pub const fn cooldown(mut self, time: Duration) -> Self {
        self.plan.cooldown = whole_seconds(time);
        self
    }

    /// How long a failed fetch stands while there is no set at all, in seconds: a part of one counts as one. 5 s if not set.
    pub const fn back_off(mut self, time: Duration) -> Self {
        self.plan.back_off = whole_seconds(time);
        self
    }

    /// For tests: accepts ids that begin with [`KeyId::TEST_PREFIX`](app_license::KeyId::TEST_PREFIX),
    /// whose private keys everybody has. Whoever reaches the app can invoke it then. A [`Fetcher`]
    /// for tests implies it.
    pub const fn allow_test_keys_for_tests(mut self) -> Self {
        self.plan.test_keys = true;
        self
    }

    /// Refuses such ids although the [`Fetcher`] is one for tests: what is tested is then what a real
    /// app does.
    pub const fn refuse_test_keys(mut self) -> Self {
        self.plan.test_keys = false;
        self
    }

    /// Makes the key set's keeper. Nothing is fetched yet.
    ///
    /// # Errors
    /// `setting` when the URL is not an https URL, or the set expires before it is refreshed.
    pub fn build(self) -> Result<ForgeKeys, Error> {
        let url = Url::parse(&self.url).map_err(|e| Error::setting("url", e.to_string()))?;
        if !self.fetcher.takes(&url) {
            return Err(Error::setting("url", "it is not a plain https URL"));
        }
        if self.plan.refresh > self.plan.expire {
            let reason = "the set would expire before it is refreshed";
            return Err(Error::setting("expire_after", reason));
        }
        let inner = Inner {
            fetcher: self.fetcher,
            url,
            clock: self.clock,
            plan: self.plan,
            cache: Mutex::new(KeySetCache::default()),
            flights: SingleFlight::new(1, 1),
            counters: Counters::default(),
        };
        Ok(ForgeKeys {
            inner: Arc::new(inner),
        })
    }
}
