//! How many steps reading took: what the tests of its bounds count, instead of time.
//!
//! Without the feature `work-count` nothing is counted, and nothing is left of it in a program.

/// Counts steps: bytes that are looked at, entries that are passed.
///
/// ```
/// app_license_gate::work::count(1);
/// ```
#[inline]
#[cfg(not(feature = "work-count"))]
pub const fn count(_steps: usize) {}

#[cfg(feature = "work-count")]
pub use counting::{count, counted};

#[cfg(feature = "work-count")]
mod counting {
    use core::cell::Cell;

    extern crate std;

    std::thread_local! {
        static STEPS: Cell<u64> = const { Cell::new(0) };
    }

    /// Counts steps: bytes that are looked at, entries that are passed.
    ///
    /// ```
    /// app_license_gate::work::count(1);
    /// ```
    pub fn count(steps: usize) {
        STEPS.set(STEPS.get().saturating_add(steps as u64));
    }

    /// What this thread counts while a function runs.
    ///
    /// ```
    /// use app_license_gate::{json::Scanner, work};
    /// let (steps, value) = work::counted(|| Scanner::<1>::from_text("[1, 2]").value());
    /// assert!(value.is_ok() && steps > 0);
    /// ```
    pub fn counted<T>(run: impl FnOnce() -> T) -> (u64, T) {
        let before = STEPS.get();
        let value = run();
        (STEPS.get().saturating_sub(before), value)
    }
}
