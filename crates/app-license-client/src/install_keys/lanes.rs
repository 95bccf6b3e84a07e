//! Who may ask a key host next, when many ask for keys that nobody has.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::plan::keys::{Lane, LaneSizes, UnknownKeyBudget};
use app_license::{ClientKey, UnixTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Caller;
use crate::error::{Error, ErrorKind};

/// Queues, each with its own part of the fetches that may run at once, so that a flood in one does
/// not hold up the others.
#[derive(Debug)]
pub(super) struct Lanes {
    reserved: Queue,
    named: Queue,
    shared: Queue,
    budget: Mutex<UnknownKeyBudget<Caller>>,
}

#[derive(Debug)]
struct Queue {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    limit: usize,
}

impl Lanes {
    /// So many at once in all together, and so many waiting in the reserved lane: see [`LaneSizes`].
    pub(super) fn new(running: usize, waiting: usize, per_caller: u32) -> Self {
        let sizes = LaneSizes::of(running, waiting);
        let permits = |count: usize, otherwise: &Arc<Semaphore>| match count {
            0 => Arc::clone(otherwise),
            count => Arc::new(Semaphore::new(count)),
        };
        let reserved = Arc::new(Semaphore::new(sizes.reserved));
        let shared = permits(sizes.shared, &reserved);
        let named = permits(sizes.named, &shared);
        let queue = |running, limit| Queue {
            running,
            waiting: AtomicUsize::new(0),
            limit,
        };
        Self {
            reserved: queue(reserved, sizes.waiting_reserved),
            named: queue(named, sizes.waiting_others),
            shared: queue(shared, sizes.waiting_others),
            budget: Mutex::new(UnknownKeyBudget::new(per_caller)),
        }
    }

    /// The lane of a question by this caller, in a request that names this tenant.
    pub(super) fn of(&self, caller: Caller, tenant: Option<&ClientKey>, now: UnixTime) -> Lane {
        self.lock().lane(caller, tenant, now)
    }

    pub(super) fn refund(&self, caller: Caller, tenant: Option<&ClientKey>) {
        self.lock().refund(&caller, tenant);
    }

    fn lock(&self) -> MutexGuard<'_, UnknownKeyBudget<Caller>> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn enter(&self) -> Result<QueueSlot<'_>, Error> {
        let limit = self.limit;
        let place = QueueSlot(self);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= limit {
            drop(place);
            return Err(ErrorKind::UnknownKeyFlood { limit }.into());
        }
        Ok(place)
    }
}

/// A place in a queue, given up when the turn has come, or the question is dropped.
struct QueueSlot<'q>(&'q Queue);

impl Drop for QueueSlot<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Lane, Lanes};

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
