//! The Connect License API: what a site says about the app's license.

mod builder;
mod settings;
mod stored;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app_license::connect::{
    BaseUrl, KeyHosts, LicenseApiError, LicenseApiResponse, RequestLine, sign_request,
};
use app_license::plan::Bounded;
use app_license::plan::license::{AnswerContent, CacheEntry};
use app_license::{AppKey, ClientKey, HmacKey, InstallationKey, License, UnixTime, Verified};
use app_license_store::LicenseStore;
use url::Url;
use zeroize::Zeroizing;

use crate::clock::SharedClock;
use crate::error::{Error, ErrorKind};
use crate::fetch::{Fetcher, Get, Reply};
use crate::retry::jitter;
use crate::single_flight::SingleFlight;
use crate::statement::{Statement, fetch_result};
use crate::stats::{Counters, Stats};
use app_license::error::shown;

pub use builder::ConnectLicenseApiBuilder;
use settings::Settings;

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// How long an answer waits until it is stored: longer keeps everybody who asked from having it.
const PUT_WITHIN: Duration = Duration::from_secs(2);

/// Asks a site, in the app's name, what license the app has there.
///
/// `GET {baseUrl}/rest/atlassian-connect/1/addons/{appKey}`, signed with the installation's
/// secret; a Confluence base URL ends in `/wiki` already. Only a site of the configured cloud is
/// asked: another base URL is refused before anything is sent, whatever vouches for it.
///
/// | the site | answer |
/// |---|---|
/// | answers with a license, active or not | that license |
/// | answers without one | a license that is absent |
/// | answers 404 | that it does not have the app |
/// | cannot be asked, and answered before | that answer, with its age and the fault, for a day |
/// | cannot be asked, and never answered | could not check |
/// | refuses the app's token, 401 or 403 | could not check; what it said before counts no longer |
///
/// An answer is kept for five minutes, as long as the host itself keeps it. Requests for one
/// tenant share one flight. A fault that may pass is tried again twice, with exponential back-off
/// and jitter or when the site says, and then left alone for half a minute.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps/>
///
/// ```
#[doc = include_str!("../doc/loopback.rs")]
/// # block_on(async {
/// use app_license::connect::{BaseUrl, KeyHosts};
/// use app_license::{AppKey, ClientKey, HmacKey, SharedSecret};
/// use app_license_client::{ConnectLicenseApi, Fetcher};
///
/// let site = answering(200, r#"{"key":"com.example.app","license":{"active":true}}"#);
/// let app = AppKey::new("com.example.app").unwrap();
/// let fetcher = Fetcher::loopback_for_tests()?; // stands in for the platform
/// let api = ConnectLicenseApi::builder(fetcher, app, KeyHosts::default()).build()?;
///
/// let tenant = ClientKey::new("tenant-1").unwrap(); // these three from the store
/// let base_url = BaseUrl::http_loopback(&site).unwrap();
/// let key = HmacKey::new(&SharedSecret::new("0123456789abcdef0123456789abcdef").unwrap());
/// let answer = api.get(&tenant, &base_url, &key).await?;
/// let license = answer.license().unwrap();
/// assert!(license.has_capability("capabilityStandard"));
/// # Ok::<(), app_license_client::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ConnectLicenseApi {
    inner: Arc<Inner>,
    store: Option<Arc<dyn LicenseStore>>,
}

type FetchResult = Result<Statement<LicenseApiResponse>, Error>;
type Entry = CacheEntry<LicenseApiResponse, Error>;

#[derive(Debug)]
struct Inner {
    fetcher: Fetcher,
    app: AppKey,
    hosts: KeyHosts,
    clock: SharedClock,
    settings: Settings,
    known: Mutex<Bounded<ClientKey, Entry>>,
    flights: Arc<SingleFlight<ClientKey, FetchResult>>,
    counters: Counters,
}

impl ConnectLicenseApi {
    /// The app that it asks about.
    #[must_use]
    pub fn app_key(&self) -> &AppKey {
        &self.inner.app
    }

    /// What the tenant's site says, at most five minutes old; older with the fault beside it when
    /// the site cannot be asked. All three arguments belong to one installation.
    ///
    /// # Errors
    /// Refused: `foreign_base_url`. Could not check: anything else.
    pub async fn get(&self, tenant: &ClientKey, base_url: &BaseUrl, key: &HmacKey) -> FetchResult {
        let (since, installed_at) = (UnixTime::EPOCH, UnixTime::EPOCH);
        self.get_as_of(tenant, base_url, key, since, installed_at)
            .await
    }

    /// The same, but asks again where what is known is more than
    /// [`LicenseApiResponse::OVERRULES_FOR`] seconds older than `since`: when a page was opened that
    /// states something else, say. A tenant's site is asked no more than once in that time, and
    /// once a minute where it said that nothing is active. What it said before `installed_at` is
    /// forgotten: an installation that ended does not speak for a new one.
    ///
    /// # Errors
    /// As [`ConnectLicenseApi::get`].
    pub async fn get_as_of(
        &self,
        tenant: &ClientKey,
        base_url: &BaseUrl,
        key: &HmacKey,
        since: UnixTime,
        installed_at: UnixTime,
    ) -> FetchResult {
        let counters = &self.inner.counters;
        let times = Times {
            since,
            installed_at,
        };
        counters.outcome(self.find(tenant, base_url, key, times).await)
    }

    /// Says that a signed request of the tenant states a higher edition than the site did, and answers
    /// whether it is worth asking again: see [`LicensePlan::expect_newer`].
    ///
    /// [`LicensePlan::expect_newer`]: app_license::plan::license::LicensePlan::expect_newer
    pub fn expect_newer(&self, tenant: &ClientKey) -> bool {
        let (plan, now) = (self.inner.settings.plan, self.inner.clock.now());
        let expect = |entry: &mut Entry| plan.expect_newer(entry, now);
        self.inner.lock().change(tenant, expect)
    }

    /// Forgets what is known of a tenant, as after an event that says its license changed.
    pub fn forget(&self, tenant: &ClientKey) {
        self.inner.lock().remove(tenant);
    }

    /// What happened since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.counters.snapshot()
    }

    async fn find(
        &self,
        tenant: &ClientKey,
        base_url: &BaseUrl,
        key: &HmacKey,
        times: Times,
    ) -> FetchResult {
        let inner = &self.inner;
        let url = inner.resource(base_url)?;
        if let Some(answer) = inner.known(tenant, times) {
            inner.counters.hit();
            if answer.as_ref().is_ok_and(|a| a.fault().is_some()) {
                inner.counters.stale();
            }
            return answer;
        }
        let question = || {
            let call = Call {
                tenant: tenant.clone(),
                base_url: base_url.clone(),
                url,
                key: key.clone(),
                times,
                store: self.store.clone(),
            };
            Arc::clone(inner).answer(call)
        };
        let flight = inner.flights.join(tenant.clone(), question)?;
        if flight.joined {
            inner.counters.join();
        }
        let answer = flight.finish().await?;
        if answer.as_ref().is_ok_and(|a| a.fault().is_some()) {
            inner.counters.stale();
        }
        answer
    }
}

/// Which answers will do.
#[derive(Clone, Copy)]
struct Times {
    since: UnixTime,
    installed_at: UnixTime,
}

/// Everything a call needs.
struct Call {
    tenant: ClientKey,
    base_url: BaseUrl,
    url: Url,
    key: HmacKey,
    times: Times,
    store: Option<Arc<dyn LicenseStore>>,
}

impl Inner {
    /// The address to ask, if it is on a host that may be asked.
    fn resource(&self, base_url: &BaseUrl) -> Result<Url, Error> {
        let foreign = || {
            let host = shown(base_url.host());
            Error::from(ErrorKind::ForeignHost { host })
        };
        let text = format!("{base_url}{}", LicenseApiResponse::path(&self.app));
        let url = Url::parse(&text).map_err(|_| foreign())?;
        let ours = self.hosts.check_site(base_url.as_str()).is_ok();
        if (ours || self.fetcher.is_loopback_only()) && self.fetcher.takes(&url) {
            Ok(url)
        } else {
            Err(foreign())
        }
    }

    /// What is known without asking, where that will do.
    fn known(&self, tenant: &ClientKey, times: Times) -> Option<FetchResult> {
        let (plan, now) = (self.settings.plan, self.clock.now());
        let mut known = self.lock();
        let entry = known.get(tenant)?;
        entry.forget_before(times.installed_at, now);
        Statement::of_step(plan.next(entry, times.since, now))
    }

    async fn answer(self: Arc<Self>, call: Call) -> FetchResult {
        if let Some(answer) = self.known(&call.tenant, call.times) {
            return answer;
        }
        let limit = self.settings.deadline;
        let asked = tokio::time::timeout(limit, self.ask(&call)).await;
        let asked = asked.unwrap_or_else(|_| {
            let host = call.base_url.host().to_owned();
            Err(ErrorKind::TimedOut { host }.into())
        });
        // an answer is as old as its question: a new install may have come in between
        let (asked, now) = match asked {
            Ok((said, asked_at)) => (Ok(said), asked_at),
            Err(error) => (Err(error), self.clock.now()),
        };
        let (result, plan) = (
            fetch_result(asked, AnswerContent::of_connect),
            self.settings.plan,
        );
        // stored first: what a later request finds here is there, too
        if let (Some(store), Some(license)) = (&call.store, stored::of_result(&result, now)) {
            let key = InstallationKey::Connect(call.tenant.clone());
            let put = store.put_license(&key, &license);
            let put = match tokio::time::timeout(PUT_WITHIN, put).await {
                Ok(put) => put.map_err(Error::from),
                Err(late) => Err(ErrorKind::Cache {
                    source: Arc::new(late),
                }
                .into()),
            };
            // the answer is right, even if the other replicas will not hear of it
            let _ = self.counters.outcome(put);
        }
        let answered = |entry: &mut Entry| plan.answered(entry, result, now);
        let (step, _) = self.lock().change(&call.tenant, answered);
        Statement::of_last_step(step)
    }

    /// What the site says, and when it was asked.
    async fn ask(&self, call: &Call) -> Result<(LicenseApiResponse, UnixTime), Error> {
        let mut attempt = 0_u32;
        loop {
            let asked_at = self.clock.now();
            let error = match self
                .ask_once(call)
                .await
                .and_then(|reply| read(&self.app, reply))
            {
                Ok(said) => return Ok((said, asked_at)),
                Err(error) => error,
            };
            attempt = attempt.saturating_add(1);
            let retries = self.settings.retries;
            match retries.pause(attempt, error.is_passing(), error.retry_after()) {
                Some(pause) => {
                    let pause = pause.at_least.saturating_add(jitter(pause.jitter));
                    tokio::time::sleep(pause).await;
                }
                None => return Err(error),
            }
        }
    }

    async fn ask_once(&self, call: &Call) -> Result<Reply, Error> {
        let now = self.clock.now();
        let request = RequestLine::new("GET", call.url.as_str());
        let (base_url, app) = (&call.base_url, &self.app);
        let token = sign_request(&request, base_url, app, &call.tenant, &call.key, now)
            .map_err(|e| Error::setting("base_url", e.to_string()))?;
        self.counters.fetch();
        let get = Get {
            url: &call.url,
            accept: "application/json",
            authorization: Some(Zeroizing::new(format!("JWT {token}"))),
            limit: MAX_ANSWER,
        };
        self.fetcher.get(get).await
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<ClientKey, Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as an answer; the rest are faults, kept apart from it.
fn read(app: &AppKey, reply: Reply) -> Result<LicenseApiResponse, Error> {
    match LicenseApiResponse::read_for(app, Some(reply.status), &reply.body) {
        said @ (LicenseApiResponse::License(_) | LicenseApiResponse::NotFound) => Ok(said),
        LicenseApiResponse::Failed(LicenseApiError::Malformed(source)) => {
            Err(ErrorKind::Unreadable {
                host: reply.host,
                what: "license",
                source: Some(source),
            }
            .into())
        }
        _ => Err(reply.fault()),
    }
}

impl Statement<LicenseApiResponse> {
    /// The license that the site stated, dated; `None` when it said that it does not have the
    /// app, which is a no.
    #[must_use]
    pub fn license(&self) -> Option<Verified<License>> {
        let license = self.value().license()?.clone();
        // fetched by this process, over TLS, from a host of the configured cloud
        Some(Verified::fetched(license.at(self.as_of())))
    }
}
