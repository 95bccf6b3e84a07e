//! What to fetch and when, and what to do without it. Nothing here fetches or waits: what is
//! remembered and `now` go in, and the next step comes out.
//!
//! - [`license`]: whether a License API is asked, how long its answer counts, what stands in for it.

pub mod license;
