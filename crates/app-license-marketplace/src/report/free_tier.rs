//! Licenses that must move when the starter tier ends.

use serde::Serialize;

use super::LicenseRecord;
use super::vocabulary::{LicenseType, Status};

/// Why a license must move to the Free edition, or to a paid one.
///
/// ```
/// use app_license_marketplace::report::FreeReason;
/// assert_eq!(FreeReason::LegacyFree.name(), "legacy_free");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FreeReason {
    /// Its type is `STARTER`.
    Starter,
    /// Its type is `LEGACY_FREE`.
    LegacyFree,
    /// Its type is `FREE`, without the Free edition.
    Free,
    /// It is in the export of the free starter tier.
    Listed,
}

impl FreeReason {
    /// The name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starter => "starter",
            Self::LegacyFree => "legacy_free",
            Self::Free => "free",
            Self::Listed => "listed",
        }
    }
}

/// An entitlement that must move.
///
/// ```
/// use app_license_marketplace::report::{FreeReason, FreeTier, LicenseReader};
/// let report = br#"[{"appEntitlementNumber":"E-1","licenseType":"LEGACY_FREE","status":"active"},
///                   {"appEntitlementNumber":"E-2","licenseType":"COMMERCIAL","status":"active"}]"#;
/// let mut reader = LicenseReader::new(&report[..]);
/// let first = FreeTier::of(&reader.next().unwrap()?, false).unwrap();
/// assert_eq!(first.reason, FreeReason::LegacyFree);
/// assert!(FreeTier::of(&reader.next().unwrap()?, false).is_none());
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FreeTier {
    /// The entitlement, or the license.
    pub license: String,
    /// The site.
    pub host: Option<String>,
    /// Its cloud id.
    pub cloud_id: Option<String>,
    /// The customer.
    pub company: Option<String>,
    /// The size, as the report has it.
    pub tier: Option<String>,
    /// Why it must move.
    pub reason: FreeReason,
}

impl FreeTier {
    /// Reads a record; nothing if the license need not move. All records of the `freeStarterTier`
    /// export are listed, whatever their type.
    #[must_use]
    pub fn of(license: &LicenseRecord<'_>, listed: bool) -> Option<Self> {
        if !listed && license.status() != Some(Status::Active) {
            return None;
        }
        let free_edition = license.app_edition() == Some(app_license::Edition::Free);
        let reason = match license.license_type() {
            Some(LicenseType::Starter) => FreeReason::Starter,
            Some(LicenseType::LegacyFree) => FreeReason::LegacyFree,
            Some(LicenseType::Free) if !free_edition => FreeReason::Free,
            _ if listed => FreeReason::Listed,
            _ => return None,
        };
        let own = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.into_owned());
        Some(Self {
            license: own(license.key()).unwrap_or_default(),
            host: own(license.cloud_site_hostname()),
            cloud_id: own(license.cloud_id()),
            company: own(license.company()),
            tier: own(license.get(super::LicenseField::Tier)),
            reason,
        })
    }
}
