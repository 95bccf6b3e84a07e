//! The gate behind a plain C ABI: what the browser entry of the npm package is made of.
//!
//! The caller writes UTF-8 to [`input`] and calls one of the others. Nothing is kept between
//! two calls and nothing is allocated. All rules are those of `app-license-gate`; this crate
//! carries bytes.
//!
//! Built for wasm32 without any extension of the instruction set, so that it converts to plain
//! JavaScript: pages whose policy forbids WebAssembly run it too.
#![cfg_attr(target_arch = "wasm32", no_std)]

mod memory;

use app_license_gate::capability::{Edition, Grants, Needs};
use app_license_gate::document::deployment;
use app_license_gate::facts::{Flag, Standing, State, capability};
use app_license_gate::json::{Str, Value};
use app_license_gate::policy::{Deployment, Evidence, Policy, Reason, WhenAbsent};
use app_license_gate::query::QueryFacts;

/// Reasons of a decision.
pub const REASONS: [&str; 8] = [
    "granted",
    "capability_missing",
    "inactive",
    "trial_ended",
    "absent",
    "not_production",
    "stale",
    "unconfirmed",
];

/// Where the caller writes its input; there is room for 64 KiB.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *mut u8 {
    memory::input_address()
}

/// Judges a licence object whose fields the caller has taken out of it.
///
/// `fields` holds two bits each, from the lowest: `active`, `isActive`, `evaluation`,
/// `isEvaluation` (0 null or missing, 1 false, 2 true, 3 anything else), `capabilitySet` (0 null or
/// missing, 1 a string, 2 anything else), and where it was found (0 a place that says no
/// environment, 1 a place that does, 2 Connect). The input holds the `set_len` bytes of the
/// capability set, then the `place_len` bytes of the environment's type.
///
/// The result holds, two bits each from the lowest: state (absent, inactive, active), edition of
/// an active licence (none, free, standard, advanced), evaluation (unknown, no, yes), deployment
/// (unknown, not production, production), and whether a capability set is named.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn judge(fields: u32, set_len: usize, place_len: usize) -> u32 {
    let part = |bit: u32| (fields >> bit) & 3;
    let flag = |bit: u32| match part(bit) {
        0 => Flag::Missing,
        1 => Flag::Is(false),
        2 => Flag::Is(true),
        _ => Flag::NotBoolean,
    };
    let mut standing = Standing::default();
    standing.active = flag(0);
    standing.is_active = flag(2);
    standing.evaluation = flag(4);
    standing.is_evaluation = flag(6);
    let text = memory::text(0, set_len);
    standing.capability_set = capability(match part(8) {
        0 => Value::Null,
        1 => Value::String(Str::from(text)),
        _ => Value::Number(text),
    });
    let place = match part(10) {
        0 => Deployment::Unknown,
        1 => deployment(Some(Str::from(memory::text(set_len, place_len)))),
        _ => Deployment::Production,
    };
    let set = standing.capability_set;
    let edition = match Grants::of_active(set) {
        Grants::Edition(edition) => Some(edition),
        _ => None,
    };
    bits(standing.state(), edition, standing.evaluation(), place) | (u32::from(set.is_some()) << 8)
}

/// Judges the query of a Connect iframe URL, `len` bytes of input. The result is that of
/// [`judge`].
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn query(len: usize) -> u32 {
    let facts = QueryFacts::read(memory::text(0, len));
    let edition = match facts.capability_set {
        None => Some(Edition::Standard),
        Some(set) => set.edition(),
    };
    let named = u32::from(facts.capability_set.is_some()) << 8;
    bits(facts.state(), edition, None, Deployment::Production) | named
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

/// Decides. The input holds the licence's capability set (`has_len` bytes, none when it names
/// none), then what is asked for (`needs_len` bytes): a capability set, or with bit 6 of `policy`
/// also an edition's name.
///
/// `license` is the result of [`judge`]. `policy` holds when-absent in the lowest two bits (deny,
/// free, standard, advanced), then one bit each: production only, confirmed only, `max_age` is
/// given, `age` is known, an edition's name will do. Ages are in seconds.
///
/// The result is the reason, in the order of [`REASONS`], and from bit 4 the edition asked for
/// (none, free, standard, advanced).
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
    let flag = |bit: u32| policy & (1 << bit) != 0;
    let named = Edition::from_name(asked).filter(|_| flag(6));
    let needs = named.map_or_else(|| Needs::from(asked), Needs::from);
    let state = match license & 3 {
        2 => State::Active,
        1 => State::Inactive,
        _ => State::Absent,
    };
    let evidence = Evidence {
        state,
        grants: Grants::of_active(Some(Str::from(has)).filter(|has| !has.is_empty())),
        evaluation: match (license >> 4) & 3 {
            2 => Some(true),
            1 => Some(false),
            _ => None,
        },
        deployment: match (license >> 6) & 3 {
            2 => Deployment::Production,
            1 => Deployment::NotProduction,
            _ => Deployment::Unknown,
        },
        age: flag(5).then_some(u64::from(age)),
        // what a browser holds is a hint
        confirmed: false,
    };
    let mut rules = Policy::new()
        .when_absent(edition_of(policy & 3).map_or(WhenAbsent::Deny, WhenAbsent::Assume))
        .production_only(flag(2))
        .confirmed_only(flag(3));
    if flag(4) {
        rules = rules.max_age(u64::from(max_age));
    }
    let reason = match rules.decide(&evidence, needs) {
        Reason::Granted => 0,
        Reason::CapabilityMissing => 1,
        Reason::Inactive { trial: Some(true) } => 3,
        Reason::Inactive { .. } => 2,
        Reason::Absent => 4,
        Reason::NotProduction => 5,
        Reason::Stale => 6,
        _ => 7,
    };
    reason | (number_of(needs.edition()) << 4)
}

const fn number_of(edition: Option<Edition>) -> u32 {
    match edition {
        None => 0,
        Some(Edition::Free) => 1,
        Some(Edition::Standard) => 2,
        Some(_) => 3,
    }
}

const fn edition_of(number: u32) -> Option<Edition> {
    match number {
        1 => Some(Edition::Free),
        2 => Some(Edition::Standard),
        3 => Some(Edition::Advanced),
        _ => None,
    }
}

fn bits(
    state: State,
    edition: Option<Edition>,
    evaluation: Option<bool>,
    place: Deployment,
) -> u32 {
    let (state, edition) = match state {
        State::Absent => (0, None),
        State::Inactive => (1, None),
        State::Active => (2, edition),
    };
    let evaluation = match evaluation {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    };
    let place = match place {
        Deployment::Production => 2,
        Deployment::NotProduction => 1,
        _ => 0,
    };
    state | (number_of(edition) << 2) | (evaluation << 4) | (place << 6)
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(test)]
mod tests;
