//! The provider, through the SDK's own client.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

mod client;
mod flags;
