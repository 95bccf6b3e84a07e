//! The one key set of Forge invocation tokens.

use std::sync::Arc;

use super::{KeyRefusal, is_refused_test_key};
use crate::jwt::Jwks;
use crate::time::UnixTime;

/// The times by which a key set is fetched, in seconds.
///
/// | the set that is kept | its key is asked for | another key is asked for |
/// |---|---|---|
/// | none yet | fetched first | fetched first |
/// | under `refresh` old | used | fetched again, at most once in `cooldown` whatever the flood |
/// | under `expire` old | used, fetched again meanwhile | the same |
/// | older | fetched first | the same |
/// | older, and the platform is down | used, tried again once in `cooldown`, for `outage` | could not check |
///
/// ```
/// use app_license::plan::keys::KeySetPlan;
/// assert_eq!(KeySetPlan::FORGE.expire, 900);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "settings of the caller")]
pub struct KeySetPlan {
    /// From this age on, the set is fetched again while it is used.
    pub refresh: u64,
    /// From this age on, it is fetched again before it is used.
    pub expire: u64,
    /// For how long an expired set is used when it cannot be fetched.
    pub outage: u64,
    /// The least time between two fetches for key ids that are unknown or do not match, and after
    /// a failed one.
    pub cooldown: u64,
    /// The least time after a failed fetch while there is no set at all.
    pub back_off: u64,
    /// Whether ids of test keys are looked for.
    pub test_keys: bool,
}

impl KeySetPlan {
    /// Of the platform's key set.
    pub const FORGE: Self = Self {
        refresh: 300,
        expire: 900,
        outage: 86_400,
        cooldown: 60,
        back_off: 5,
        test_keys: false,
    };
}

/// Why a key is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each has a rule of its own")]
pub enum Need {
    /// A token names it.
    Key,
    /// The signature of a token does not match the key that is known.
    FresherKey,
}

/// What is remembered of a key set: the set, the last fault `E`, and when tokens last caused a fetch.
///
/// ```
/// use std::sync::Arc;
/// use app_license::plan::keys::{KeyRefusal, KeySetCache, KeySetPlan, KeySetStep, Need};
/// use app_license::{Jwks, UnixTime};
///
/// let plan = KeySetPlan::FORGE;
/// let now = UnixTime::EPOCH.plus(1_000_000);
/// let mut cache = KeySetCache::<&str>::default();
/// let step = cache.next(&plan, "key-1", Need::Key, now, false);
/// assert!(matches!(step, KeySetStep::Fetch { stale: None }));
/// cache.fetched(&Err("the platform is down"), now);
/// // for five seconds nobody is asked
/// let step = cache.next(&plan, "key-1", Need::Key, now.plus(4), false);
/// assert!(matches!(step, KeySetStep::CouldNotCheck("the platform is down")));
/// ```
#[derive(Debug)]
pub struct KeySetCache<E> {
    set: Option<(Arc<Jwks>, UnixTime)>,
    /// The last fetch, if it failed.
    failed: Option<(UnixTime, E)>,
    /// When a fetch was last started because of what a token said: an unknown key id, or a
    /// signature that does not match.
    asked: Option<UnixTime>,
}

/// What to do about a key id.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum KeySetStep<E> {
    /// Use this set; fetch it again meanwhile or not. `expired`: it is used because the platform is
    /// down.
    Use {
        /// The set, which holds a key of the id.
        set: Arc<Jwks>,
        /// Whether to start a fetch.
        refresh: bool,
        /// Whether it is older than it should be.
        expired: bool,
    },
    /// Fetch the set, or wait for the fetch that is under way, and call [`KeySetCache::after`] with
    /// the set that stands in where it fails.
    Fetch {
        /// That set.
        stale: Option<Arc<Jwks>>,
    },
    /// The token is refused.
    Refuse(KeyRefusal),
    /// It cannot be known now.
    CouldNotCheck(E),
}

impl<E: Clone> KeySetCache<E> {
    /// What to do about a key id. `fetching` says whether a fetch is under way.
    pub fn next(
        &mut self,
        plan: &KeySetPlan,
        kid: &str,
        need: Need,
        now: UnixTime,
        fetching: bool,
    ) -> KeySetStep<E> {
        if kid.is_empty() {
            return KeySetStep::Refuse(KeyRefusal::Unknown);
        }
        if is_refused_test_key(kid, plan.test_keys) {
            return KeySetStep::Refuse(KeyRefusal::TestKey);
        }
        match (self.step(plan, kid, now, fetching), need) {
            (KeySetStep::Use { set, .. }, Need::FresherKey)
                if fetching || self.may_ask(plan, now) =>
            {
                KeySetStep::Fetch { stale: Some(set) }
            }
            (step, _) => step,
        }
    }

    /// Remembers what came of a fetch. A set that [`KeySetCache::is_unusable`] is a fault.
    pub fn fetched(&mut self, result: &Result<Arc<Jwks>, E>, now: UnixTime) {
        match result {
            Ok(set) => {
                self.set = Some((Arc::clone(set), now));
                self.failed = None;
            }
            Err(error) => self.failed = Some((now, error.clone())),
        }
    }

    /// Whether a set that was fetched is a fault: one without a usable key would lock out everybody
    /// whose key is known.
    #[must_use]
    pub fn is_unusable(&self, fetched: &Jwks) -> bool {
        fetched.is_empty() && self.set.as_ref().is_some_and(|(set, _)| !set.is_empty())
    }

    /// What to do once the fetch of [`KeySetStep::Fetch`] has ended.
    pub fn after(
        &self,
        plan: &KeySetPlan,
        kid: &str,
        result: Result<Arc<Jwks>, E>,
        stale: Option<Arc<Jwks>>,
        now: UnixTime,
    ) -> KeySetStep<E> {
        match (result, stale) {
            (Ok(set), _) if holds(&set, kid) => KeySetStep::Use {
                set,
                refresh: false,
                expired: false,
            },
            (Ok(_), _) => KeySetStep::Refuse(KeyRefusal::Unknown),
            (Err(_), Some(set)) => KeySetStep::Use {
                set,
                refresh: false,
                expired: self.is_expired(plan, now),
            },
            (Err(error), None) => KeySetStep::CouldNotCheck(error),
        }
    }

    /// The set that was fetched last.
    ///
    /// ```
    /// use app_license::plan::keys::KeySetCache;
    /// assert!(KeySetCache::<&str>::default().set().is_none());
    /// ```
    #[must_use]
    pub fn set(&self) -> Option<&Arc<Jwks>> {
        self.set.as_ref().map(|(set, _)| set)
    }

    /// How old the set is, in seconds; `None` before the first one.
    #[must_use]
    pub fn age(&self, now: UnixTime) -> Option<u64> {
        self.set.as_ref().map(|(_, fetched)| now.since(*fetched))
    }

    fn step(
        &mut self,
        plan: &KeySetPlan,
        kid: &str,
        now: UnixTime,
        fetching: bool,
    ) -> KeySetStep<E> {
        let Some((set, fetched)) = &self.set else {
            return match self.backing_off(now, plan.back_off) {
                Some(error) if !fetching => KeySetStep::CouldNotCheck(error),
                _ => KeySetStep::Fetch { stale: None },
            };
        };
        if holds(set, kid) {
            self.step_of_known(plan, set, *fetched, now, fetching)
        } else {
            self.step_of_unknown(plan, now, fetching)
        }
    }

    fn step_of_known(
        &self,
        plan: &KeySetPlan,
        set: &Arc<Jwks>,
        fetched: UnixTime,
        now: UnixTime,
        fetching: bool,
    ) -> KeySetStep<E> {
        let set = Arc::clone(set);
        let use_set = |refresh, expired| KeySetStep::Use {
            set: Arc::clone(&set),
            refresh,
            expired,
        };
        if !now.passed(fetched, plan.refresh) {
            return use_set(false, false);
        }
        let backing_off = self.backing_off(now, plan.cooldown);
        let refresh = backing_off.is_none() && !fetching;
        if !now.passed(fetched, plan.expire) {
            return use_set(refresh, false);
        }
        if now.passed(fetched, plan.expire.saturating_add(plan.outage)) {
            return match backing_off {
                Some(error) if !fetching => KeySetStep::CouldNotCheck(error),
                _ => KeySetStep::Fetch { stale: None },
            };
        }
        if self.failed.is_some() {
            // an outage is known: nobody waits for it to be found again
            return use_set(refresh, self.is_expired(plan, now));
        }
        KeySetStep::Fetch { stale: Some(set) }
    }

    fn step_of_unknown(
        &mut self,
        plan: &KeySetPlan,
        now: UnixTime,
        fetching: bool,
    ) -> KeySetStep<E> {
        if fetching || self.may_ask(plan, now) {
            return KeySetStep::Fetch { stale: None };
        }
        match &self.failed {
            Some((_, error)) => KeySetStep::CouldNotCheck(error.clone()),
            None => KeySetStep::Refuse(KeyRefusal::Unknown),
        }
    }

    /// Whether a token may cause a fetch now; if so, its turn is taken.
    fn may_ask(&mut self, plan: &KeySetPlan, now: UnixTime) -> bool {
        let cooled = |at: UnixTime| now.passed(at, plan.cooldown);
        let may = self.backing_off(now, plan.cooldown).is_none() && self.asked.is_none_or(cooled);
        if may {
            self.asked = Some(now);
        }
        may
    }

    fn is_expired(&self, plan: &KeySetPlan, now: UnixTime) -> bool {
        self.age(now).is_some_and(|age| age >= plan.expire)
    }

    fn backing_off(&self, now: UnixTime, seconds: u64) -> Option<E> {
        let (at, error) = self.failed.as_ref()?;
        (!now.passed(*at, seconds)).then(|| error.clone())
    }
}

impl<E> Default for KeySetCache<E> {
    /// Nothing is remembered.
    fn default() -> Self {
        Self {
            set: None,
            failed: None,
            asked: None,
        }
    }
}

fn holds(set: &Jwks, kid: &str) -> bool {
    set.find(kid).next().is_some()
}
