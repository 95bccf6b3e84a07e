//! Public keys of the platform that lifecycle tokens were verified with.

use app_license::KeyId;

/// The most of them that a store keeps: the platform has a handful at a time.
pub const MAX_INSTALL_KEYS: usize = 64;

/// A public key of the platform, and its id.
///
/// ```
/// use app_license::KeyId;
/// use app_license_store::InstallKey;
/// let key = InstallKey::new(KeyId::new("0e50fccb")?, "-----BEGIN PUBLIC KEY-----…");
/// assert_eq!(key.id().as_str(), "0e50fccb");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallKey {
    id: KeyId,
    pem: String,
}

impl InstallKey {
    /// A key as the platform's key host serves it, PEM.
    pub fn new(id: KeyId, pem: impl Into<String>) -> Self {
        let pem = pem.into();
        Self { id, pem }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key, PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }
}
