//! The Forge License API, asked no more often than it wants to be.

mod builder;
mod settings;
mod shared_cache;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app_license::forge::LicenseApiResponse;
use app_license::plan::Bounded;
use app_license::plan::license::{
    self as plan, AnswerContent, CacheEntry, CachedLicense, LeaseUse, LicensePlan, Step,
};
use app_license::{ForgeAppId, InstallationAri, License, LicenseSource, UnixTime, Verified};
use url::Url;

use crate::clock::SharedClock;
use crate::error::{Error, ErrorKind};
use crate::fetch::{Fetcher, Get, Reply};
use crate::single_flight::SingleFlight;
use crate::statement::{Statement, fetch_result};
use crate::stats::{Counters, Stats};
use crate::system_token::SystemToken;

pub use builder::ForgeLicenseApiBuilder;
use settings::Settings;
use shared_cache::SharedCache;

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// How often it is looked whether another replica was answered.
const PAUSE: Duration = Duration::from_millis(200);
/// Asks the platform what license an app, or several of one vendor, has at an installation.
///
/// `GET https://api.atlassian.com/forge/app/v1/license`, with the app's system token. The platform
/// allows **one call in five minutes an installation**, whatever the number of the app's replicas:
/// before a call, the right to make it is leased from the shared store ([`LeaseStore`](crate::store::LeaseStore)) for five and a
/// half minutes (half a minute for clocks that disagree), and is not given back, whatever comes of
/// the call, with one exception: 401 and 403 say that the token was not accepted, so the right is
/// given back to whoever has a better one, three times in that time at most. Nothing is retried
/// within it.
///
/// | what is known | answer |
/// |---|---|
/// | an answer under an hour old, here or in the shared cache | that |
/// | an older one, and it is our turn | asked again |
/// | an older one, and it is another's turn, or the platform is down | that, with its age and the fault |
/// | nothing, and it is another's turn | waited for, for two seconds; then could not check |
/// | nothing, and the platform is down | could not check |
/// | the token was refused, 401 or 403 | that answer for this asker alone; what was known before counts no longer |
///
/// The address is a setting. The `apiBaseUrl` that an invocation token names is not asked.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/apis-reference/license-api/>
///
/// ```
#[doc = include_str!("../doc/loopback.rs")]
/// # block_on(async {
/// use app_license::{ForgeAppId, InstallationAri};
/// use app_license_client::{Fetcher, ForgeLicenseApi, MemoryLicenseCache, SystemToken};
///
/// let platform = answering(200, r#"{"results":[{"appId":"8db33809-1f69-42a5-8e40-8b6e0b3f8d11",
///     "data":{"active":true,"capabilitySet":"capabilityAdvanced"}}]}"#);
/// let fetcher = Fetcher::loopback_for_tests()?; // stands in for the platform
/// let api = ForgeLicenseApi::builder(fetcher, MemoryLicenseCache::new())
///     .host(&platform)
///     .build()?;
///
/// let installation = InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1").unwrap();
/// let token = SystemToken::new("from-the-header-x-forge-oauth-system")?;
/// let answer = api.get(&installation, &token).await?;
/// let app = ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11").unwrap();
/// assert!(answer.license(&app).unwrap().has_capability("capabilityAdvanced"));
/// # Ok::<(), app_license_client::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ForgeLicenseApi {
    inner: Arc<Inner>,
}

type FetchResult = Result<Statement<Arc<LicenseApiResponse>>, Error>;

#[derive(Debug)]
struct Inner {
    fetcher: Fetcher,
    apps: Vec<ForgeAppId>,
    url: Url,
    shared: SharedCache,
    clock: SharedClock,
    settings: Settings,
    known: Mutex<Bounded<InstallationAri, Entry>>,
    flights: Arc<SingleFlight<InstallationAri, FetchResult>>,
    counters: Counters,
}

/// What this process knows of one installation, so that the shared cache is not asked at every
/// request.
type Entry = CacheEntry<Arc<LicenseApiResponse>, Error>;
type LicenseStep = Step<Arc<LicenseApiResponse>, Error>;
type Fetched = plan::FetchResult<Arc<LicenseApiResponse>, Error>;

impl ForgeLicenseApi {
    /// The apps that it asks about; none where it asks about the calling app.
    #[must_use]
    pub fn apps(&self) -> &[ForgeAppId] {
        &self.inner.apps
    }

    /// What the platform says about the apps at this installation. The token must be one that the
    /// platform gave for it.
    ///
    /// # Errors
    /// Could not check, always: a refusal is not the platform's to make here.
    pub async fn get(&self, installation: &InstallationAri, token: &SystemToken) -> FetchResult {
        self.get_of_install(installation, token, UnixTime::EPOCH)
            .await
    }

    /// The same for an app that was installed then (UTC). What the platform said before is forgotten, and
    /// passed over in the shared cache: an installation that ended does not speak for a new one.
    ///
    /// # Errors
    /// As [`ForgeLicenseApi::get`].
    pub async fn get_of_install(
        &self,
        installation: &InstallationAri,
        token: &SystemToken,
        installed_at: UnixTime,
    ) -> FetchResult {
        let counters = &self.inner.counters;
        let asked = counters.outcome(self.find(installation, token, installed_at).await);
        if asked.as_ref().is_ok_and(|answer| answer.fault().is_some()) {
            counters.stale();
        }
        asked
    }

    /// Says that an invocation token of the installation states a higher edition than the API did, and
    /// answers whether it is worth asking again: see [`LicensePlan::expect_newer`]. The API is asked
    /// no more often for it than the platform allows.
    pub fn expect_newer(&self, installation: &InstallationAri) -> bool {
        let (plan, now) = (self.inner.settings.plan, self.inner.clock.now());
        let expect = |entry: &mut Entry| plan.expect_newer(entry, now);
        self.inner.lock().change(installation, expect)
    }

    /// What happened since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.counters.snapshot()
    }

    async fn find(
        &self,
        installation: &InstallationAri,
        token: &SystemToken,
        installed_at: UnixTime,
    ) -> FetchResult {
        let inner = &self.inner;
        if let Some(answer) = inner.known(installation, installed_at) {
            inner.counters.hit();
            return answer;
        }
        let mut tries = LicensePlan::MAX_REFUSED;
        loop {
            let (ours, token) = (installation.clone(), token.clone());
            let question = || Arc::clone(inner).answer(ours, token);
            let flight = inner.flights.join(installation.clone(), question)?;
            let joined = flight.joined;
            if joined {
                inner.counters.join();
            }
            let answer = flight.finish().await?;
            tries = tries.saturating_sub(1);
            match answer {
                // another asker's token was refused; this one may be better
                Err(error) if joined && tries > 0 && error.is_token_refused() => {}
                answer => return answer,
            }
        }
    }
}

impl Inner {
    /// What is known without asking anybody. The time of the install is kept for the shared cache.
    fn known(&self, installation: &InstallationAri, installed_at: UnixTime) -> Option<FetchResult> {
        let (plan, now) = (self.settings.plan, self.clock.now());
        let next = |entry: &mut Entry| {
            entry.forget_before(installed_at, now);
            plan.next(entry, UnixTime::EPOCH, now)
        };
        Statement::of_step(self.lock().change(installation, next))
    }

    async fn answer(
        self: Arc<Self>,
        installation: InstallationAri,
        token: SystemToken,
    ) -> FetchResult {
        // another flight may have ended
        if let Some(answer) = self.known(&installation, UnixTime::EPOCH) {
            return answer;
        }
        let step = match self.ask(&installation, &token).await {
            Ok(step) => step,
            // the shared cache or its lease
            Err(error) => {
                let result = fetch_result(Err(error), |_| AnswerContent::Partial);
                self.answered(&installation, result, self.clock.now()).0
            }
        };
        Statement::of_last_step(step)
    }

    /// Looks into the shared cache, and asks the platform where the lease is ours. While it is
    /// another's and nothing at all is known, its answer is waited for.
    async fn ask(&self, of: &InstallationAri, token: &SystemToken) -> Result<LicenseStep, Error> {
        let plan = self.settings.plan;
        let mut left = self.settings.wait;
        loop {
            let shared = self.shared(of).await?;
            let now = self.clock.now();
            let found = |entry: &mut Entry| plan.found(entry, shared, now);
            let seconds = match self.lock().change(of, found) {
                Step::Lease { seconds } => seconds,
                step => return Ok(step),
            };
            let lease = self.shared.try_lease(of, now, seconds).await?;
            let leased = |entry: &mut Entry| plan.leased(entry, lease, now, !left.is_zero());
            let step = self.lock().change(of, leased);
            match step {
                Step::Ask => return Ok(self.call(of, token, now).await),
                Step::Wait { .. } => {
                    let pause = PAUSE.min(left);
                    tokio::time::sleep(pause).await;
                    left = left.saturating_sub(pause);
                }
                step => return Ok(step),
            }
        }
    }

    /// Makes the call that is ours to make.
    async fn call(&self, of: &InstallationAri, token: &SystemToken, now: UnixTime) -> LicenseStep {
        let fetched = self.fetch(token).await;
        let mut ended = self.clock.now();
        let mut kept = Ok(());
        if let Ok((_, body)) = &fetched {
            ended = now; // an answer is as old as its question
            let body = Some(body.clone());
            let license = CachedLicense::from_parts(LicenseSource::ForgeLicenseApi, body, now);
            kept = self.shared.put(of, &license).await;
        }
        let fetched = fetched.map(|(response, _)| response);
        let result = fetch_result(fetched, |response| AnswerContent::of_forge(response));
        if result.ends_stored() {
            let license = CachedLicense::ended(LicenseSource::ForgeLicenseApi, ended);
            kept = self.shared.put(of, &license).await;
        }
        let (step, lease) = self.answered(of, result, ended);
        match lease {
            LeaseUse::Keep => {}
            LeaseUse::GiveBack => kept = kept.and(self.shared.release(of).await),
            LeaseUse::Prolong { seconds } => {
                kept = kept.and(self.shared.prolong(of, ended, seconds).await);
            }
        }
        // the answer is right, even if the other replicas will not hear of it
        let _ = self.counters.outcome(kept);
        step
    }

    fn answered(
        &self,
        of: &InstallationAri,
        result: Fetched,
        now: UnixTime,
    ) -> (LicenseStep, LeaseUse) {
        let plan = self.settings.plan;
        let answered = |entry: &mut Entry| plan.answered(entry, result, now);
        self.lock().change(of, answered)
    }

    async fn shared(&self, of: &InstallationAri) -> Result<Option<Shared>, Error> {
        let license = self.shared.get(of).await?;
        // what cannot be read is as good as nothing: it is asked for again
        Ok(license.and_then(|license| {
            let response = LicenseApiResponse::parse(license.document()?.as_bytes()).ok()?;
            let content = AnswerContent::of_forge(&response);
            Some((Arc::new(response), license.fetched_at(), content))
        }))
    }

    async fn fetch(&self, token: &SystemToken) -> Result<(Arc<LicenseApiResponse>, String), Error> {
        self.counters.fetch();
        let get = Get {
            url: &self.url,
            accept: "application/json",
            authorization: Some(token.bearer()),
            limit: MAX_ANSWER,
        };
        read(self.fetcher.get(get).await?)
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<InstallationAri, Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer of the shared cache, and when it was fetched.
type Shared = (Arc<LicenseApiResponse>, UnixTime, AnswerContent);

/// An answer about one app at least; the rest are faults, and replace nothing.
fn read(reply: Reply) -> Result<(Arc<LicenseApiResponse>, String), Error> {
    if reply.status != 200 {
        return Err(reply.fault());
    }
    let host = reply.host;
    let unreadable = |source| ErrorKind::Unreadable {
        host,
        what: "license",
        source,
    };
    let Ok(body) = String::from_utf8(reply.body) else {
        return Err(unreadable(None).into());
    };
    let response = match LicenseApiResponse::parse(body.as_bytes()) {
        Ok(response) => response,
        Err(source) => return Err(unreadable(Some(source)).into()),
    };
    if response.results().any(|(_, result)| result.is_ok()) {
        return Ok((Arc::new(response), body));
    }
    let fault = response
        .results()
        .find_map(|(_, result)| result.err().cloned());
    Err(unreadable(fault).into())
}

impl Statement<Arc<LicenseApiResponse>> {
    /// The license of an app, dated.
    ///
    /// # Errors
    /// `not_checked` when the platform could not tell, or was not asked about the app.
    pub fn license(&self, app: &ForgeAppId) -> Result<Verified<License>, app_license::Error> {
        let license = self.value().license(app)?;
        // fetched by this process, or a replica of it, over TLS from the configured host
        Ok(Verified::fetched(license.at(self.as_of())))
    }
}
