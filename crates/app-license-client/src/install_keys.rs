//! The keys of signed installs, by their id.

mod settings;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::connect::KeyHosts;
use app_license::{KeyId, RsaPublicKey, UnixTime};
use url::Url;

use crate::bounded::Bounded;
use crate::clock::{SharedClock, passed};
use crate::error::{Error, ErrorKind, shown};
use crate::fetch::{Fetcher, Get};
use crate::flight::Flights;
use crate::stats::{Counters, Stats};

pub use settings::InstallKeysBuilder;
use settings::Settings;

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
/// fetches at once, requests waiting for one, and ids asked about in a minute that turn out to be
/// no key. A flood of made-up ids pushes out no key, and reaches no key host but for its beginning.
/// Ids that begin with [`KeyId::TEST_PREFIX`] are refused, `test_key`, without asking anybody.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
///
/// ```
#[doc = include_str!("../doc/loopback.rs")]
/// # block_on(async {
/// use app_license::KeyId;
/// use app_license::connect::{BaseUrl, KeyHosts};
/// use app_license_client::{Class, Fetcher, InstallKeys};
///
/// let host = answering(404, "not found"); // stands in for the platform
/// let hosts = KeyHosts::custom([BaseUrl::http_loopback(&host).unwrap()], []);
/// let keys = InstallKeys::builder(Fetcher::loopback_for_tests()?, hosts).build()?;
/// let kid = KeyId::new("0e50fccb-239d-4991-a5db-dc850ba3f236").unwrap();
/// let error = keys.get(&kid).await.unwrap_err();
/// assert_eq!(error.class(), Class::Refused);
/// assert_eq!(error.to_string(), "no key `0e50fccb-239d-4991-a5db-dc850ba3f236` is known");
/// # Ok::<(), app_license_client::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct InstallKeys {
    inner: Arc<Inner>,
}

type Answer = Result<RsaPublicKey, Error>;

#[derive(Debug)]
struct Inner {
    fetcher: Fetcher,
    hosts: KeyHosts,
    clock: SharedClock,
    settings: Settings,
    known: Mutex<Known>,
    flights: Arc<Flights<KeyId, Answer>>,
    counters: Counters,
}

#[derive(Debug)]
struct Known {
    keys: Bounded<KeyId, RsaPublicKey>,
    /// Answers that are no key, and from when to when they stand.
    misses: Bounded<KeyId, Miss>,
    /// When each host was last found to be down, and how.
    down: Vec<Option<(UnixTime, Error)>>,
    /// When a key was last asked for again although it is known.
    rechecked: Bounded<KeyId, UnixTime>,
    /// From when on, and how many ids were asked about since that turned out to be no key.
    fruitless: (UnixTime, u32),
}

#[derive(Debug)]
struct Miss {
    since: UnixTime,
    seconds: u64,
    error: Error,
}

impl InstallKeys {
    /// The keys of one cloud.
    pub fn builder(fetcher: Fetcher, hosts: KeyHosts) -> InstallKeysBuilder {
        InstallKeysBuilder::new(fetcher, hosts)
    }

    /// The key of this id. The id was checked when the [`KeyId`] was made, so nothing that a token
    /// says can change the host or the path that is asked.
    ///
    /// # Errors
    /// Refused: `unknown_key`, `weak_key`, `test_key`. Could not check: anything else.
    pub async fn get(&self, kid: &KeyId) -> Result<RsaPublicKey, Error> {
        let counters = &self.inner.counters;
        if let Some(answer) = self.inner.known(kid) {
            counters.hit();
            return counters.outcome(answer);
        }
        counters.outcome(self.fly(kid, false).await)
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
    /// if let Err(error) = keys.recheck(&kid).await {
    ///     assert_eq!(error.class().http_status(), 503);
    /// }
    /// # Ok::<(), app_license_client::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`InstallKeys::get`].
    pub async fn recheck(&self, kid: &KeyId) -> Result<RsaPublicKey, Error> {
        let Some(known) = self.inner.due_for_recheck(kid) else {
            return self.get(kid).await;
        };
        // what is known stays known: a fault of the key host must not take it away
        let answer = self.fly(kid, true).await.unwrap_or(known);
        self.inner.counters.outcome(Ok(answer))
    }

    /// What happened since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.counters.snapshot()
    }

    /// How many keys and how many refusals are kept now.
    #[must_use]
    pub fn kept(&self) -> (usize, usize) {
        let known = self.inner.lock();
        (known.keys.len(), known.misses.len())
    }

    async fn fly(&self, kid: &KeyId, again: bool) -> Answer {
        let question = || Arc::clone(&self.inner).answer(kid.clone(), again);
        let flight = self.inner.flights.join(kid.clone(), question)?;
        if flight.joined {
            self.inner.counters.join();
        }
        flight.landed().await?
    }
}

impl Inner {
    /// What is known without asking.
    fn known(&self, kid: &KeyId) -> Option<Answer> {
        if kid.is_for_tests() && !self.settings.test_keys {
            return Some(Err(for_tests(kid.as_str())));
        }
        let now = self.clock.now();
        let mut known = self.lock();
        if let Some(key) = known.keys.get(kid) {
            return Some(Ok(key.clone()));
        }
        let miss = known.misses.peek(kid)?;
        if !passed(now, miss.since, miss.seconds) {
            return Some(Err(miss.error.clone()));
        }
        known.misses.remove(kid);
        None
    }

    fn due_for_recheck(&self, kid: &KeyId) -> Option<RsaPublicKey> {
        let now = self.clock.now();
        let mut known = self.lock();
        let key = known.keys.peek(kid)?.clone();
        let last = known.rechecked.peek(kid);
        if last.is_some_and(|last| !passed(now, *last, self.settings.recheck)) {
            return None;
        }
        known.rechecked.insert(kid.clone(), now);
        Some(key)
    }

    /// Asks the hosts and remembers what they say.
    async fn answer(self: Arc<Self>, kid: KeyId, again: bool) -> Answer {
        if !again {
            if let Some(answer) = self.known(&kid) {
                return answer;
            }
            self.admit()?;
        }
        let answer = self.ask(&kid).await;
        let since = self.clock.now();
        let mut known = self.lock();
        match &answer {
            Ok(key) => {
                known.keys.insert(kid, key.clone());
                if !again {
                    known.fruitless.1 = known.fruitless.1.saturating_sub(1);
                }
            }
            Err(_) if again => {}
            Err(error) => {
                let seconds = match error.class() {
                    crate::Class::Refused => self.settings.refused,
                    _ => self.settings.fault,
                };
                let error = error.clone();
                let miss = Miss {
                    since,
                    seconds,
                    error,
                };
                known.misses.insert(kid, miss);
            }
        }
        drop(known);
        answer
    }

    /// Counts a question as fruitless until it proves otherwise, and stops a flood of them.
    fn admit(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let limit = self.settings.unknown;
        let mut known = self.lock();
        let (since, count) = &mut known.fruitless;
        if passed(now, *since, 60) {
            (*since, *count) = (now, 0);
        }
        if *count >= limit {
            return Err(ErrorKind::UnknownKeyFlood { limit }.into());
        }
        *count = count.saturating_add(1);
        Ok(())
    }

    async fn ask(&self, kid: &KeyId) -> Answer {
        let mut fault = None;
        for (place, url) in self.hosts.key_urls(kid).enumerate() {
            if let Some(error) = self.down(place) {
                fault.get_or_insert(error);
                continue;
            }
            match self.ask_host(&url, kid).await {
                Ok(Some(key)) => return Ok(key),
                Ok(None) => {}
                Err(error) if error.class() == crate::Class::Refused => return Err(error),
                Err(error) => {
                    self.note(place, &error);
                    fault.get_or_insert(error);
                }
            }
        }
        // refused only when every host answered, and none knows the key
        Err(fault.unwrap_or_else(|| unknown(kid)))
    }

    /// The key, or `None` when the host says that there is none.
    async fn ask_host(&self, url: &str, kid: &KeyId) -> Result<Option<RsaPublicKey>, Error> {
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
            Ok(key) => Ok(Some(key)),
            // a short key will not grow: the platform's answer is known, and it proves nothing
            Err(source) if matches!(source.kind(), app_license::ErrorKind::WeakKey { .. }) => {
                let kid = kid.as_str().to_owned();
                Err(ErrorKind::WeakKey { kid, source }.into())
            }
            Err(source) => Err(unreadable(Some(source)).into()),
        }
    }

    /// Why a host is left alone for now.
    fn down(&self, place: usize) -> Option<Error> {
        let now = self.clock.now();
        let known = self.lock();
        let (since, error) = known.down.get(place)?.as_ref()?;
        (!passed(now, *since, self.settings.fault)).then(|| error.clone())
    }

    /// Leaves a host alone that cannot be reached. Not one that answers nonsense: a made-up id
    /// must not switch it off for everybody.
    fn note(&self, place: usize, error: &Error) {
        if !error.is_of_the_host() {
            return;
        }
        let now = self.clock.now();
        if let Some(down) = self.lock().down.get_mut(place) {
            *down = Some((now, error.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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
