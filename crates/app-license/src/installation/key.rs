//! What identifies an installation.

use std::fmt;

use crate::error::Error;
use crate::ids::{ClientKey, CloudId, InstallationAri};

/// What identifies an installation.
///
/// ```
/// use app_license::{ClientKey, InstallationKey};
/// let key = InstallationKey::Connect(ClientKey::new("tenant-1")?);
/// assert_eq!(key.as_str(), "tenant-1");
/// assert_eq!(serde_json::to_string(&key).unwrap(), r#"{"connect":"tenant-1"}"#);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum InstallationKey {
    /// On Connect: the tenant.
    Connect(ClientKey),
    /// On Forge: the installation.
    Forge(InstallationAri),
}

impl InstallationKey {
    /// The identifier alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connect(key) => key.as_str(),
            Self::Forge(ari) => ari.as_str(),
        }
    }
}

impl fmt::Display for InstallationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl InstallationKey {
    /// The key of the link of a site and product: `ari:cloud:{product}::site/{cloudId}`, as the platform
    /// names it.
    ///
    /// # Errors
    /// `invalid_id` when the two make no ARI.
    pub fn of_site(product: &str, cloud_id: &CloudId) -> Result<Self, Error> {
        let ari = InstallationAri::new(format!("ari:cloud:{product}::site/{cloud_id}"))?;
        Ok(Self::Forge(ari))
    }
}
