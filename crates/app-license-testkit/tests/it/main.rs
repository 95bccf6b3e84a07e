//! The mock host: what it states, signs and serves, and that the core verifies it.
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

mod moves;
mod platform;
mod probing;
mod recorded;
mod served;
mod verifies;
