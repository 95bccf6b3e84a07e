//! Customers who leave.

use std::collections::BTreeMap;

use serde::Serialize;

use super::conversions::paid;
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

/// Churn by edition, with cohorts: bought licenses alone, without trials and free ones.
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
    cohorts: BTreeMap<(String, &'static str), ChurnCohort>,
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
    ];

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a license, if it was bought.
    pub fn add(&mut self, license: &LicenseRecord<'_>) {
        let Some(began) = license.maintenance_start_date() else {
            return;
        };
        if !paid(license.license_type()) {
            return;
        }
        let (month, edition) = (month(began), edition_name(license.app_edition()));
        let cohort = self.cohorts.entry((month.clone(), edition));
        let cohort = cohort.or_insert_with(|| ChurnCohort {
            month,
            edition,
            licenses: 0,
            active: 0,
            ended: 0,
            migrated: 0,
            ended_after: BTreeMap::new(),
        });
        let one = |count: &mut u64| *count = count.saturating_add(1);
        one(&mut cohort.licenses);
        let migration = license.migration_status();
        let migrated = migration.is_some_and(|status| status.eq_ignore_ascii_case("converted"));
        match license.status() {
            Some(Status::Active) => one(&mut cohort.active),
            Some(Status::Cancelled | Status::Inactive) if migrated => one(&mut cohort.migrated),
            Some(Status::Cancelled | Status::Inactive) => {
                one(&mut cohort.ended);
                if let Some(end) = license.maintenance_end_date() {
                    let months = |year: i16, month: i8| {
                        i32::from(year)
                            .saturating_mul(12)
                            .saturating_add(month.into())
                    };
                    let after = months(end.year(), end.month())
                        .saturating_sub(months(began.year(), began.month()));
                    let after = u32::try_from(after).unwrap_or(0);
                    one(cohort.ended_after.entry(after).or_default());
                }
            }
            _ => {}
        }
    }

    /// The cohorts, by month and edition.
    #[must_use]
    pub fn cohorts(&self) -> Vec<ChurnCohort> {
        self.cohorts.values().cloned().collect()
    }
}
