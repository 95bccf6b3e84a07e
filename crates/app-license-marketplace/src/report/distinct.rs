//! Licenses counted once each, however often a report has them.

use std::hash::{BuildHasher as _, Hash, Hasher as _};

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::{Entry, HashTable};
use jiff::civil::{Date, date};

use super::{LicenseField, LicenseRecord};

/// What counts of each license, by the newest of its records: exports that overlap, pages that were
/// read twice and reports with the history have a license several times.
///
/// A license is known again by a hash of its id: 16 bytes each are kept, and what counts of them
/// once for all that are alike. Records without an id count each.
#[derive(Debug, Clone)]
pub(super) struct Distinct<Row> {
    /// What counts, and of how many licenses.
    rows: Vec<(Row, u64)>,
    numbers: HashTable<u32>,
    licenses: HashTable<License>,
    /// Seeded anew in every process, so that nobody can choose what collides.
    hasher: DefaultHashBuilder,
    repeated: u64,
}

/// The newest record of a license.
#[derive(Debug, Clone, Copy)]
struct License {
    id: u64,
    /// Of a report with the history, the day of the snapshot: days since 1970.
    recorded: u16,
    updated: u16,
    row: u32,
}

impl<Row> Default for Distinct<Row> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            numbers: HashTable::new(),
            licenses: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            repeated: 0,
        }
    }
}

/// The ids of a license, the best first.
const IDS: [LicenseField; 4] = [
    LicenseField::AppEntitlementNumber,
    LicenseField::AppEntitlementId,
    LicenseField::AddonLicenseId,
    LicenseField::LicenseId,
];

impl<Row: Clone + Eq + Hash> Distinct<Row> {
    /// Takes a record of a license.
    pub(super) fn add(&mut self, license: &LicenseRecord<'_>, row: Row) {
        let row = self.number(row);
        let Some(id) = self.id(license) else {
            return self.count(row, 1);
        };
        let new = License {
            id,
            recorded: day(license.record_created_date()),
            updated: day(license.last_updated()),
            row,
        };
        let is = |known: &License| known.id == id;
        match self.licenses.entry(id, is, |known| known.id) {
            Entry::Vacant(free) => {
                free.insert(new);
                self.count(row, 1);
            }
            Entry::Occupied(mut known) => {
                let old = *known.get();
                if old.recorded == new.recorded {
                    self.repeated = self.repeated.saturating_add(1);
                }
                if (new.recorded, new.updated) >= (old.recorded, old.updated) {
                    *known.get_mut() = new;
                    self.count(old.row, -1);
                    self.count(row, 1);
                }
            }
        }
    }

    /// What counts, and of how many licenses, in the order in which it came.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Row, u64)> {
        let rows = self.rows.iter().filter(|(_, count)| *count > 0);
        rows.map(|(row, count)| (row, *count))
    }

    /// How many records were about a license that another one was about too, of the same day.
    pub(super) const fn repeated(&self) -> u64 {
        self.repeated
    }

    fn count(&mut self, row: u32, by: i64) {
        let row = usize::try_from(row)
            .ok()
            .and_then(|row| self.rows.get_mut(row));
        if let Some((_, count)) = row {
            *count = count.saturating_add_signed(by);
        }
    }

    /// The number of what counts.
    fn number(&mut self, row: Row) -> u32 {
        let (rows, hasher) = (&self.rows, &self.hasher);
        let known = |n: &u32| rows.get(usize::try_from(*n).ok()?).map(|(row, _)| row);
        let hash = hasher.hash_one(Some(&row));
        let is = |n: &u32| known(n) == Some(&row);
        match self.numbers.entry(hash, is, |n| hasher.hash_one(known(n))) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let number = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                free.insert(number);
                self.rows.push((row, 0));
                number
            }
        }
    }

    /// What a license is known again by: its id, its app and its hosting.
    fn id(&self, license: &LicenseRecord<'_>) -> Option<u64> {
        let mut ids = IDS.iter().filter_map(|field| license.get(*field));
        let id = ids.find(|id| !is_placeholder(id))?;
        let parts = [
            Some(id),
            license.addon_key(),
            license.clean(LicenseField::Hosting),
        ];
        let mut hasher = self.hasher.build_hasher();
        for part in &parts {
            for byte in part.as_deref().unwrap_or_default().bytes() {
                hasher.write_u8(byte.to_ascii_lowercase());
            }
            hasher.write_u8(0xff); // in no text
        }
        Some(hasher.finish())
    }
}

/// What the platform writes in the place of an id.
fn is_placeholder(id: &str) -> bool {
    let words = ["NA", "N/A", "Pending", "null", "RTBF", "-"];
    let id = id.trim();
    id.is_empty() || words.iter().any(|word| id.eq_ignore_ascii_case(word))
}

/// Days since 1970; 0 for no day.
fn day(day: Option<Date>) -> u16 {
    let since = |day: Date| day.duration_since(date(1970, 1, 1)).as_hours();
    let days = day.and_then(|day| since(day).checked_div(24));
    days.map_or(0, |days| u16::try_from(days).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::LicenseReader;
    use super::{Distinct, License};

    fn tiers(report: &str) -> (BTreeMap<String, u64>, u64) {
        let mut distinct = Distinct::default();
        let mut reader = LicenseReader::new(report.as_bytes());
        while let Some(license) = reader.next() {
            let license = license.unwrap();
            let tier = license.get(super::LicenseField::Tier).unwrap().into_owned();
            distinct.add(&license, tier);
        }
        let rows = distinct.rows().map(|(row, count)| (row.clone(), count));
        (rows.collect(), distinct.repeated())
    }

    #[test]
    fn the_newest_record_of_a_license_counts_in_any_order() {
        let old = r#"{"appEntitlementNumber":"E-1","lastUpdated":"2026-01-01","tier":"old"}"#;
        let new = r#"{"appEntitlementNumber":"e-1","lastUpdated":"2026-01-02","tier":"new"}"#;
        for report in [
            [old, new].concat(),
            [new, old].concat(),
            [new, old, new, old].concat(),
        ] {
            let (rows, repeated) = tiers(&report);
            assert_eq!(rows, BTreeMap::from([("new".to_owned(), 1)]), "{report}");
            assert_eq!(repeated, report.matches("tier").count() as u64 - 1);
        }
    }

    #[test]
    fn other_ids_apps_and_hostings_are_other_licenses() {
        let records = [
            r#"{"addonLicenseId":"1","tier":"x"}"#,
            r#"{"addonLicenseId":"2","tier":"x"}"#,
            r#"{"addonLicenseId":"1","addonKey":"b","tier":"x"}"#,
            r#"{"addonLicenseId":"1","hosting":"Server","tier":"x"}"#,
            // without an id, each counts
            r#"{"licenseId":"NA","tier":"x"}"#,
            r#"{"licenseId":"NA","tier":"x"}"#,
        ];
        let (rows, repeated) = tiers(&records.concat());
        assert_eq!((rows["x"], repeated), (6, 0));
    }

    #[test]
    fn snapshots_of_the_history_are_no_repetition() {
        let day = |day: u32, tier: &str| {
            format!(r#"{{"licenseId":"1","recordCreatedDate":"2026-01-0{day}","tier":"{tier}"}}"#)
        };
        let report = [day(2, "b"), day(1, "a"), day(3, "c")].concat();
        assert_eq!(tiers(&report), (BTreeMap::from([("c".to_owned(), 1)]), 0));
    }

    #[test]
    fn a_license_takes_16_bytes() {
        assert_eq!(size_of::<License>(), 16);
    }
}
