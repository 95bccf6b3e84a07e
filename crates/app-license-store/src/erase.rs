//! What an erasure took away.

/// What [`InstallationStore::erase`](crate::InstallationStore::erase) took away.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::{ClientKey, InstallationKey};
/// use app_license_store::{InstallationStore, MemoryStore};
/// let nobody = InstallationKey::Connect(ClientKey::new("tenant-1")?);
/// let erased = MemoryStore::new().erase(&nobody).await?;
/// assert!(erased.is_nothing());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Erased {
    /// Whether there was a record.
    pub installation: bool,
    /// Entries of the history, with their bodies; those of links to the tenant, too.
    pub events: u64,
    /// Answers of License APIs; those about links to the tenant, too.
    pub licenses: u64,
}

impl Erased {
    /// What was taken away; for a store of your own.
    #[must_use]
    pub const fn new(installation: bool, events: u64, licenses: u64) -> Self {
        Self {
            installation,
            events,
            licenses,
        }
    }

    /// With what was taken away of a link to the tenant.
    pub(crate) const fn with_link(self, link: Self) -> Self {
        Self {
            installation: self.installation,
            events: self.events.saturating_add(link.events),
            licenses: self.licenses.saturating_add(link.licenses),
        }
    }

    /// Whether nothing was there.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        !self.installation && self.events == 0 && self.licenses == 0
    }
}
