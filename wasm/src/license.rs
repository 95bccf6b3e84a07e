//! A license as JavaScript holds it.

#[cfg(feature = "server")]
use app_license::Capability;
use app_license::{Deployment, Edition, License, State};

#[cfg(feature = "server")]
use crate::call::Output;

/// The bits that say whether it is, or was, a trial: no, yes, nobody knows.
const TRIAL: u64 = 48;
/// The bit that says that this user has no access.
pub(crate) const NO_ACCESS: u64 = 512;

/// Writes the bits, and `set`, the capability set.
#[cfg(feature = "server")]
pub(crate) fn written(license: &License, output: &mut Output) {
    output.number("bits", bits(license));
    output.maybe("set", license.capability_set().map(Capability::as_str));
}

/// What is read of a license, as the gate's twin in TypeScript has it.
pub(crate) fn bits(license: &License) -> u64 {
    let state = match license.state() {
        State::Active => 0,
        State::Inactive => 1,
        _ => 2,
    };
    let edition = match license.edition() {
        Some(Edition::Free) => 0,
        Some(Edition::Standard) => 1,
        Some(_) => 2,
        None => 3,
    };
    let evaluation = match license.is_evaluation() {
        Some(false) => 0,
        Some(true) => 1,
        None => 2,
    };
    let place = match license.deployment() {
        Deployment::Production => 0,
        Deployment::NotProduction => 1,
        _ => 2,
    };
    let set = license.capability_set();
    let denied = license.user_access().is_some_and(|access| !access.allows());
    let denied = if denied { NO_ACCESS } else { 0 };
    state
        | (edition << 2)
        | (evaluation << TRIAL.trailing_zeros())
        | (place << 6)
        | (u64::from(set.is_some()) << 8)
        | denied
}
