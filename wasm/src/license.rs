//! A license as JavaScript holds it.

use app_license::{Capability, Edition, EnvironmentType, License, State};

use crate::answer::Answer;

/// Writes what is judged of a license, in the bits that `judge` of `wasm/gate` answers, and the
/// capability set.
pub(crate) fn written(license: &License, answer: &mut Answer) {
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
    let place = match license.environment() {
        _ if license.source().is_connect() => 0,
        Some(environment) if *environment == EnvironmentType::PRODUCTION => 0,
        Some(_) => 1,
        None => 2,
    };
    let set = license.capability_set();
    let denied = license.user_access().is_some_and(|access| !access.allows());
    answer.shown(
        state
            | (edition << 2)
            | (evaluation << 4)
            | (place << 6)
            | (u32::from(set.is_some()) << 8)
            | (u32::from(denied) << 9),
    );
    answer.maybe(set.map(Capability::as_str));
}
