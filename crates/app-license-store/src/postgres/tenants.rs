//! Installations and their history, in SQL.

use app_license::delivery::{Delivery, NewEntry};
use app_license::{Installation, InstallationKey, UnixTime};
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::{IsolationLevel, Row as SqlRow};

use super::coordination::claim_mark;
use super::fault::{Fail, failed};
use super::schema::LOCKS;
use super::{COMMIT, PostgresStore};
use crate::applied::Applied;
use crate::encryption::Sealed;
use crate::error::Error;
use crate::history::{HistoryEntry, Sequence};
use crate::record::{self, Row, column};
use crate::tenant::tenant;

fn row(row: &SqlRow) -> Result<Row, tokio_postgres::Error> {
    let sealed = |bytes: Option<Vec<u8>>, key_id| bytes.map(|bytes| Sealed { key_id, bytes });
    Ok(Row {
        tenant: row.try_get(0)?,
        status: row.try_get(1)?,
        record: row.try_get(2)?,
        secret: sealed(row.try_get(3)?, row.try_get(4)?),
        previous: sealed(row.try_get(5)?, row.try_get(6)?),
        previous_at: row.try_get(7)?,
    })
}

impl PostgresStore {
    /// The one installation, perhaps locked until the transaction ends.
    async fn find(
        &self,
        client: &impl GenericClient,
        tenant: &str,
        lock: &str,
    ) -> Result<Option<Row>, Fail> {
        let read = failed("read an installation");
        let sql = format!(
            "SELECT tenant, status, record, secret, secret_key, previous, previous_key, previous_at
            FROM $s.installation WHERE tenant = $1 {lock}"
        );
        let statement = client
            .prepare_cached(&self.schema.sql(&sql))
            .await
            .map_err(&read)?;
        let found = client
            .query_opt(&statement, &[&tenant])
            .await
            .map_err(&read)?;
        found.as_ref().map(row).transpose().map_err(&read)
    }

    pub(super) async fn get_row(
        &self,
        key: &InstallationKey,
    ) -> Result<Option<Installation>, Fail> {
        let client = self.client().await?;
        let row = self.find(&client, &tenant(key), "").await?;
        let open = |r: &Row| record::from_row(r, &self.sealer);
        Ok(row.as_ref().map(open).transpose()?)
    }

    pub(super) async fn list_rows(
        &self,
        after: Option<&InstallationKey>,
        limit: usize,
    ) -> Result<Vec<Installation>, Fail> {
        let after = after.map(tenant).unwrap_or_default();
        let client = self.client().await?;
        let rows = self.rows_after(&client, &after, limit, "").await?;
        let open = |r: &Row| record::from_row(r, &self.sealer);
        Ok(rows.iter().map(open).collect::<Result<_, Error>>()?)
    }

    async fn rows_after(
        &self,
        client: &impl GenericClient,
        after: &str,
        limit: usize,
        lock: &str,
    ) -> Result<Vec<Row>, Fail> {
        let list = failed("list installations");
        let sql = format!(
            "SELECT tenant, status, record, secret, secret_key, previous, previous_key, previous_at
            FROM $s.installation WHERE tenant > $1 ORDER BY tenant LIMIT $2 {lock}"
        );
        let statement = client
            .prepare_cached(&self.schema.sql(&sql))
            .await
            .map_err(&list)?;
        let rows = client
            .query(&statement, &[&after, &column(limit)])
            .await
            .map_err(&list)?;
        rows.iter()
            .map(row)
            .collect::<Result<_, _>>()
            .map_err(&list)
    }

    pub(super) async fn count_rows(&self) -> Result<u64, Fail> {
        let count = failed("count installations");
        let sql = self.schema.sql("SELECT count(*) FROM $s.installation");
        let client = self.client().await?;
        let row = client.query_one(&sql, &[]).await.map_err(&count)?;
        let number: i64 = row.try_get(0).map_err(&count)?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    pub(super) async fn apply_delivery(
        &self,
        delivery: &Delivery,
        now: UnixTime,
        check_marks: Option<u64>,
    ) -> Result<Applied, Fail> {
        let mut client = self.client().await?;
        // every statement sees what was committed before it, so also what it waited for
        let transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .start()
            .await
            .map_err(failed("begin a transaction"))?;
        let applied = self
            .apply_in(&transaction, delivery, now, check_marks)
            .await?;
        transaction.commit().await.map_err(failed(COMMIT))?;
        Ok(applied)
    }

    async fn apply_in(
        &self,
        transaction: &Transaction<'_>,
        delivery: &Delivery,
        now: UnixTime,
        check_marks: Option<u64>,
    ) -> Result<Applied, Fail> {
        let tenant = tenant(delivery.key());
        // there may be no row to lock yet
        let lock = "SELECT pg_advisory_xact_lock($1, hashtext($2))";
        let waited = failed("wait for the tenant's turn");
        let statement = transaction.prepare_cached(lock).await.map_err(&waited)?;
        transaction
            .execute(&statement, &[&LOCKS, &tenant])
            .await
            .map_err(&waited)?;
        let old = self.find(transaction, &tenant, "FOR UPDATE").await?;
        let open = |r: &Row| record::from_row(r, &self.sealer);
        let stored = old.as_ref().map(open).transpose()?;
        // written before it is asked for: what is refused is rolled back, the mark too
        let stored_mark = match delivery.mark() {
            Some(mark) => claim_mark(transaction, &self.schema, mark, now, check_marks).await?,
            None => None,
        };
        let outcome = delivery
            .apply(stored, stored_mark.as_ref(), now)
            .map_err(Error::from)?;
        let (false, Some(after)) = (outcome.is_unchanged(), &outcome.after) else {
            return Ok(Applied::new(outcome, None));
        };
        let old = old.as_ref().map(|r| r.record.as_str());
        let row = record::to_row(after, old, &self.sealer)?;
        let id = self.upsert(transaction, &row, now).await?;
        let last = self.append(transaction, id, now, &outcome.entries).await?;
        Ok(Applied::new(outcome, last))
    }

    async fn upsert(
        &self,
        transaction: &Transaction<'_>,
        row: &Row,
        now: UnixTime,
    ) -> Result<i64, Fail> {
        const SQL: &str = "INSERT INTO $s.installation
                (tenant, status, record, secret, secret_key, previous, previous_key, previous_at, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (tenant) DO UPDATE SET status = excluded.status, record = excluded.record,
                secret = excluded.secret, secret_key = excluded.secret_key,
                previous = excluded.previous, previous_key = excluded.previous_key,
            previous_at = excluded.previous_at,
                changed_at = excluded.changed_at
            RETURNING id";
        let write = failed("write an installation");
        let bytes = |s: &Option<Sealed>| s.as_ref().map(|s| s.bytes.clone());
        let key_id = |s: &Option<Sealed>| s.as_ref().and_then(|s| s.key_id.clone());
        let statement = transaction
            .prepare_cached(&self.schema.sql(SQL))
            .await
            .map_err(&write)?;
        let id = transaction
            .query_one(
                &statement,
                &[
                    &row.tenant,
                    &row.status,
                    &row.record,
                    &bytes(&row.secret),
                    &key_id(&row.secret),
                    &bytes(&row.previous),
                    &key_id(&row.previous),
                    &row.previous_at,
                    &column(now.as_seconds()),
                ],
            )
            .await
            .map_err(&write)?;
        id.try_get(0).map_err(&write)
    }

    /// Takes the next numbers and writes the entries. From here to the commit everybody else who
    /// appends waits, so it comes last.
    async fn append(
        &self,
        transaction: &Transaction<'_>,
        id: i64,
        now: UnixTime,
        entries: &[NewEntry],
    ) -> Result<Option<Sequence>, Fail> {
        const SQL: &str = "WITH taken AS (
                UPDATE $s.feed SET last = last + cardinality($3::text[]) RETURNING last
            ), entry AS (
                SELECT taken.last - cardinality($3::text[]) + e.number AS sequence,
                    e.event, e.changes, e.body
                FROM taken, unnest($3::text[], $4::text[], $5::text[])
                    WITH ORDINALITY AS e (event, changes, body, number)
            ), kept AS (
                INSERT INTO $s.payload (sequence, body)
                SELECT sequence, body FROM entry WHERE body IS NOT NULL
            )
            INSERT INTO $s.history (sequence, installation, at, event, changes)
            SELECT sequence, $1, $2, event, changes FROM entry
            RETURNING sequence";
        if entries.is_empty() {
            return Ok(None);
        }
        let append = failed("append to the history");
        let events: Vec<&str> = entries.iter().map(|e| e.event).collect();
        let changes = entries
            .iter()
            .map(|e| record::changes(&e.changes))
            .collect::<Result<Vec<_>, _>>()?;
        let bodies: Vec<Option<&str>> = entries.iter().map(|e| e.payload.as_deref()).collect();
        let statement = transaction
            .prepare_cached(&self.schema.sql(SQL))
            .await
            .map_err(&append)?;
        let at = column(now.as_seconds());
        let rows = transaction
            .query(&statement, &[&id, &at, &events, &changes, &bodies])
            .await
            .map_err(&append)?;
        let mut last = None;
        for row in rows {
            let sequence = Sequence::from_column(row.try_get(0).map_err(&append)?);
            last = last.max(Some(sequence));
        }
        Ok(last)
    }

    pub(super) async fn history_of(
        &self,
        key: &InstallationKey,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Fail> {
        const SQL: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
            FROM $s.history h JOIN $s.installation i ON i.id = h.installation
            WHERE i.tenant = $1 AND h.sequence > $2 ORDER BY h.sequence LIMIT $3";
        let read = failed("read the history");
        let client = self.client().await?;
        let statement = client
            .prepare_cached(&self.schema.sql(SQL))
            .await
            .map_err(&read)?;
        let rows = client
            .query(
                &statement,
                &[&tenant(key), &after.to_column(), &column(limit)],
            )
            .await
            .map_err(&read)?;
        rows.iter().map(entry).collect()
    }

    pub(super) async fn all_history(
        &self,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Fail> {
        const SQL: &str = "SELECT h.sequence, i.tenant, h.at, h.event, h.changes
            FROM $s.history h JOIN $s.installation i ON i.id = h.installation
            WHERE h.sequence > $1 ORDER BY h.sequence LIMIT $2";
        let read = failed("read the history");
        let client = self.client().await?;
        let statement = client
            .prepare_cached(&self.schema.sql(SQL))
            .await
            .map_err(&read)?;
        let rows = client
            .query(&statement, &[&after.to_column(), &column(limit)])
            .await
            .map_err(&read)?;
        rows.iter().map(entry).collect()
    }

    pub(super) async fn payload_of(&self, sequence: Sequence) -> Result<Option<String>, Fail> {
        let read = failed("read a payload");
        let sql = self
            .schema
            .sql("SELECT body FROM $s.payload WHERE sequence = $1");
        let client = self.client().await?;
        let row = client
            .query_opt(&sql, &[&sequence.to_column()])
            .await
            .map_err(&read)?;
        row.map(|r| r.try_get(0)).transpose().map_err(&read)
    }

    /// Seals the secrets of some installations behind `after` anew; answers how many were written
    /// and where to go on, if there are more.
    pub(super) async fn reencrypt(&self, after: &str) -> Result<(u64, Option<String>), Fail> {
        const SQL: &str = "UPDATE $s.installation SET secret = $2, secret_key = $3,
            previous = $4, previous_key = $5 WHERE tenant = $1";
        let write = failed("write an installation");
        let mut client = self.client().await?;
        let transaction = client
            .transaction()
            .await
            .map_err(failed("begin a transaction"))?;
        let rows = self
            .rows_after(&transaction, after, 100, "FOR UPDATE")
            .await?;
        let mut written = 0_u64;
        for old in &rows {
            let Some(new) = record::resealed(old, &self.sealer)? else {
                continue;
            };
            let part = |s: Option<Sealed>| s.map_or((None, None), |s| (Some(s.bytes), s.key_id));
            let (secret, secret_key) = part(new.secret);
            let (previous, previous_key) = part(new.previous);
            let sql = self.schema.sql(SQL);
            let statement = transaction.prepare_cached(&sql).await.map_err(&write)?;
            transaction
                .execute(
                    &statement,
                    &[&new.tenant, &secret, &secret_key, &previous, &previous_key],
                )
                .await
                .map_err(&write)?;
            written = written.saturating_add(1);
        }
        transaction.commit().await.map_err(failed(COMMIT))?;
        Ok((written, rows.last().map(|r| r.tenant.clone())))
    }
}

pub(crate) fn entry(row: &SqlRow) -> Result<HistoryEntry, Fail> {
    let read = failed("read the history");
    Ok(record::entry(
        row.try_get(0).map_err(&read)?,
        row.try_get(1).map_err(&read)?,
        row.try_get(2).map_err(&read)?,
        row.try_get(3).map_err(&read)?,
        row.try_get(4).map_err(&read)?,
    )?)
}
