//! Customers who leave.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::conversions::paid;
use super::distinct::Distinct;
use super::stage::edition_name;
use super::summary::month;
use super::vocabulary::Status;
use super::{LicenseField, LicenseRecord};

/// The bought licenses of one edition that began in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChurnCohort {
    /// The month in which they began, `2026-11`.
    pub month: String,
    /// The edition.
    pub edition: &'static str,
    /// How many began.
    pub licenses: u64,
    /// How many are in force.
    pub active: u64,
    /// How many ended.
    pub ended: u64,
    /// How many moved to another license; they are not lost.
    pub migrated: u64,
    /// How many ended, by the months after their first one.
    pub ended_after: BTreeMap<u32, u64>,
}

/// Churn by edition, with cohorts: bought licenses alone, without trials and free ones. Each license
/// counts once, by the newest of its records.
///
/// A site that migrates gets a new cloud id, and may leave a license of the type `LEGACY_FREE`
/// behind: that one does not count.
///
/// ```
/// use app_license_marketplace::report::{Churn, LicenseReader};
/// let report = br#"[{"status":"cancelled","licenseType":"COMMERCIAL","appEdition":"Standard",
///     "maintenanceStartDate":"2026-01-05","maintenanceEndDate":"2026-03-05"}]"#;
/// let mut reader = LicenseReader::new(&report[..]).select(Churn::FIELDS);
/// let mut churn = Churn::new();
/// churn.add(&reader.next().unwrap()?);
/// let cohort = &churn.cohorts()[0];
/// assert_eq!((cohort.month.as_str(), cohort.ended, cohort.ended_after[&2]), ("2026-01", 1, 1));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Churn {
    /// Nothing for what does not count.
    licenses: Distinct<Option<Row>>,
}

/// What counts of a license: the first day of its month, its edition, and what became of it.
type Row = (Date, &'static str, Outcome);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Outcome {
    Active,
    Migrated,
    /// After so many months, where the report says so.
    Ended(Option<u32>),
    Unknown,
}

impl Churn {
    /// The fields that it reads.
    pub const FIELDS: &[LicenseField] = &[
        LicenseField::AppEdition,
        LicenseField::LicenseType,
        LicenseField::Status,
        LicenseField::MaintenanceStartDate,
        LicenseField::MaintenanceEndDate,
        LicenseField::MigrationStatus,
        LicenseField::AppEntitlementNumber,
        LicenseField::AppEntitlementId,
        LicenseField::AddonLicenseId,
        LicenseField::LicenseId,
        LicenseField::AddonKey,
        LicenseField::Hosting,
        LicenseField::LastUpdated,
        LicenseField::RecordCreatedDate,
    ];

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a license, if it was bought.
    pub fn add(&mut self, license: &LicenseRecord<'_>) {
        self.licenses.add(license, row(license));
    }

    /// How many records repeated a license, and do not count.
    ///
    /// ```
    /// # use app_license_marketplace::report::Churn;
    /// assert_eq!(Churn::new().repeated(), 0);
    /// ```
    #[must_use]
    pub const fn repeated(&self) -> u64 {
        self.licenses.repeated()
    }

    /// The cohorts, by month and edition.
    #[must_use]
    pub fn cohorts(&self) -> Vec<ChurnCohort> {
        let mut cohorts = BTreeMap::new();
        for (row, licenses) in self.licenses.rows() {
            let Some((began, edition, outcome)) = *row else {
                continue;
            };
            let cohort = cohorts.entry((began, edition));
            let cohort = cohort.or_insert_with(|| ChurnCohort {
                month: month(began),
                edition,
                licenses: 0,
                active: 0,
                ended: 0,
                migrated: 0,
                ended_after: BTreeMap::new(),
            });
            let count = |count: &mut u64| *count = count.saturating_add(licenses);
            count(&mut cohort.licenses);
            match outcome {
                Outcome::Active => count(&mut cohort.active),
                Outcome::Migrated => count(&mut cohort.migrated),
                Outcome::Ended(after) => {
                    count(&mut cohort.ended);
                    if let Some(after) = after {
                        count(cohort.ended_after.entry(after).or_default());
                    }
                }
                Outcome::Unknown => {}
            }
        }
        cohorts.into_values().collect()
    }
}

/// What counts of a license, if it was bought.
fn row(license: &LicenseRecord<'_>) -> Option<Row> {
    let began = license.maintenance_start_date()?;
    if !paid(license.license_type()) {
        return None;
    }
    let migration = license.migration_status();
    let migrated = migration.is_some_and(|status| status.eq_ignore_ascii_case("converted"));
    let months = |day: Date| {
        let months = i32::from(day.year()).saturating_mul(12);
        months.saturating_add(day.month().into())
    };
    let after = |end: Date| u32::try_from(months(end).saturating_sub(months(began))).unwrap_or(0);
    let outcome = match license.status() {
        Some(Status::Active) => Outcome::Active,
        Some(Status::Cancelled | Status::Inactive) if migrated => Outcome::Migrated,
        Some(Status::Cancelled | Status::Inactive) => {
            Outcome::Ended(license.maintenance_end_date().map(after))
        }
        _ => Outcome::Unknown,
    };
    Some((
        began.first_of_month(),
        edition_name(license.app_edition()),
        outcome,
    ))
}
