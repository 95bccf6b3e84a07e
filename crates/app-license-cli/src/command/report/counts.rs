//! How many licenses there are of each group.

use std::collections::BTreeMap;

use app_license_marketplace::report::{Count, Dimension};
use serde::Serialize;

use super::source::Reading;

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    #[serde(flatten)]
    pub(super) reading: Reading,
    pub(super) total: Count,
    #[serde(flatten)]
    pub(super) groups: BTreeMap<&'static str, Vec<Group>>,
}

/// A group.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) count: Count,
}

impl Counts {
    /// The groups of a dimension.
    pub(super) fn groups(&self, dimension: Dimension) -> &[Group] {
        let groups = self.groups.get(key(dimension));
        groups.map(Vec::as_slice).unwrap_or_default()
    }
}

pub(super) const fn key(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Edition => "by_edition",
        Dimension::LicenseType => "by_license_type",
        Dimension::Status => "by_status",
        Dimension::Tier => "by_tier",
        Dimension::Hosting => "by_hosting",
        Dimension::Month => "by_month",
        _ => "by_other",
    }
}

/// What a dimension is called on the screen.
pub(super) const fn title(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Edition => "Edition",
        Dimension::LicenseType => "License type",
        Dimension::Status => "Status",
        Dimension::Tier => "Tier",
        Dimension::Hosting => "Hosting",
        Dimension::Month => "Began in",
        _ => "Other",
    }
}

/// The columns.
pub(super) fn numbers(count: Count) -> impl Iterator<Item = (&'static str, u64)> {
    [
        ("all", count.all),
        ("active", count.active),
        ("licensed", count.licensed),
        ("trial", count.trial),
        ("upgrade trial", count.upgrade_trial),
        ("free", count.free),
        ("ended", count.ended),
    ]
    .into_iter()
}
