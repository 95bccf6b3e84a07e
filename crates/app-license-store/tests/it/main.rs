//! The conformance suite on every store, and what each store has alone.
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

mod memory;
#[cfg(feature = "_postgres-tests")]
mod postgres;
mod sqlite;
mod support;
mod uninstall;
mod version_5;
