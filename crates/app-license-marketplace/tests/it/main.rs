//! What the crate promises, with data as the platform writes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

mod fortified;
mod hostile;
mod partner;
mod reconcile;
mod report;
mod trust;
