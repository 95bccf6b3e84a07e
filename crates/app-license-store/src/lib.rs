//! Where an Atlassian Marketplace app keeps its installations.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("installations.db");
//! use std::sync::Arc;
//!
//! use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
//! use app_license::{AppKey, Change, ClientKey, UnixTime};
//! use app_license_store::{Delivery, Name, SqliteStore, Store};
//!
//! let store: Arc<dyn Store> = Arc::new(SqliteStore::open_plain_text(&path).await?);
//!
//! // a lifecycle webhook came, and its token was verified
//! let body = br#"{"eventType":"installed","key":"com.example.app","clientKey":"tenant-1",
//!     "sharedSecret":"a-secret-key-not-to-be-lost","baseUrl":"https://example.atlassian.net",
//!     "productType":"jira","capabilitySet":"capabilityStandard"}"#;
//! let (app, tenant) = (AppKey::new("com.example.app")?, ClientKey::new("tenant-1")?);
//! let event = LifecycleBody::parse(body)?
//!     .accept(LifecycleKind::Installed, &app, &tenant, &KeyHosts::default())?;
//! let applied = store.apply(Delivery::connect(event), UnixTime::EPOCH).await?;
//! assert_eq!(applied.changes, [Change::Installed]);
//!
//! // a consumer of the history: every event at least once, whatever crashes
//! let hooks = Name::new("hooks")?;
//! for entry in store.events_after(store.cursor(&hooks).await?, 100).await? {
//!     println!("{}: {} changed {:?}", entry.sequence, entry.key, entry.changes);
//!     store.advance(&hooks, entry.sequence).await?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! | store | for | promises |
//! |---|---|---|
//! | [`MemoryStore`] | tests | all but durability |
//! | [`SqliteStore`] | one machine, one file | synced to disk at every commit |
//! | [`PostgresStore`] (feature `postgres`) | many replicas, one database | the same, and leases across replicas |
//! | your own | [`Store`], checked by `store_conformance!` (feature `conformance`) | the same |
//!
//! A store has four parts, and what needs one of them takes no more: [`InstallationStore`] (installations,
//! their history and who has read it), [`LeaseStore`], [`LicenseStore`] (what License APIs answered) and
//! [`InstallKeyStore`]. [`Store`] is all of them.
//!
//! # Crate features
//!
//! | feature | |
//! |---|---|
//! | `sqlite` (default) | `SqliteStore` |
//! | `postgres` | `PostgresStore`, for several replicas |
//! | `conformance` | `store_conformance!` and one for each of the four parts, for the tests of a store of your own |
//!
//! # What a store promises
//!
//! 1. **Verify first, write last.** What is refused leaves the store as it was, to the byte.
//! 2. **Answered means committed.** Record, history and replay mark are one transaction.
//! 3. **One tenant, one at a time.** Deliveries of one tenant happen in some order, each on what the
//!    one before it left.
//! 4. **Nothing is lost on the way to the app's own code.** The history has numbers in the order of
//!    commit, without gaps but for what was erased; a consumer keeps a cursor and sees everything at
//!    least once.
//! 5. **Nothing known is lost by itself.** Uninstalling is a status; fields that only a newer version
//!    knows are kept. What is to go, [`InstallationStore::erase`] takes away whole, and
//!    [`InstallationStore::erase_uninstalled`] what was uninstalled long enough ago.
//! 6. **No clock.** `now` is an argument. Times are UTC seconds.
//!
//! # Secrets
//!
//! With [`EncryptionKeys`], shared secrets are sealed by XChaCha20-Poly1305 and bound to tenant and
//! column; keys rotate. A store without keys does not open, unless plain text is asked for by name; then
//! a warning is logged once. Bodies are
//! kept for the record without their secrets in either case. No error, log or `Debug` shows one.
//!
//! # Errors
//!
//! "Refused" and "could not check" never look alike: see [`ErrorClass`].

mod applied;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod encryption;
mod erase;
pub mod error;
mod export;
mod health;
mod history;
mod install_key;
mod memory;
mod name;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod record;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod records;
#[cfg(feature = "sqlite")]
mod sqlite;
mod stopped;
mod store;
mod tenant;

pub use app_license::ErrorClass;
pub use app_license::delivery::{Delivery, Mark, NewEntry, Outcome, ReplayMark, StoredMark};
pub use app_license::plan::license::{CachedLicense, Lease};
pub use applied::Applied;
pub use async_trait::async_trait;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use encryption::{EncryptionKey, EncryptionKeys};
pub use erase::Erased;
pub use error::{Error, ErrorKind};
pub use export::{ExportedEvent, ExportedLicense, TenantExport};
pub use health::Health;
pub use history::{HistoryEntry, MAX_PAGE, Sequence};
pub use install_key::{InstallKey, MAX_INSTALL_KEYS};
pub use memory::MemoryStore;
pub use name::Name;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "postgres")]
pub use records::PostgresRecords;
#[cfg(feature = "sqlite")]
pub use records::SqliteRecords;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use records::StoredRecord;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};
pub use stopped::Stopped;
pub use store::{InstallKeyStore, InstallationStore, LeaseStore, LicenseStore, Store, lasting};
