//! Records in a PostgreSQL database.

use std::fmt;
use std::ops::ControlFlow;

use deadpool_postgres::{Client, Pool};
use tokio_postgres::types::Type;
use tokio_postgres::{IsolationLevel, Row, Transaction};

use super::{CONSUMERS, CONSUMERS_3, RENAME, StoredRecord, consumer, license};
use crate::error::{Error, ErrorKind};
use crate::history::HistoryEntry;
use crate::name::Name;
use crate::postgres::fault::{Fail, failed};
use crate::postgres::schema::{VERSION, version};
use crate::postgres::schema_name::SchemaName;
use crate::postgres::{connect, entry};

/// How many rows are fetched at a time.
const ROWS: i32 = 1000;

/// Columns of `license` are named by their place: before version 6 of the schema that of the source had
/// another name.
const RECORDS: &str = "SELECT i.tenant, i.record, l.source, l.document, l.fetched_at
    FROM $s.installation i LEFT JOIN LATERAL (
        SELECT * FROM $s.license AS its (tenant, source, document, fetched_at)
        WHERE tenant = i.tenant ORDER BY fetched_at DESC LIMIT 1) l ON true";
/// The same before version 2 of the schema.
const WITHOUT_LICENSES: &str =
    "SELECT tenant, record, NULL::text, NULL::text, NULL::bigint FROM $s.installation";
/// The history of installations by their entitlement.
const HISTORY: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
    FROM $s.history h JOIN $s.installation i ON i.id = h.installation
    WHERE lower($1) IN (lower(i.record::json #>> '{entitlement,number}'),
        lower(i.record::json #>> '{entitlement,id}'))
    ORDER BY h.sequence";

/// The history of one tenant.
const HISTORY_OF_TENANT: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
    FROM $s.history h JOIN $s.installation i ON i.id = h.installation
    WHERE i.tenant = $1 ORDER BY h.sequence";

/// The events in which changes hold a text.
const HISTORY_WITH: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
    FROM $s.history h JOIN $s.installation i ON i.id = h.installation
    WHERE h.changes LIKE $1 ORDER BY h.sequence";

/// The records of a store in a PostgreSQL database.
///
/// They are read in one read-only transaction, so all are of one moment, and nothing is migrated.
/// The role that connects needs no more than the right to read the tables.
///
/// ```no_run
/// # async fn example() -> Result<(), app_license_store::Error> {
/// use std::ops::ControlFlow;
/// use app_license_store::PostgresRecords;
/// let records = PostgresRecords::new("postgres://reader@db.example.com/app?sslmode=require")?;
/// let mut count = 0_u64;
/// records.for_each(|_| {
///     count += 1;
///     ControlFlow::Continue(())
/// }).await?;
/// # Ok(()) }
/// ```
pub struct PostgresRecords {
    pool: Pool,
    schema: SchemaName,
}

impl PostgresRecords {
    /// Records in the schema `app_license`. Nothing is connected yet.
    ///
    /// # Errors
    /// `invalid` for the address.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::in_schema(url, "app_license")
    }

    /// Records in a schema of another name.
    ///
    /// # Errors
    /// `invalid` for the address, or for the name.
    pub fn in_schema(url: &str, schema: &str) -> Result<Self, Error> {
        Ok(Self {
            pool: connect::pool(url, None, 1)?,
            schema: SchemaName::new(schema)?,
        })
    }

    /// Calls `each` with every record, in no promised order, until it breaks. A thousand are
    /// fetched at a time: memory does not grow with their number.
    ///
    /// # Errors
    /// `newer_schema` for a schema of a newer version, `foreign_database` where there is none,
    /// `store_unavailable`, `store_corrupt`.
    pub async fn for_each(
        &self,
        each: impl FnMut(StoredRecord<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        Ok(self.read(each).await?)
    }

    /// What happened to the installations that last named this entitlement, by its number
    /// or id, in the order in which it was committed. Every installation is looked at: seconds
    /// where there are millions.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), app_license_store::Error> {
    /// use app_license_store::PostgresRecords;
    /// let records = PostgresRecords::new("postgres://reader@db.example.com/app?sslmode=require")?;
    /// for entry in records.history_of("E-123-456-789").await? {
    ///     println!("{} {} {:?}", entry.at, entry.event, entry.changes);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`PostgresRecords::for_each`].
    pub async fn history_of(&self, entitlement: &str) -> Result<Vec<HistoryEntry>, Error> {
        Ok(self.history(HISTORY, entitlement).await?)
    }

    /// What happened to one tenant ([`StoredRecord::tenant`]), in the order in which it was committed.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), app_license_store::Error> {
    /// use app_license_store::PostgresRecords;
    /// let records = PostgresRecords::new("postgres://reader@db.example.com/app?sslmode=require")?;
    /// let history = records.history_of_tenant("connect:tenant-1").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`PostgresRecords::for_each`].
    pub async fn history_of_tenant(&self, tenant: &str) -> Result<Vec<HistoryEntry>, Error> {
        Ok(self.history(HISTORY_OF_TENANT, tenant).await?)
    }

    /// The events in which a site got another base URL, of all tenants, in the order in which they were
    /// committed: a customer is found by an address that is no longer theirs. Every event is looked at.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), app_license_store::Error> {
    /// use app_license_store::PostgresRecords;
    /// let records = PostgresRecords::new("postgres://reader@db.example.com/app?sslmode=require")?;
    /// let renames = records.renames().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`PostgresRecords::for_each`].
    pub async fn renames(&self) -> Result<Vec<HistoryEntry>, Error> {
        Ok(self.history(HISTORY_WITH, RENAME).await?)
    }

    /// The consumers of the history that handled an event, or stopped at one: runners of hooks.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), app_license_store::Error> {
    /// use app_license_store::PostgresRecords;
    /// let records = PostgresRecords::new("postgres://reader@db.example.com/app?sslmode=require")?;
    /// for consumer in records.consumers().await? {
    ///     println!("{consumer}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`PostgresRecords::for_each`].
    pub async fn consumers(&self) -> Result<Vec<Name>, Error> {
        Ok(self.read_consumers().await?)
    }

    async fn read_consumers(&self) -> Result<Vec<Name>, Fail> {
        let read = failed("read the consumers");
        let mut client = self.pool.get().await?;
        let transaction = begin(&mut client).await?;
        let found = self.version(&transaction).await?;
        let sql = if found < 4 { CONSUMERS_3 } else { CONSUMERS };
        let sql = self.schema.sql(&sql.replace("FROM ", "FROM $s."));
        let rows = transaction.query_typed(&sql, &[]).await.map_err(&read)?;
        let mut names = Vec::new();
        for row in &rows {
            names.extend(consumer(row.try_get(0).map_err(&read)?));
        }
        Ok(names)
    }

    async fn history(&self, sql: &str, of: &str) -> Result<Vec<HistoryEntry>, Fail> {
        let read = failed("read the history");
        let mut client = self.pool.get().await?;
        let transaction = begin(&mut client).await?;
        self.version(&transaction).await?;
        let rows = transaction
            .query_typed(&self.schema.sql(sql), &[(&of, Type::TEXT)])
            .await
            .map_err(&read)?;
        rows.iter().map(entry).collect()
    }

    async fn read(
        &self,
        mut each: impl FnMut(StoredRecord<'_>) -> ControlFlow<()>,
    ) -> Result<(), Fail> {
        let read = failed("read the installations");
        let mut client = self.pool.get().await?;
        let transaction = begin(&mut client).await?;
        let sql = self.sql(&transaction).await?;
        // a cursor, not a portal of a prepared statement, which a pooler may lose
        transaction
            .batch_execute(&format!("DECLARE records NO SCROLL CURSOR FOR {sql}"))
            .await
            .map_err(&read)?;
        let fetch = format!("FETCH {ROWS} FROM records");
        loop {
            let rows = transaction.query_typed(&fetch, &[]).await.map_err(&read)?;
            if rows.is_empty() {
                return Ok(());
            }
            for row in &rows {
                if one(row, &mut each)?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// What to ask, by the version of the schema.
    async fn sql(&self, transaction: &Transaction<'_>) -> Result<String, Fail> {
        let found = self.version(transaction).await?;
        Ok(self
            .schema
            .sql(if found < 2 { WITHOUT_LICENSES } else { RECORDS }))
    }

    /// The version of the schema, which must be one that is known.
    async fn version(&self, transaction: &Transaction<'_>) -> Result<i64, Fail> {
        let read = failed("read the schema version");
        let table = self.schema.sql("$s.schema_version");
        let known: Option<String> = transaction
            .query_typed_one("SELECT to_regclass($1)::text", &[(&table, Type::TEXT)])
            .await
            .and_then(|row| row.try_get(0))
            .map_err(&read)?;
        if known.is_none() {
            let found = format!(
                "there is no table {table}: `app-license store migrate` makes it, or the first start of the app; or name the \
                 schema that the app uses"
            );
            return Err(Error::from(ErrorKind::ForeignDatabase { found }).into());
        }
        let found = version(transaction.client(), &self.schema).await?;
        if found > VERSION {
            let known = VERSION;
            return Err(Error::from(ErrorKind::NewerSchema { found, known }).into());
        }
        Ok(found)
    }
}

/// One moment of the database, read-only. The caller may take its time within it.
async fn begin(client: &mut Client) -> Result<Transaction<'_>, Fail> {
    let read = failed("begin a transaction");
    let client: &mut tokio_postgres::Client = client;
    let transaction = client
        .build_transaction()
        .read_only(true)
        .isolation_level(IsolationLevel::RepeatableRead)
        .start()
        .await
        .map_err(&read)?;
    transaction
        .batch_execute(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
        )
        .await
        .map_err(&read)?;
    Ok(transaction)
}

impl fmt::Debug for PostgresRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresRecords")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

fn one(
    row: &Row,
    each: &mut impl FnMut(StoredRecord<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Fail> {
    let read = failed("read the installations");
    let source: Option<&str> = row.try_get(2).map_err(&read)?;
    let record = StoredRecord {
        tenant: row.try_get(0).map_err(&read)?,
        record: row.try_get(1).map_err(&read)?,
        license: match source {
            None => None,
            source => license(
                source,
                row.try_get(3).map_err(&read)?,
                row.try_get(4).map_err(&read)?,
            )?,
        },
    };
    Ok(each(record))
}
