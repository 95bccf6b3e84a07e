//! What to do about a key id, given what is known and what time it is. No I/O.

use std::sync::Arc;

use app_license::{Jwks, UnixTime};

use super::holds;
use crate::clock::passed;
use crate::error::Error;

/// In seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// From this age on, the set is fetched again while it is served.
    pub(super) refresh: u64,
    /// From this age on, it is fetched again before it is served.
    pub(super) expire: u64,
    /// For how long an expired set is served when it cannot be fetched.
    pub(super) outage: u64,
    /// The least time between two fetches for key ids that are unknown or do not match, and after
    /// a failed one.
    pub(super) cooldown: u64,
    /// The least time after a failed fetch while there is no set at all.
    pub(super) cold: u64,
}

#[derive(Debug, Default)]
pub(super) struct State {
    set: Option<(Arc<Jwks>, UnixTime)>,
    /// The last fetch, if it failed.
    failed: Option<(UnixTime, Error)>,
    /// When a fetch was last started because of what a token said: an unknown key id, or a
    /// signature that does not match.
    asked: Option<UnixTime>,
}

/// How to decide about a key id: [`State::step`] or [`State::step_again`].
pub(super) type Plan = fn(&mut State, &str, UnixTime, Times, bool) -> Step;

pub(super) enum Step {
    /// Answer this set.
    Serve(Arc<Jwks>),
    /// Answer this set, which is getting old; fetch it again meanwhile or not.
    ServeOld { set: Arc<Jwks>, refresh: bool },
    /// Wait for a fetch; answer `stale` when it fails.
    Wait { stale: Option<Arc<Jwks>> },
    /// There is no such key.
    Refuse,
    /// It cannot be known now.
    Fail(Error),
}

impl State {
    pub(super) fn step(&mut self, kid: &str, now: UnixTime, times: Times, open: bool) -> Step {
        let Some((set, fetched)) = &self.set else {
            return match self.backing_off(now, times.cold) {
                Some(error) if !open => Step::Fail(error),
                _ => Step::Wait { stale: None },
            };
        };
        if holds(set, kid) {
            self.known(set, *fetched, now, times, open)
        } else {
            self.unknown(now, times, open)
        }
    }

    /// For a key whose signature does not match: what is known is not enough, if asking is due.
    pub(super) fn step_again(
        &mut self,
        kid: &str,
        now: UnixTime,
        times: Times,
        open: bool,
    ) -> Step {
        match self.step(kid, now, times, open) {
            Step::Serve(set) | Step::ServeOld { set, .. } if open || self.may_ask(now, times) => {
                Step::Wait { stale: Some(set) }
            }
            step => step,
        }
    }

    fn known(
        &self,
        set: &Arc<Jwks>,
        at: UnixTime,
        now: UnixTime,
        times: Times,
        open: bool,
    ) -> Step {
        let set = Arc::clone(set);
        if !passed(now, at, times.refresh) {
            return Step::Serve(set);
        }
        let backing_off = self.backing_off(now, times.cooldown);
        let refresh = backing_off.is_none() && !open;
        if !passed(now, at, times.expire) {
            return Step::ServeOld { set, refresh };
        }
        if passed(now, at, times.expire.saturating_add(times.outage)) {
            return match backing_off {
                Some(error) if !open => Step::Fail(error),
                _ => Step::Wait { stale: None },
            };
        }
        if self.failed.is_some() {
            // an outage is known: nobody waits for it to be found again
            return Step::ServeOld { set, refresh };
        }
        Step::Wait { stale: Some(set) }
    }

    fn unknown(&mut self, now: UnixTime, times: Times, open: bool) -> Step {
        if open || self.may_ask(now, times) {
            return Step::Wait { stale: None };
        }
        match &self.failed {
            Some((_, error)) => Step::Fail(error.clone()),
            None => Step::Refuse,
        }
    }

    /// Whether a token may cause a fetch now; if so, its turn is taken.
    fn may_ask(&mut self, now: UnixTime, times: Times) -> bool {
        let cooled = |at: UnixTime| passed(now, at, times.cooldown);
        let may = self.backing_off(now, times.cooldown).is_none() && self.asked.is_none_or(cooled);
        if may {
            self.asked = Some(now);
        }
        may
    }

    pub(super) fn landed(&mut self, answer: &Result<Arc<Jwks>, Error>, now: UnixTime) {
        match answer {
            Ok(set) => {
                self.set = Some((Arc::clone(set), now));
                self.failed = None;
            }
            Err(error) => self.failed = Some((now, error.clone())),
        }
    }

    pub(super) fn has_keys(&self) -> bool {
        self.set.as_ref().is_some_and(|(set, _)| !set.is_empty())
    }

    pub(super) fn age(&self, now: UnixTime) -> Option<u64> {
        self.set.as_ref().map(|(_, fetched)| now.since(*fetched))
    }

    pub(super) fn is_expired(&self, now: UnixTime, times: Times) -> bool {
        self.age(now).is_some_and(|age| age >= times.expire)
    }

    fn backing_off(&self, now: UnixTime, seconds: u64) -> Option<Error> {
        let (at, error) = self.failed.as_ref()?;
        (!passed(now, *at, seconds)).then(|| error.clone())
    }
}
