//! The Forge License API, asked no more often than it wants to be.

mod settings;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app_license::forge::LicenseApiResponse;
use app_license::{ForgeAppId, InstallationAri, License, UnixTime, Verified};
use url::Url;

use crate::answer::Answer;
use crate::bounded::Bounded;
use crate::clock::{SharedClock, passed};
use crate::error::{Error, ErrorKind, Source};
use crate::fetch::{Fetcher, Get, Reply};
use crate::flight::Flights;
use crate::license_cache::{Kept, LicenseCache, Turn};
use crate::stats::{Counters, Stats};
use crate::system_token::SystemToken;

pub use settings::ForgeLicenseApiBuilder;
use settings::Settings;

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// How many calls with a token that the platform refuses are made in the time of one lease.
const MAX_REFUSED: u32 = 3;

/// Asks the platform what license an app, or several of one vendor, has at an installation.
///
/// `GET https://api.atlassian.com/forge/app/v1/license`, with the app's system token. The platform
/// allows **one call in five minutes an installation**, whatever the number of the app's replicas:
/// before a call, the right to make it is leased from the shared [`LicenseCache`] for five and a
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

type Asked = Result<Answer<Arc<LicenseApiResponse>>, Error>;

#[derive(Debug)]
struct Inner {
    fetcher: Fetcher,
    url: Url,
    cache: Box<dyn LicenseCache>,
    clock: SharedClock,
    settings: Settings,
    known: Mutex<Bounded<InstallationAri, Known>>,
    flights: Arc<Flights<InstallationAri, Asked>>,
    counters: Counters,
}

/// What this process knows of one installation, so that the shared cache is not asked at every
/// request.
#[derive(Debug, Clone, Default)]
struct Known {
    said: Option<(Arc<LicenseApiResponse>, UnixTime)>,
    fault: Option<(UnixTime, Error)>,
    /// Since when, and how often since, the platform refused the token it was asked with.
    refused: Option<(UnixTime, u32)>,
}

impl ForgeLicenseApi {
    /// The API, with a cache that all replicas share.
    pub fn builder(fetcher: Fetcher, cache: impl LicenseCache) -> ForgeLicenseApiBuilder {
        ForgeLicenseApiBuilder::new(fetcher, Box::new(cache))
    }

    /// What the platform says about the apps at this installation. The token must be one that the
    /// platform gave for it.
    ///
    /// # Errors
    /// Could not check, always: a refusal is not the platform's to make here.
    pub async fn get(&self, installation: &InstallationAri, token: &SystemToken) -> Asked {
        let counters = &self.inner.counters;
        let asked = counters.outcome(self.find(installation, token).await);
        if asked.as_ref().is_ok_and(|answer| answer.fault().is_some()) {
            counters.stale();
        }
        asked
    }

    /// What happened since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.counters.snapshot()
    }

    async fn find(&self, installation: &InstallationAri, token: &SystemToken) -> Asked {
        let inner = &self.inner;
        if let Some(answer) = inner.known(installation) {
            inner.counters.hit();
            return answer;
        }
        let mut tries = MAX_REFUSED;
        loop {
            let (ours, token) = (installation.clone(), token.clone());
            let question = || Arc::clone(inner).answer(ours, token);
            let flight = inner.flights.join(installation.clone(), question)?;
            let joined = flight.joined;
            if joined {
                inner.counters.join();
            }
            let answer = flight.landed().await?;
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
    /// What is known without asking anybody.
    fn known(&self, installation: &InstallationAri) -> Option<Asked> {
        let now = self.clock.now();
        let mut known = self.lock();
        let known = known.get(installation)?;
        if let Some((response, at)) = &known.said
            && self.is_fresh(response, *at, now)
        {
            return Some(Ok(Answer::new(Arc::clone(response), *at)));
        }
        let (since, error) = known.fault.as_ref()?;
        let error = (!passed(now, *since, self.settings.fault)).then(|| error.clone())?;
        Some(self.despite(known, error, now))
    }

    /// Whether an answer need not be asked for again: sooner, where an app could not be checked.
    fn is_fresh(&self, response: &LicenseApiResponse, at: UnixTime, now: UnixTime) -> bool {
        let whole = response.results().all(|(_, result)| result.is_ok());
        let Settings { fresh, lease, .. } = self.settings;
        !passed(now, at, if whole { fresh } else { lease })
    }

    /// The last answer, if it is not too old, in spite of a fault.
    fn despite(&self, known: &Known, fault: Error, now: UnixTime) -> Asked {
        match &known.said {
            Some((response, at)) if !passed(now, *at, self.settings.kept) => {
                Ok(Answer::new(Arc::clone(response), *at).despite(fault))
            }
            _ => Err(fault),
        }
    }

    async fn answer(self: Arc<Self>, installation: InstallationAri, token: SystemToken) -> Asked {
        if let Some(answer) = self.known(&installation) {
            return answer;
        }
        let asked = self.ask(&installation, &token).await;
        let now = self.clock.now();
        let mut all = self.lock();
        let mut known = all.remove(&installation).unwrap_or_default();
        let fault = match asked {
            Ok(Found {
                response,
                at,
                fault,
            }) => {
                known.said = Some((response, at));
                fault
            }
            // a matter of this token, not of the installation; and what was known before does not
            // stand in for a refusal
            Err(error) if error.is_token_refused() => {
                known.refused = Some(self.refused_again(known.refused, now));
                all.insert(installation, known);
                return Err(error);
            }
            Err(error) => Some(error),
        };
        known.fault = fault.map(|error| (now, error));
        let answer = match (&known.fault, &known.said) {
            (Some((_, error)), _) => self.despite(&known, error.clone(), now),
            (None, Some((response, at))) => Ok(Answer::new(Arc::clone(response), *at)),
            (None, None) => Err(ErrorKind::Interrupted.into()),
        };
        all.insert(installation, known);
        answer
    }

    /// Looks into the shared cache, and asks the platform when it is our turn. While it is
    /// another's and nothing at all is known, its answer is waited for.
    async fn ask(&self, of: &InstallationAri, token: &SystemToken) -> Result<Found, Error> {
        const PAUSE: Duration = Duration::from_millis(200);
        let mut left = self.settings.wait;
        loop {
            let kept = self.kept(of).await?;
            let now = self.clock.now();
            if let Some(found) = &kept
                && self.is_fresh(&found.response, found.at, now)
            {
                return Ok(found.clone());
            }
            self.check_refusals(of, now)?;
            let lease = self.settings.lease;
            let until = match self.cache.try_lease(of, now, lease).await.map_err(cache)? {
                Turn::Ours => return self.call(of, token, kept, now).await,
                Turn::Held { until } => until,
            };
            if kept.is_some() || left.is_zero() {
                let seconds = until.since(now);
                let error = Error::from(ErrorKind::Leased { seconds });
                return kept.map(|kept| kept.despite(error.clone())).ok_or(error);
            }
            let pause = PAUSE.min(left);
            tokio::time::sleep(pause).await;
            left = left.saturating_sub(pause);
        }
    }

    /// Makes the call that is ours to make.
    async fn call(
        &self,
        of: &InstallationAri,
        token: &SystemToken,
        kept: Option<Found>,
        now: UnixTime,
    ) -> Result<Found, Error> {
        match self.fetch(token).await {
            Ok((response, body)) => {
                let put = self.cache.put(of, Kept::new(body, now)).await;
                // the answer is right, even if the other replicas will not hear of it
                let _ = self.counters.outcome(put.map_err(cache));
                Ok(Found::now(response, now))
            }
            Err(error) if error.is_token_refused() => {
                let released = self.cache.release(of).await;
                let _ = self.counters.outcome(released.map_err(cache));
                Err(error)
            }
            Err(error) => {
                self.heed(of, &error).await;
                kept.map(|kept| kept.despite(error.clone())).ok_or(error)
            }
        }
    }

    /// Refuses to ask where tokens were refused too often of late.
    fn check_refusals(&self, of: &InstallationAri, now: UnixTime) -> Result<(), Error> {
        let known = self.lock().get(of).and_then(|known| known.refused);
        match known {
            Some((since, count)) if count >= MAX_REFUSED => {
                let seconds = self.settings.lease.saturating_sub(now.since(since));
                if passed(now, since, self.settings.lease) {
                    return Ok(());
                }
                Err(ErrorKind::TokensRefused { seconds }.into())
            }
            _ => Ok(()),
        }
    }

    fn refused_again(&self, before: Option<(UnixTime, u32)>, now: UnixTime) -> (UnixTime, u32) {
        match before {
            Some((since, count)) if !passed(now, since, self.settings.lease) => {
                (since, count.saturating_add(1))
            }
            _ => (now, 1),
        }
    }

    async fn kept(&self, installation: &InstallationAri) -> Result<Option<Found>, Error> {
        let kept = self.cache.get(installation).await.map_err(cache)?;
        // what cannot be read is as good as nothing: it is asked for again
        Ok(kept.and_then(|kept| {
            let response = LicenseApiResponse::parse(kept.body().as_bytes()).ok()?;
            Some(Found::now(Arc::new(response), kept.as_of()))
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

    /// Leaves the platform alone for as long as it asks, an hour at most.
    async fn heed(&self, installation: &InstallationAri, error: &Error) {
        let wish = error.retry_after().unwrap_or(0).min(3600);
        if wish > self.settings.lease {
            let now = self.clock.now();
            let prolonged = self.cache.prolong(installation, now, wish).await;
            let _ = self.counters.outcome(prolonged.map_err(cache));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<InstallationAri, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer, from here or elsewhere.
#[derive(Clone)]
struct Found {
    response: Arc<LicenseApiResponse>,
    at: UnixTime,
    fault: Option<Error>,
}

impl Found {
    const fn now(response: Arc<LicenseApiResponse>, at: UnixTime) -> Self {
        let fault = None;
        Self {
            response,
            at,
            fault,
        }
    }

    fn despite(mut self, fault: Error) -> Self {
        self.fault = Some(fault);
        self
    }
}

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

impl Answer<Arc<LicenseApiResponse>> {
    /// The license of an app, dated.
    ///
    /// # Errors
    /// `not_checked` when the platform could not tell, or was not asked about the app.
    pub fn license(&self, app: &ForgeAppId) -> Result<Verified<License>, app_license::Error> {
        let license = self.value().license(app)?;
        // fetched by this process, or a replica of it, over TLS from the configured host
        Ok(Verified::dangerous_assume(license.at(self.as_of())))
    }
}

#[cold]
fn cache(source: Source) -> Error {
    ErrorKind::Cache { source }.into()
}
