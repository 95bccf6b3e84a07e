//! How many steps reading took: what the tests of its bounds count, instead of time.
//!
//! Without the feature `work-count` nothing is counted, and nothing is left of it in a program.

/// Counts steps: bytes that are looked at, entries that are passed.
#[inline]
#[cfg(not(feature = "work-count"))]
pub(crate) const fn count(_steps: usize) {}

#[cfg(feature = "work-count")]
pub use counting::{count, counted, steps};

#[cfg(feature = "work-count")]
mod counting {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    /// Counts steps: bytes that are looked at, entries that are passed.
    pub fn count(steps: usize) {
        STEPS.set(STEPS.get().saturating_add(steps as u64));
    }

    /// What this thread counted so far.
    pub fn steps() -> u64 {
        STEPS.get()
    }

    /// What this thread counts while a function runs.
    pub fn counted<T>(run: impl FnOnce() -> T) -> (u64, T) {
        let before = steps();
        let value = run();
        (steps().saturating_sub(before), value)
    }
}
