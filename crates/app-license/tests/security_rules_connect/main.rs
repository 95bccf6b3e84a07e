//! The security rules, as far as tokens and queries of Connect close them: one test a rule, named
//! after its id.
#![cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
#![expect(clippy::unwrap_used, reason = "a test")]

mod claims;
mod queries;
mod requests;
mod signatures;
mod support;
