//! Keys and licenses over HTTP, against hosts that misbehave.
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
mod connect_license;
mod forge_keys;
mod forge_license;
mod install_keys;
mod license_cache;
