//! The core for JavaScript, by wasm-bindgen: for servers, and for pages that may run WebAssembly.
//!
//! No logic lives here: a call takes its values, calls the core, and hands back what it says. What
//! is called often takes texts by position; rare calls take an object, whose fields are read by
//! their names. Both answer one text, JSON as a rule. TypeScript types of both are written beside each
//! call. A refusal of a server's call is thrown, as the error that [`host::Host`] makes of it.
//!
//! Of a tenant, nothing is kept between two calls but what plans remember ([`machine`]), keys and what License
//! APIs said, and what was parsed of a request that is still to be verified, or of an event that was verified and is
//! still to be delivered, the secret of an install with it (`parsed`).
//!
//! # Crate features
//!
//! - `server` (default): all that `@app-license/sdk/server` calls.
//! - `page`: reading and deciding alone, for `@app-license/sdk/wasm` ([`page`]). No secret belongs in
//!   a page, so nothing is verified there.
//! - `maps`: feature maps, for tests alone ([`maps`]).
//! - `counts`: how many steps the core took, for tests alone ([`counts`]).
#![expect(
    clippy::needless_pass_by_value,
    reason = "what JavaScript hands in is the call's own"
)]

#[cfg(feature = "server")]
pub mod about;
#[cfg(feature = "server")]
pub mod call;
#[cfg(feature = "server")]
pub mod connect;
#[cfg(feature = "counts")]
pub mod counts;
#[cfg(feature = "server")]
pub mod decision;
#[cfg(feature = "server")]
pub mod delivery;
#[cfg(feature = "server")]
pub mod expected;
#[cfg(feature = "server")]
pub mod forge;
#[cfg(feature = "server")]
pub mod hooks;
#[cfg(feature = "server")]
pub mod host;
#[cfg(feature = "server")]
pub mod installation;
mod license;
#[cfg(feature = "server")]
pub mod lifecycle;
mod lines;
#[cfg(feature = "server")]
pub mod machine;
#[cfg(feature = "maps")]
pub mod maps;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "server")]
mod parsed;
#[cfg(feature = "server")]
mod received;
#[cfg(feature = "server")]
mod record;
#[cfg(feature = "server")]
pub mod request;
