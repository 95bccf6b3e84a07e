//! What plans remember between two calls: so many of each kind at the most, and each of them bounded.
//!
//! The package names its plans by numbers of its own, and says with each call what they are made of:
//! a plan that there is not, after a stop of the module say, is made anew and knows nothing.

use std::sync::{Mutex, PoisonError};

/// How many plans of a kind are remembered.
const PLANS: usize = 256;

/// The plans of one kind, the one used longest ago first. There are a few, as a rule one.
pub(super) struct Plans<P>(Mutex<Vec<(u64, P)>>);

impl<P> Plans<P> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Uses a plan, made by `make` where there is none.
    pub(super) fn with<T>(
        &self,
        plan: u64,
        make: impl FnOnce() -> P,
        then: impl FnOnce(&mut P) -> T,
    ) -> T {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match plans.last() {
            Some((last, _)) if *last == plan => plans.pop(),
            _ => {
                let place = plans.iter().position(|(known, _)| *known == plan);
                place.map(|place| plans.remove(place))
            }
        };
        let mut used = known.unwrap_or_else(|| (plan, make()));
        let answer = then(&mut used.1);
        if plans.len() >= PLANS {
            plans.remove(0);
        }
        plans.push(used);
        answer
    }

    /// Forgets a plan.
    pub(super) fn forget(&self, plan: u64) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|(known, _)| *known != plan);
    }
}
