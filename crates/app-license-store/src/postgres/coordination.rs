//! Cursors, leases, marks and the last answers of License APIs, in SQL.

use app_license::delivery::{Mark, ReplayMark, StoredMark};
use app_license::plan::license::{CachedLicense, Lease};
use app_license::{Evidence, KeyId, LicenseSource, UnixTime};
use tokio_postgres::{Client as Connection, Row};

use super::PostgresStore;
use super::fault::{Fail, failed};
use super::schema;
use super::schema_name::SchemaName;
use super::statement::{Param, bytes, number, patiently, row as one, rows, text};
use crate::error::{Error, ErrorKind};
use crate::history::Sequence;
use crate::install_key::{InstallKey, MAX_INSTALL_KEYS};
use crate::name::Name;
use crate::record::{self, column, time};

impl PostgresStore {
    pub(super) async fn ask(
        &self,
        doing: &'static str,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Option<Row>, Fail> {
        Ok(self.ask_all(doing, sql, params).await?.pop())
    }

    pub(super) async fn ask_all(
        &self,
        doing: &'static str,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Fail> {
        let client = self.client().await?;
        patiently(client, doing, async |client| {
            rows(client, &self.schema, doing, sql, params).await
        })
        .await
    }

    pub(super) async fn schema_version(&self) -> Result<i64, Fail> {
        let client = self.client().await?;
        patiently(client, "read the schema version", async |client| {
            schema::version(client, &self.schema).await
        })
        .await
    }

    pub(super) async fn cursor_of(&self, consumer: &Name) -> Result<Sequence, Fail> {
        const SQL: &str = "SELECT sequence FROM $s.consumer WHERE name = $1";
        let doing = "read a cursor";
        let row = self.ask(doing, SQL, &[text(&consumer.as_str())]).await?;
        let found = row
            .map(|r| r.try_get(0))
            .transpose()
            .map_err(failed(doing))?;
        Ok(found.map(Sequence::from_column).unwrap_or_default())
    }

    pub(super) async fn advance_to(&self, consumer: &Name, sequence: Sequence) -> Result<(), Fail> {
        const SQL: &str = "WITH feed AS (SELECT last FROM $s.feed),
            moved AS (
                INSERT INTO $s.consumer AS c (name, sequence)
                SELECT $1, $2 FROM feed WHERE $2 <= last
                ON CONFLICT (name) DO UPDATE
                    SET sequence = greatest(c.sequence, excluded.sequence)
                RETURNING $durable
            )
            SELECT last FROM feed";
        let doing = "advance a cursor";
        let (consumer, to) = (consumer.as_str(), sequence.to_column());
        let row = self
            .ask(doing, SQL, &[text(&consumer), number(&to)])
            .await?;
        let last: Option<i64> = row
            .map(|r| r.try_get(0))
            .transpose()
            .map_err(failed(doing))?;
        let last = Sequence::from_column(last.unwrap_or(0));
        if sequence > last {
            let (asked, last) = (sequence.get(), last.get());
            return Err(Error::from(ErrorKind::CursorBeyondEnd { asked, last }).into());
        }
        Ok(())
    }

    pub(super) async fn license_of(
        &self,
        tenant: &str,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Fail> {
        const SQL: &str = "SELECT document, fetched_at FROM $s.license
            WHERE tenant = $1 AND license_source = $2";
        let doing = "read a license";
        let Some(row) = self
            .ask(doing, SQL, &[text(&tenant), text(&source.code())])
            .await?
        else {
            return Ok(None);
        };
        let document = row.try_get(0).map_err(failed(doing))?;
        let at = time(row.try_get(1).map_err(failed(doing))?)?;
        Ok(Some(CachedLicense::from_parts(source, document, at)))
    }

    pub(super) async fn keep_license(
        &self,
        tenant: &str,
        license: &CachedLicense,
    ) -> Result<(), Fail> {
        const SQL: &str =
            "INSERT INTO $s.license AS l (tenant, license_source, document, fetched_at)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (tenant, license_source) DO UPDATE
                SET document = excluded.document, fetched_at = excluded.fetched_at
                WHERE excluded.fetched_at >= l.fetched_at OR excluded.fetched_at + $5 < l.fetched_at
            RETURNING $durable";
        let at = column(license.fetched_at().as_seconds());
        let ahead = column(Evidence::MAX_AHEAD);
        let (source, document) = (license.source().code(), license.document());
        let params = [
            text(&tenant),
            text(&source),
            text(&document),
            number(&at),
            number(&ahead),
        ];
        self.ask("write a license", SQL, &params).await.map(|_| ())
    }

    pub(super) async fn kept_install_keys(&self, limit: usize) -> Result<Vec<InstallKey>, Fail> {
        const SQL: &str = "SELECT id, pem FROM $s.install_key
            ORDER BY kept_at DESC, id LIMIT $1";
        let doing = "read install keys";
        let limit = i64::try_from(limit.min(MAX_INSTALL_KEYS)).unwrap_or(i64::MAX);
        let mut keys = Vec::new();
        for row in self.ask_all(doing, SQL, &[number(&limit)]).await? {
            let id: String = row.try_get(0).map_err(failed(doing))?;
            let pem: String = row.try_get(1).map_err(failed(doing))?;
            // an id that is none is nobody's key: it is not asked for
            keys.extend(KeyId::new(id).ok().map(|id| InstallKey::new(id, pem)));
        }
        Ok(keys)
    }

    pub(super) async fn keep_install_key(
        &self,
        key: &InstallKey,
        now: UnixTime,
    ) -> Result<(), Fail> {
        // the statement sees the table as it was before it: the key itself is not counted
        const SQL: &str = "WITH forgotten AS (DELETE FROM $s.install_key WHERE id IN (
                SELECT id FROM $s.install_key WHERE id <> $1
                ORDER BY kept_at DESC, id OFFSET $4))
            INSERT INTO $s.install_key (id, pem, kept_at) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE
                SET pem = excluded.pem, kept_at = excluded.kept_at
            RETURNING $durable";
        let at = column(now.as_seconds());
        let others = i64::try_from(MAX_INSTALL_KEYS.saturating_sub(1)).unwrap_or(i64::MAX);
        let (id, pem) = (key.id().as_str(), key.pem());
        let params = [text(&id), text(&pem), number(&at), number(&others)];
        let kept = self.ask("keep an install key", SQL, &params).await;
        kept.map(|_| ())
    }

    pub(super) async fn take_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<Lease, Fail> {
        const SQL: &str = "INSERT INTO $s.lease AS l (name, holder, until) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                WHERE l.until <= $4 OR l.until > $5
            RETURNING until, $durable";
        let (to, at) = (column(until.as_seconds()), column(now.as_seconds()));
        let latest = column(Lease::latest_end(now).as_seconds());
        let (lease_name, holder) = (lease.as_str(), holder.as_str());
        let params = [
            text(&lease_name),
            text(&holder),
            number(&to),
            number(&at),
            number(&latest),
        ];
        match self.ask("take a lease", SQL, &params).await? {
            Some(_) => Ok(Lease::Granted { until }),
            None => self.held(lease, now).await,
        }
    }

    pub(super) async fn prolong_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<Lease, Fail> {
        const SQL: &str = "UPDATE $s.lease SET until = $3
            WHERE name = $1 AND holder = $2 AND until > $4 AND until <= $5
            RETURNING until, $durable";
        let (to, at) = (column(until.as_seconds()), column(now.as_seconds()));
        let latest = column(Lease::latest_end(now).as_seconds());
        let (lease_name, holder) = (lease.as_str(), holder.as_str());
        let params = [
            text(&lease_name),
            text(&holder),
            number(&to),
            number(&at),
            number(&latest),
        ];
        match self.ask("renew a lease", SQL, &params).await? {
            Some(_) => Ok(Lease::Granted { until }),
            None => self.held(lease, now).await,
        }
    }

    async fn held(&self, lease: &Name, now: UnixTime) -> Result<Lease, Fail> {
        const SQL: &str = "SELECT until FROM $s.lease WHERE name = $1";
        let doing = "read a lease";
        let row = self.ask(doing, SQL, &[text(&lease.as_str())]).await?;
        let held = row
            .map(|r| r.try_get(0))
            .transpose()
            .map_err(failed(doing))?;
        let until = held.map(time).transpose()?.unwrap_or(now).max(now);
        Ok(Lease::Held { until })
    }

    pub(super) async fn give_back_lease(&self, lease: &Name, holder: &Name) -> Result<(), Fail> {
        const SQL: &str = "DELETE FROM $s.lease WHERE name = $1 AND holder = $2";
        let (lease, holder) = (lease.as_str(), holder.as_str());
        let params = [text(&lease), text(&holder)];
        self.ask("release a lease", SQL, &params).await.map(|_| ())
    }

    pub(super) async fn mark_token(
        &self,
        mark: &ReplayMark,
        now: UnixTime,
        check: Option<u64>,
    ) -> Result<Mark, Fail> {
        let client = self.client().await?;
        let stored = patiently(client, "mark a token", async |client| {
            claim_mark(client, &self.schema, mark, now, check).await
        })
        .await?;
        Ok(mark.against(stored.as_ref(), now))
    }

    pub(super) async fn forget(&self, now: UnixTime) -> Result<u64, Fail> {
        const SQL: &str = "WITH
            marks AS (DELETE FROM $s.mark WHERE token IN (
                SELECT token FROM $s.mark WHERE expires_at < $1 FOR UPDATE SKIP LOCKED
            ) RETURNING 1),
            leases AS (DELETE FROM $s.lease WHERE name IN (
                SELECT name FROM $s.lease WHERE until <= $2 FOR UPDATE SKIP LOCKED
            ) RETURNING 1)
            SELECT (SELECT count(*) FROM marks) + (SELECT count(*) FROM leases)";
        let doing = "forget marks and leases";
        let before = column(ReplayMark::forgotten_before(now).as_seconds());
        let at = column(now.as_seconds());
        let row = self
            .ask(doing, SQL, &[number(&before), number(&at)])
            .await?;
        let count: Option<i64> = row
            .map(|r| r.try_get(0))
            .transpose()
            .map_err(failed(doing))?;
        Ok(count.and_then(|c| u64::try_from(c).ok()).unwrap_or(0))
    }
}

/// Writes the mark unless one that counts is stored under its token, which is then the answer.
/// `check` is the most marks that may be alive, on the calls that count them.
pub(super) async fn claim_mark(
    connection: &Connection,
    schema: &SchemaName,
    mark: &ReplayMark,
    now: UnixTime,
    check: Option<u64>,
) -> Result<Option<StoredMark>, Fail> {
    // a forgotten row of the same token is as good as none
    const KEEP: &str = "INSERT INTO $s.mark AS m (token, body, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (token) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at
            WHERE m.expires_at < $4
        RETURNING 1, $durable";
    const FIND: &str = "SELECT body, expires_at FROM $s.mark WHERE token = $1";
    // two replicas never wait for each other here
    const FORGET: &str = "DELETE FROM $s.mark WHERE token IN (SELECT token FROM $s.mark
        WHERE expires_at < $1 ORDER BY expires_at LIMIT 1024 FOR UPDATE SKIP LOCKED)";
    let doing = "mark a token";
    let before = column(ReplayMark::forgotten_before(now).as_seconds());
    let (token, body) = (
        mark.token_hash().as_bytes().as_slice(),
        mark.body_hash().as_bytes().as_slice(),
    );
    let expires_at = column(mark.expires_at().as_seconds());
    if let Some(limit) = check {
        one(connection, schema, doing, FORGET, &[number(&before)]).await?;
        let known = one(connection, schema, doing, FIND, &[bytes(&token)]).await?;
        if known.is_none() && alive(connection, schema, limit).await? >= limit {
            return Err(Error::from(ErrorKind::TooManyMarks { limit }).into());
        }
    }
    let params = [
        bytes(&token),
        bytes(&body),
        number(&expires_at),
        number(&before),
    ];
    if one(connection, schema, doing, KEEP, &params)
        .await?
        .is_some()
    {
        return Ok(None);
    }
    let Some(row) = one(connection, schema, doing, FIND, &[bytes(&token)]).await? else {
        return Err(Error::unavailable(doing, "its mark was forgotten meanwhile").into());
    };
    let body: Vec<u8> = row.try_get(0).map_err(failed(doing))?;
    let expires_at = row.try_get(1).map_err(failed(doing))?;
    Ok(Some(record::stored_mark(&body, expires_at)?))
}

async fn alive(connection: &Connection, schema: &SchemaName, at_most: u64) -> Result<u64, Fail> {
    const SQL: &str = "SELECT count(*) FROM (SELECT 1 FROM $s.mark LIMIT $1) AS alive";
    let doing = "count marks";
    let row = one(connection, schema, doing, SQL, &[number(&column(at_most))]).await?;
    let count: Option<i64> = row
        .map(|r| r.try_get(0))
        .transpose()
        .map_err(failed(doing))?;
    Ok(count.and_then(|c| u64::try_from(c).ok()).unwrap_or(0))
}
