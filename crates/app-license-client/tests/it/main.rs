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
mod connect_license_stored;
mod forge_keys;
mod forge_keys_outage;
mod forge_keys_replaced;
mod forge_license;
mod forge_license_shared;
mod install_keys;
mod install_keys_flood;
mod install_keys_outage;
mod license_cache;
