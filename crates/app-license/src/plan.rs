//! What to fetch and when, and what to do without it. Nothing here fetches or waits: what is
//! remembered and `now` go in, and the next step comes out.
//!
//! - [`keys`]: which key a token is verified with, and when a key host is asked.
//! - [`license`]: whether a License API is asked, how long its answer counts, what stands in for it.
//! - [`hooks`]: when an event is tried again whose hook failed.
//! - [`sweep`]: which installation's turn it is, when all are asked about without a request.

mod bounded;
mod fetch_problem;
pub mod hooks;
pub mod keys;
pub mod license;
pub mod sweep;

pub use bounded::Bounded;
pub use fetch_problem::{FetchProblem, FetchProblemKind};
