//! Cursors, leases, marks and the last answers of License APIs, in SQL.

use app_license::delivery::{Mark, ReplayMark, StoredMark};
use app_license::plan::license::{CachedLicense, Lease};
use app_license::{Evidence, KeyId, LicenseSource, UnixTime};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::erase::LAST;
use super::fault::failed;
use crate::error::{Error, ErrorKind};
use crate::history::Sequence;
use crate::install_key::{InstallKey, MAX_INSTALL_KEYS};
use crate::name::Name;
use crate::record::{self, column, time};

pub(super) fn cursor(connection: &Connection, consumer: &Name) -> Result<Sequence, Error> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT sequence FROM consumer WHERE name = ?1")
        .and_then(|mut s| s.query_row([consumer.as_str()], |r| r.get(0)).optional())
        .map_err(failed("read a cursor"))?;
    Ok(found.map(Sequence::from_column).unwrap_or_default())
}

pub(super) fn advance(
    connection: &Connection,
    consumer: &Name,
    sequence: Sequence,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO consumer (name, sequence) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET sequence = max(sequence, excluded.sequence)";
    let last: i64 = connection
        .prepare_cached(&format!("SELECT {LAST}"))
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .map_err(failed("read the history"))?;
    if sequence.to_column() > last {
        let (asked, last) = (sequence.get(), Sequence::from_column(last).get());
        return Err(ErrorKind::CursorBeyondEnd { asked, last }.into());
    }
    connection
        .prepare_cached(SQL)
        .and_then(|mut s| s.execute(params![consumer.as_str(), sequence.to_column()]))
        .map_err(failed("advance a cursor"))?;
    Ok(())
}

pub(super) fn license(
    connection: &Connection,
    tenant: &str,
    source: LicenseSource,
) -> Result<Option<CachedLicense>, Error> {
    const SQL: &str =
        "SELECT document, fetched_at FROM license WHERE tenant = ?1 AND license_source = ?2";
    let found: Option<(Option<String>, i64)> = connection
        .prepare_cached(SQL)
        .and_then(|mut s| {
            s.query_row([tenant, source.code()], |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()
        })
        .map_err(failed("read a license"))?;
    found
        .map(|(document, at)| Ok(CachedLicense::from_parts(source, document, time(at)?)))
        .transpose()
}

pub(super) fn put_license(
    connection: &Connection,
    tenant: &str,
    license: &CachedLicense,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO license (tenant, license_source, document, fetched_at)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant, license_source) DO UPDATE
            SET document = excluded.document, fetched_at = excluded.fetched_at
            WHERE excluded.fetched_at >= license.fetched_at
                OR excluded.fetched_at + ?5 < license.fetched_at";
    let (source, document) = (license.source().code(), license.document());
    connection
        .prepare_cached(SQL)
        .and_then(|mut s| {
            s.execute(params![
                tenant,
                source,
                document,
                column(license.fetched_at().as_seconds()),
                column(Evidence::MAX_AHEAD)
            ])
        })
        .map_err(failed("write a license"))?;
    Ok(())
}

pub(super) fn install_keys(
    connection: &Connection,
    limit: usize,
) -> Result<Vec<InstallKey>, Error> {
    const SQL: &str = "SELECT id, pem FROM install_key ORDER BY kept_at DESC, id LIMIT ?1";
    let read = failed("read install keys");
    let limit = i64::try_from(limit.min(MAX_INSTALL_KEYS)).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(SQL).map_err(&read)?;
    let rows = statement
        .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(&read)?;
    let mut keys = Vec::new();
    for row in rows {
        let (id, pem): (String, String) = row.map_err(&read)?;
        // an id that is none is nobody's key: it is not asked for
        keys.extend(KeyId::new(id).ok().map(|id| InstallKey::new(id, pem)));
    }
    Ok(keys)
}

pub(super) fn put_install_key(
    connection: &Connection,
    key: &InstallKey,
    now: UnixTime,
) -> Result<(), Error> {
    const KEEP: &str = "INSERT OR REPLACE INTO install_key (id, pem, kept_at) VALUES (?1, ?2, ?3)";
    const FORGET: &str = "DELETE FROM install_key WHERE id IN
        (SELECT id FROM install_key ORDER BY kept_at DESC, id LIMIT -1 OFFSET ?1)";
    let kept = failed("keep an install key");
    let at = column(now.as_seconds());
    connection
        .prepare_cached(KEEP)
        .and_then(|mut s| s.execute(params![key.id().as_str(), key.pem(), at]))
        .map_err(&kept)?;
    let most = i64::try_from(MAX_INSTALL_KEYS).unwrap_or(i64::MAX);
    connection
        .prepare_cached(FORGET)
        .and_then(|mut s| s.execute([most]))
        .map_err(&kept)?;
    Ok(())
}

pub(super) fn try_lease(
    connection: &Connection,
    lease: &Name,
    holder: &Name,
    now: UnixTime,
    until: UnixTime,
) -> Result<Lease, Error> {
    const SQL: &str = "INSERT INTO lease (name, holder, until) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
            WHERE lease.until <= ?4 OR lease.until > ?5";
    let params = params![
        lease.as_str(),
        holder.as_str(),
        column(until.as_seconds()),
        column(now.as_seconds()),
        column(Lease::latest_end(now).as_seconds())
    ];
    let taken = connection
        .prepare_cached(SQL)
        .and_then(|mut s| s.execute(params))
        .map_err(failed("take a lease"))?;
    answer(connection, lease, taken, now, until)
}

pub(super) fn renew_lease(
    connection: &Connection,
    lease: &Name,
    holder: &Name,
    now: UnixTime,
    until: UnixTime,
) -> Result<Lease, Error> {
    const SQL: &str = "UPDATE lease SET until = ?3
        WHERE name = ?1 AND holder = ?2 AND until > ?4 AND until <= ?5";
    let params = params![
        lease.as_str(),
        holder.as_str(),
        column(until.as_seconds()),
        column(now.as_seconds()),
        column(Lease::latest_end(now).as_seconds())
    ];
    let renewed = connection
        .prepare_cached(SQL)
        .and_then(|mut s| s.execute(params))
        .map_err(failed("renew a lease"))?;
    answer(connection, lease, renewed, now, until)
}

fn answer(
    connection: &Connection,
    lease: &Name,
    changed: usize,
    now: UnixTime,
    until: UnixTime,
) -> Result<Lease, Error> {
    if changed == 1 {
        return Ok(Lease::Granted { until });
    }
    let held: Option<i64> = connection
        .prepare_cached("SELECT until FROM lease WHERE name = ?1")
        .and_then(|mut s| s.query_row([lease.as_str()], |r| r.get(0)).optional())
        .map_err(failed("read a lease"))?;
    let until = held.map(time).transpose()?.unwrap_or(now).max(now);
    Ok(Lease::Held { until })
}

pub(super) fn release_lease(
    connection: &Connection,
    lease: &Name,
    holder: &Name,
) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM lease WHERE name = ?1 AND holder = ?2")
        .and_then(|mut s| s.execute([lease.as_str(), holder.as_str()]))
        .map_err(failed("release a lease"))?;
    Ok(())
}

/// `check` is the most marks that may be alive, on the calls that count them.
pub(super) fn mark_once(
    connection: &Connection,
    mark: &ReplayMark,
    now: UnixTime,
    check: Option<u64>,
) -> Result<Mark, Error> {
    let answer = mark.against(stored_mark(connection, mark, now)?.as_ref(), now);
    if answer == Mark::First {
        write_mark(connection, mark, check)?;
    }
    Ok(answer)
}

/// What is stored under the token of a mark. Forgets some marks that count no longer.
pub(super) fn stored_mark(
    connection: &Connection,
    mark: &ReplayMark,
    now: UnixTime,
) -> Result<Option<StoredMark>, Error> {
    const FORGET: &str = "DELETE FROM mark WHERE token IN
        (SELECT token FROM mark WHERE expires_at < ?1 ORDER BY expires_at LIMIT 64)";
    const FIND: &str = "SELECT body, expires_at FROM mark WHERE token = ?1";
    let read = failed("read a mark");
    connection
        .prepare_cached(FORGET)
        .and_then(|mut s| s.execute([forgotten_before(now)]))
        .map_err(&read)?;
    let row: Option<(Vec<u8>, i64)> = connection
        .prepare_cached(FIND)
        .and_then(|mut s| {
            s.query_row([mark.token_hash().as_bytes()], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })
            .optional()
        })
        .map_err(&read)?;
    row.map(|(body, expires_at)| record::stored_mark(&body, expires_at))
        .transpose()
}

/// `check` is the most marks that may be alive, on the calls that count them.
pub(super) fn write_mark(
    connection: &Connection,
    mark: &ReplayMark,
    check: Option<u64>,
) -> Result<(), Error> {
    const WRITE: &str = "INSERT OR REPLACE INTO mark (token, body, expires_at) VALUES (?1, ?2, ?3)";
    if let Some(limit) = check
        && alive(connection, limit)? >= limit
    {
        return Err(ErrorKind::TooManyMarks { limit }.into());
    }
    let expires_at = column(mark.expires_at().as_seconds());
    let (token, body) = (mark.token_hash().as_bytes(), mark.body_hash().as_bytes());
    connection
        .prepare_cached(WRITE)
        .and_then(|mut s| s.execute(params![token, body, expires_at]))
        .map_err(failed("mark a token"))?;
    Ok(())
}

fn forgotten_before(now: UnixTime) -> i64 {
    column(ReplayMark::forgotten_before(now).as_seconds())
}

fn alive(connection: &Connection, at_most: u64) -> Result<u64, Error> {
    connection
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM mark LIMIT ?1)")
        .and_then(|mut s| s.query_row([column(at_most)], |r| r.get(0)))
        .map(|alive: i64| u64::try_from(alive).unwrap_or(0))
        .map_err(failed("count marks"))
}

pub(super) fn prune(connection: &Connection, now: UnixTime) -> Result<u64, Error> {
    let marks = connection
        .execute(
            "DELETE FROM mark WHERE expires_at < ?1",
            [forgotten_before(now)],
        )
        .map_err(failed("forget marks"))?;
    let leases = connection
        .execute(
            "DELETE FROM lease WHERE until <= ?1",
            [column(now.as_seconds())],
        )
        .map_err(failed("forget leases"))?;
    Ok((marks as u64).saturating_add(leases as u64))
}
