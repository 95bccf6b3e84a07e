//! The vendor's own Forge app in the lab: its pages behind the bridge, its functions in a Node
//! process, its remote with tokens that the lab signs.
//!
//! Everything listens on loopback only. The pages have an origin of their own and are read only;
//! what acts goes through the console and its rules.

mod app;
mod bridge;
mod browser;
mod config;
mod extension;
mod files;
mod functions;
mod log;
mod looks;
mod manifest;
mod pages;
mod platform;
mod policy;
mod process;
mod product;
mod queue;
mod queues;
mod record;
mod remote;
mod schedule;
mod socket;
mod sources;
mod storage;
mod triggers;

pub use self::app::ForgeApp;
pub(crate) use self::bridge::PageCall;
pub(crate) use self::browser::chromium;
pub use self::config::ForgeConfig;
pub(crate) use self::looks::Seen;
pub(crate) use self::product::ProductCall;
pub(crate) use self::remote::RemoteCall;
pub(crate) use self::triggers::TriggerCall;
