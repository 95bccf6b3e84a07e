//! What plans remember between two calls: so many of each kind at the most, and each of them bounded.
//!
//! The package names its plans by numbers of its own, and says with each call what they are made of:
//! a plan that there is not, after a stop of the module say, is made anew and knows nothing.

use std::sync::{Mutex, PoisonError};

use app_license::plan::Bounded;

/// How many plans of a kind are remembered.
const PLANS: usize = 256;

/// The plans of one kind.
pub(super) struct Plans<P>(Mutex<Bounded<u64, P>>);

impl<P> Plans<P> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Bounded::new(PLANS)))
    }

    /// Uses a plan, made by `make` where there is none.
    pub(super) fn with<T>(
        &self,
        plan: u64,
        make: impl FnOnce() -> P,
        then: impl FnOnce(&mut P) -> T,
    ) -> T {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plans.get(&plan) {
            return then(known);
        }
        let mut made = make();
        let answer = then(&mut made);
        plans.insert(plan, made);
        answer
    }

    /// Forgets a plan.
    pub(super) fn forget(&self, plan: u64) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.remove(&plan);
    }
}
