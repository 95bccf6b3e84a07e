//! What the server promises, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

mod common;
mod connect_to_forge;
mod error_codes;
mod exhaustion;
mod hook_attempts;
mod hook_turns;
mod hooks;
mod license_cache;
mod license_sweep;
mod log;
mod operations;
mod own_answers;
mod page_headers;
mod perimeters;
mod probe;
mod refusals;
mod resolution;
mod security_rules;
mod serve;
mod shown;
mod store_use;
mod store_use_forge;
mod story;
mod switched_off;
mod walks;
mod watched_store;
mod wrong_answers;
mod wrong_settings;
