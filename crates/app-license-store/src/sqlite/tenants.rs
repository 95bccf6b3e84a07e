//! Installations and their history, in SQL.

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, named_params, params};

use super::coordination::{stored_mark, write_mark};
use super::erase::LAST;
use super::fault::failed;
use crate::applied::Applied;
use crate::encryption::{Sealed, Sealer};
use crate::error::Error;
use crate::history::{HistoryEntry, Sequence};
use crate::record::{self, Row, column};
use crate::tenant::tenant;
use app_license::delivery::{Delivery, NewEntry};
use app_license::{Installation, InstallationKey, UnixTime};

const COLUMNS: &str =
    "tenant, status, record, secret, secret_key, previous, previous_key, previous_at";

fn row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let sealed = |bytes: Option<Vec<u8>>, key_id| bytes.map(|bytes| Sealed { key_id, bytes });
    Ok(Row {
        tenant: row.get(0)?,
        status: row.get(1)?,
        record: row.get(2)?,
        secret: sealed(row.get(3)?, row.get(4)?),
        previous: sealed(row.get(5)?, row.get(6)?),
        previous_at: row.get(7)?,
    })
}

fn find(connection: &Connection, tenant: &str) -> Result<Option<Row>, Error> {
    const SQL: &str =
        "SELECT tenant, status, record, secret, secret_key, previous, previous_key, previous_at
        FROM installation WHERE tenant = ?1";
    connection
        .prepare_cached(SQL)
        .and_then(|mut s| s.query_row([tenant], row).optional())
        .map_err(failed("read an installation"))
}

pub(super) fn get(
    connection: &Connection,
    sealer: &Sealer,
    key: &InstallationKey,
) -> Result<Option<Installation>, Error> {
    let row = find(connection, &tenant(key))?;
    row.map(|r| record::from_row(&r, sealer)).transpose()
}

pub(super) fn list(
    connection: &Connection,
    sealer: &Sealer,
    after: Option<&InstallationKey>,
    limit: usize,
) -> Result<Vec<Installation>, Error> {
    let rows = rows_after(connection, &after.map(tenant).unwrap_or_default(), limit)?;
    rows.iter().map(|r| record::from_row(r, sealer)).collect()
}

pub(super) fn check_keys(connection: &Connection, sealer: &Sealer) -> Result<(), Error> {
    let mut rows = rows_after(connection, "", record::SAMPLE)?;
    rows.extend(spread_rows(connection)?);
    record::check_keys(&rows, sealer)
}

/// Some rows from every part of the table, each found by the index.
fn spread_rows(connection: &Connection) -> Result<Vec<Row>, Error> {
    const LAST_ID: &str = "SELECT ifnull(max(id), 0) FROM installation";
    let failed = || failed("look at some installations");
    let sql = format!("SELECT {COLUMNS} FROM installation WHERE id >= ?1 ORDER BY id LIMIT ?2");
    let last: i64 = connection
        .query_row(LAST_ID, [], |r| r.get(0))
        .map_err(failed())?;
    let mut statement = connection.prepare_cached(&sql).map_err(failed())?;
    let mut found = Vec::new();
    for place in record::places(last) {
        let rows = statement.query_map(params![place, record::AT_A_PLACE], row);
        for one in rows.map_err(failed())? {
            found.push(one.map_err(failed())?);
        }
    }
    Ok(found)
}

fn rows_after(connection: &Connection, after: &str, limit: usize) -> Result<Vec<Row>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM installation WHERE tenant > ?1 ORDER BY tenant LIMIT ?2");
    connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_map(params![after, column(limit)], row)?.collect())
        .map_err(failed("list installations"))
}

pub(super) fn count(connection: &Connection) -> Result<u64, Error> {
    const SQL: &str = "SELECT count(*)
        - (SELECT count(*) FROM installation WHERE status = 'linked') FROM installation";
    connection
        .query_row(SQL, [], |r| r.get(0))
        .map(|count: i64| u64::try_from(count).unwrap_or(0))
        .map_err(failed("count installations"))
}

pub(super) fn apply(
    connection: &Connection,
    sealer: &Sealer,
    delivery: &Delivery,
    now: UnixTime,
    check_marks: Option<u64>,
) -> Result<Applied, Error> {
    let old = find(connection, &tenant(delivery.key()))?;
    let stored = old
        .as_ref()
        .map(|r| record::from_row(r, sealer))
        .transpose()?;
    let stored_mark = match delivery.mark() {
        Some(mark) => stored_mark(connection, mark, now)?,
        None => None,
    };
    let outcome = delivery.apply(stored, stored_mark.as_ref(), now)?;
    if let Some(mark) = &outcome.mark {
        write_mark(connection, mark, check_marks)?;
    }
    let (false, Some(after)) = (outcome.is_unchanged(), &outcome.after) else {
        return Ok(Applied::new(outcome, None));
    };
    let old = old.as_ref().map(|r| r.record.as_str());
    let id = upsert(connection, &record::to_row(after, old, sealer)?, now)?;
    let mut last = None;
    for entry in &outcome.entries {
        last = Some(append(connection, id, now, entry)?);
    }
    Ok(Applied::new(outcome, last))
}

fn upsert(connection: &Connection, row: &Row, now: UnixTime) -> Result<i64, Error> {
    const SQL: &str = "INSERT INTO installation
            (tenant, status, record, secret, secret_key, previous, previous_key, previous_at, changed_at)
        VALUES (:tenant, :status, :record, :secret, :secret_key, :previous, :previous_key, :previous_at,
            :now)
        ON CONFLICT (tenant) DO UPDATE SET status = excluded.status, record = excluded.record,
            secret = excluded.secret, secret_key = excluded.secret_key,
            previous = excluded.previous, previous_key = excluded.previous_key,
            previous_at = excluded.previous_at,
            changed_at = excluded.changed_at
        RETURNING id";
    let bytes = |s: &Option<Sealed>| s.as_ref().map(|s| s.bytes.clone());
    let key_id = |s: &Option<Sealed>| s.as_ref().and_then(|s| s.key_id.clone());
    connection
        .prepare_cached(SQL)
        .and_then(|mut s| {
            let params = named_params! {
                ":tenant": row.tenant,
                ":status": row.status,
                ":record": row.record,
                ":secret": bytes(&row.secret),
                ":secret_key": key_id(&row.secret),
                ":previous": bytes(&row.previous),
                ":previous_key": key_id(&row.previous),
                ":previous_at": row.previous_at,
                ":now": column(now.as_seconds()),
            };
            s.query_row(params, |r| r.get(0))
        })
        .map_err(failed("write an installation"))
}

/// The next number is one more than the last: there is one writer at a time, so the numbers come in the
/// order of commit and have no gaps but for what was erased.
fn append(
    connection: &Connection,
    id: i64,
    now: UnixTime,
    entry: &NewEntry,
) -> Result<Sequence, Error> {
    let sql = format!(
        "INSERT INTO history (sequence, installation, at, event, changes)
        VALUES ({LAST} + 1, ?1, ?2, ?3, ?4)"
    );
    let append = failed("append to the history");
    let changes = record::changes(&entry.changes)?;
    let sequence = connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.insert(params![id, column(now.as_seconds()), entry.event, changes]))
        .map_err(&append)?;
    if let Some(body) = &entry.payload {
        connection
            .prepare_cached("INSERT INTO payload (sequence, body) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute(params![sequence, body]))
            .map_err(&append)?;
    }
    Ok(Sequence::from_column(sequence))
}

pub(super) fn history(
    connection: &Connection,
    key: &InstallationKey,
    after: Sequence,
    limit: usize,
) -> Result<Vec<HistoryEntry>, Error> {
    const SQL: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
        FROM history h JOIN installation i ON i.id = h.installation
        WHERE i.tenant = ?1 AND h.sequence > ?2 ORDER BY h.sequence LIMIT ?3";
    let read = failed("read the history");
    let mut statement = connection.prepare_cached(SQL).map_err(&read)?;
    let rows = statement
        .query(params![tenant(key), after.to_column(), column(limit)])
        .map_err(&read)?;
    entries(rows)
}

pub(super) fn events_after(
    connection: &Connection,
    after: Sequence,
    limit: usize,
) -> Result<Vec<HistoryEntry>, Error> {
    const SQL: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
        FROM history h JOIN installation i ON i.id = h.installation
        WHERE h.sequence > ?1 ORDER BY h.sequence LIMIT ?2";
    let read = failed("read the history");
    let mut statement = connection.prepare_cached(SQL).map_err(&read)?;
    let rows = statement
        .query(params![after.to_column(), column(limit)])
        .map_err(&read)?;
    entries(rows)
}

/// The events of a query that names their columns in this order.
pub(crate) fn entries(mut rows: rusqlite::Rows<'_>) -> Result<Vec<HistoryEntry>, Error> {
    let read = failed("read the history");
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(&read)? {
        entries.push(record::entry(
            row.get(0).map_err(&read)?,
            row.get_ref(1)
                .and_then(|v| Ok(v.as_str()?))
                .map_err(&read)?,
            row.get(2).map_err(&read)?,
            row.get(3).map_err(&read)?,
            row.get_ref(4)
                .and_then(|v| Ok(v.as_str()?))
                .map_err(&read)?,
        )?);
    }
    Ok(entries)
}

pub(super) fn payload(
    connection: &Connection,
    sequence: Sequence,
) -> Result<Option<String>, Error> {
    connection
        .prepare_cached("SELECT body FROM payload WHERE sequence = ?1")
        .and_then(|mut s| s.query_row([sequence.to_column()], |r| r.get(0)).optional())
        .map_err(failed("read a payload"))
}

/// Seals the secrets of some installations behind `after` anew; answers how many were written and
/// where to go on, if there are more.
pub(super) fn reencrypt(
    connection: &Connection,
    sealer: &Sealer,
    after: &str,
) -> Result<(u64, Option<String>), Error> {
    const SQL: &str = "UPDATE installation
        SET secret = ?2, secret_key = ?3, previous = ?4, previous_key = ?5 WHERE tenant = ?1";
    let rows = rows_after(connection, after, 500)?;
    let mut written = 0_u64;
    for old in &rows {
        let Some(new) = record::resealed(old, sealer)? else {
            continue;
        };
        let part = |s: Option<Sealed>| s.map_or((None, None), |s| (Some(s.bytes), s.key_id));
        let (secret, secret_key) = part(new.secret);
        let (previous, previous_key) = part(new.previous);
        connection
            .prepare_cached(SQL)
            .and_then(|mut s| {
                s.execute(params![
                    new.tenant,
                    secret,
                    secret_key,
                    previous,
                    previous_key
                ])
            })
            .map_err(failed("write an installation"))?;
        written = written.saturating_add(1);
    }
    Ok((written, rows.last().map(|r| r.tenant.clone())))
}
