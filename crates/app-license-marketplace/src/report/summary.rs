//! Counts of licenses.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::stage::Stage;
use super::vocabulary::Tier;
use super::{LicenseField, LicenseRecord};

/// What licenses are counted by.
///
/// ```
/// use app_license_marketplace::report::Dimension;
/// assert_eq!(Dimension::LicenseType.name(), "license_type");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dimension {
    /// By edition of the app.
    Edition,
    /// By type of the license.
    LicenseType,
    /// By status.
    Status,
    /// By number of users, in ranges.
    Tier,
    /// By hosting.
    Hosting,
    /// By the month in which the license began.
    Month,
}

impl Dimension {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Edition,
        Self::LicenseType,
        Self::Status,
        Self::Tier,
        Self::Hosting,
        Self::Month,
    ];

    /// The name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Edition => "edition",
            Self::LicenseType => "license_type",
            Self::Status => "status",
            Self::Tier => "tier",
            Self::Hosting => "hosting",
            Self::Month => "month",
        }
    }
}

/// How many licenses of a group are in which stage.
///
/// ```
/// use app_license_marketplace::report::{LicenseReader, Summary};
/// let mut reader = LicenseReader::new(&br#"[{"status":"active","licenseType":"EVALUATION"}]"#[..]);
/// let mut summary = Summary::new();
/// summary.add(&reader.next().unwrap()?);
/// assert_eq!((summary.total().all, summary.total().trial), (1, 1));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// All licenses.
    pub all: u64,
    /// In force.
    pub active: u64,
    /// In force and bought; it does not prove payment.
    pub licensed: u64,
    /// In force as a trial of the app.
    pub trial: u64,
    /// In force and bought, while a higher edition is tried.
    pub upgrade_trial: u64,
    /// In force and free.
    pub free: u64,
    /// Cancelled, or not in force.
    pub ended: u64,
}

impl Count {
    fn add(&mut self, stage: Stage) {
        let one = |count: &mut u64| *count = count.saturating_add(1);
        one(&mut self.all);
        match stage {
            Stage::Cancelled | Stage::Inactive => return one(&mut self.ended),
            Stage::Unknown => return,
            Stage::Trial { .. } => one(&mut self.trial),
            Stage::Licensed { .. } => one(&mut self.licensed),
            Stage::UpgradeTrial { .. } => one(&mut self.upgrade_trial),
            Stage::Free => one(&mut self.free),
        }
        one(&mut self.active);
    }
}

/// Counts of the licenses of a report, by every dimension.
///
/// Of a report with the history, which has a record for every change of a license, the last record
/// of each license counts; that takes memory for every license. Without it, memory is constant.
///
/// ```
/// use app_license_marketplace::report::{Dimension, LicenseReader, Summary};
/// let report = br#"[{"appEdition":"Advanced","status":"active","licenseType":"COMMERCIAL"},
///                   {"appEdition":"Standard","status":"cancelled"}]"#;
/// let mut reader = LicenseReader::new(&report[..]).select(Summary::FIELDS);
/// let mut summary = Summary::new();
/// while let Some(license) = reader.next() {
///     summary.add(&license?);
/// }
/// let groups: Vec<_> = summary.groups(Dimension::Edition).collect();
/// assert_eq!((groups[0].0, groups[0].1.licensed), ("advanced", 1));
/// assert_eq!((groups[1].0, groups[1].1.ended), ("standard", 1));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Summary {
    total: Count,
    groups: BTreeMap<Dimension, BTreeMap<String, Count>>,
    /// The last snapshot of each license, in a report with the history.
    latest: BTreeMap<String, (Date, Row)>,
}

/// What counts of a record.
#[derive(Debug, Clone)]
struct Row {
    stage: Stage,
    groups: [(Dimension, String); 6],
}

impl Summary {
    /// The fields that it counts by.
    pub const FIELDS: &[LicenseField] = &[
        LicenseField::AppEntitlementNumber,
        LicenseField::AppEntitlementId,
        LicenseField::AddonLicenseId,
        LicenseField::LicenseId,
        LicenseField::AppEdition,
        LicenseField::UpgradeEvaluatingEdition,
        LicenseField::LicenseType,
        LicenseField::Status,
        LicenseField::Tier,
        LicenseField::Hosting,
        LicenseField::MaintenanceStartDate,
        LicenseField::RecordCreatedDate,
    ];

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a license.
    pub fn add(&mut self, license: &LicenseRecord<'_>) {
        let text = |field, without: &str| {
            let text = license.clean(field);
            text.map_or_else(|| without.to_owned(), |text| text.into_owned())
        };
        let month = license.maintenance_start_date().map(month);
        let row = Row {
            stage: Stage::of(license),
            groups: [
                (Dimension::Edition, text(LicenseField::AppEdition, "(none)")),
                (
                    Dimension::LicenseType,
                    text(LicenseField::LicenseType, "(none)"),
                ),
                (Dimension::Status, text(LicenseField::Status, "(none)")),
                (Dimension::Tier, range(license.tier()).to_owned()),
                (Dimension::Hosting, text(LicenseField::Hosting, "(none)")),
                (
                    Dimension::Month,
                    month.unwrap_or_else(|| "(none)".to_owned()),
                ),
            ],
        };
        match (license.record_created_date(), license.key()) {
            (Some(date), Some(key)) => {
                let newer = self
                    .latest
                    .get(key.as_ref())
                    .is_none_or(|(old, _)| *old <= date);
                if newer {
                    self.latest.insert(key.into_owned(), (date, row));
                }
            }
            _ => count(&mut self.total, &mut self.groups, &row),
        }
    }

    /// The counts of all licenses.
    #[must_use]
    pub fn total(&self) -> Count {
        let mut total = self.total;
        self.latest
            .values()
            .for_each(|(_, row)| total.add(row.stage));
        total
    }

    /// The groups of a dimension, by name; ranges of users by size.
    pub fn groups(&self, dimension: Dimension) -> impl Iterator<Item = (&str, Count)> {
        let mut groups: BTreeMap<&str, Count> = BTreeMap::new();
        for (name, count) in self.groups.get(&dimension).into_iter().flatten() {
            groups.insert(name, *count);
        }
        for (_, row) in self.latest.values() {
            for (_, name) in row.groups.iter().filter(|(of, _)| *of == dimension) {
                groups.entry(name).or_default().add(row.stage);
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        if dimension == Dimension::Tier {
            groups.sort_by_key(|(name, _)| {
                // what has no number of users comes last
                let at = RANGES.iter().position(|(_, range)| range == name);
                at.unwrap_or(RANGES.len())
            });
        }
        groups.into_iter()
    }
}

fn count(total: &mut Count, groups: &mut BTreeMap<Dimension, BTreeMap<String, Count>>, row: &Row) {
    total.add(row.stage);
    for (dimension, name) in &row.groups {
        let group = groups.entry(*dimension).or_default();
        if let Some(count) = group.get_mut(name) {
            count.add(row.stage);
            continue;
        }
        // a report of nonsense cannot fill the memory
        let name = if group.len() < MAX_GROUPS {
            name
        } else {
            "(others)"
        };
        group.entry(name.to_owned()).or_default().add(row.stage);
    }
}

const MAX_GROUPS: usize = 1000;

/// The brackets of cloud prices.
const RANGES: &[(u32, &str)] = &[
    (10, "1-10 users"),
    (100, "11-100 users"),
    (250, "101-250 users"),
    (1_000, "251-1000 users"),
    (2_500, "1001-2500 users"),
    (5_000, "2501-5000 users"),
    (10_000, "5001-10000 users"),
    (u32::MAX, "more than 10000 users"),
];

fn range(tier: Option<Tier>) -> &'static str {
    match tier {
        Some(Tier::Evaluation) => "(trial)",
        Some(Tier::Unlimited) => "(unlimited)",
        Some(Tier::Users(users) | Tier::PerUnit(users)) => RANGES
            .iter()
            .find(|(most, _)| users <= *most)
            .map_or("(other)", |(_, range)| range),
        _ => "(other)",
    }
}

/// `2026-11`.
pub(super) fn month(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}
