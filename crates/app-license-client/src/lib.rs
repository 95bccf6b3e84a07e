//! Keys and licences of Atlassian Marketplace apps, over HTTP.

mod bounded;
mod clock;
mod error;
mod fetch;
mod flight;
mod forge_keys;
mod install_keys;
mod retry;
mod stats;

pub use clock::{Clock, SystemClock};
pub use error::{Class, Error, ErrorKind, Source};
pub use fetch::{Fetcher, FetcherBuilder};
pub use forge_keys::{ForgeKeys, ForgeKeysBuilder};
pub use install_keys::{InstallKeys, InstallKeysBuilder};
pub use stats::Stats;
