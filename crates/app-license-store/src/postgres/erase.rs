//! What goes, and where consumers stopped, in SQL.

use app_license::{InstallationKey, UnixTime};
use tokio_postgres::{Client as Connection, Transaction};

use super::PostgresStore;
use super::fault::{Fail, failed};
use super::statement::{Param, number, row as one, rows, text};
use crate::erase::Erased;
use crate::history::{MAX_PAGE, Sequence};
use crate::name::Name;
use crate::record::{column, time};
use crate::stopped::Stopped;
use crate::tenant::{id, key as key_of, tenant};

const DOING: &str = "erase a tenant";

impl PostgresStore {
    /// Erases a tenant; with `before`, only one that was uninstalled before then.
    pub(super) async fn erase_all_of(
        &self,
        key: &InstallationKey,
        before: Option<UnixTime>,
    ) -> Result<Erased, Fail> {
        self.in_transaction(DOING, async |transaction| {
            self.erase_in(transaction, key, before).await
        })
        .await
    }

    async fn erase_in(
        &self,
        transaction: &Transaction<'_>,
        key: &InstallationKey,
        before: Option<UnixTime>,
    ) -> Result<Erased, Fail> {
        const GONE: &str = "SELECT FROM $s.installation WHERE tenant = $1
            AND status = 'uninstalled' AND record::json ->> 'uninstalledAt' < $2 FOR UPDATE";
        // what index `linked_to` is of
        const LINKS: &str = "SELECT tenant FROM $s.installation
            WHERE status = 'linked' AND record::json ->> 'tenant' = $1 ORDER BY tenant FOR UPDATE";
        let tenant = tenant(key);
        self.turn(transaction, &tenant).await?;
        let connection = transaction.client();
        if let Some(before) = before {
            let before = before.to_string();
            let params = [text(&tenant), text(&before)];
            let gone = one(connection, &self.schema, DOING, GONE, &params).await?;
            if gone.is_none() {
                return Ok(Erased::default());
            }
        }
        let mut erased = self.erase_one(connection, &tenant).await?;
        if let InstallationKey::Connect(customer) = key {
            let customer = customer.as_str();
            let params = [text(&customer)];
            for link in rows(connection, &self.schema, DOING, LINKS, &params).await? {
                let link = link.try_get(0).map_err(failed(DOING))?;
                erased = erased.with_link(self.erase_one(connection, link).await?);
            }
        }
        Ok(erased)
    }

    async fn erase_one(&self, connection: &Connection, tenant: &str) -> Result<Erased, Fail> {
        const FIND: &str = "SELECT id FROM $s.installation WHERE tenant = $1 FOR UPDATE";
        const PAYLOADS: &str = "DELETE FROM $s.payload
            WHERE sequence IN (SELECT sequence FROM $s.history WHERE installation = $1)";
        const EVENTS: &str = "DELETE FROM $s.history WHERE installation = $1";
        const INSTALLATION: &str = "DELETE FROM $s.installation WHERE id = $1";
        const LICENSES: &str = "DELETE FROM $s.license WHERE tenant = $1";
        const STOPPED: &str = "DELETE FROM $s.stopped WHERE tenant = $1";
        const LEASES: &str = "DELETE FROM $s.lease WHERE right(name, length($1)) = $1";
        let found = one(connection, &self.schema, DOING, FIND, &[text(&tenant)]).await?;
        let mut events = 0;
        if let Some(row) = &found {
            let id: i64 = row.try_get(0).map_err(failed(DOING))?;
            self.delete(connection, PAYLOADS, &[number(&id)]).await?;
            events = self.delete(connection, EVENTS, &[number(&id)]).await?;
            self.delete(connection, INSTALLATION, &[number(&id)])
                .await?;
        }
        let licenses = self.delete(connection, LICENSES, &[text(&tenant)]).await?;
        self.delete(connection, STOPPED, &[text(&tenant)]).await?;
        let own = format!("/{}", id(tenant));
        self.delete(connection, LEASES, &[text(&own)]).await?;
        Ok(Erased::new(found.is_some(), events, licenses))
    }

    async fn delete(
        &self,
        connection: &Connection,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<u64, Fail> {
        let sql = self.schema.sql(sql);
        let deleted = connection.execute_typed(&sql, params).await;
        deleted.map_err(failed(DOING))
    }

    pub(super) async fn uninstalled_before(
        &self,
        before: UnixTime,
    ) -> Result<Vec<InstallationKey>, Fail> {
        const SQL: &str = "SELECT tenant FROM $s.installation WHERE status = 'uninstalled'
            AND record::json ->> 'uninstalledAt' < $1 ORDER BY tenant LIMIT $2";
        let doing = "find who was uninstalled";
        let (before, limit) = (before.to_string(), column(MAX_PAGE));
        let params = [text(&before), number(&limit)];
        let mut keys = Vec::new();
        for row in self.ask_all(doing, SQL, &params).await? {
            let tenant: &str = row.try_get(0).map_err(failed(doing))?;
            keys.push(key_of(tenant)?);
        }
        Ok(keys)
    }

    pub(super) async fn stopped_of(&self, consumer: &Name) -> Result<Vec<Stopped>, Fail> {
        const SQL: &str = "SELECT tenant, sequence, tries, retry_at FROM $s.stopped
            WHERE consumer = $1 ORDER BY sequence";
        let doing = "read where a consumer stopped";
        let read = failed(doing);
        let mut stopped = Vec::new();
        for row in self
            .ask_all(doing, SQL, &[text(&consumer.as_str())])
            .await?
        {
            let tenant: &str = row.try_get(0).map_err(&read)?;
            let at = Sequence::from_column(row.try_get(1).map_err(&read)?);
            let tries: i64 = row.try_get(2).map_err(&read)?;
            let tries = u32::try_from(tries).unwrap_or(u32::MAX);
            let retry_at = time(row.try_get(3).map_err(&read)?)?;
            stopped.push(Stopped::new(key_of(tenant)?, at, tries, retry_at));
        }
        Ok(stopped)
    }

    pub(super) async fn stop_at(&self, consumer: &Name, stopped: &Stopped) -> Result<(), Fail> {
        const SQL: &str = "INSERT INTO $s.stopped (consumer, tenant, sequence, tries, retry_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (consumer, tenant) DO UPDATE
                SET sequence = excluded.sequence, tries = excluded.tries,
                    retry_at = excluded.retry_at
            RETURNING $durable";
        let (consumer, tenant) = (consumer.as_str(), tenant(&stopped.key));
        let (at, tries) = (stopped.at.to_column(), i64::from(stopped.tries));
        let retry_at = column(stopped.retry_at.as_seconds());
        let params = [
            text(&consumer),
            text(&tenant),
            number(&at),
            number(&tries),
            number(&retry_at),
        ];
        let stopped = self
            .ask("write where a consumer stopped", SQL, &params)
            .await;
        stopped.map(|_| ())
    }

    pub(super) async fn resume_at(&self, consumer: &Name, tenant: &str) -> Result<bool, Fail> {
        const SQL: &str = "DELETE FROM $s.stopped WHERE consumer = $1 AND tenant = $2
            RETURNING $durable";
        let consumer = consumer.as_str();
        let params = [text(&consumer), text(&tenant)];
        let gone = self
            .ask("write where a consumer stopped", SQL, &params)
            .await?;
        Ok(gone.is_some())
    }
}
