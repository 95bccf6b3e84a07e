//! The doctor over pages, seeded mistakes, examples and its outputs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test that fails is what they are for"
)]

mod code;
mod common;
mod decisions;
mod examples;
mod outputs;
mod pages;
mod reading;
mod seeds;
