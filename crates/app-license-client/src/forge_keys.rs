//! The key set of Forge invocation tokens.

mod builder;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::Jwks;
use app_license::plan::keys::{KeyRefusal, KeySetCache, KeySetPlan, KeySetStep, Need};
use url::Url;

use crate::clock::SharedClock;
use crate::error::{Error, ErrorKind};
use crate::fetch::{Fetcher, Get};
use crate::install_keys::for_tests;
use crate::single_flight::{InFlight, SingleFlight};
use crate::stats::{Counters, Stats};
use app_license::error::shown;

pub use builder::ForgeKeysBuilder;

/// The largest key set that is read, in bytes.
const MAX_JWKS: usize = 256 * 1024;

/// The public keys that Forge invocation tokens are signed with: one key set, kept.
///
/// | the set that is kept | its key is asked for | another key is asked for |
/// |---|---|---|
/// | none yet | fetched first | fetched first |
/// | fresh (under 5 min) | answered | fetched again, at most once a minute whatever the flood |
/// | aging (under 15 min) | answered, fetched again meanwhile | the same |
/// | expired | fetched first | the same |
/// | expired, and the platform is down | answered, tried again once a minute, for a day | could not check |
///
/// A key that the platform removed is gone after the next fetch, in 15 minutes at most; a set
/// without any usable key takes none away. A key that was replaced under its id is found by
/// [`ForgeKeys::refresh`]. Many requests share one fetch. Only one set is kept, of
/// at most 256 KiB and 64 keys. Ids that begin with [`KeyId::TEST_PREFIX`](app_license::KeyId::TEST_PREFIX) are refused, `test_key`,
/// without asking anybody.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
///
/// ```
#[doc = include_str!("../doc/loopback.rs")]
/// # block_on(async {
/// use app_license_client::{ErrorClass, Fetcher, ForgeKeys};
///
/// let down = answering(500, ""); // stands in for the platform
/// let keys = ForgeKeys::builder(Fetcher::loopback_for_tests()?, &down).build()?;
/// let error = keys.set_with("forge/invocation-token/key-1").await.unwrap_err();
/// assert_eq!(error.class(), ErrorClass::CouldNotCheck);
/// assert_eq!(error.to_string(), "`127.0.0.1` answered 500");
/// # Ok::<(), app_license_client::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ForgeKeys {
    inner: Arc<Inner>,
}

type FetchResult = Result<Arc<Jwks>, Error>;

#[derive(Debug)]
struct Inner {
    fetcher: Fetcher,
    url: Url,
    clock: SharedClock,
    plan: KeySetPlan,
    cache: Mutex<KeySetCache<Error>>,
    flights: Arc<SingleFlight<(), FetchResult>>,
    counters: Counters,
}

impl ForgeKeys {
    /// The key set, which holds a key of this id. The id stands in no URL.
    ///
    /// # Errors
    /// Refused: `unknown_key`, `test_key`. Could not check: anything else.
    pub async fn set_with(&self, kid: &str) -> Result<Arc<Jwks>, Error> {
        let found = self.find(kid, Need::Key).await;
        self.inner.counters.outcome(found)
    }

    /// The key set, asked for again although it holds a key of this id: for a token whose
    /// signature does not match, in case the platform replaced the key under its id, or a wrong
    /// set was once answered. At most once a minute whatever the flood, and not when unknown ids
    /// had their turn in that minute; the set that is kept is answered in between, and when it
    /// cannot be fetched.
    ///
    /// ```
    #[doc = include_str!("../doc/loopback.rs")]
    /// # block_on(async {
    /// # use app_license_client::{Fetcher, ForgeKeys};
    /// # let down = answering(500, "");
    /// # let keys = ForgeKeys::builder(Fetcher::loopback_for_tests()?, &down).build()?;
    /// # let kid = "forge/invocation-token/key-1";
    /// if let Err(error) = keys.refresh(kid).await {
    ///     assert_eq!(error.class().http_status(), 503);
    /// }
    /// # Ok::<(), app_license_client::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`ForgeKeys::set_with`].
    pub async fn refresh(&self, kid: &str) -> Result<Arc<Jwks>, Error> {
        let found = self.find(kid, Need::FresherKey).await;
        self.inner.counters.outcome(found)
    }

    /// What happened since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.counters.snapshot()
    }

    /// How old the set is that is kept, in seconds; `None` before the first one.
    #[must_use]
    pub fn age(&self) -> Option<u64> {
        let now = self.inner.clock.now();
        self.inner.lock().age(now)
    }

    async fn find(&self, kid: &str, need: Need) -> FetchResult {
        let inner = &self.inner;
        let (step, flight) = self.next(kid, need)?;
        let KeySetStep::Fetch { stale } = step else {
            if matches!(step, KeySetStep::Use { .. }) {
                inner.counters.hit();
            }
            return self.settled(kid, step);
        };
        let Some(flight) = flight else {
            return Err(ErrorKind::Interrupted.into());
        };
        if flight.joined {
            inner.counters.join();
        }
        let fetched = flight.finish().await.and_then(|answer| answer);
        let now = inner.clock.now();
        let step = inner.lock().after(&inner.plan, kid, fetched, stale, now);
        self.settled(kid, step)
    }

    /// Decides and starts what is to be started, in one step, so that a flood sees one state.
    fn next(&self, kid: &str, need: Need) -> Result<(KeySetStep<Error>, OpenFlight), Error> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let mut cache = inner.lock();
        let open = inner.flights.open(&());
        let step = cache.next(&inner.plan, kid, need, now, open.is_some());
        let flight = match &step {
            KeySetStep::Use { refresh: true, .. } => Some(self.start()?),
            KeySetStep::Fetch { .. } => match open {
                Some(flight) => Some(flight),
                None => Some(self.start()?),
            },
            _ => None,
        };
        Ok((step, flight))
    }

    fn settled(&self, kid: &str, step: KeySetStep<Error>) -> FetchResult {
        match step {
            KeySetStep::Use { set, expired, .. } => {
                if expired {
                    self.inner.counters.stale();
                }
                Ok(set)
            }
            KeySetStep::Refuse(KeyRefusal::Unknown) => Err(unknown(kid)),
            KeySetStep::Refuse(KeyRefusal::TestKey) => Err(for_tests(kid)),
            KeySetStep::CouldNotCheck(error) => Err(error),
            KeySetStep::Fetch { .. } => Err(ErrorKind::Interrupted.into()),
        }
    }

    fn start(&self) -> Result<InFlight<FetchResult>, Error> {
        let inner = Arc::clone(&self.inner);
        self.inner.flights.join((), || inner.refresh())
    }
}

type OpenFlight = Option<InFlight<FetchResult>>;

impl Inner {
    async fn refresh(self: Arc<Self>) -> FetchResult {
        let answer = self.fetch().await;
        let now = self.clock.now();
        let mut cache = self.lock();
        let answer = match answer {
            Ok(set) if cache.is_unusable(&set) => {
                let host = self.url.host_str().unwrap_or_default().to_owned();
                Err(unreadable(host, None))
            }
            answer => answer,
        };
        cache.fetched(&answer, now);
        drop(cache);
        answer
    }

    async fn fetch(&self) -> FetchResult {
        self.counters.fetch();
        let get = Get {
            url: &self.url,
            accept: "application/json",
            authorization: None,
            limit: MAX_JWKS,
        };
        let reply = self.fetcher.get(get).await?;
        let host = reply.host.clone();
        match Jwks::parse(&reply.success()?) {
            Ok(set) => Ok(Arc::new(set)),
            Err(source) => Err(unreadable(host, Some(source))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, KeySetCache<Error>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cold]
fn unreadable(host: String, source: Option<app_license::Error>) -> Error {
    ErrorKind::Unreadable {
        host,
        what: "key set",
        source,
    }
    .into()
}

#[cold]
fn unknown(kid: &str) -> Error {
    ErrorKind::UnknownKey { kid: shown(kid) }.into()
}
