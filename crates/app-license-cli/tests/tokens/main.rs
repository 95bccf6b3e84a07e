//! `sign`, `verify` and `qsh`: what is minted verifies, and nothing else does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

#[path = "../common/mod.rs"]
mod common;
mod connect;
mod forge;
mod minting;
mod policy;
mod support;
