//! Which key a token is verified with, and when a key host is asked.
//!
//! - [`InstallKeyCache`], by [`InstallKeyPlan`]: install keys of Connect, one by one by their ids, with
//!   [`UnknownKeyBudget`] against floods of made-up ids.
//! - [`KeySetCache`], by [`KeySetPlan`]: the one key set of Forge invocation tokens.
//!
//! **The bounds on fetches.** Of a key set: one in [`KeySetPlan::cooldown`] seconds for what tokens
//! say, whatever they say, and one in [`KeySetPlan::refresh`] for its age. Of an install key: one in
//! [`InstallKeyPlan::refresh`] seconds for a key that is known, one in [`InstallKeyPlan::refused`] for
//! an id that nobody knows, one in [`InstallKeyPlan::back_off`] for one that could not be checked;
//! ids that are made up are held to the fetches that run at once.

mod budget;
mod caller;
mod host;
mod install_key;
mod key_set;
mod stored;

use crate::ids::KeyId;

pub use budget::{Lane, LaneSizes, UnknownKeyBudget};
pub use caller::Caller;
pub use host::{HostAnswer, HostStep};
pub use install_key::{InstallKeyCache, InstallKeyPlan, InstallKeyResult, InstallKeyStep};
pub use key_set::{KeySetCache, KeySetPlan, KeySetStep, Need};
pub use stored::StoredInstallKeys;

/// Why no key is used and nobody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must word each of them")]
pub enum KeyRefusal {
    /// No key has this id.
    Unknown,
    /// The id is that of a test key, whose private half everybody has.
    TestKey,
}

fn is_refused_test_key(kid: &str, allowed: bool) -> bool {
    !allowed && kid.starts_with(KeyId::TEST_PREFIX)
}

#[cfg(test)]
mod tests;
