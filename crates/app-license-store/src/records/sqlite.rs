//! Records in a SQLite file.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

use super::{CONSUMERS, CONSUMERS_3, RENAME, StoredRecord, consumer, license};
use crate::error::{Error, ErrorKind};
use crate::history::HistoryEntry;
use crate::name::Name;
use crate::sqlite::{TAKEN_OVER, entries, failed, newest_schema};

/// Tables of a store of this crate. Columns of `license` are read by their place: before version 6 of the
/// schema that of the source had another name.
const RUST: &str = "SELECT i.tenant, i.record, l.*
    FROM installation i LEFT JOIN license l ON l.rowid = (
        SELECT rowid FROM license WHERE tenant = i.tenant ORDER BY fetched_at DESC LIMIT 1)";
/// The same before version 2 of the schema, or where no License API was ever asked.
const WITHOUT_LICENSES: &str = "SELECT tenant, record, NULL, NULL, NULL, NULL FROM installation";

/// The history of installations by their entitlement.
const HISTORY: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
    FROM history h JOIN installation i ON i.id = h.installation
    WHERE i.record ->> '$.entitlement.number' = ?1 COLLATE NOCASE
        OR i.record ->> '$.entitlement.id' = ?1 COLLATE NOCASE
    ORDER BY h.sequence";

/// The history of one tenant.
const HISTORY_OF_TENANT: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
    FROM history h JOIN installation i ON i.id = h.installation
    WHERE i.tenant = ?1 ORDER BY h.sequence";

/// The events in which changes hold a text.
const HISTORY_WITH: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
    FROM history h JOIN installation i ON i.id = h.installation
    WHERE h.changes LIKE ?1 ORDER BY h.sequence";

/// The records of a store in a SQLite file, of this crate's [`SqliteStore`](crate::SqliteStore) or
/// of the npm package's, which has the same tables.
///
/// The file is opened for reading alone and nothing in it is migrated: the app may run meanwhile.
/// All records are of one moment. A copy on a medium that cannot be written is read as it is.
///
/// ```
/// # let directory = tempfile::tempdir().unwrap();
/// use app_license_store::SqliteRecords;
/// let nothing = SqliteRecords::open(directory.path().join("misspelled.db"));
/// assert_eq!(nothing.unwrap_err().code(), "store_unavailable"); // and no file was made
/// ```
pub struct SqliteRecords {
    connection: Connection,
    sql: &'static str,
}

impl SqliteRecords {
    /// Opens a file that is there.
    ///
    /// # Errors
    /// `newer_schema` for a file of a newer version, `foreign_database` for one without
    /// installations, `store_unavailable`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let connection = open(path, "")?;
        match layout(&connection) {
            Ok(sql) => Ok(Self {
                connection,
                sql: sql?,
            }),
            // SQLite wants to write beside a file in WAL mode, even to read it
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
                let connection = open(path, "?immutable=1")?;
                let sql = layout(&connection).map_err(failed("read the schema"))??;
                Ok(Self { connection, sql })
            }
            Err(error) => Err(failed("read the schema")(error)),
        }
    }

    /// Calls `each` with every record, in no promised order, until it breaks. What it is given
    /// lives in one buffer: memory does not grow with the number of records.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    pub fn for_each(
        &self,
        mut each: impl FnMut(StoredRecord<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let read = failed("read the installations");
        let mut statement = self.connection.prepare(self.sql).map_err(&read)?;
        let mut rows = statement.query([]).map_err(&read)?;
        while let Some(row) = rows.next().map_err(&read)? {
            let flow = one(row, &mut each).map_err(&read)??;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl SqliteRecords {
    /// What happened to the installations that last named this entitlement, by its number
    /// or id, in the order in which it was committed.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("installations.db");
    /// use app_license_store::{SqliteRecords, SqliteStore};
    /// SqliteStore::open_plain_text(&path).await?.close().await;
    /// assert!(SqliteRecords::open(&path)?.history_of("E-123-456-789")?.is_empty());
    /// # Ok::<(), app_license_store::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    pub fn history_of(&self, entitlement: &str) -> Result<Vec<HistoryEntry>, Error> {
        self.history(HISTORY, entitlement)
    }

    /// What happened to one tenant ([`StoredRecord::tenant`]), in the order in which it was committed.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("installations.db");
    /// use app_license_store::{SqliteRecords, SqliteStore};
    /// SqliteStore::open_plain_text(&path).await?.close().await;
    /// assert!(SqliteRecords::open(&path)?.history_of_tenant("connect:tenant-1")?.is_empty());
    /// # Ok::<(), app_license_store::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    pub fn history_of_tenant(&self, tenant: &str) -> Result<Vec<HistoryEntry>, Error> {
        self.history(HISTORY_OF_TENANT, tenant)
    }

    /// The events in which a site got another base URL, of all tenants, in the order in which they were
    /// committed: a customer is found by an address that is no longer theirs. Every event is looked at.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("installations.db");
    /// use app_license_store::{SqliteRecords, SqliteStore};
    /// SqliteStore::open_plain_text(&path).await?.close().await;
    /// assert!(SqliteRecords::open(&path)?.renames()?.is_empty());
    /// # Ok::<(), app_license_store::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    pub fn renames(&self) -> Result<Vec<HistoryEntry>, Error> {
        self.history(HISTORY_WITH, RENAME)
    }

    /// The consumers of the history that handled an event, or stopped at one: runners of hooks.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("installations.db");
    /// use app_license_store::{SqliteRecords, SqliteStore};
    /// SqliteStore::open_plain_text(&path).await?.close().await;
    /// assert!(SqliteRecords::open(&path)?.consumers()?.is_empty());
    /// # Ok::<(), app_license_store::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    pub fn consumers(&self) -> Result<Vec<Name>, Error> {
        let read = failed("read the consumers");
        let stopped = has_table(&self.connection, "stopped").map_err(&read)?;
        let sql = if stopped { CONSUMERS } else { CONSUMERS_3 };
        let mut statement = self.connection.prepare(sql).map_err(&read)?;
        let mut rows = statement.query([]).map_err(&read)?;
        let mut names = Vec::new();
        while let Some(row) = rows.next().map_err(&read)? {
            names.extend(consumer(row.get(0).map_err(&read)?));
        }
        Ok(names)
    }

    fn history(&self, sql: &str, of: &str) -> Result<Vec<HistoryEntry>, Error> {
        let read = failed("read the history");
        let mut statement = self.connection.prepare(sql).map_err(&read)?;
        let rows = statement.query([of]).map_err(&read)?;
        entries(rows)
    }
}

impl fmt::Debug for SqliteRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteRecords").finish_non_exhaustive()
    }
}

fn one(
    row: &Row<'_>,
    each: &mut impl FnMut(StoredRecord<'_>) -> ControlFlow<()>,
) -> rusqlite::Result<Result<ControlFlow<()>, Error>> {
    let source = row.get_ref(3)?.as_str_or_null()?;
    let license = match source {
        None => Ok(None),
        source => license(source, row.get(4)?, row.get(5)?),
    };
    let record = StoredRecord {
        tenant: row.get_ref(0)?.as_str()?,
        record: row.get_ref(1)?.as_str()?,
        license: match license {
            Ok(license) => license,
            Err(error) => return Ok(Err(error)),
        },
    };
    Ok(Ok(each(record)))
}

fn open(path: &Path, query: &str) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = if query.is_empty() {
        Connection::open_with_flags(path, flags)
    } else {
        let uri = format!("file:{}{query}", escaped(&path.to_string_lossy()));
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
    };
    let connection = opened.map_err(failed("open the database"))?;
    let set = failed("open the database");
    connection
        .busy_timeout(Duration::from_secs(5))
        .map_err(&set)?;
    for (pragma, value) in [
        ("trusted_schema", 0),
        ("cache_size", -4096),
        ("query_only", 1),
    ] {
        connection
            .pragma_update(None, pragma, value)
            .map_err(&set)?;
    }
    Ok(connection)
}

/// A path inside a `file:` URI.
fn escaped(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    uri
}

fn has_table(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")?
        .exists([table])
}

/// Whose tables there are, and so what to ask.
fn layout(connection: &Connection) -> rusqlite::Result<Result<&'static str, Error>> {
    let has = |table: &str| has_table(connection, table);
    if has("app_license_schema")? && !is_taken_over(connection)? {
        let found = "it has tables of an earlier version of the npm package: start the app with the new one, or run \
            `app-license store migrate`"
            .to_owned();
        return Ok(Err(ErrorKind::ForeignDatabase { found }.into()));
    }
    if has("installation")? {
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > newest_schema() {
            let known = newest_schema();
            return Ok(Err(ErrorKind::NewerSchema { found, known }.into()));
        }
        let licenses = has("license")?
            && connection
                .prepare("SELECT 1 FROM license LIMIT 1")?
                .exists([])?;
        return Ok(Ok(if licenses { RUST } else { WITHOUT_LICENSES }));
    }
    let found = "it has no table of installations: start the app once, which makes it".to_owned();
    Ok(Err(ErrorKind::ForeignDatabase { found }.into()))
}

/// Whether tables that the npm package had of its own are in this schema now.
fn is_taken_over(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM app_license_schema WHERE version = ?1";
    connection.prepare(sql)?.exists([TAKEN_OVER])
}
