//! An installation as a row: JSON without secrets, and the secrets beside it.

use std::collections::{BTreeMap, BTreeSet};

use app_license::delivery::{BodyHash, StoredMark};
use app_license::{Change, Installation, InstallationRecord, InstallationSecrets, UnixTime};
use serde_json::value::RawValue;

use crate::encryption::{Column, Sealed, Sealer};
use crate::error::Error;
use crate::history::{HistoryEntry, Sequence};
use crate::tenant::{key, tenant};

/// An installation as it stands in a database.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) tenant: String,
    pub(crate) status: String,
    pub(crate) record: String,
    pub(crate) secret: Option<Sealed>,
    pub(crate) previous: Option<Sealed>,
    pub(crate) previous_at: Option<i64>,
}

/// What stands under a token's hash.
pub(crate) fn stored_mark(body: &[u8], expires_at: i64) -> Result<StoredMark, Error> {
    let body = BodyHash::try_from(body).map_err(|e| Error::corrupt("mark", e))?;
    Ok(StoredMark::new(body, time(expires_at)?))
}

/// `old` is the record that is replaced: members that only a newer version knows are kept.
pub(crate) fn to_row(
    installation: &Installation,
    old: Option<&str>,
    sealer: &Sealer,
) -> Result<Row, Error> {
    let tenant = tenant(installation.key());
    let secrets = installation.stored_secrets();
    let seal = |column, secret| sealer.seal(&tenant, column, secret);
    Ok(Row {
        status: installation.status().name().to_owned(),
        record: record_text(installation.record(), old)?,
        secret: secrets
            .current()
            .map(|s| seal(Column::Secret, s))
            .transpose()?,
        previous: secrets
            .previous()
            .map(|(s, _)| seal(Column::PreviousSecret, s))
            .transpose()?,
        previous_at: secrets.previous().map(|(_, at)| column(at.as_seconds())),
        tenant,
    })
}

pub(crate) fn from_row(row: &Row, sealer: &Sealer) -> Result<Installation, Error> {
    let open = |column, sealed| sealer.open(&row.tenant, column, sealed);
    let record = parse(&row.record)?;
    if tenant(record.key()) != row.tenant {
        return Err(Error::corrupt("record", "it is of another tenant"));
    }
    let current = row.secret.as_ref().map(|s| open(Column::Secret, s));
    let previous = row.previous.as_ref().map(|s| -> Result<_, Error> {
        let replaced_at = time(row.previous_at.unwrap_or(0))?;
        Ok((open(Column::PreviousSecret, s)?, replaced_at))
    });
    let secrets = InstallationSecrets::new(current.transpose()?, previous.transpose()?);
    Ok(Installation::from_parts(record, secrets))
}

/// How many rows are looked at, in the order of their tenants, for whether their secrets are for the
/// configured keys.
pub(crate) const SAMPLE: usize = 32;
/// In how many places of the table, in the order in which tenants came, rows are looked at, too; and how
/// many rows in each.
pub(crate) const PLACES: i64 = 64;
pub(crate) const AT_A_PLACE: i64 = 2;

/// The ids that rows are looked at from, up to the last one.
#[cfg(feature = "sqlite")]
pub(crate) fn places(last: i64) -> impl Iterator<Item = i64> {
    let step = last.checked_div(PLACES).unwrap_or(0).saturating_add(1);
    (0..PLACES)
        .map(move |n| n.saturating_mul(step))
        .take_while(move |at| *at <= last)
}

/// Fails where more of the secrets among the rows are for other keys than for the configured ones. A
/// secret that is damaged is one tenant's fault, and the store is well.
pub(crate) fn check_keys(rows: &[Row], sealer: &Sealer) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    let mut fault = None;
    let (mut ours, mut others) = (0_usize, 0_usize);
    for row in rows.iter().filter(|row| seen.insert(&row.tenant)) {
        let Some(secret) = &row.secret else { continue };
        match sealer.open(&row.tenant, Column::Secret, secret) {
            Err(error) if error.is_of_keys() => {
                others = others.saturating_add(1);
                fault = Some(error);
            }
            _ => ours = ours.saturating_add(1),
        }
    }
    match fault {
        Some(fault) if others > ours => Err(fault),
        _ => Ok(()),
    }
}

fn parse(record: &str) -> Result<InstallationRecord, Error> {
    serde_json::from_str(record).map_err(|e| Error::corrupt("record", e))
}

fn record_text(record: &InstallationRecord, old: Option<&str>) -> Result<String, Error> {
    type Members<'a> = BTreeMap<String, &'a RawValue>;
    let write = |e| Error::unavailable("write a record", Box::<serde_json::Error>::new(e));
    let corrupt = |e| Error::corrupt("record", e);
    let text = serde_json::to_string(record).map_err(write)?;
    let Some(old) = old else { return Ok(text) };
    let before: Members<'_> = serde_json::from_str(old).map_err(corrupt)?;
    let known_text = serde_json::to_string(&parse(old)?).map_err(write)?;
    let known: Members<'_> = serde_json::from_str(&known_text).map_err(corrupt)?;
    if before.keys().all(|name| known.contains_key(name)) {
        return Ok(text);
    }
    let mut members: Members<'_> = serde_json::from_str(&text).map_err(corrupt)?;
    for (name, value) in before {
        if !known.contains_key(&name) {
            members.entry(name).or_insert(value);
        }
    }
    serde_json::to_string(&members).map_err(write)
}

/// The row sealed with the current key, or `None` when it is already.
pub(crate) fn resealed(row: &Row, sealer: &Sealer) -> Result<Option<Row>, Error> {
    let current = |s: &Option<Sealed>| s.as_ref().is_none_or(|s| sealer.is_current(s));
    if current(&row.secret) && current(&row.previous) {
        return Ok(None);
    }
    to_row(&from_row(row, sealer)?, Some(&row.record), sealer).map(Some)
}

/// A history entry from its columns.
pub(crate) fn entry(
    sequence: i64,
    tenant: &str,
    at: i64,
    event: String,
    changes: &str,
) -> Result<HistoryEntry, Error> {
    let stored: Vec<&RawValue> =
        serde_json::from_str(changes).map_err(|e| Error::corrupt("changes", e))?;
    let changes: Vec<Change> = stored
        .iter()
        .filter_map(|c| serde_json::from_str(c.get()).ok())
        .collect();
    Ok(HistoryEntry {
        sequence: Sequence::from_column(sequence),
        key: key(tenant)?,
        at: time(at)?,
        event,
        unknown_changes: stored.len().saturating_sub(changes.len()),
        changes,
    })
}

/// A time from its column.
pub(crate) fn time(seconds: i64) -> Result<UnixTime, Error> {
    u64::try_from(seconds)
        .ok()
        .and_then(UnixTime::from_seconds)
        .ok_or_else(|| Error::corrupt("time", "it is out of range"))
}

/// A number for a column; SQL knows signed ones only.
pub(crate) fn column(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The changes of a history entry, for their column.
pub(crate) fn changes(changes: &[Change]) -> Result<String, Error> {
    serde_json::to_string(changes).map_err(|e| Error::unavailable("write the history", e))
}
