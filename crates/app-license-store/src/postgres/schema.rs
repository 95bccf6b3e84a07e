//! The schema: created, and brought to the newest version.

use deadpool_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client as Connection, Transaction};

use super::fault::{Fail, failed};
use super::schema_name::SchemaName;
use super::statement::{row, rows, text};
use crate::error::{Error, ErrorKind};

/// Numbered from 1; append-only.
const MIGRATIONS: [&str; 6] = [
    include_str!("../../migrations/postgres/0001_installations.sql"),
    include_str!("../../migrations/postgres/0002_licenses_leases_marks.sql"),
    include_str!("../../migrations/postgres/0003_install_keys.sql"),
    include_str!("../../migrations/postgres/0004_stopped.sql"),
    include_str!("../../migrations/postgres/0005_linked_to.sql"),
    include_str!("../../migrations/postgres/0006_license_source.sql"),
];

/// The newest schema known.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The first half of the advisory locks of this crate: `apLc`.
pub(super) const LOCKS: i32 = 0x6170_4c63;

/// Runs what is missing, each migration with its version in one transaction. Replicas that start
/// together wait for each other.
pub(super) async fn migrate(client: &mut Client, schema: &SchemaName) -> Result<(), Fail> {
    loop {
        let connection: &mut Connection = client;
        let transaction = connection
            .transaction()
            .await
            .map_err(failed("begin a migration"))?;
        if !step(&transaction, schema).await? {
            return Ok(());
        }
        transaction
            .commit()
            .await
            .map_err(failed("commit a migration"))?;
    }
}

/// Runs one migration; answers whether there was one to run.
async fn step(transaction: &Transaction<'_>, schema: &SchemaName) -> Result<bool, Fail> {
    let doing = "prepare the schema";
    let connection = transaction.client();
    // a migration takes the time it takes, and so does waiting for another replica's
    transaction
        .batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        .await
        .map_err(failed(doing))?;
    let lock = format!("SELECT pg_advisory_xact_lock({LOCKS}, 0)");
    rows(connection, schema, doing, &lock, &[]).await?;
    // asked first: creating needs a right that the app may lack once the schema is there
    let found = found(connection, schema).await?;
    if found > VERSION {
        let known = VERSION;
        return Err(Error::from(ErrorKind::NewerSchema { found, known }).into());
    }
    let sql = usize::try_from(found).ok().and_then(|v| MIGRATIONS.get(v));
    let Some(sql) = sql else { return Ok(false) };
    let version = found.saturating_add(1);
    let path = schema.sql(
        "CREATE SCHEMA IF NOT EXISTS $s;
        CREATE TABLE IF NOT EXISTS $s.schema_version (version BIGINT PRIMARY KEY);
        SET LOCAL search_path TO $s",
    );
    let path = if found == 0 {
        path
    } else {
        schema.sql("SET LOCAL search_path TO $s")
    };
    let said = format!("INSERT INTO schema_version (version) VALUES ({version})");
    for sql in [path.as_str(), sql, &said] {
        let done = transaction.batch_execute(sql).await;
        done.map_err(|error| refused(&error, found, version))?;
    }
    Ok(true)
}

/// Why a migration failed: above all, for want of the right to run it.
fn refused(error: &tokio_postgres::Error, found: i64, version: i64) -> Fail {
    let source = super::fault::Shown::from(error).into();
    let kind = if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        let known = VERSION;
        ErrorKind::MayNotMigrate {
            found,
            known,
            source,
        }
    } else {
        ErrorKind::Migration { version, source }
    };
    Fail::Ours(kind.into())
}

/// The version of the schema, 0 where there is none.
async fn found(connection: &Connection, schema: &SchemaName) -> Result<i64, Fail> {
    const SQL: &str =
        "SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'";
    let doing = "read the schema version";
    let table = rows(connection, schema, doing, SQL, &[text(&schema.as_str())]).await?;
    if table.is_empty() {
        return Ok(0);
    }
    version(connection, schema).await
}

pub(crate) async fn version(connection: &Connection, schema: &SchemaName) -> Result<i64, Fail> {
    const SQL: &str = "SELECT coalesce(max(version), 0) FROM $s.schema_version";
    let doing = "read the schema version";
    match row(connection, schema, doing, SQL, &[]).await? {
        Some(row) => row.try_get(0).map_err(failed(doing)),
        None => Ok(0),
    }
}
