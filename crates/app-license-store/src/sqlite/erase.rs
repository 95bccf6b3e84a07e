//! What goes, and where consumers stopped, in SQL.

use app_license::{InstallationKey, UnixTime};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::failed;
use crate::erase::Erased;
use crate::error::Error;
use crate::history::{MAX_PAGE, Sequence};
use crate::name::Name;
use crate::record::{column, time};
use crate::stopped::Stopped;
use crate::tenant::{id, key as key_of, tenant};

/// The last number of the history. What was erased had one too: the highest is kept among the cursors,
/// under a name that no consumer can have.
pub(super) const LAST: &str = "max((SELECT coalesce(max(sequence), 0) FROM history),
    (SELECT coalesce(max(sequence), 0) FROM consumer WHERE name = ' last'))";

/// Erases a tenant, and the links to it.
pub(super) fn erase(connection: &Connection, key: &InstallationKey) -> Result<Erased, Error> {
    let mut erased = erase_one(connection, &tenant(key))?;
    for link in links(connection, key)? {
        erased = erased.with_link(erase_one(connection, &link)?);
    }
    Ok(erased)
}

/// The records that are links to this one, whatever its own says of them.
fn links(connection: &Connection, key: &InstallationKey) -> Result<Vec<String>, Error> {
    // what index `linked_to` is of
    const SQL: &str = "SELECT tenant FROM installation
        WHERE status = 'linked' AND json_extract(record, '$.tenant') = ?1";
    let InstallationKey::Connect(customer) = key else {
        return Ok(Vec::new());
    };
    connection
        .prepare_cached(SQL)
        .and_then(|mut s| s.query_map([customer.as_str()], |r| r.get(0))?.collect())
        .map_err(failed("find the links of a tenant"))
}

fn erase_one(connection: &Connection, tenant: &str) -> Result<Erased, Error> {
    const PAYLOADS: &str = "DELETE FROM payload
        WHERE sequence IN (SELECT sequence FROM history WHERE installation = ?1)";
    let keep_last = format!(
        "INSERT INTO consumer (name, sequence) VALUES (' last', {LAST})
        ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence"
    );
    let work = || -> rusqlite::Result<Erased> {
        connection.execute(&keep_last, [])?;
        let row: Option<i64> = connection
            .query_row(
                "SELECT id FROM installation WHERE tenant = ?1",
                [tenant],
                |r| r.get(0),
            )
            .optional()?;
        let mut events = 0;
        if let Some(row) = row {
            connection.execute(PAYLOADS, [row])?;
            events = connection.execute("DELETE FROM history WHERE installation = ?1", [row])?;
            connection.execute("DELETE FROM installation WHERE id = ?1", [row])?;
        }
        let licenses = connection.execute("DELETE FROM license WHERE tenant = ?1", [tenant])?;
        connection.execute("DELETE FROM stopped WHERE tenant = ?1", [tenant])?;
        let own = format!("/{}", id(tenant));
        let named = "DELETE FROM lease WHERE substr(name, -length(?1)) = ?1";
        connection.execute(named, [own])?;
        Ok(Erased::new(row.is_some(), events as u64, licenses as u64))
    };
    work().map_err(failed("erase a tenant"))
}

pub(super) fn uninstalled(
    connection: &Connection,
    before: UnixTime,
) -> Result<Vec<InstallationKey>, Error> {
    const SQL: &str = "SELECT tenant FROM installation
        WHERE status = 'uninstalled' AND record ->> '$.uninstalledAt' < ?1 ORDER BY tenant LIMIT ?2";
    let found: Vec<String> = connection
        .prepare_cached(SQL)
        .and_then(|mut s| {
            let params = params![before.to_string(), column(MAX_PAGE)];
            s.query_map(params, |r| r.get(0))?.collect()
        })
        .map_err(failed("find who was uninstalled"))?;
    let keys: Vec<_> = found
        .iter()
        .map(|tenant| key_of(tenant))
        .collect::<Result<_, _>>()?;
    for key in &keys {
        erase(connection, key)?;
    }
    Ok(keys)
}

pub(super) fn stopped(connection: &Connection, consumer: &Name) -> Result<Vec<Stopped>, Error> {
    const SQL: &str = "SELECT tenant, sequence, tries, retry_at FROM stopped
        WHERE consumer = ?1 ORDER BY sequence";
    type Row = (String, i64, i64, i64);
    let found: Vec<Row> = connection
        .prepare_cached(SQL)
        .and_then(|mut s| {
            let row = |r: &rusqlite::Row<'_>| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?));
            s.query_map([consumer.as_str()], row)?.collect()
        })
        .map_err(failed("read where a consumer stopped"))?;
    let stopped = found.iter().map(|(tenant, at, tries, retry_at)| {
        let tries = u32::try_from(*tries).unwrap_or(u32::MAX);
        let at = Sequence::from_column(*at);
        Ok(Stopped::new(key_of(tenant)?, at, tries, time(*retry_at)?))
    });
    stopped.collect()
}

pub(super) fn stop(
    connection: &Connection,
    consumer: &Name,
    stopped: &Stopped,
) -> Result<(), Error> {
    const SQL: &str = "INSERT OR REPLACE INTO stopped (consumer, tenant, sequence, tries, retry_at)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let retry_at = column(stopped.retry_at.as_seconds());
    let params = params![
        consumer.as_str(),
        tenant(&stopped.key),
        stopped.at.to_column(),
        stopped.tries,
        retry_at
    ];
    connection
        .prepare_cached(SQL)
        .and_then(|mut s| s.execute(params))
        .map_err(failed("write where a consumer stopped"))?;
    Ok(())
}

pub(super) fn resume(
    connection: &Connection,
    consumer: &Name,
    tenant: &str,
) -> Result<bool, Error> {
    connection
        .prepare_cached("DELETE FROM stopped WHERE consumer = ?1 AND tenant = ?2")
        .and_then(|mut s| s.execute([consumer.as_str(), tenant]))
        .map(|gone| gone > 0)
        .map_err(failed("write where a consumer stopped"))
}
