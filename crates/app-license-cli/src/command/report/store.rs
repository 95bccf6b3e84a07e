//! Where an app keeps its installations, as options name it.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use app_license_marketplace::reconcile::{Reconciler, Unreadable};
use app_license_store::{HistoryEntry, PostgresRecords, SqliteRecords};

use super::progress;
use super::source::{is_stdin, open};
use crate::error::CliError;
use crate::files::must_be_readable;
use crate::io::Io;
use crate::store_address::{StoreAddress, StoreLocation};

/// Where installations are kept.
#[derive(Clone)]
pub(super) enum Installations {
    Store(StoreAddress),
    Lines(PathBuf),
}

impl std::fmt::Debug for Installations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(address) => address.fmt(f),
            Self::Lines(path) => write!(f, "{}", path.display()),
        }
    }
}

impl FromStr for Installations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if StoreAddress::is_meant(text) {
            return Ok(Self::Store(text.parse()?));
        }
        Ok(Self::Lines(text.into()))
    }
}

impl Installations {
    /// Whether they come from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        match self {
            Self::Lines(path) => is_stdin(path),
            Self::Store(StoreAddress::Environment(name)) => of_environment(name)
                .is_ok_and(|store| matches!(store, Self::Lines(path) if is_stdin(&path))),
            Self::Store(StoreAddress::At(_)) => false,
        }
    }

    /// Reads all installations.
    pub(super) fn read(
        &self,
        io: &mut Io<'_>,
        schema: &str,
        reconciler: &mut Reconciler,
    ) -> Result<Unreadable, CliError> {
        let waiting = |io: &Io<'_>| progress::waiting(io.progress, "reading the installations");
        Ok(match self {
            Self::Store(StoreAddress::At(StoreLocation::Sqlite(path))) => {
                let records = sqlite(path)?;
                let bar = waiting(io);
                let read = reconciler.read_sqlite(&records);
                bar.finish_and_clear();
                read?
            }
            Self::Store(StoreAddress::At(StoreLocation::Postgres(url))) => {
                let records = PostgresRecords::in_schema(url, schema)?;
                let bar = waiting(io);
                let read = runtime()?.block_on(reconciler.read_postgres(&records));
                bar.finish_and_clear();
                read?
            }
            Self::Store(StoreAddress::Environment(name)) => {
                of_environment(name)?.read(io, schema, reconciler)?
            }
            Self::Lines(path) => {
                let bar = progress::reading(io.progress, "installations", path);
                let lines = bar.wrap_read(open(&mut io.stdin, path)?);
                let read = reconciler.read_ndjson(BufReader::with_capacity(1 << 18, lines));
                bar.finish_and_clear();
                read?
            }
        })
    }

    /// A store that keeps events.
    pub(super) fn with_events(text: &str) -> Result<Self, String> {
        match text.parse()? {
            Self::Lines(_) => Err(NO_EVENTS.to_owned()),
            store => Ok(store),
        }
    }

    /// Reads what happened to the installations of an entitlement.
    pub(super) fn history_of(
        &self,
        io: &Io<'_>,
        schema: &str,
        entitlement: &str,
    ) -> Result<Vec<HistoryEntry>, CliError> {
        let waiting = || progress::waiting(io.progress, "reading the events");
        Ok(match self {
            Self::Store(StoreAddress::At(StoreLocation::Sqlite(path))) => {
                let records = sqlite(path)?;
                let bar = waiting();
                let read = records.history_of(entitlement);
                bar.finish_and_clear();
                read?
            }
            Self::Store(StoreAddress::At(StoreLocation::Postgres(url))) => {
                let records = PostgresRecords::in_schema(url, schema)?;
                let bar = waiting();
                let read = runtime()?.block_on(records.history_of(entitlement));
                bar.finish_and_clear();
                read?
            }
            Self::Store(StoreAddress::Environment(name)) => {
                of_environment(name)?.history_of(io, schema, entitlement)?
            }
            Self::Lines(_) => return Err(CliError::Option(NO_EVENTS.to_owned())),
        })
    }
}

/// What is told of a store that keeps no events.
const NO_EVENTS: &str =
    "events are in a store: expected `sqlite:FILE`, `postgres://…` or `env:NAME`";

/// The store that a variable of the environment names.
fn of_environment(name: &str) -> Result<Installations, CliError> {
    let address = std::env::var(name)
        .map_err(|_| CliError::Option(format!("the environment has no address in `{name}`")))?;
    match address.parse().map_err(CliError::Option)? {
        Installations::Store(StoreAddress::Environment(_)) => Err(CliError::Option(format!(
            "`{name}` names another variable of the environment"
        ))),
        store => Ok(store),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    Ok(runtime.enable_all().build()?)
}

/// Opens a SQLite file; one that is not there is named.
fn sqlite(path: &Path) -> Result<SqliteRecords, CliError> {
    must_be_readable(path)?;
    Ok(SqliteRecords::open(path)?)
}

#[cfg(test)]
mod tests {
    use super::Installations;

    #[test]
    fn stores_are_named_by_their_addresses() {
        for (text, shown) in [
            ("sqlite:a.db", "sqlite:a.db"),
            ("sqlite:///var/a.db", "sqlite:/var/a.db"),
            ("postgres://u:secret@h/d", "postgres:…"),
            ("postgres:host=h password=secret", "postgres:…"),
            ("env:DATABASE_URL", "env:DATABASE_URL"),
            ("export.ndjson", "export.ndjson"),
        ] {
            let store: Installations = text.parse().unwrap();
            assert_eq!(format!("{store:?}"), shown);
        }
        assert!("sqlite:".parse::<Installations>().is_err());
    }
}
