//! The gate behind a plain C ABI: what the tests of the npm package hold its own reading and
//! deciding to, in one process.
//!
//! The caller writes UTF-8 to [`input`] and calls one of the others. Nothing is kept between
//! two calls and nothing is allocated. All rules are those of `app-license-gate`; this crate
//! carries bytes.
//!
//! Built for wasm32 without any extension of the instruction set, so that it converts to plain
//! JavaScript.
#![cfg_attr(target_arch = "wasm32", no_std)]

mod memory;

use app_license_gate::capability::{Edition, Grants, RequiredCapability};
use app_license_gate::document::deployment;
use app_license_gate::facts::{Flag, LicenseFlags, State, meant};
use app_license_gate::json::Str;
use app_license_gate::policy::{Deployment, Evidence, Policy, Reason, WhenAbsent};
use app_license_gate::query::QueryFacts;
use app_license_gate::user_access::UserAccess;

/// Reasons of a decision, by their numbers. Numbers follow what the compiler makes of the enums,
/// so that next to no code is spent on translating.
pub const REASONS: [&str; 11] = [
    "inactive",
    "trial_ended",
    "inactive",
    "granted",
    "capability_missing",
    "",
    "absent",
    "not_production",
    "stale",
    "unconfirmed",
    "no_user_access",
];

/// Where the caller writes its input; there is room for 64 KiB.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *mut u8 {
    memory::input_address()
}

/// Judges a license object whose fields the caller has taken out of it.
///
/// `fields` holds two bits each, from the lowest: `active`, `isActive`, `evaluation`,
/// `isEvaluation` (0 false, 1 true, 2 null or missing, 3 anything else), `capabilitySet` (0 null or
/// missing, 1 a string, 2 anything else), and where it was found (0 Connect, 1 a place that says
/// its environment, 2 one that does not), `userAccess.enabled` and `userAccess.hasAccess` (0 false,
/// 1 true, 2 missing, 3 anything else); from bit 16, one bit each: whether `userAccess` is stated,
/// and whether `state` says `trial`. The input holds the `set_len` bytes of the capability
/// set, then the `place_len` bytes of the environment's type.
///
/// The result holds, two bits each from the lowest: state (active, inactive, absent), edition of
/// an active license (free, standard, advanced, none), evaluation (no, yes, unknown), deployment
/// (production, not production, unknown); then one bit each, whether a capability set is named and
/// whether the platform says that this user has no access.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn judge(fields: u32, set_len: usize, place_len: usize) -> u32 {
    let mut flags = LicenseFlags::default();
    flags.active = flag(fields);
    flags.is_active = flag(fields >> 2);
    flags.evaluation = flag(fields >> 4);
    flags.is_evaluation = flag(fields >> 6);
    let set = Str::from(memory::text(0, set_len));
    flags.capability_set = match (fields >> 8) & 3 {
        0 => None,
        1 => meant(set),
        _ => Some(set),
    };
    let place = match (fields >> 10) & 3 {
        0 => Deployment::Production,
        1 => deployment(Some(Str::from(memory::text(set_len, place_len)))),
        _ => Deployment::Unknown,
    };
    flags.override_state = (fields & (1 << 17) != 0).then_some(Str::from("trial"));
    let access = UserAccess::new(flag(fields >> 12), flag(fields >> 14));
    let access = (fields & (1 << 16) != 0).then_some(access);
    let set = flags.capability_set;
    let edition = match flags.grants() {
        Grants::Edition(edition) => Some(edition),
        _ => None,
    };
    let evaluation = flags.evaluation();
    bits(flags.state(), edition, evaluation, place, set.is_some()) | denied(access)
}

/// Judges the query of a Connect iframe URL, `len` bytes of input. The result is that of
/// [`judge`].
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn query(len: usize) -> u32 {
    let facts = QueryFacts::read(memory::text(0, len));
    let state = facts.state();
    let edition = match (state, facts.capability_set) {
        (State::Active, None) => Some(Edition::Standard),
        (State::Active, Some(set)) => set.edition(),
        _ => None,
    };
    let named = facts.capability_set.is_some();
    bits(state, edition, None, Deployment::Production, named) | denied(facts.user_access())
}

/// Where the capability set that counts stands in the query: the position of its first byte in
/// the upper 16 bits, its length in the lower. It is form-encoded. 0 when the query names several
/// that together grant nothing.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn query_set(len: usize) -> u32 {
    let facts = QueryFacts::read(memory::text(0, len));
    let set = facts.capability_set.map_or("", |set| set.encoded());
    memory::span_of(set)
}

/// Decides. The input holds the license's capability set (`has_len` bytes, none when it names
/// none), then the one asked for (`needs_len` bytes).
///
/// `license` is the result of [`judge`]. `policy` holds when-absent in the lowest two bits (free,
/// standard, advanced, deny), then one bit each: production only, confirmed only, `max_age` is
/// given, `age` is known, absent means something else outside production; in bits 7 and 8 what it
/// means there; then one bit each: the app sells nothing, user access is ignored. Ages are in
/// seconds.
///
/// The result is the reason, an index of [`REASONS`], and from bit 4 the edition asked for (free,
/// standard, advanced, none).
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn decide(
    license: u32,
    has_len: usize,
    needs_len: usize,
    policy: u32,
    max_age: u32,
    age: u32,
) -> u32 {
    let has = memory::text(0, has_len);
    let asked = memory::text(has_len, needs_len);
    let needs = RequiredCapability::from(asked);
    let evidence = Evidence {
        state: match license & 3 {
            0 => State::Active,
            1 => State::Inactive,
            _ => State::Absent,
        },
        grants: Grants::of_active(Some(Str::from(has)).filter(|has| !has.is_empty())),
        evaluation: match (license >> 4) & 3 {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        deployment: match (license >> 6) & 3 {
            0 => Deployment::Production,
            1 => Deployment::NotProduction,
            _ => Deployment::Unknown,
        },
        age: (policy & 32 != 0).then_some(u64::from(age)),
        // what a browser holds is a hint
        confirmed: false,
        user_access: (license & NO_ACCESS != 0).then_some(UserAccess::UNREADABLE),
    };
    let mut rules = Policy::new()
        .when_absent(meaning(policy))
        .production_only(policy & 4 != 0)
        .confirmed_only(policy & 8 != 0)
        .sells_nothing(policy & 512 != 0)
        .ignore_user_access(policy & 1024 != 0);
    if policy & 64 != 0 {
        rules = rules.when_absent_outside_production(meaning(policy >> 7));
    }
    if policy & 16 != 0 {
        rules = rules.max_age(u64::from(max_age));
    }
    let reason = match rules.decide(&evidence, needs) {
        Reason::Inactive { trial: Some(false) } => 0,
        Reason::Inactive { trial: Some(true) } => 1,
        Reason::Inactive { trial: None } => 2,
        Reason::Granted => 3,
        Reason::CapabilityMissing => 4,
        Reason::Absent => 6,
        Reason::NotProduction => 7,
        Reason::Stale => 8,
        Reason::NoUserAccess => 10,
        _ => 9,
    };
    reason | (number_of(needs.edition()) << 4)
}

/// The bit of a license that says that this user has no access.
const NO_ACCESS: u32 = 512;

const fn denied(access: Option<UserAccess>) -> u32 {
    match access {
        Some(access) if !access.allows() => NO_ACCESS,
        _ => 0,
    }
}

const fn meaning(bits: u32) -> WhenAbsent {
    match bits & 3 {
        0 => WhenAbsent::Assume(Edition::Free),
        1 => WhenAbsent::Assume(Edition::Standard),
        2 => WhenAbsent::Assume(Edition::Advanced),
        _ => WhenAbsent::Deny,
    }
}

const fn flag(bits: u32) -> Flag {
    match bits & 3 {
        0 => Flag::Is(false),
        1 => Flag::Is(true),
        2 => Flag::Missing,
        _ => Flag::NotBoolean,
    }
}

const fn number_of(edition: Option<Edition>) -> u32 {
    match edition {
        Some(Edition::Free) => 0,
        Some(Edition::Standard) => 1,
        Some(_) => 2,
        None => 3,
    }
}

fn bits(
    state: State,
    edition: Option<Edition>,
    evaluation: Option<bool>,
    place: Deployment,
    named: bool,
) -> u32 {
    let state = match state {
        State::Active => 0,
        State::Inactive => 1,
        State::Absent => 2,
    };
    let evaluation = match evaluation {
        Some(false) => 0,
        Some(true) => 1,
        None => 2,
    };
    let place = match place {
        Deployment::Production => 0,
        Deployment::NotProduction => 1,
        _ => 2,
    };
    state | (number_of(edition) << 2) | (evaluation << 4) | (place << 6) | (u32::from(named) << 8)
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(test)]
mod tests;
