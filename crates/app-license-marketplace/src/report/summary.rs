//! Counts of licenses.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::distinct::Distinct;
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
    fn add(&mut self, stage: Stage, licenses: u64) {
        let one = |count: &mut u64| *count = count.saturating_add(licenses);
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
/// Each license counts once, by the newest of its records: of a report with the history, which has
/// a record for every change of a license, and where exports overlap. 16 bytes a license are kept.
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
    licenses: Distinct<Row>,
    /// The groups of each dimension.
    names: [Names; 6],
}

/// What counts of a record: the stage, and the number of its group by dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Row {
    stage: Stage,
    groups: [u16; 6],
}

/// The groups of a dimension.
#[derive(Debug, Clone, Default)]
struct Names {
    names: Vec<String>,
    numbers: BTreeMap<String, u16>,
}

impl Names {
    fn number(&mut self, name: &str) -> u16 {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        // a report of nonsense cannot fill the memory
        let others = self.names.len() >= MAX_GROUPS && name != OTHERS;
        if others {
            return self.number(OTHERS);
        }
        let number = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
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
        LicenseField::LastUpdated,
        LicenseField::AddonKey,
    ];

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a license.
    pub fn add(&mut self, license: &LicenseRecord<'_>) {
        let month = license.maintenance_start_date().map(month);
        let text = |field| license.clean(field);
        let groups = [
            text(LicenseField::AppEdition),
            text(LicenseField::LicenseType),
            text(LicenseField::Status),
            Some(range(license.tier()).into()),
            text(LicenseField::Hosting),
            month.map(Into::into),
        ];
        let mut row = Row {
            stage: Stage::of(license),
            groups: [0; 6],
        };
        for ((number, name), names) in row.groups.iter_mut().zip(groups).zip(&mut self.names) {
            *number = names.number(name.as_deref().unwrap_or("(none)"));
        }
        self.licenses.add(license, row);
    }

    /// The counts of all licenses.
    #[must_use]
    pub fn total(&self) -> Count {
        let mut total = Count::default();
        for (row, licenses) in self.licenses.rows() {
            total.add(row.stage, licenses);
        }
        total
    }

    /// How many records repeated a license, and do not count.
    ///
    /// ```
    /// use app_license_marketplace::report::{LicenseReader, Summary};
    /// let report = br#"[{"appEntitlementNumber":"E-1"},{"appEntitlementNumber":"E-1"}]"#;
    /// let mut reader = LicenseReader::new(&report[..]);
    /// let mut summary = Summary::new();
    /// while let Some(license) = reader.next() {
    ///     summary.add(&license?);
    /// }
    /// assert_eq!((summary.total().all, summary.repeated()), (1, 1));
    /// # Ok::<(), app_license_marketplace::report::Error>(())
    /// ```
    #[must_use]
    pub const fn repeated(&self) -> u64 {
        self.licenses.repeated()
    }

    /// The groups of a dimension, by name; ranges of users by size.
    pub fn groups(&self, dimension: Dimension) -> impl Iterator<Item = (&str, Count)> {
        let at = Dimension::ALL.iter().position(|of| *of == dimension);
        let at = at.unwrap_or_default();
        let names = self.names.get(at);
        let mut groups: BTreeMap<&str, Count> = BTreeMap::new();
        for (row, licenses) in self.licenses.rows() {
            let number = row.groups.get(at).copied().unwrap_or_default();
            let name = names.and_then(|names| names.names.get(usize::from(number)));
            let name = name.map(String::as_str).unwrap_or_default();
            groups.entry(name).or_default().add(row.stage, licenses);
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

/// The group of what comes when there are too many.
const OTHERS: &str = "(others)";
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
