//! The schema: created, and brought to the newest version.

use deadpool_postgres::{Client, Transaction};

use super::fault::{Fail, failed};
use crate::error::{Error, ErrorKind};

/// Numbered from 1; append-only.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/postgres/0001_installations.sql"),
    include_str!("../../migrations/postgres/0002_licenses_leases_marks.sql"),
    include_str!("../../migrations/postgres/0003_install_keys.sql"),
];

/// The newest schema known.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The first half of the advisory locks of this crate: `apLc`.
pub(super) const LOCKS: i32 = 0x6170_4c63;

/// A PostgreSQL schema name that needs no quoting.
#[derive(Debug, Clone)]
pub(crate) struct SchemaName(String);

impl SchemaName {
    pub(crate) fn new(name: &str) -> Result<Self, Error> {
        let first = name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
        let rest = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !first || !rest || name.len() > 63 || name.starts_with("pg_") {
            let reason = "it is not 1 to 63 of a-z, 0-9 and _, or begins with a digit or pg_";
            return Err(Error::invalid("schema name", reason));
        }
        Ok(Self(name.to_owned()))
    }

    /// Statement text with this schema where it says `$s`.
    pub(crate) fn sql(&self, text: &str) -> String {
        text.replace("$s", &format!("\"{}\"", self.0))
    }
}

/// Runs what is missing, each migration with its version in one transaction. Replicas that start
/// together wait for each other.
pub(super) async fn migrate(client: &mut Client, schema: &SchemaName) -> Result<(), Fail> {
    loop {
        let transaction = client
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
    let prepare = failed("prepare the schema");
    // a migration takes the time it takes, and so does waiting for another replica's
    transaction
        .batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        .await
        .map_err(&prepare)?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1, 0)", &[&LOCKS])
        .await
        .map_err(&prepare)?;
    // asked first: creating needs a right that the app may lack once the schema is there
    let exists = transaction
        .query_opt(
            "SELECT 1 FROM pg_namespace WHERE nspname = $1",
            &[&schema.0],
        )
        .await
        .map_err(&prepare)?;
    if exists.is_none() {
        transaction
            .batch_execute(&schema.sql("CREATE SCHEMA $s"))
            .await
            .map_err(&prepare)?;
    }
    let version = version_in(transaction, schema).await?;
    if version > VERSION {
        let kind = ErrorKind::NewerSchema {
            found: version,
            known: VERSION,
        };
        return Err(Error::from(kind).into());
    }
    let sql = usize::try_from(version)
        .ok()
        .and_then(|v| MIGRATIONS.get(v));
    let Some(sql) = sql else { return Ok(false) };
    let next = version.saturating_add(1);
    let failed = |source: tokio_postgres::Error| {
        let source = super::fault::Shown::from(&source).into();
        Fail::Ours(
            ErrorKind::Migration {
                version: next,
                source,
            }
            .into(),
        )
    };
    let path = schema.sql("SET LOCAL search_path TO $s");
    transaction.batch_execute(&path).await.map_err(failed)?;
    transaction.batch_execute(sql).await.map_err(failed)?;
    let said = schema.sql("INSERT INTO $s.schema_version (version) VALUES ($1)");
    transaction.execute(&said, &[&next]).await.map_err(failed)?;
    Ok(true)
}

async fn version_in(transaction: &Transaction<'_>, schema: &SchemaName) -> Result<i64, Fail> {
    let read = failed("read the schema version");
    let exists = transaction
        .query_opt(
            "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'",
            &[&schema.0],
        )
        .await
        .map_err(&read)?;
    if exists.is_none() {
        let create = schema.sql("CREATE TABLE $s.schema_version (version BIGINT PRIMARY KEY)");
        transaction.batch_execute(&create).await.map_err(&read)?;
    }
    version(transaction, schema).await
}

pub(super) async fn version(
    client: &impl deadpool_postgres::GenericClient,
    schema: &SchemaName,
) -> Result<i64, Fail> {
    let sql = schema.sql("SELECT coalesce(max(version), 0) FROM $s.schema_version");
    let row = client
        .query_one(&sql, &[])
        .await
        .map_err(failed("read the schema version"))?;
    row.try_get(0).map_err(failed("read the schema version"))
}

#[cfg(test)]
mod tests {
    use super::SchemaName;

    #[test]
    fn schema_names_need_no_quoting() {
        for good in ["app_license", "a", "_1"] {
            assert!(SchemaName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "A", "a-b", "a\"b", "pg_x", &"a".repeat(64)] {
            assert_eq!(SchemaName::new(bad).unwrap_err().code(), "invalid", "{bad}");
        }
    }
}
