//! The tests of the core from outside: vectors, properties, security rules.
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

#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod connect_properties;
#[cfg(all(feature = "work-count", feature = "aws-lc-rs"))]
mod cost_linear;
#[cfg(all(feature = "work-count", feature = "aws-lc-rs"))]
mod cost_once;
mod documents;
mod license_properties;
mod security_rule_names;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod security_rules_connect;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod security_rules_forge;
mod security_rules_lifecycle;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod token_vectors;
