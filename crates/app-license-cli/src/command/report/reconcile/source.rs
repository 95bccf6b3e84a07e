//! Where both sides are read from.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use app_license_marketplace::reconcile::{ReadError, Reconciler, ReportRead, Unreadable};
use app_license_marketplace::report::LicenseReader;
use app_license_store::{PostgresRecords, SqliteRecords};
use serde::Deserialize;

use super::super::api::ApiArgs;
use super::super::progress;
use crate::fault::Fault;
use crate::io::Io;

/// The largest file of an earlier run, in bytes.
const MAX_KNOWN: usize = 256 << 20;

/// Where installations are kept.
#[derive(Clone)]
pub(super) enum Installations {
    Sqlite(PathBuf),
    Postgres(String),
    Environment(String),
    Lines(PathBuf),
}

impl std::fmt::Debug for Installations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            // the address may hold a password
            Self::Postgres(_) => f.write_str("postgres:…"),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::Lines(path) => write!(f, "{}", path.display()),
        }
    }
}

impl FromStr for Installations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            // as in the addresses of other programs: sqlite:///var/lib/app.db
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err("expected a file behind `sqlite:`".to_owned());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        if let Some(pairs) = text.strip_prefix("postgres:") {
            return Ok(Self::Postgres(pairs.to_owned()));
        }
        if let Some(name) = text.strip_prefix("env:") {
            return Ok(Self::Environment(name.to_owned()));
        }
        Ok(Self::Lines(text.into()))
    }
}

impl Installations {
    pub(super) fn read(
        &self,
        io: &mut Io<'_>,
        schema: &str,
        reconciler: &mut Reconciler,
    ) -> Result<Unreadable, Fault> {
        match self {
            Self::Sqlite(path) => {
                let records = sqlite(path)?;
                let bar = progress::waiting(io.progress, "reading the installations");
                let read = reconciler.read_sqlite(&records).map_err(read_fault);
                bar.finish_and_clear();
                read
            }
            Self::Postgres(url) => {
                let records = PostgresRecords::in_schema(url, schema)?;
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                let bar = progress::waiting(io.progress, "reading the installations");
                let read = runtime.block_on(reconciler.read_postgres(&records));
                bar.finish_and_clear();
                read.map_err(read_fault)
            }
            Self::Environment(name) => {
                let address = std::env::var(name).map_err(|_| {
                    Fault::Option(format!("the environment has no address in `{name}`"))
                })?;
                match address.parse().map_err(Fault::Option)? {
                    Self::Environment(_) => Err(Fault::Option(format!(
                        "`{name}` names another variable of the environment"
                    ))),
                    store => store.read(io, schema, reconciler),
                }
            }
            Self::Lines(path) => {
                let bar = progress::reading(io.progress, "installations", path);
                let lines = BufReader::with_capacity(1 << 18, bar.wrap_read(open(io, path)?));
                let read = reconciler.read_ndjson(lines).map_err(read_fault);
                bar.finish_and_clear();
                read
            }
        }
    }
}

/// Opens a SQLite file; one that is not there is named.
pub(in super::super) fn sqlite(path: &Path) -> Result<SqliteRecords, Fault> {
    std::fs::metadata(path).map_err(|source| Fault::Read {
        path: path.display().to_string(),
        source,
    })?;
    Ok(SqliteRecords::open(path)?)
}

/// Reads the report's side.
pub(super) fn report(
    io: &mut Io<'_>,
    path: &Path,
    api: &ApiArgs,
    reconciler: &mut Reconciler,
) -> Result<ReportRead, Fault> {
    // the folder of a download is removed when it has been read
    let (path, _folder) = if path.as_os_str() == "api" {
        api.download(io.progress)?
    } else {
        (path.to_owned(), None)
    };
    let bar = progress::reading(io.progress, "report", &path);
    let reader = LicenseReader::new(bar.wrap_read(open(io, &path)?));
    let read = reconciler.read_report(reader).map_err(reconcile_fault);
    bar.finish_and_clear();
    read
}

fn open(io: &mut Io<'_>, path: &Path) -> Result<Box<dyn Read + Send>, Fault> {
    if path.as_os_str() == "-" {
        return Ok(std::mem::replace(&mut io.stdin, Box::new(std::io::empty())));
    }
    let file = File::open(path).map_err(|source| Fault::Read {
        path: path.display().to_string(),
        source,
    })?;
    Ok(Box::new(file))
}

/// What an earlier run has shown.
pub(super) fn known(io: &mut Io<'_>, path: &Path) -> Result<BTreeSet<String>, Fault> {
    #[derive(Deserialize)]
    struct Earlier {
        drift: Vec<Case>,
        #[serde(default)]
        lasting: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Case {
        id: String,
    }
    let text = io.read(path, MAX_KNOWN)?;
    let earlier: Earlier = serde_json::from_slice(&text).map_err(|error| {
        Fault::Option(format!(
            "`{}` is not the JSON of an earlier run: {error}",
            path.display()
        ))
    })?;
    let shown = earlier.drift.into_iter().map(|case| case.id);
    Ok(shown.chain(earlier.lasting).collect())
}

pub(super) fn reconcile_fault(error: app_license_marketplace::reconcile::Error) -> Fault {
    Fault::Reconcile(error.into())
}

fn read_fault(error: ReadError) -> Fault {
    Fault::Reconcile(error)
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
