//! `editions.toml` as it is published, from outside.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

mod check;
mod file;
mod generate;
mod pricing;
mod slow;
mod sources;
