//! Installations and their history, in SQL.

use app_license::delivery::{Delivery, NewEntry};
use app_license::{Installation, InstallationKey, UnixTime};
use deadpool_postgres::Client;
use tokio_postgres::{Client as Connection, IsolationLevel, Row as SqlRow, Transaction};

use super::PostgresStore;
use super::coordination::claim_mark;
use super::fault::{COMMIT, Fail, failed};
use super::schema::LOCKS;
use super::statement::{LOCAL, PATIENCE, bytes, number, patiently, row as one, rows, text, texts};
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

const COLUMNS: &str =
    "tenant, status, record, secret, secret_key, previous, previous_key, previous_at";

impl PostgresStore {
    /// The one installation, perhaps locked until the transaction ends.
    async fn find(
        &self,
        connection: &Connection,
        tenant: &str,
        lock: &str,
    ) -> Result<Option<Row>, Fail> {
        let doing = "read an installation";
        let sql = format!("SELECT {COLUMNS} FROM $s.installation WHERE tenant = $1 {lock}");
        let found = one(connection, &self.schema, doing, &sql, &[text(&tenant)]).await?;
        found.as_ref().map(row).transpose().map_err(failed(doing))
    }

    pub(super) async fn get_row(
        &self,
        key: &InstallationKey,
    ) -> Result<Option<Installation>, Fail> {
        let (tenant, client) = (tenant(key), self.client().await?);
        let row = patiently(client, "read an installation", async |client| {
            self.find(client, &tenant, "").await
        });
        let open = |r: &Row| record::from_row(r, &self.sealer);
        Ok(row.await?.as_ref().map(open).transpose()?)
    }

    pub(super) async fn list_rows(
        &self,
        after: Option<&InstallationKey>,
        limit: usize,
    ) -> Result<Vec<Installation>, Fail> {
        let after = after.map(tenant).unwrap_or_default();
        let client = self.client().await?;
        let rows = patiently(client, "list installations", async |client| {
            self.rows_after(client, &after, limit, "").await
        });
        let open = |r: &Row| record::from_row(r, &self.sealer);
        Ok(rows.await?.iter().map(open).collect::<Result<_, Error>>()?)
    }

    pub(super) async fn check_keys(&self) -> Result<(), Fail> {
        let client = self.client().await?;
        let rows = patiently(client, "check the keys of secrets", async |client| {
            let mut rows = self.rows_after(client, "", record::SAMPLE, "").await?;
            rows.extend(self.spread_rows(client).await?);
            Ok(rows)
        });
        Ok(record::check_keys(&rows.await?, &self.sealer)?)
    }

    /// Some rows from every part of the table, each found by the index.
    async fn spread_rows(&self, connection: &Connection) -> Result<Vec<Row>, Fail> {
        let doing = "look at some installations";
        let sql = format!(
            "SELECT found.* FROM generate_series(0, $1 - 1) AS place CROSS JOIN LATERAL (
                SELECT {COLUMNS} FROM $s.installation
                WHERE id >= place * ((SELECT max(id) FROM $s.installation) / $1 + 1)
                ORDER BY id LIMIT $2
            ) AS found"
        );
        let params = [number(&record::PLACES), number(&record::AT_A_PLACE)];
        let rows = rows(connection, &self.schema, doing, &sql, &params).await?;
        let read: Result<_, _> = rows.iter().map(row).collect();
        read.map_err(failed(doing))
    }

    async fn rows_after(
        &self,
        connection: &Connection,
        after: &str,
        limit: usize,
        lock: &str,
    ) -> Result<Vec<Row>, Fail> {
        let doing = "list installations";
        let sql = format!(
            "SELECT {COLUMNS} FROM $s.installation WHERE tenant > $1 ORDER BY tenant LIMIT $2 {lock}"
        );
        let limit = column(limit);
        let params = [text(&after), number(&limit)];
        let rows = rows(connection, &self.schema, doing, &sql, &params).await?;
        let read: Result<_, _> = rows.iter().map(row).collect();
        read.map_err(failed(doing))
    }

    pub(super) async fn count_rows(&self) -> Result<u64, Fail> {
        const SQL: &str = "SELECT count(*)
            - (SELECT count(*) FROM $s.installation WHERE status = 'linked') FROM $s.installation";
        let doing = "count installations";
        let row = self.ask(doing, SQL, &[]).await?;
        let count: Option<i64> = row
            .map(|r| r.try_get(0))
            .transpose()
            .map_err(failed(doing))?;
        Ok(count.and_then(|c| u64::try_from(c).ok()).unwrap_or(0))
    }

    pub(super) async fn apply_delivery(
        &self,
        delivery: &Delivery,
        now: UnixTime,
        check_marks: Option<u64>,
    ) -> Result<Applied, Fail> {
        let doing = "apply a delivery";
        self.in_transaction(doing, async |transaction| {
            self.apply_in(transaction, delivery, now, check_marks).await
        })
        .await
    }

    /// Does `work` in a transaction and commits it, or ends with the patience for both; then the
    /// connection is closed, for nobody knows what the server still does on it.
    pub(super) async fn in_transaction<T>(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, Fail>,
    ) -> Result<T, Fail> {
        let mut client = self.client().await?;
        let whole = async {
            let transaction = begin(&mut client).await?;
            let done = work(&transaction).await?;
            transaction.commit().await.map_err(failed(COMMIT))?;
            Ok(done)
        };
        let done = tokio::time::timeout(PATIENCE, whole).await;
        done.unwrap_or_else(|_| {
            drop(deadpool_postgres::Object::take(client));
            Err(Fail::Slow(doing))
        })
    }

    /// Waits for the tenant's turn, with the settings of the whole transaction: there may be no row to
    /// lock yet.
    pub(super) async fn turn(
        &self,
        transaction: &Transaction<'_>,
        tenant: &str,
    ) -> Result<(), Fail> {
        let doing = "wait for the tenant's turn";
        let sql = format!("{LOCAL}, pg_advisory_xact_lock({LOCKS}, hashtext($1))");
        let params = [text(&tenant)];
        let waited = one(transaction.client(), &self.schema, doing, &sql, &params);
        waited.await.map(|_| ())
    }

    async fn apply_in(
        &self,
        transaction: &Transaction<'_>,
        delivery: &Delivery,
        now: UnixTime,
        check_marks: Option<u64>,
    ) -> Result<Applied, Fail> {
        let tenant = tenant(delivery.key());
        self.turn(transaction, &tenant).await?;
        let connection = transaction.client();
        let old = self.find(connection, &tenant, "FOR UPDATE").await?;
        let open = |r: &Row| record::from_row(r, &self.sealer);
        let stored = old.as_ref().map(open).transpose()?;
        // written before it is asked for: what is refused is rolled back, the mark too
        let stored_mark = match delivery.mark() {
            Some(mark) => claim_mark(connection, &self.schema, mark, now, check_marks).await?,
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
        let id = self.upsert(connection, &row, now).await?;
        let last = self.append(connection, id, now, &outcome.entries).await?;
        Ok(Applied::new(outcome, last))
    }

    async fn upsert(&self, connection: &Connection, row: &Row, now: UnixTime) -> Result<i64, Fail> {
        const SQL: &str = "INSERT INTO $s.installation
                (tenant, status, record, secret, secret_key, previous, previous_key, previous_at, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (tenant) DO UPDATE SET status = excluded.status, record = excluded.record,
                secret = excluded.secret, secret_key = excluded.secret_key,
                previous = excluded.previous, previous_key = excluded.previous_key,
                previous_at = excluded.previous_at,
                changed_at = excluded.changed_at
            RETURNING id";
        let doing = "write an installation";
        let (secret, secret_key) = parts(&row.secret);
        let (previous, previous_key) = parts(&row.previous);
        let at = column(now.as_seconds());
        let params = [
            text(&row.tenant),
            text(&row.status),
            text(&row.record),
            bytes(&secret),
            text(&secret_key),
            bytes(&previous),
            text(&previous_key),
            number(&row.previous_at),
            number(&at),
        ];
        let Some(written) = one(connection, &self.schema, doing, SQL, &params).await? else {
            return Err(Error::unavailable(doing, "it has no row").into());
        };
        written.try_get(0).map_err(failed(doing))
    }

    /// Takes the next numbers and writes the entries. From here to the commit everybody else who
    /// appends waits, so it comes last.
    async fn append(
        &self,
        connection: &Connection,
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
        let doing = "append to the history";
        let events: Vec<&str> = entries.iter().map(|e| e.event).collect();
        let changes = entries
            .iter()
            .map(|e| record::changes(&e.changes))
            .collect::<Result<Vec<_>, _>>()?;
        let bodies: Vec<Option<&str>> = entries.iter().map(|e| e.payload.as_deref()).collect();
        let at = column(now.as_seconds());
        let params = [
            number(&id),
            number(&at),
            texts(&events),
            texts(&changes),
            texts(&bodies),
        ];
        let mut last = None;
        for row in rows(connection, &self.schema, doing, SQL, &params).await? {
            let sequence = Sequence::from_column(row.try_get(0).map_err(failed(doing))?);
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
        let (tenant, after, limit) = (tenant(key), after.to_column(), column(limit));
        let params = [text(&tenant), number(&after), number(&limit)];
        let rows = self.ask_all("read the history", SQL, &params).await?;
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
        let (after, limit) = (after.to_column(), column(limit));
        let params = [number(&after), number(&limit)];
        let rows = self.ask_all("read the history", SQL, &params).await?;
        rows.iter().map(entry).collect()
    }

    pub(super) async fn payload_of(&self, sequence: Sequence) -> Result<Option<String>, Fail> {
        const SQL: &str = "SELECT body FROM $s.payload WHERE sequence = $1";
        let doing = "read a payload";
        let row = self
            .ask(doing, SQL, &[number(&sequence.to_column())])
            .await?;
        row.map(|r| r.try_get(0)).transpose().map_err(failed(doing))
    }

    /// Seals the secrets of some installations behind `after` anew; answers how many were written
    /// and where to go on, if there are more.
    pub(super) async fn reencrypt(&self, after: &str) -> Result<(u64, Option<String>), Fail> {
        const SQL: &str = "UPDATE $s.installation SET secret = $2, secret_key = $3,
            previous = $4, previous_key = $5 WHERE tenant = $1";
        let doing = "write an installation";
        let mut client = self.client().await?;
        let transaction = begin(&mut client).await?;
        let connection = transaction.client();
        one(connection, &self.schema, doing, LOCAL, &[]).await?;
        let old = self
            .rows_after(connection, after, 100, "FOR UPDATE")
            .await?;
        let mut written = 0_u64;
        for old in &old {
            let Some(new) = record::resealed(old, &self.sealer)? else {
                continue;
            };
            let (secret, secret_key) = parts(&new.secret);
            let (previous, previous_key) = parts(&new.previous);
            let params = [
                text(&new.tenant),
                bytes(&secret),
                text(&secret_key),
                bytes(&previous),
                text(&previous_key),
            ];
            rows(connection, &self.schema, doing, SQL, &params).await?;
            written = written.saturating_add(1);
        }
        transaction.commit().await.map_err(failed(COMMIT))?;
        Ok((written, old.last().map(|r| r.tenant.clone())))
    }
}

/// Every statement sees what was committed before it, so also what it waited for.
async fn begin(client: &mut Client) -> Result<Transaction<'_>, Fail> {
    let client: &mut Connection = client;
    let begun = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start();
    begun.await.map_err(failed("begin a transaction"))
}

/// A secret for its two columns.
fn parts(secret: &Option<Sealed>) -> (Option<&[u8]>, Option<&str>) {
    let bytes = secret.as_ref().map(|s| s.bytes.as_slice());
    (bytes, secret.as_ref().and_then(|s| s.key_id.as_deref()))
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
