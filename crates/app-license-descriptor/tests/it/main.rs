//! Tests over the vectors that every language shares.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod condition_vectors;
