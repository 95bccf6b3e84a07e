//! x

mod cached_license;
#[cfg(feature = "conformance")]
pub mod conformance;
mod delivery;
mod encryption;
pub mod error;
mod history;
mod lease;
mod mark;
mod memory;
mod name;
mod payload;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;

pub use async_trait::async_trait;
pub use cached_license::CachedLicense;
pub use delivery::{Applied, Delivery, NewEntry, Reduced};
pub use encryption::{EncryptionKey, EncryptionKeys};
pub use error::{Error, ErrorClass, ErrorKind};
pub use history::{HistoryEntry, MAX_PAGE, Sequence};
pub use lease::Lease;
pub use mark::{Mark, ReplayMark};
pub use memory::MemoryStore;
pub use name::Name;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};
pub use store::{Health, InstallationStore};
