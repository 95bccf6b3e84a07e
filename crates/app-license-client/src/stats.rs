//! Counters for a metrics page.

use std::sync::atomic::{AtomicU64, Ordering};

/// What happened since the start, for a metrics page. All numbers only grow.
///
/// ```
/// use app_license_client::Stats;
/// assert_eq!(Stats::default().fetches, 0);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// HTTP requests sent.
    pub fetches: u64,
    /// Answers out of the cache, without a request.
    pub hits: u64,
    /// Answers for which a request of somebody else was waited for.
    pub joined: u64,
    /// Answers older than they should be, given because the platform could not be asked.
    pub stale_served: u64,
    /// Refusals: unknown and weak keys, foreign hosts.
    pub refused: u64,
    /// Questions that could not be checked.
    pub faults: u64,
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    fetches: AtomicU64,
    hits: AtomicU64,
    joined: AtomicU64,
    stale_served: AtomicU64,
    refused: AtomicU64,
    faults: AtomicU64,
}

impl Counters {
    pub(crate) fn fetch(&self) {
        add(&self.fetches);
    }

    pub(crate) fn hit(&self) {
        add(&self.hits);
    }

    pub(crate) fn join(&self) {
        add(&self.joined);
    }

    pub(crate) fn stale(&self) {
        add(&self.stale_served);
    }

    /// Counts a fault by its class, and hands the result on.
    pub(crate) fn outcome<T>(&self, result: Result<T, crate::Error>) -> Result<T, crate::Error> {
        match result.as_ref().map_err(crate::Error::class) {
            Ok(_) => {}
            Err(crate::ErrorClass::Refused) => add(&self.refused),
            Err(_) => add(&self.faults),
        }
        result
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            fetches: get(&self.fetches),
            hits: get(&self.hits),
            joined: get(&self.joined),
            stale_served: get(&self.stale_served),
            refused: get(&self.refused),
            faults: get(&self.faults),
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
