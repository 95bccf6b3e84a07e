//! Where the store is, and its keys.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use app_license_store::{
    EncryptionKey, EncryptionKeys, Error, HistoryEntry, InstallationStore, PostgresOptions,
    PostgresRecords, SqliteOptions, SqliteRecords, StoredRecord,
};

use crate::error::CliError;

/// Where the store is, and its keys.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The store: `sqlite:FILE`, `postgres://…`, or `env:NAME` for an address in the environment
    #[arg(
        long,
        global = true,
        value_name = "STORE",
        default_value = "env:APP_LICENSE_STORE"
    )]
    store: Address,
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

/// An address of a store, or where one is. It may hold a password: it is shown nowhere.
#[derive(Clone)]
enum Address {
    Store(StoreAddress),
    Environment(String),
}

/// An address of a store.
#[derive(Clone)]
enum StoreAddress {
    Sqlite(PathBuf),
    Postgres(String),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(StoreAddress::Sqlite(path)) => write!(f, "sqlite:{}", path.display()),
            Self::Store(StoreAddress::Postgres(_)) => f.write_str("postgres:…"),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if !path.is_empty() {
                return Ok(Self::Store(StoreAddress::Sqlite(path.into())));
            }
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Store(StoreAddress::Postgres(text.to_owned())));
        } else if let Some(name) = text.strip_prefix("env:") {
            return Ok(Self::Environment(name.to_owned()));
        }
        Err("expected `sqlite:FILE`, `postgres://…` or `env:NAME`".to_owned())
    }
}

impl Place {
    fn address(&self) -> Result<StoreAddress, CliError> {
        let name = match &self.store {
            Address::Store(address) => return Ok(address.clone()),
            Address::Environment(name) => name,
        };
        let text = std::env::var(name).map_err(|_| {
            CliError::Option(format!(
                "no store is named: give `--store`, or set `{name}` in the environment"
            ))
        })?;
        match text.parse() {
            Ok(Address::Environment(_)) | Err(_) => Err(CliError::Option(format!(
                "`{name}` in the environment is no `sqlite:FILE` and no `postgres://…`"
            ))),
            Ok(Address::Store(address)) => Ok(address),
        }
    }

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
    pub(super) async fn open(&self) -> Result<Box<dyn InstallationStore>, CliError> {
        let keys = self.keys()?;
        Ok(match self.address()? {
            StoreAddress::Sqlite(path) => {
                self.must_be_changeable()?;
                // without keys, sealed secrets do not open, and none is stored
                let options = SqliteOptions::new(path).plain_text().readers(1);
                let options = match keys {
                    Some(keys) => options.encryption(keys),
                    None => options,
                };
                Box::new(options.open().await?)
            }
            StoreAddress::Postgres(url) => {
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
        match self.address()? {
            StoreAddress::Postgres(url) => Ok(self.postgres(url).migrate().await?),
            StoreAddress::Sqlite(_) => self.open().await.map(|_| ()),
        }
    }

    /// Calls `each` with every record, without secrets.
    pub(super) fn for_each(
        &self,
        each: impl FnMut(StoredRecord<'_>) -> ControlFlow<()>,
    ) -> Result<(), CliError> {
        match self.address()? {
            StoreAddress::Sqlite(path) => {
                there(&path)?;
                SqliteRecords::open(path)?.for_each(each)?;
            }
            StoreAddress::Postgres(url) => {
                let records = PostgresRecords::in_schema(&url, &self.schema)?;
                runtime()?.block_on(records.for_each(each))?;
            }
        }
        Ok(())
    }

    /// What happened to a tenant.
    pub(super) fn history(&self, tenant: &str) -> Result<Vec<HistoryEntry>, CliError> {
        Ok(match self.address()? {
            StoreAddress::Sqlite(path) => SqliteRecords::open(path)?.history_of_tenant(tenant)?,
            StoreAddress::Postgres(url) => {
                let records = PostgresRecords::in_schema(&url, &self.schema)?;
                runtime()?.block_on(records.history_of_tenant(tenant))?
            }
        })
    }

    /// Whether this program may change the store, as far as its tables say; nothing is changed or migrated.
    pub(super) fn must_be_changeable(&self) -> Result<(), CliError> {
        match self.address()? {
            StoreAddress::Sqlite(path) => {
                there(&path)?;
                let records = SqliteRecords::open(&path)?;
                if records.is_of_npm_package() {
                    let path = path.display();
                    return Err(CliError::Option(format!(
                        "`{path}` is a file of the npm package: `list`, `show`, `history` and `why` read it, and \
                         only the app changes it (see \"Of the npm package\" in docs/store.md)"
                    )));
                }
                Ok(())
            }
            // the npm package keeps nothing there
            StoreAddress::Postgres(_) => Ok(()),
        }
    }

    /// Opens the store, and does something with it.
    pub(super) fn with<T>(
        &self,
        work: impl AsyncFnOnce(&dyn InstallationStore) -> Result<T, Error>,
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

/// A misspelled file is not made.
fn there(path: &Path) -> Result<(), CliError> {
    let found = std::fs::metadata(path).map_err(|source| CliError::Read {
        path: path.display().to_string(),
        source,
    });
    found.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_shows_no_password() {
        for (text, shown) in [
            ("sqlite:a.db", "sqlite:a.db"),
            ("sqlite:///var/a.db", "sqlite:/var/a.db"),
            ("postgres://u:secret@h/d", "postgres:…"),
            ("env:DATABASE_URL", "env:DATABASE_URL"),
        ] {
            assert_eq!(format!("{:?}", text.parse::<Address>().unwrap()), shown);
        }
        for wrong in ["", "sqlite:", "a.db", "mysql://h"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
