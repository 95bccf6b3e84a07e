//! The steps to the newest schema, and what marks a file as ours.

use rusqlite::Connection;

use crate::error::{Error, ErrorKind};

/// Numbered from 1; append-only.
pub(super) const MIGRATIONS: [&str; 6] = [
    include_str!("../../migrations/sqlite/0001_installations.sql"),
    include_str!("../../migrations/sqlite/0002_licenses_leases_marks.sql"),
    include_str!("../../migrations/sqlite/0003_install_keys.sql"),
    include_str!("../../migrations/sqlite/0004_stopped.sql"),
    include_str!("../../migrations/sqlite/0005_linked_to.sql"),
    include_str!("../../migrations/sqlite/0006_license_source.sql"),
];

/// The newest schema known.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Marks a file as ours: `apLc`.
pub(super) const APPLICATION_ID: i64 = 0x6170_4c63;

/// Says whose the file is and of which version.
pub(super) fn mark(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", version)
}

pub(super) fn newer(found: i64, known: i64) -> Error {
    ErrorKind::NewerSchema { found, known }.into()
}
