//! The program as it is shipped: what it reads, says and refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::print_stderr,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

mod common;
mod conformance;
#[cfg(feature = "doctor")]
mod doctor;
#[cfg(feature = "editions")]
mod editions;
mod help;
mod hostile;
mod inspect;
#[cfg(feature = "lab")]
mod lab;
mod pastes;
#[cfg(feature = "marketplace")]
mod programs;
#[cfg(feature = "marketplace")]
mod reconcile;
#[cfg(feature = "marketplace")]
mod report;
#[cfg(feature = "lab")]
mod scenarios;
#[cfg(feature = "store")]
mod store;
mod tokens;
