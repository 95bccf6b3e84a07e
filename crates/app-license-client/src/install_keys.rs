//! The keys of signed installs, by their id.

mod builder;
mod fetched;
mod lanes;
mod stored;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::connect::KeyHosts;
use app_license::plan::keys::{
    Caller, HostAnswer, HostStep, InstallKeyCache, InstallKeyResult, InstallKeyStep, KeyRefusal,
    Lane,
};
use app_license::{ClientKey, KeyId, RsaPublicKey};
use url::Url;

use crate::clock::SharedClock;
use crate::error::{Error, ErrorKind};
use crate::fetch::{Fetcher, Get};
use crate::single_flight::SingleFlight;
use crate::stats::{Counters, Stats};
use app_license::error::shown;

pub use builder::InstallKeysBuilder;
use fetched::Fetched;
use lanes::Lanes;
use stored::Stored;

/// The largest key text that is read, in bytes: an 8192-bit key has about 1500.
const MAX_PEM: usize = 16 * 1024;

/// The public keys that `installed` and `uninstalled` tokens are signed with.
///
/// A key is asked of the first key host of the configured [`KeyHosts`] by its id, then of the
/// second **with the same id**. Which hosts are asked is a setting, never a matter of what a
/// request says. What comes of it:
///
/// | the hosts say | answer | remembered |
/// |---|---|---|
/// | a key of 2048 bits or more | the key | for good: a key never changes under one id |
/// | 404, all of them | refused, `unknown_key` | 60 s: it may be published yet |
/// | a shorter key | refused, `weak_key` | 60 s |
/// | anything else from one, and no key from the other | could not check | 5 s |
///
/// Many requests for one id share one fetch. Everything is bounded: keys and refusals kept,
/// fetches at once, and requests waiting for one.
///
/// # A flood of made-up ids
/// No stranger can keep the platform out by asking for keys that nobody has:
///
/// - Half of the fetches that may run at once is for callers who have asked for few unknown ids in
///   the last minute. A caller is an address ([`InstallKeys::get_for`]), an IPv6 one by its first
///   64 bits. Who has asked for more shares the rest with everybody else.
/// - Where all callers have one address, as behind a proxy that hides them, they share the rest, and
///   a quarter of the whole is for requests that name a tenant with whom few unknown ids came
///   ([`InstallKeys::get_for_tenant`]). Who makes up a tenant with each id is served as fast as the key
///   host answers; nobody is turned away until the queue is full. Tell the app which header names
///   the client, where a proxy writes one.
/// - A key that a token was verified with is kept in the app's store, where there is one
///   ([`InstallKeysBuilder::stored_in`], [`InstallKeys::proved`]): after a deployment no key is
///   unknown that was known before.
///
/// Ids that begin with [`KeyId::TEST_PREFIX`] are refused, `test_key`, without asking anybody.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
///
/// ```
#[doc = include_str!("../doc/loopback.rs")]
/// # block_on(async {
/// use app_license::KeyId;
/// use app_license::connect::{BaseUrl, KeyHosts};
/// use app_license_client::{ErrorClass, Fetcher, InstallKeys};
///
/// let host = answering(404, "not found"); // stands in for the platform
/// let hosts = KeyHosts::custom([BaseUrl::http_loopback(&host).unwrap()], []);
/// let keys = InstallKeys::builder(Fetcher::loopback_for_tests()?, hosts).build()?;
/// let kid = KeyId::new("0e50fccb-239d-4991-a5db-dc850ba3f236").unwrap();
/// let error = keys.get(&kid).await.unwrap_err();
/// assert_eq!(error.class(), ErrorClass::Refused);
/// assert_eq!(error.to_string(), "no key `0e50fccb-239d-4991-a5db-dc850ba3f236` is known");
/// # Ok::<(), app_license_client::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct InstallKeys {
    inner: Arc<Inner>,
}

type FetchResult = Result<Fetched, Error>;

#[derive(Debug)]
struct Inner {
    fetcher: Fetcher,
    hosts: KeyHosts,
    clock: SharedClock,
    cache: Mutex<Cache>,
    lanes: Lanes,
    stored: Stored,
    flights: Arc<SingleFlight<(KeyId, Lane), FetchResult>>,
    counters: Counters,
}

type Cache = InstallKeyCache<Fetched, Error>;

impl InstallKeys {
    /// The key of this id. The id was checked when the [`KeyId`] was made, so nothing that a token
    /// says can change the host or the path that is asked.
    ///
    /// # Errors
    /// Refused: `unknown_key`, `weak_key`, `test_key`. Could not check: anything else.
    pub async fn get(&self, kid: &KeyId) -> Result<RsaPublicKey, Error> {
        self.get_for(kid, Caller::UNKNOWN).await
    }

    /// The key of this id, for a request from this address: what strangers spend by asking for
    /// made-up ids, they spend of their own.
    ///
    /// # Errors
    /// As [`InstallKeys::get`]; `unknown_key_flood` when too many ids wait for their turn.
    pub async fn get_for(&self, kid: &KeyId, caller: Caller) -> Result<RsaPublicKey, Error> {
        self.look_up(kid, caller, None).await
    }

    /// The same for a request that names this tenant, which proves nothing yet: behind one address,
    /// a tenant that few unknown ids came with goes before one that many came with.
    ///
    /// # Errors
    /// As [`InstallKeys::get_for`].
    pub async fn get_for_tenant(
        &self,
        kid: &KeyId,
        caller: Caller,
        tenant: &ClientKey,
    ) -> Result<RsaPublicKey, Error> {
        self.look_up(kid, caller, Some(tenant)).await
    }

    async fn look_up(
        &self,
        kid: &KeyId,
        caller: Caller,
        tenant: Option<&ClientKey>,
    ) -> Result<RsaPublicKey, Error> {
        let counters = &self.inner.counters;
        if let Some(answer) = self.inner.known(kid) {
            counters.hit();
            return counters.outcome(answer.map(|fetched| fetched.key));
        }
        if let Some(fetched) = self.inner.of_the_store(kid).await {
            counters.hit();
            return counters.outcome(Ok(fetched.key));
        }
        // who waits with others of the reserved lane takes no place in either
        if let Some(flight) = self.inner.flights.open(&(kid.clone(), Lane::Reserved)) {
            counters.join();
            let answer = flight.finish().await.and_then(|answer| answer);
            return counters.outcome(answer.map(|fetched| fetched.key));
        }
        let lane = self.inner.lanes.of(caller, tenant, self.inner.clock.now());
        let answer = self.start(kid, lane, false).await;
        if answer.is_ok() {
            // who asks for what there is has spent nothing
            self.inner.lanes.refund(caller, tenant);
        }
        counters.outcome(answer.map(|fetched| fetched.key))
    }

    /// Says that a token was verified with the key of this id: it is kept in the app's store, if
    /// there is one. A key that was only fetched is not worth the place, for anybody can name it.
    pub async fn proved(&self, kid: &KeyId) {
        let fetched = self.inner.lock().peek(kid).cloned();
        let Some(fetched) = fetched else { return };
        let now = self.inner.clock.now();
        let kept = self.inner.stored.keep(kid, &fetched.pem, now).await;
        // the token is verified, whether or not its key is found here the next time
        let _ = self.inner.counters.outcome(kept);
    }

    /// The key of this id, asked for again although one is known: for a token whose signature does
    /// not match, in case the key under this id was replaced, or a host once answered a wrong one.
    /// At most once a minute a key, whatever the flood; the key that is known is answered in
    /// between, and stays when nothing better is found.
    ///
    /// ```
    #[doc = include_str!("../doc/loopback.rs")]
    /// # block_on(async {
    /// # use app_license::KeyId;
    /// # use app_license::connect::{BaseUrl, KeyHosts};
    /// # use app_license_client::{Fetcher, InstallKeys};
    /// # let hosts = KeyHosts::custom([BaseUrl::http_loopback(&answering(500, "")).unwrap()], []);
    /// # let keys = InstallKeys::builder(Fetcher::loopback_for_tests()?, hosts).build()?;
    /// # let kid = KeyId::new("a").unwrap();
    /// if let Err(error) = keys.refresh(&kid).await {
    ///     assert_eq!(error.class().http_status(), 503);
    /// }
    /// # Ok::<(), app_license_client::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`InstallKeys::get`].
    pub async fn refresh(&self, kid: &KeyId) -> Result<RsaPublicKey, Error> {
        let Some(known) = self.inner.due_for_refresh(kid) else {
            return self.get(kid).await;
        };
        // what is known stays known: a fault of the key host must not take it away
        let answer = self.start(kid, Lane::Reserved, true).await.unwrap_or(known);
        self.inner.counters.outcome(Ok(answer.key))
    }

    /// What happened since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.counters.snapshot()
    }

    /// How many keys and how many refusals are kept now.
    #[must_use]
    pub fn kept(&self) -> (usize, usize) {
        self.inner.lock().kept()
    }

    async fn start(&self, kid: &KeyId, lane: Lane, again: bool) -> FetchResult {
        let question = || Arc::clone(&self.inner).answer(kid.clone(), lane, again);
        // one flight a lane: who may go ahead does not wait with those who may not
        let flight = self.inner.flights.join((kid.clone(), lane), question)?;
        if flight.joined {
            self.inner.counters.join();
        }
        flight.finish().await?
    }
}

impl Inner {
    /// What is known without asking.
    fn known(&self, kid: &KeyId) -> Option<FetchResult> {
        let now = self.clock.now();
        match self.lock().next(kid, now) {
            InstallKeyStep::Use(fetched) => Some(Ok(fetched)),
            InstallKeyStep::Fetch => None,
            InstallKeyStep::Refuse(KeyRefusal::TestKey) => Some(Err(for_tests(kid.as_str()))),
            InstallKeyStep::Refuse(KeyRefusal::Unknown) => Some(Err(unknown(kid))),
            InstallKeyStep::Failed(error) => Some(Err(error)),
        }
    }

    fn due_for_refresh(&self, kid: &KeyId) -> Option<Fetched> {
        let now = self.clock.now();
        let mut cache = self.lock();
        if !cache.may_refresh(kid, now) {
            return None;
        }
        cache.peek(kid).cloned()
    }

    /// Asks the hosts and remembers what they say.
    async fn answer(self: Arc<Self>, kid: KeyId, lane: Lane, again: bool) -> FetchResult {
        let _turn = self.lanes.turn(lane).await?;
        // the other lane may have had an answer in the meantime
        if !again && let Some(answer) = self.known(&kid) {
            return answer;
        }
        let result = self.ask(&kid).await;
        let answer = match result.clone() {
            InstallKeyResult::Key(fetched) => Ok(fetched),
            InstallKeyResult::Refused(error) | InstallKeyResult::Failed(error) => Err(error),
        };
        let now = self.clock.now();
        let mut cache = self.lock();
        if again {
            cache.refreshed(&kid, result);
        } else {
            cache.fetched(&kid, result, now);
        }
        drop(cache);
        answer
    }

    /// The key of this id, if it was kept in the app's store by this process or another one.
    async fn of_the_store(&self, kid: &KeyId) -> Option<Fetched> {
        let loaded = self.stored.load_when_due(self.clock.now()).await;
        let loaded = match loaded {
            Ok(loaded) => loaded?,
            Err(error) => {
                // the hosts can be asked
                let _: Result<(), Error> = self.counters.outcome(Err(error));
                return None;
            }
        };
        let mut cache = self.lock();
        cache.loaded(loaded);
        cache.peek(kid).cloned()
    }

    /// Asks the hosts that the core names, one after the other.
    async fn ask(&self, kid: &KeyId) -> InstallKeyResult<Fetched, Error> {
        let urls: Vec<String> = self.hosts.key_urls(kid).collect();
        let (mut asked, mut problem) = (None, None);
        loop {
            let now = self.clock.now();
            let step = self
                .lock()
                .next_host(asked, &mut problem, || unknown(kid), now);
            let place = match step {
                HostStep::Ask(place) => place,
                HostStep::Done(result) => return result,
            };
            let url = urls.get(place).map_or("", String::as_str);
            let answer = match self.ask_host(url, kid).await {
                Ok(Some(fetched)) => HostAnswer::Key(fetched),
                Ok(None) => HostAnswer::NoKey,
                Err(error) if error.class() == crate::ErrorClass::Refused => {
                    HostAnswer::Refused(error)
                }
                Err(error) => HostAnswer::Failed {
                    of_the_host: error.is_of_the_host(),
                    error,
                },
            };
            asked = Some((place, answer));
        }
    }

    /// The key, or `None` when the host says that there is none.
    async fn ask_host(&self, url: &str, kid: &KeyId) -> Result<Option<Fetched>, Error> {
        let url = Url::parse(url).map_err(|e| Error::setting("hosts", e.to_string()))?;
        self.counters.fetch();
        let get = Get {
            url: &url,
            accept: "application/x-pem-file, text/plain, */*",
            authorization: None,
            limit: MAX_PEM,
        };
        let reply = self.fetcher.get(get).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        let host = reply.host.clone();
        let unreadable = |source| ErrorKind::Unreadable {
            host,
            what: "public key",
            source,
        };
        let body = reply.success()?;
        let Ok(pem) = std::str::from_utf8(&body) else {
            return Err(unreadable(None).into());
        };
        match RsaPublicKey::from_pem(pem) {
            Ok(key) => Ok(Some(Fetched {
                key,
                pem: pem.into(),
            })),
            // a short key will not grow: the platform's answer is known, and it proves nothing
            Err(source) if matches!(source.kind(), app_license::ErrorKind::WeakKey { .. }) => {
                let kid = kid.as_str().to_owned();
                Err(ErrorKind::WeakKey { kid, source }.into())
            }
            Err(source) => Err(unreadable(Some(source)).into()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cold]
fn unknown(kid: &KeyId) -> Error {
    let kid = shown(kid.as_str());
    ErrorKind::UnknownKey { kid }.into()
}

/// Keys of tests and mock hosts prove nothing in production.
#[cold]
pub(crate) fn for_tests(kid: &str) -> Error {
    ErrorKind::TestKey { kid: shown(kid) }.into()
}
