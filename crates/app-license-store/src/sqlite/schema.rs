//! The file: opened with care, brought to the newest schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::fault::failed;
use super::migrations::{APPLICATION_ID, MIGRATIONS, VERSION, mark, newer};
use super::npm;
use crate::encryption::Sealer;
use crate::error::{Error, ErrorKind};

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Opens the file for writing, and migrates it.
pub(super) fn open_writer(path: &Path, sealer: &Sealer) -> Result<Connection, Error> {
    create_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = open(path, flags)?;
    let open = failed("open the database");
    enter_wal_mode(&connection)?;
    // a 2xx promises durability: the log is synced at every commit, on macOS to the platter
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(&open)?;
    connection
        .pragma_update(None, "fullfsync", true)
        .map_err(&open)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(&open)?;
    // an overwritten secret is not left in a free page
    connection
        .pragma_update(None, "secure_delete", true)
        .map_err(&open)?;
    connection
        .pragma_update(None, "journal_size_limit", 64_i64 << 20)
        .map_err(&open)?;
    if migrate(&mut connection, sealer)? {
        report_log(log_emptied(&connection), "what was in plain text");
    }
    Ok(connection)
}

/// Two processes that open a new file together both want to do this, and SQLite does not let one
/// wait for the other here.
fn enter_wal_mode(connection: &Connection) -> Result<(), Error> {
    const TRIES: u32 = 100;
    let mut tries = 0_u32;
    let mode: String = loop {
        tries = tries.saturating_add(1);
        let busy = match connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        {
            Ok(mode) => break mode,
            Err(error) => error,
        };
        if tries == TRIES || busy.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
            return Err(failed("open the database")(busy));
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if !mode.eq_ignore_ascii_case("wal") {
        let reason = "it cannot be kept in WAL mode";
        return Err(Error::invalid("database file", reason));
    }
    Ok(())
}

/// Writes the log into the file and empties it: what was overwritten is in neither then. False where a
/// reader of another process held it up.
pub(super) fn checkpoint(path: &Path) -> Result<bool, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    log_emptied(&open(path, flags)?)
}

fn log_emptied(connection: &Connection) -> Result<bool, Error> {
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(failed("empty the log"))?;
    Ok(busy == 0)
}

/// Warns where the log still holds `what`: it is gone from the file all the same, for that is committed.
pub(super) fn report_log(emptied: Result<bool, Error>, what: &'static str) {
    match emptied {
        Ok(true) => {}
        Ok(false) => tracing::warn!(
            "{what} is in the log of the database until no other process reads it, and it is emptied again"
        ),
        Err(error) => tracing::warn!(
            code = error.code(), %error,
            "{what} is in the log of the database, which could not be emptied"
        ),
    }
}

/// Opens the file for reading; the writer has been there first.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(path, flags)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let open = failed("open the database");
    let connection = Connection::open_with_flags(path, flags).map_err(&open)?;
    connection.busy_timeout(BUSY).map_err(&open)?;
    connection
        .pragma_update(None, "trusted_schema", false)
        .map_err(&open)?;
    // 1 MiB a connection: the page cache of the system does the rest
    connection
        .pragma_update(None, "cache_size", -1024)
        .map_err(&open)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Creates the file so that only its owner may read it; SQLite gives its log the same mode.
fn create_private(path: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(Error::unavailable("create the database file", e)),
    }
}

/// Runs what is missing, each migration with its version in one transaction. Answers whether there were
/// tables of the npm package's own.
fn migrate(connection: &mut Connection, sealer: &Sealer) -> Result<bool, Error> {
    loop {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin a migration"))?;
        let version = version(&transaction)?;
        let is_ours = id(&transaction)? == APPLICATION_ID;
        let earlier = npm::version(&transaction)?;
        if !is_ours {
            refuse_foreign(&transaction, version, earlier.is_some())?;
        } else if version > VERSION {
            return Err(newer(version, VERSION));
        }
        if let Some(earlier) = earlier.filter(|it| !is_ours || *it != npm::TAKEN_OVER) {
            let from = if is_ours { version } else { 0 };
            return npm::take_over(transaction, earlier, from, sealer).map(|()| true);
        }
        let next = version.saturating_add(1);
        let sql = usize::try_from(version)
            .ok()
            .and_then(|v| MIGRATIONS.get(v));
        let Some(sql) = sql else { return Ok(false) };
        let failed = |source: rusqlite::Error| -> Error {
            ErrorKind::Migration {
                version: next,
                source: source.into(),
            }
            .into()
        };
        transaction.execute_batch(sql).map_err(failed)?;
        mark(&transaction, next).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
}

pub(super) fn version(connection: &Connection) -> Result<i64, Error> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed("read the schema version"))
}

fn id(connection: &Connection) -> Result<i64, Error> {
    connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(failed("read the schema"))
}

/// Of a file that is not marked as ours. What the npm package had of its own is no other program's, nor are
/// tables of SQLite itself, such as `sqlite_stat1`.
fn refuse_foreign(connection: &Connection, version: i64, is_of_npm: bool) -> Result<(), Error> {
    const OTHERS: &str = r"SELECT type || ' `' || name || '`' FROM sqlite_schema
        WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\'
            AND NOT (?1 AND tbl_name LIKE 'app\_license\_%' ESCAPE '\') LIMIT 1";
    let read = failed("read the schema");
    let foreign = |found: String| Err(ErrorKind::ForeignDatabase { found }.into());
    let mut statement = connection.prepare(OTHERS).map_err(&read)?;
    let mut rows = statement.query([is_of_npm]).map_err(&read)?;
    if let Some(row) = rows.next().map_err(&read)? {
        return foreign(row.get(0).map_err(&read)?);
    }
    match id(connection)? {
        0 if version == 0 || is_of_npm => Ok(()),
        0 => foreign(format!("version {version}")),
        id => foreign(format!("application id {id}")),
    }
}
