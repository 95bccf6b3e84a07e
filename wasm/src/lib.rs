//! The core for JavaScript servers, by wasm-bindgen.
//!
//! No logic lives here: a call takes its values, calls the core, and hands back what it says. What
//! every request calls takes texts by position; rare calls take an object, whose fields are read by
//! their names. Both answer one text, JSON as a rule. TypeScript types of both are written beside each
//! call. A refusal is thrown, as the error that [`host::Host`] makes of it.
//!
//! Of a tenant, nothing is kept between two calls but what plans remember ([`machine`]): keys, and
//! what License APIs said.
#![expect(
    clippy::needless_pass_by_value,
    reason = "what JavaScript hands in is the call's own"
)]

pub mod call;
pub mod connect;
pub mod decision;
pub mod delivery;
pub mod expected;
pub mod forge;
pub mod host;
pub mod installation;
mod license;
pub mod lifecycle;
pub mod machine;
mod record;
pub mod request;
