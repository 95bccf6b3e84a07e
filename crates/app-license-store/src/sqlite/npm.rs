//! Tables that the npm package had of its own before it had this schema.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::fault::failed;
use super::migrations::{MIGRATIONS, VERSION, mark, newer};
use crate::error::{Error, ErrorKind};

const TO_2: &str = include_str!("../../migrations/npm/1_to_2.sql");
const TO_THIS: &str = include_str!("../../migrations/npm/2_to_sqlite.sql");
/// Their last version.
const LAST: i64 = 2;
/// Their version once they were taken over: it keeps earlier versions of the package away.
pub(crate) const TAKEN_OVER: i64 = 3;

/// The npm package says the same.
const BOTH: &str = "it has installations, and beside them tables that an earlier version of the npm package \
    had of its own (`app_license_…`): stop that version, and drop its tables once nothing of what it wrote is wanted \
    (see \"Of the npm package\" in docs/store.md)";

/// Which version of them is there.
pub(super) fn version(connection: &Connection) -> Result<Option<i64>, Error> {
    let read = failed("read the schema");
    let there = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'app_license_schema'")
        .and_then(|mut s| s.exists([]))
        .map_err(&read)?;
    if !there {
        return Ok(None);
    }
    connection
        .query_row("SELECT version FROM app_license_schema", [], |r| r.get(0))
        .optional()
        .map_err(&read)
}

/// Brings what is in them into this schema, all or nothing, where that has no installations. Secrets stay in
/// plain text, as they were, until they are sealed anew. The file has the schema's version `from`.
pub(super) fn take_over(
    transaction: Transaction<'_>,
    version: i64,
    from: i64,
) -> Result<(), Error> {
    if version > LAST {
        return Err(newer(version, LAST));
    }
    if from > 0 && has_installations(&transaction).map_err(failed("read the schema"))? {
        let found = BOTH.to_owned();
        return Err(ErrorKind::ForeignDatabase { found }.into());
    }
    let work = || {
        let from = usize::try_from(from).unwrap_or(0);
        for sql in MIGRATIONS.get(from..).unwrap_or_default() {
            transaction.execute_batch(sql)?;
        }
        if version < LAST {
            transaction.execute_batch(TO_2)?;
        }
        transaction.execute_batch(TO_THIS)?;
        mark(&transaction, VERSION)
    };
    work()
        .and_then(|()| transaction.commit())
        .map_err(|source| {
            ErrorKind::Migration {
                version: VERSION,
                source: source.into(),
            }
            .into()
        })
}

fn has_installations(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare("SELECT 1 FROM installation LIMIT 1")?
        .exists([])
}
