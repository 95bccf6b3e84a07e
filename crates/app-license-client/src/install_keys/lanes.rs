//! Who may ask a key host next, when many ask for keys that nobody has.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use app_license::{ClientKey, UnixTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bounded::Bounded;
use crate::caller::Caller;
use crate::clock::passed;
use crate::error::{Error, ErrorKind};

/// How many callers, and how many tenants, are remembered for what was asked.
const CALLERS: usize = 8192;

/// Which of the queues a question is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// For callers who have asked for few unknown ids.
    Reserved,
    /// For all others, where the request names a tenant that few unknown ids came with.
    Named,
    /// For the rest.
    Shared,
}

/// Queues, each with its own part of the fetches that may run at once, so that a flood in one does
/// not hold up the others.
#[derive(Debug)]
pub(super) struct Lanes {
    reserved: Queue,
    named: Queue,
    shared: Queue,
    spent: Mutex<Spent>,
    per_caller: u32,
}

/// Since when, and how many unknown ids were asked for since.
type Count = (UnixTime, u32);

#[derive(Debug)]
struct Spent {
    callers: Bounded<Caller, Count>,
    /// By what requests say of themselves, which proves nothing: it orders those from callers who
    /// have spent their own.
    tenants: Bounded<ClientKey, Count>,
}

/// Counts one more of these, if there are fewer than `limit` in this minute.
fn counts<K: Ord + Clone>(
    spent: &mut Bounded<K, Count>,
    key: K,
    now: UnixTime,
    limit: u32,
) -> bool {
    let (since, count) = match spent.get(&key) {
        Some(&mut (since, count)) if !passed(now, since, 60) => (since, count),
        _ => (now, 0),
    };
    if count >= limit {
        return false;
    }
    spent.insert(key, (since, count.saturating_add(1)));
    true
}

fn counts_not<K: Ord + Clone>(spent: &mut Bounded<K, Count>, key: &K) {
    if let Some((_, count)) = spent.get(key) {
        *count = count.saturating_sub(1);
    }
}

#[derive(Debug)]
struct Queue {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    limit: usize,
}

impl Lanes {
    /// `running` at once in all together, half of them for the reserved lane alone and a quarter for
    /// the named one; `waiting` at most in the reserved lane, and half as many in the other two:
    /// who waits there for long is served too late.
    pub(super) fn new(running: usize, waiting: usize, per_caller: u32) -> Self {
        let running = running.max(1);
        let for_reserved = running.div_ceil(2);
        let rest = running.saturating_sub(for_reserved);
        let for_named = rest.checked_div(2).unwrap_or_default();
        let permits = |count: usize, otherwise: &Arc<Semaphore>| match count {
            0 => Arc::clone(otherwise),
            count => Arc::new(Semaphore::new(count)),
        };
        let reserved = Arc::new(Semaphore::new(for_reserved));
        let shared = permits(rest.saturating_sub(for_named), &reserved);
        let named = permits(for_named, &shared);
        let queue = |running, limit: usize| Queue {
            running,
            waiting: AtomicUsize::new(0),
            limit: limit.max(1),
        };
        let quarter = waiting.div_ceil(4);
        Self {
            reserved: queue(reserved, waiting),
            named: queue(named, quarter),
            shared: queue(shared, quarter),
            spent: Mutex::new(Spent {
                callers: Bounded::new(CALLERS),
                tenants: Bounded::new(CALLERS),
            }),
            per_caller,
        }
    }

    /// The lane of a question by this caller, in a request that names this tenant. It counts as one
    /// for nothing until it turns out otherwise.
    pub(super) fn of(&self, caller: Caller, tenant: Option<&ClientKey>, now: UnixTime) -> Lane {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = self.per_caller;
        let by_tenant = tenant.is_some_and(|tenant| {
            let tenants = &mut spent.tenants;
            counts(tenants, tenant.clone(), now, limit)
        });
        if counts(&mut spent.callers, caller, now, limit) {
            Lane::Reserved
        } else if by_tenant {
            Lane::Named
        } else {
            Lane::Shared
        }
    }

    pub(super) fn refund(&self, caller: Caller, tenant: Option<&ClientKey>) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        counts_not(&mut spent.callers, &caller);
        if let Some(tenant) = tenant {
            counts_not(&mut spent.tenants, tenant);
        }
    }

    /// Waits for a turn to ask.
    pub(super) async fn turn(&self, lane: Lane) -> Result<OwnedSemaphorePermit, Error> {
        let queue = match lane {
            Lane::Reserved => &self.reserved,
            Lane::Named => &self.named,
            Lane::Shared => &self.shared,
        };
        let _place = queue.enter()?;
        // who may go ahead takes what is free in the part of all
        if lane != Lane::Shared
            && let Ok(turn) = Arc::clone(&self.shared.running).try_acquire_owned()
        {
            return Ok(turn);
        }
        let turn = Arc::clone(&queue.running).acquire_owned().await;
        // the semaphore is never closed
        turn.map_err(|_| ErrorKind::Interrupted.into())
    }
}

impl Queue {
    fn enter(&self) -> Result<Place<'_>, Error> {
        let limit = self.limit;
        let place = Place(self);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= limit {
            drop(place);
            return Err(ErrorKind::UnknownKeyFlood { limit }.into());
        }
        Ok(place)
    }
}

/// A place in a queue, given up when the turn has come, or the question is dropped.
struct Place<'q>(&'q Queue);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use app_license::{ClientKey, UnixTime};

    use super::{Lane, Lanes};
    use crate::caller::Caller;

    fn caller(last: u8) -> Caller {
        Caller::at([192, 0, 2, last].into())
    }

    #[test]
    fn flood_shuts_out_platform_a_new_address_goes_ahead() {
        let lanes = Lanes::new(16, 8, 3);
        let now = UnixTime::EPOCH;
        for _ in 0..3 {
            assert_eq!(lanes.of(caller(1), None, now), Lane::Reserved);
        }
        assert_eq!(lanes.of(caller(1), None, now), Lane::Shared);
        assert_eq!(lanes.of(caller(2), None, now), Lane::Reserved);
        // a key that was found costs nothing, and a minute later all is forgotten
        lanes.refund(caller(1), None);
        assert_eq!(lanes.of(caller(1), None, now), Lane::Reserved);
        assert_eq!(lanes.of(caller(1), None, now), Lane::Shared);
        assert_eq!(lanes.of(caller(1), None, now.plus(60)), Lane::Reserved);
    }

    #[test]
    fn flood_shuts_out_platform_behind_one_address_a_new_tenant_goes_ahead() {
        let lanes = Lanes::new(16, 8, 3);
        let now = UnixTime::EPOCH;
        let tenant = |name: &str| ClientKey::new(name).unwrap();
        let of = |name: &str, now| lanes.of(caller(1), Some(&tenant(name)), now);
        for _ in 0..3 {
            assert_eq!(of("flooded", now), Lane::Reserved);
        }
        assert_eq!(of("flooded", now), Lane::Shared);
        assert_eq!(of("new", now), Lane::Named);
        // what was found costs nothing, and a minute later all is forgotten
        assert_eq!(of("new", now), Lane::Named);
        assert_eq!(of("new", now), Lane::Named);
        assert_eq!(of("new", now), Lane::Shared);
        lanes.refund(caller(2), Some(&tenant("new")));
        assert_eq!(of("new", now), Lane::Named);
        assert_eq!(of("flooded", now.plus(60)), Lane::Reserved);
    }

    #[tokio::test]
    async fn a_flood_of_one_tenant_does_not_hold_up_another() {
        let lanes = Lanes::new(4, 8, 3);
        let _flood = lanes.turn(Lane::Shared).await.unwrap();
        let _other = lanes.turn(Lane::Named).await.unwrap();
        // those who asked for little have their own
        let _one = lanes.turn(Lane::Reserved).await.unwrap();
        assert!(lanes.turn(Lane::Reserved).await.is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_does_not_hold_up_the_other() {
        let lanes = Lanes::new(2, 1, 3);
        let shared = lanes.turn(Lane::Shared).await.unwrap();
        let waits = lanes.turn(Lane::Shared);
        tokio::pin!(waits);
        tokio::select! {
            biased;
            _ = &mut waits => panic!("two at once"),
            () = std::future::ready(()) => {}
        }
        let error = lanes.turn(Lane::Shared).await.unwrap_err();
        assert_eq!(error.code(), "unknown_key_flood");
        assert!(lanes.turn(Lane::Reserved).await.is_ok());
        drop(shared);
        assert!(waits.await.is_ok());
    }

    #[tokio::test]
    async fn one_at_once_is_one_at_once_in_both() {
        let lanes = Lanes::new(1, 4, 3);
        let one = lanes.turn(Lane::Shared).await.unwrap();
        let other = lanes.turn(Lane::Reserved);
        tokio::pin!(other);
        tokio::select! {
            biased;
            _ = &mut other => panic!("two at once"),
            () = std::future::ready(()) => {}
        }
        drop(one);
        assert!(other.await.is_ok());
    }
}
