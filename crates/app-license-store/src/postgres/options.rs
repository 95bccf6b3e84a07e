//! How to connect.

use std::fmt;
use std::sync::atomic::AtomicU64;

use deadpool_postgres::Pool;

use super::fault::Fail;
use super::schema_name::SchemaName;
use super::{PostgresStore, connect, schema};
use crate::encryption::{EncryptionKeys, Sealer};
use crate::error::Error;

/// How to connect a [`PostgresStore`].
///
/// ```no_run
/// # async fn example(from_configuration: &str) -> Result<(), app_license_store::Error> {
/// use app_license_store::{EncryptionKey, EncryptionKeys, PostgresOptions};
/// let key = EncryptionKey::from_base64(from_configuration)?;
/// let store = PostgresOptions::new("postgres://app@db.example.com/app?sslmode=require")
///     .encryption(EncryptionKeys::new(key))
///     .schema("billing_app")
///     .connections(16)
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PostgresOptions {
    url: String,
    schema: String,
    connections: usize,
    roots: Option<Vec<u8>>,
    keys: Option<EncryptionKeys>,
    plain_text: bool,
    marks: u64,
}

impl PostgresOptions {
    /// A store in this database: an address (`postgres://…`) or `key=value` pairs, as libpq reads
    /// them.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            schema: "app_license".into(),
            connections: 8,
            roots: None,
            keys: None,
            plain_text: false,
            marks: 1_000_000,
        }
    }

    /// Seals secrets with these keys.
    #[must_use]
    pub fn encryption(mut self, keys: EncryptionKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Lets secrets stand in the database in plain text where there are no keys: for tests, and where the
    /// disk is sealed and backups are too. A warning is logged. Who has a secret can act as the
    /// platform toward the app.
    #[must_use]
    pub const fn plain_text(mut self) -> Self {
        self.plain_text = true;
        self
    }

    /// The schema that holds the tables, created if it is not there; `app_license` if not set.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// How many connections at most; 8 if not set.
    #[must_use]
    pub const fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Trusts these certificates (PEM) instead of the system's.
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// About how many replay marks may be kept; 1,000,000 if not set. More are refused. A mark is kept for a day
    /// after its token ended, so this is about how many lifecycle events a day are taken.
    #[must_use]
    pub const fn max_marks(mut self, marks: u64) -> Self {
        self.marks = marks;
        self
    }

    /// Connects, and brings the schema to the newest version. A role that may not do that needs
    /// another to run [`PostgresOptions::migrate`] first.
    ///
    /// # Errors
    /// `newer_schema` for a schema of a newer version, `may_not_migrate`, `migration`,
    /// `no_encryption_key` without keys unless plain text is asked for, `invalid` for settings,
    /// `store_unavailable`.
    pub async fn connect(self) -> Result<PostgresStore, Error> {
        let sealer = Sealer::new(self.keys.clone(), self.plain_text)?;
        let (pool, schema) = self.migrated().await?;
        Ok(PostgresStore {
            pool,
            schema,
            sealer,
            marks: self.marks,
            marked: AtomicU64::new(0),
        })
    }

    /// Brings the schema to the newest version, and no more: for a deployment that does it by the role
    /// that owns the tables, so that the app's own role needs no right to create or alter any. The
    /// options for secrets are not looked at.
    ///
    /// ```no_run
    /// # async fn example(owner: &str, app: &str, key: &str) -> Result<(), app_license_store::Error> {
    /// use app_license_store::{EncryptionKey, EncryptionKeys, PostgresOptions, PostgresStore};
    /// PostgresOptions::new(owner).migrate().await?; // when a new version is deployed
    /// let keys = EncryptionKeys::new(EncryptionKey::from_base64(key)?);
    /// let store = PostgresStore::connect(app, keys).await?; // in the app
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `newer_schema`, `may_not_migrate`, `migration`, `invalid` for settings, `store_unavailable`.
    pub async fn migrate(self) -> Result<(), Error> {
        let (pool, _) = self.migrated().await?;
        pool.close();
        Ok(())
    }

    async fn migrated(&self) -> Result<(Pool, SchemaName), Error> {
        if self.connections == 0 {
            return Err(Error::invalid("number of connections", "it is 0"));
        }
        let schema = SchemaName::new(&self.schema)?;
        let pool = connect::pool(&self.url, self.roots.as_deref(), self.connections)?;
        let mut client = pool.get().await.map_err(Fail::from)?;
        schema::migrate(&mut client, &schema).await?;
        drop(client);
        Ok((pool, schema))
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the address may hold a password
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects, with secrets sealed with these keys; see [`PostgresOptions`].
    ///
    /// # Errors
    /// Those of [`PostgresOptions::connect`].
    pub async fn connect(url: impl Into<String>, keys: EncryptionKeys) -> Result<Self, Error> {
        PostgresOptions::new(url).encryption(keys).connect().await
    }

    /// Connects, with secrets in plain text: see [`PostgresOptions::plain_text`].
    ///
    /// # Errors
    /// Those of [`PostgresOptions::connect`].
    pub async fn connect_plain_text(url: impl Into<String>) -> Result<Self, Error> {
        PostgresOptions::new(url).plain_text().connect().await
    }
}
