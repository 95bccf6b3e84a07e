//! Tables that the npm package had of its own before it had this schema.

use app_license::SharedSecret;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::fault::failed;
use super::migrations::{MIGRATIONS, VERSION, mark, newer};
use crate::encryption::{Column, Sealer};
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

/// Brings what is in them into this schema, all or nothing, where that has no installations. Secrets, which
/// were in plain text, are sealed where there are keys. The file has the schema's version `from`.
pub(super) fn take_over(
    transaction: Transaction<'_>,
    version: i64,
    from: i64,
    sealer: &Sealer,
) -> Result<(), Error> {
    if version > LAST {
        return Err(newer(version, LAST));
    }
    if from > 0 && has_installations(&transaction).map_err(failed("read the schema"))? {
        let found = BOTH.to_owned();
        return Err(ErrorKind::ForeignDatabase { found }.into());
    }
    let failed = |source: rusqlite::Error| -> Error {
        ErrorKind::Migration {
            version: VERSION,
            source: source.into(),
        }
        .into()
    };
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
    work().map_err(failed)?;
    if sealer.is_sealing() {
        seal(&transaction, sealer)?;
    }
    transaction.commit().map_err(failed)
}

/// Seals what was taken over. What is no secret stays as it is: it is one tenant's fault, found when that
/// tenant is read.
fn seal(connection: &Connection, sealer: &Sealer) -> Result<(), Error> {
    const PARTS: [(Column, &str, &str); 2] = [
        (Column::Secret, "secret", "secret_key"),
        (Column::PreviousSecret, "previous", "previous_key"),
    ];
    let write = failed("seal the secrets");
    for (column, of, key) in PARTS {
        let found: Vec<(String, Vec<u8>)> = connection
            .prepare(&format!(
                "SELECT tenant, {of} FROM installation WHERE {of} IS NOT NULL"
            ))
            .and_then(|mut s| s.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect())
            .map_err(&write)?;
        let sql = format!("UPDATE installation SET {of} = ?2, {key} = ?3 WHERE tenant = ?1");
        for (tenant, plain) in found {
            let secret = String::from_utf8(plain).ok();
            let Some(secret) = secret.and_then(|text| SharedSecret::new(text).ok()) else {
                continue;
            };
            let sealed = sealer.seal(&tenant, column, &secret)?;
            connection
                .execute(&sql, params![tenant, sealed.bytes, sealed.key_id])
                .map_err(&write)?;
        }
    }
    Ok(())
}

fn has_installations(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare("SELECT 1 FROM installation LIMIT 1")?
        .exists([])
}
