//! Who may ask a key host next, when many ask for keys that nobody has.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use app_license::UnixTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bounded::Bounded;
use crate::caller::Caller;
use crate::clock::passed;
use crate::error::{Error, ErrorKind};

/// How many callers are remembered for what they asked.
const CALLERS: usize = 8192;

/// Which of the two queues a question is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// For callers who have asked for few unknown ids.
    Reserved,
    /// For all others.
    Shared,
}

/// Two queues, each with its own part of the fetches that may run at once, so that a flood in one
/// does not hold up the other.
#[derive(Debug)]
pub(super) struct Lanes {
    reserved: Queue,
    shared: Queue,
    /// Since when, and how many unknown ids each caller asked for since.
    spent: Mutex<Bounded<Caller, (UnixTime, u32)>>,
    per_caller: u32,
}

#[derive(Debug)]
struct Queue {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    limit: usize,
}

impl Lanes {
    /// `running` at once in both together, a quarter of them for the reserved lane alone, and
    /// `waiting` at most in each.
    pub(super) fn new(running: usize, waiting: usize, per_caller: u32) -> Self {
        let running = running.max(1);
        let for_reserved = running.div_ceil(4);
        let for_shared = running.saturating_sub(for_reserved);
        let reserved = Arc::new(Semaphore::new(for_reserved));
        let shared = if for_shared == 0 {
            Arc::clone(&reserved)
        } else {
            Arc::new(Semaphore::new(for_shared))
        };
        let queue = |running| Queue {
            running,
            waiting: AtomicUsize::new(0),
            limit: waiting.max(1),
        };
        Self {
            reserved: queue(reserved),
            shared: queue(shared),
            spent: Mutex::new(Bounded::new(CALLERS)),
            per_caller,
        }
    }

    /// The lane of a question by this caller, which counts as one for nothing until it turns out
    /// otherwise.
    pub(super) fn of(&self, caller: Caller, now: UnixTime) -> Lane {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = match spent.get(&caller) {
            Some(&mut (since, count)) if !passed(now, since, 60) => (since, count),
            _ => (now, 0),
        };
        if count >= self.per_caller {
            return Lane::Shared;
        }
        spent.insert(caller, (since, count.saturating_add(1)));
        Lane::Reserved
    }

    pub(super) fn refund(&self, caller: Caller) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = spent.get(&caller) {
            *count = count.saturating_sub(1);
        }
    }

    /// Waits for a turn to ask.
    pub(super) async fn turn(&self, lane: Lane) -> Result<OwnedSemaphorePermit, Error> {
        let queue = match lane {
            Lane::Reserved => &self.reserved,
            Lane::Shared => &self.shared,
        };
        let _place = queue.enter()?;
        // who may go ahead takes what is free in either part
        if lane == Lane::Reserved
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
    use app_license::UnixTime;

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
            assert_eq!(lanes.of(caller(1), now), Lane::Reserved);
        }
        assert_eq!(lanes.of(caller(1), now), Lane::Shared);
        assert_eq!(lanes.of(caller(2), now), Lane::Reserved);
        // a key that was found costs nothing, and a minute later all is forgotten
        lanes.refund(caller(1));
        assert_eq!(lanes.of(caller(1), now), Lane::Reserved);
        assert_eq!(lanes.of(caller(1), now), Lane::Shared);
        assert_eq!(lanes.of(caller(1), now.plus(60)), Lane::Reserved);
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
