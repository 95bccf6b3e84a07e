//! What a store says of itself.

/// What a store says of itself.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license_store::{InstallationStore, MemoryStore};
/// let health = MemoryStore::new().health().await?;
/// assert_eq!(health.backend, "memory");
/// # Ok::<(), app_license_store::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Which kind of store it is: `memory`, `sqlite`, `postgres`.
    pub backend: &'static str,
    /// The version of its schema; 0 where it has none.
    pub schema_version: i64,
    /// Whether secrets are sealed.
    pub encrypted: bool,
}

impl Health {
    /// For a store of your own.
    #[must_use]
    pub const fn new(backend: &'static str, schema_version: i64, encrypted: bool) -> Self {
        Self {
            backend,
            schema_version,
            encrypted,
        }
    }
}
