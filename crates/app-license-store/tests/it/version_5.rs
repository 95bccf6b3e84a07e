//! What stores held in version 5 of their schema.

use std::ops::ControlFlow;

use app_license::LicenseSource;
use app_license_store::{CachedLicense, StoredRecord};

/// One tenant, of whom both License APIs answered. Columns are given by their place.
pub(crate) const ANSWERS_OF_VERSION_5: &str =
    "INSERT INTO installation (tenant, status, record, changed_at)
        VALUES ('connect:tenant-a', 'installed', '{\"key\":{\"connect\":\"tenant-a\"},\"status\":\"installed\"}', 0);
    INSERT INTO license VALUES ('connect:tenant-a', 'connect_license_api', '{}', 10),
        ('connect:tenant-a', 'forge_license_api', NULL, 20);";

pub(crate) fn kept(license: Option<CachedLicense>) -> Option<(Option<String>, u64)> {
    license.map(|it| {
        (
            it.document().map(str::to_owned),
            it.fetched_at().as_seconds(),
        )
    })
}

/// Whose answer stands beside a record.
pub(crate) fn sources_read(
    read: &mut Vec<Option<LicenseSource>>,
    record: &StoredRecord<'_>,
) -> ControlFlow<()> {
    read.push(record.license.as_ref().map(CachedLicense::source));
    ControlFlow::Continue(())
}
