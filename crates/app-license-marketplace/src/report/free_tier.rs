//! Licenses that must move when the starter tier ends.

use serde::Serialize;

use super::LicenseRecord;
use super::distinct::Distinct;
use super::vocabulary::{LicenseType, Status};

/// Why a license must move to the Free edition, or to a paid one.
///
/// ```
/// use app_license_marketplace::report::FreeReason;
/// assert_eq!(FreeReason::LegacyFree.name(), "legacy_free");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
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

/// The entitlements of a report that must move, each once, by the newest of its records.
///
/// ```
/// use app_license_marketplace::report::{FreeTierList, LicenseReader};
/// let report = br#"[{"appEntitlementNumber":"E-1","licenseType":"STARTER","status":"active"},
///                   {"appEntitlementNumber":"E-1","licenseType":"STARTER","status":"active"}]"#;
/// let mut reader = LicenseReader::new(&report[..]);
/// let mut list = FreeTierList::default();
/// while let Some(license) = reader.next() {
///     list.add(&license?, false);
/// }
/// assert_eq!((list.licenses().count(), list.repeated()), (1, 1));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct FreeTierList {
    licenses: Distinct<Option<FreeTier>>,
}

impl FreeTierList {
    /// Takes a record, as [`FreeTier::of`] reads it.
    pub fn add(&mut self, license: &LicenseRecord<'_>, listed: bool) {
        self.licenses.add(license, FreeTier::of(license, listed));
    }

    /// What must move, in the order of the report.
    pub fn licenses(&self) -> impl Iterator<Item = &FreeTier> {
        let rows = self.licenses.rows();
        let rows = rows.filter_map(|(row, count)| Some((row.as_ref()?, count)));
        rows.flat_map(|(row, count)| (0..count).map(move |_| row))
    }

    /// How many records repeated a license.
    #[must_use]
    pub const fn repeated(&self) -> u64 {
        self.licenses.repeated()
    }
}
