//! Where the store is, and its keys.

use std::ops::ControlFlow;
use std::path::Path;

use app_license_store::{
    EncryptionKey, EncryptionKeys, Error, HistoryEntry, Name, PostgresOptions, PostgresRecords,
    SqliteOptions, SqliteRecords, Store, StoredRecord,
};

use crate::error::CliError;
use crate::files::must_be_readable;
use crate::store_address::{StoreAddress, StoreLocation};

/// Where the store is, and its keys.
#[derive(Debug, clap::Args)]
pub(super) struct OpenableStore {
    /// The store: `sqlite:FILE`, `postgres://…`, or `env:NAME` for an address in the environment
    #[arg(
        long,
        global = true,
        value_name = "STORE",
        default_value = "env:APP_LICENSE_STORE"
    )]
    store: StoreAddress,
    /// The schema of a PostgreSQL store
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        default_value = "app_license"
    )]
    schema: String,
    /// The variable of the environment with the keys that seal secrets: base64, the current one first,
    /// then by commas those that still open what they sealed
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        default_value = "APP_LICENSE_KEYS"
    )]
    keys_from: String,
}

impl OpenableStore {
    /// The keys, the current one first.
    fn keys(&self) -> Result<Option<EncryptionKeys>, CliError> {
        let Ok(text) = std::env::var(&self.keys_from) else {
            return Ok(None);
        };
        let mut keys: Option<EncryptionKeys> = None;
        for text in text.split(',').filter(|text| !text.trim().is_empty()) {
            let key = EncryptionKey::from_base64(text).map_err(|error| {
                CliError::Option(format!("`{}` in the environment: {error}", self.keys_from))
            })?;
            keys = Some(match keys {
                None => EncryptionKeys::new(key),
                Some(keys) => keys.with_previous(key),
            });
        }
        Ok(keys)
    }

    /// Whether there are keys to seal with.
    pub(super) fn has_keys(&self) -> Result<bool, CliError> {
        Ok(self.keys()?.is_some())
    }

    /// Opens the store as the app does.
    pub(super) async fn open(&self) -> Result<Box<dyn Store>, CliError> {
        self.must_be_there()?;
        self.open_or_migrate().await
    }

    async fn open_or_migrate(&self) -> Result<Box<dyn Store>, CliError> {
        let keys = self.keys()?;
        Ok(match self.store.location()? {
            StoreLocation::Sqlite(path) => {
                // without keys, sealed secrets do not open, and none is stored
                let options = SqliteOptions::new(path).plain_text().readers(1);
                let options = match keys {
                    Some(keys) => options.encryption(keys),
                    None => options,
                };
                Box::new(options.open().await?)
            }
            StoreLocation::Postgres(url) => {
                let options = self.postgres(url).plain_text();
                let options = match keys {
                    Some(keys) => options.encryption(keys),
                    None => options,
                };
                Box::new(options.connect().await?)
            }
        })
    }

    fn postgres(&self, url: String) -> PostgresOptions {
        PostgresOptions::new(url)
            .schema(self.schema.clone())
            .connections(1)
    }

    /// Brings the schema to the newest version.
    pub(super) async fn migrate(&self) -> Result<(), CliError> {
        match self.store.location()? {
            StoreLocation::Postgres(url) => Ok(self.postgres(url).migrate().await?),
            StoreLocation::Sqlite(path) => {
                must_be_readable(&path)?;
                self.open_or_migrate().await.map(|_| ())
            }
        }
    }

    /// Calls `each` with every record, without secrets.
    pub(super) fn for_each(
        &self,
        each: impl FnMut(StoredRecord<'_>) -> ControlFlow<()>,
    ) -> Result<(), CliError> {
        match self.store.location()? {
            StoreLocation::Sqlite(path) => {
                records(&path)?.for_each(each)?;
            }
            StoreLocation::Postgres(url) => {
                let records = PostgresRecords::in_schema(&url, &self.schema)?;
                runtime()?.block_on(records.for_each(each))?;
            }
        }
        Ok(())
    }

    /// What happened to a tenant.
    pub(super) fn history(&self, tenant: &str) -> Result<Vec<HistoryEntry>, CliError> {
        Ok(match self.store.location()? {
            StoreLocation::Sqlite(path) => records(&path)?.history_of_tenant(tenant)?,
            StoreLocation::Postgres(url) => {
                let records = PostgresRecords::in_schema(&url, &self.schema)?;
                runtime()?.block_on(records.history_of_tenant(tenant))?
            }
        })
    }

    /// The events in which a site was renamed, of all tenants.
    pub(super) fn renames(&self) -> Result<Vec<HistoryEntry>, CliError> {
        Ok(match self.store.location()? {
            StoreLocation::Sqlite(path) => records(&path)?.renames()?,
            StoreLocation::Postgres(url) => {
                let records = PostgresRecords::in_schema(&url, &self.schema)?;
                runtime()?.block_on(records.renames())?
            }
        })
    }

    /// The consumers that have read the history.
    pub(super) fn consumers(&self) -> Result<Vec<Name>, CliError> {
        Ok(match self.store.location()? {
            StoreLocation::Sqlite(path) => records(&path)?.consumers()?,
            StoreLocation::Postgres(url) => {
                let records = PostgresRecords::in_schema(&url, &self.schema)?;
                runtime()?.block_on(records.consumers())?
            }
        })
    }

    /// Refuses a name that no consumer of the history has: a misspelled one would look like one that is well.
    pub(super) fn must_know(&self, consumer: &Name) -> Result<(), CliError> {
        let known = self.consumers()?;
        if known.contains(consumer) {
            return Ok(());
        }
        let wanted = consumer.to_string();
        let known = known.iter().map(ToString::to_string).collect();
        Err(CliError::UnknownConsumer { wanted, known })
    }

    /// Whether the store is there: what opens it as the app does makes the tables.
    pub(super) fn must_be_there(&self) -> Result<(), CliError> {
        match self.store.location()? {
            StoreLocation::Sqlite(path) => records(&path).map(|_| ()),
            StoreLocation::Postgres(_) => Ok(()),
        }
    }

    /// Opens the store, and does something with it.
    pub(super) fn with<T>(
        &self,
        work: impl AsyncFnOnce(&dyn Store) -> Result<T, Error>,
    ) -> Result<T, CliError> {
        runtime()?.block_on(async {
            let store = self.open().await?;
            Ok(work(&*store).await?)
        })
    }
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    Ok(runtime.enable_all().build()?)
}

/// The records of a file; a misspelled one is not made.
fn records(path: &Path) -> Result<SqliteRecords, CliError> {
    must_be_readable(path)?;
    Ok(SqliteRecords::open(path)?)
}
