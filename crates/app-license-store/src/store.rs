//! The traits that a store implements, and the one that stands for all of them.

mod install_keys;
mod installations;
mod leases;
mod licenses;

pub use install_keys::InstallKeyStore;
pub use installations::InstallationStore;
pub use leases::{LeaseStore, lasting};
pub use licenses::LicenseStore;

/// All that an app keeps: [`InstallationStore`], [`LeaseStore`], [`LicenseStore`] and
/// [`InstallKeyStore`] in one.
///
/// One store belongs to one app. Every method that depends on time takes `now`; no store reads a
/// clock. What a method has answered is committed: it survives the death of the process the moment
/// after. What it refuses leaves the store as it was.
///
/// What a store answers is waited for, however long it takes: one of your own gives the client of its database
/// time limits, and answers `store_unavailable` then, as the stores of this crate do.
///
/// Whatever implements the four is a `Store`. Servers take it as `Arc<dyn Store>`; what needs less
/// takes one of the four. A store of your own is checked with `store_conformance!`, which the feature
/// `conformance` brings; each of the four has a suite of its own.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::Arc;
///
/// use app_license::{ClientKey, InstallationKey, UnixTime};
/// use app_license_store::{LeaseStore, MemoryStore, Name, Store};
///
/// let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
/// let tenant = InstallationKey::Connect(ClientKey::new("tenant-1").unwrap());
/// assert!(store.get(&tenant).await?.is_none());
///
/// let leases: Arc<dyn LeaseStore> = store; // for what needs no more
/// let (lease, holder) = (Name::new("report")?, Name::new("replica-1")?);
/// assert!(leases.try_lease(&lease, &holder, UnixTime::EPOCH, 60).await?.is_granted());
/// # Ok::<(), app_license_store::Error>(())
/// # }).unwrap();
/// ```
pub trait Store: InstallationStore + LeaseStore + LicenseStore + InstallKeyStore {}

impl<S: InstallationStore + LeaseStore + LicenseStore + InstallKeyStore + ?Sized> Store for S {}
