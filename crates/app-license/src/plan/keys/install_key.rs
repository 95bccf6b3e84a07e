//! Install keys of Connect, one by one by their ids.

use super::{KeyRefusal, is_refused_test_key};
use crate::ids::KeyId;
use crate::plan::Bounded;
use crate::time::UnixTime;

/// The times by which install keys are fetched, in seconds, and how much is remembered.
///
/// | the key hosts say | what comes of it | remembered |
/// |---|---|---|
/// | a key that is long enough | the key | for good: a key never changes under one id |
/// | 404, all of them; or a shorter key | refused | for `refused` |
/// | anything else from one, and no key from another | could not check | for `back_off` |
///
/// ```
/// use app_license::plan::keys::InstallKeyPlan;
/// assert_eq!(InstallKeyPlan::CONNECT.refused, 60);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "settings of the caller")]
pub struct InstallKeyPlan {
    /// How long an unknown or weak key stays refused.
    pub refused: u64,
    /// How long a host that cannot be reached is left alone, and a fault of another kind stands.
    pub back_off: u64,
    /// The least time between two fetches of a key that is known.
    pub refresh: u64,
    /// Whether ids of test keys are looked for.
    pub test_keys: bool,
    /// How many keys are kept: the platform has a handful at a time.
    pub keys: usize,
    /// How many ids are remembered that came to no key.
    pub misses: usize,
}

impl InstallKeyPlan {
    /// How many unknown ids a minute a caller, or a tenant, may ask about before it waits with all
    /// others: see [`super::UnknownKeyBudget`].
    pub const UNKNOWN_PER_CALLER: u32 = 5;
    /// Of the platform's key hosts.
    pub const CONNECT: Self = Self {
        refused: 60,
        back_off: 5,
        refresh: 60,
        test_keys: false,
        keys: 256,
        misses: 1024,
    };
}

/// What is remembered of install keys: keys `K`, and faults `E`.
///
/// ```
/// use app_license::plan::keys::{InstallKeyCache, InstallKeyPlan, InstallKeyResult, InstallKeyStep};
/// use app_license::{KeyId, UnixTime};
///
/// let mut cache = InstallKeyCache::<&str, &str>::new(InstallKeyPlan::CONNECT, 2);
/// let (kid, now) = (KeyId::new("0e50fccb")?, UnixTime::EPOCH.plus(1_000_000));
/// assert_eq!(cache.next(&kid, now), InstallKeyStep::Fetch);
/// cache.fetched(&kid, InstallKeyResult::Refused("no key"), now);
/// assert_eq!(cache.next(&kid, now.plus(59)), InstallKeyStep::Failed("no key"));
/// assert_eq!(cache.next(&kid, now.plus(60)), InstallKeyStep::Fetch);
/// cache.fetched(&kid, InstallKeyResult::Key("a key"), now.plus(60));
/// assert_eq!(cache.next(&kid, now.plus(90_000)), InstallKeyStep::Use("a key"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug)]
pub struct InstallKeyCache<K, E> {
    plan: InstallKeyPlan,
    keys: Bounded<KeyId, K>,
    misses: Bounded<KeyId, Miss<E>>,
    /// When each host was last found out of reach, and how.
    down: Vec<Option<(UnixTime, E)>>,
    /// When a key was last asked for again although it is known.
    refreshed: Bounded<KeyId, UnixTime>,
}

/// An answer that is no key, and for how long it stands.
#[derive(Debug)]
struct Miss<E> {
    since: UnixTime,
    seconds: u64,
    error: E,
}

/// What to do about a key id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum InstallKeyStep<K, E> {
    /// Use this key.
    Use(K),
    /// Ask the key hosts as [`InstallKeyCache::next_host`] says, and call [`InstallKeyCache::fetched`].
    Fetch,
    /// The token is refused.
    Refuse(KeyRefusal),
    /// The last answer stands: a refusal, or a fault.
    Failed(E),
}

/// What the key hosts said together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a fetch ends in one of these")]
pub enum InstallKeyResult<K, E> {
    /// A key that is long enough.
    Key(K),
    /// Each of them that there is none, or one of them a key that is too short.
    Refused(E),
    /// It could not be checked.
    Failed(E),
}

impl<K: Clone, E: Clone> InstallKeyCache<K, E> {
    /// An empty one, for so many key hosts.
    #[must_use]
    pub fn new(plan: InstallKeyPlan, hosts: usize) -> Self {
        Self {
            plan,
            keys: Bounded::new(plan.keys),
            misses: Bounded::new(plan.misses),
            down: vec![None; hosts],
            refreshed: Bounded::new(plan.keys),
        }
    }

    /// What to do about a key id.
    pub fn next(&mut self, kid: &KeyId, now: UnixTime) -> InstallKeyStep<K, E> {
        if is_refused_test_key(kid.as_str(), self.plan.test_keys) {
            return InstallKeyStep::Refuse(KeyRefusal::TestKey);
        }
        if let Some(key) = self.keys.get(kid) {
            return InstallKeyStep::Use(key.clone());
        }
        match self.misses.peek(kid) {
            Some(miss) if !now.passed(miss.since, miss.seconds) => {
                InstallKeyStep::Failed(miss.error.clone())
            }
            _ => {
                self.misses.remove(kid);
                InstallKeyStep::Fetch
            }
        }
    }

    /// Whether a key that is known is asked for again, because the signature of a token does not
    /// match it. `true` takes the turn: fetch, and say what came of it with
    /// [`InstallKeyCache::refreshed`].
    pub fn may_refresh(&mut self, kid: &KeyId, now: UnixTime) -> bool {
        let recent = |at: &UnixTime| !now.passed(*at, self.plan.refresh);
        if self.keys.peek(kid).is_none() || self.refreshed.peek(kid).is_some_and(recent) {
            return false;
        }
        self.refreshed.insert(kid.clone(), now);
        true
    }

    /// Remembers what came of [`InstallKeyStep::Fetch`].
    pub fn fetched(&mut self, kid: &KeyId, result: InstallKeyResult<K, E>, now: UnixTime) {
        let (seconds, error) = match result {
            InstallKeyResult::Key(key) => {
                self.misses.remove(kid);
                self.keys.insert(kid.clone(), key);
                return;
            }
            InstallKeyResult::Refused(error) => (self.plan.refused, error),
            InstallKeyResult::Failed(error) => (self.plan.back_off, error),
        };
        let miss = Miss {
            since: now,
            seconds,
            error,
        };
        self.misses.insert(kid.clone(), miss);
    }

    /// Remembers what came of a refresh: what is known stays known, whatever fails.
    pub fn refreshed(&mut self, kid: &KeyId, result: InstallKeyResult<K, E>) {
        if let InstallKeyResult::Key(key) = result {
            self.keys.insert(kid.clone(), key);
        }
    }

    /// Takes keys that tokens were verified with before, out of the app's store; none in place of
    /// one that is known.
    pub fn loaded(&mut self, keys: impl IntoIterator<Item = (KeyId, K)>) {
        for (kid, key) in keys {
            if self.keys.peek(&kid).is_none() {
                self.misses.remove(&kid);
                self.keys.insert(kid, key);
            }
        }
    }

    /// The key of this id, if it is known; no use of it.
    #[must_use]
    pub fn peek(&self, kid: &KeyId) -> Option<&K> {
        self.keys.peek(kid)
    }

    /// How many key hosts there are.
    pub(super) const fn hosts(&self) -> usize {
        self.down.len()
    }

    /// Why a host is not asked now, by its place in the order.
    pub(super) fn host_fault(&self, host: usize, now: UnixTime) -> Option<E> {
        let (since, error) = self.down.get(host)?.as_ref()?;
        (!now.passed(*since, self.plan.back_off)).then(|| error.clone())
    }

    /// Leaves a host alone that cannot be reached.
    pub(super) fn host_unreachable(&mut self, host: usize, error: E, now: UnixTime) {
        if let Some(down) = self.down.get_mut(host) {
            *down = Some((now, error));
        }
    }

    /// How many keys, and how many answers that are no key, are remembered.
    #[must_use]
    pub fn kept(&self) -> (usize, usize) {
        (self.keys.len(), self.misses.len())
    }
}
