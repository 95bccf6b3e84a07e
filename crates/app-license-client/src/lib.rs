//! Keys and licenses of Atlassian Marketplace apps, over HTTP.
//!
//! The core of `app-license` verifies, reads and decides, and fetches nothing. This crate fetches:
//!
//! | for | ask |
//! |---|---|
//! | tokens of `installed` and `uninstalled` | [`InstallKeys`] |
//! | Forge invocation tokens | [`ForgeKeys`] |
//! | what license a Connect app has on a site | [`ConnectLicenseApi`] |
//! | what license a Forge app has at an installation | [`ForgeLicenseApi`] |
//!
//! All of them go out through one [`Fetcher`], share one flight among those who ask the same, keep
//! what they learn within bounds, count what they do ([`Stats`]), and take the time from a
//! [`Clock`]. Every fault is either **refused** or **could not check**: see [`ErrorClass`].
//!
//! They run inside a tokio runtime. Nothing is logged.
//!
//! ```
//! use app_license::connect::KeyHosts;
//! use app_license::forge::JwksUrl;
//! use app_license_client::{Fetcher, ForgeKeys, InstallKeys};
//! let fetcher = Fetcher::new()?;
//! let install_keys = InstallKeys::builder(fetcher.clone(), KeyHosts::default()).build()?;
//! let forge_keys = ForgeKeys::builder(fetcher, JwksUrl::default()).build()?;
//! # Ok::<(), app_license_client::Error>(())
//! ```

mod clock;
mod connect_license;
mod error;
mod fetch;
mod forge_keys;
mod forge_license;
mod install_keys;
mod license_cache;
mod retry;
mod single_flight;
mod statement;
mod stats;
mod system_token;

pub use app_license::ErrorClass;
pub use app_license::plan::keys::Caller;
pub use app_license::plan::license::{CachedLicense, Lease};
pub use app_license_store as store;
pub use clock::{Clock, SystemClock};
pub use connect_license::{ConnectLicenseApi, ConnectLicenseApiBuilder};
pub use error::{Error, ErrorKind, Source};
pub use fetch::{Fetcher, FetcherBuilder};
pub use forge_keys::{ForgeKeys, ForgeKeysBuilder};
pub use forge_license::{ForgeLicenseApi, ForgeLicenseApiBuilder};
pub use install_keys::{InstallKeys, InstallKeysBuilder};
pub use license_cache::MemoryLicenseCache;
pub use retry::jitter;
pub use statement::Statement;
pub use stats::Stats;
pub use system_token::SystemToken;
