//! Where installations are read from: a store of a backend in Rust or JavaScript, or an export.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::InstallationRow;
use super::{Error, Reconciler};

/// Records that could not be read: they are counted, and the first is told.
///
/// ```
/// use app_license::UnixTime;
/// use app_license_marketplace::reconcile::{Options, Reconciler};
/// let export = b"{\"key\":{\"connect\":\"tenant-1\"}}\n\n{\"key\":\n";
/// let mut reconciler = Reconciler::new(Options::at(UnixTime::EPOCH));
/// let unreadable = reconciler.read_ndjson(&export[..])?;
/// assert_eq!(unreadable.count, 1);
/// assert_eq!(
///     unreadable.first.unwrap(),
///     "line 3: an installation's record cannot be read: it is cut off, at column 7",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Unreadable {
    /// How many.
    pub count: u64,
    /// Where the first one is, and what is wrong with it.
    pub first: Option<String>,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Unreadable {
    fn add(&mut self, place: impl FnOnce() -> String, error: &Error) {
        self.count = self.count.saturating_add(1);
        if self.first.is_none() {
            self.first = Some(format!("{}: {error}", place()));
        }
    }
}

/// Why the installations could not be read to their end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The export cannot be read.
    #[error("the installations cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is no export of installations, in an encoding other than UTF-8, or damaged.
    #[error("expected the JSON of one installation a line, or a list of them, found {found}")]
    NotInstallations {
        /// What it is, and what to do.
        found: String,
    },
    /// There are records, and none can be read: nothing can be compared.
    #[error(
        "nothing was compared, for none of the {} records of the installations can be read; {}",
        .0.count, .0.first.as_deref().unwrap_or_default()
    )]
    NothingReadable(Unreadable),
    /// The store cannot be read.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error(transparent)]
    Store(#[from] app_license_store::Error),
    /// Both sides cannot be compared.
    #[error(transparent)]
    Reconcile(#[from] Error),
}

impl ReadError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "read",
            Self::NotInstallations { .. } => "not_installations",
            Self::NothingReadable(_) => "nothing_readable",
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Self::Store(error) => error.code(),
            Self::Reconcile(error) => error.code(),
        }
    }

    /// Something else than installations.
    pub(super) fn other(found: &str) -> Self {
        let found = found.to_owned();
        Self::NotInstallations { found }
    }
}

impl Reconciler {
    /// Refuses a store that has records of which none could be read since there were so many.
    pub(super) const fn read_any(
        &self,
        before: u64,
        unreadable: Unreadable,
    ) -> Result<Unreadable, ReadError> {
        if unreadable.count > 0 && self.summary.installations == before {
            return Err(ReadError::NothingReadable(unreadable));
        }
        Ok(unreadable)
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Reconciler {
    /// Takes installations from a SQLite file: of the Rust store, or of the npm package's. Nothing
    /// is written to it, and its records are of one moment.
    ///
    /// # Errors
    /// Those of [`SqliteRecords::for_each`](app_license_store::SqliteRecords::for_each) and of
    /// [`Reconciler::installation`]; `nothing_readable` when there are records and none can be read.
    #[cfg(feature = "sqlite")]
    pub fn read_sqlite(
        &mut self,
        records: &app_license_store::SqliteRecords,
    ) -> Result<Unreadable, ReadError> {
        let (send, batches) = std::sync::mpsc::sync_channel::<Batch>(AHEAD);
        let before = self.summary.installations;
        let reconciler = &mut *self;
        let unreadable = std::thread::scope(|scope| {
            // the file is read here, and what it says is read some hundred records behind
            let taking = scope.spawn(move || {
                let mut store = StoreRead::default();
                for batch in batches {
                    if store.take(reconciler, batch.records()).is_break() {
                        break;
                    }
                }
                store
            });
            let mut batch = Batch::default();
            let read = records.for_each(|record| {
                batch.add(record);
                if batch.ends.len() < BATCH || send.send(std::mem::take(&mut batch)).is_ok() {
                    std::ops::ControlFlow::Continue(())
                } else {
                    std::ops::ControlFlow::Break(())
                }
            });
            // nobody is left to take it: the error that ended them is told instead
            let _ = send.send(batch);
            drop(send);
            let store = taking.join().unwrap_or_default();
            read?;
            store.end()
        })?;
        self.read_any(before, unreadable)
    }

    /// Takes installations from a PostgreSQL database, in one read-only transaction.
    ///
    /// # Errors
    /// Those of [`PostgresRecords::for_each`](app_license_store::PostgresRecords::for_each) and of
    /// [`Reconciler::installation`]; `nothing_readable` when there are records and none can be read.
    #[cfg(feature = "postgres")]
    pub async fn read_postgres(
        &mut self,
        records: &app_license_store::PostgresRecords,
    ) -> Result<Unreadable, ReadError> {
        let before = self.summary.installations;
        let mut store = StoreRead::default();
        records
            .for_each(|r| store.take(self, [(r.tenant, r.record, r.license.as_ref())].into_iter()))
            .await?;
        self.read_any(before, store.end()?)
    }
}

/// The tenant, the record, the answer of a License API.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
type StoredParts<'r> = (
    &'r str,
    &'r str,
    Option<&'r app_license_store::CachedLicense>,
);

/// Records of some hundred installations, one behind the other.
#[cfg(feature = "sqlite")]
#[derive(Debug, Default)]
struct Batch {
    text: String,
    /// Where the tenant and the record end.
    ends: Vec<(usize, usize)>,
    licenses: Vec<Option<app_license_store::CachedLicense>>,
}

/// How many records a batch has when it is sent.
#[cfg(feature = "sqlite")]
const BATCH: usize = 256;
/// How many batches are read ahead.
#[cfg(feature = "sqlite")]
const AHEAD: usize = 4;

#[cfg(feature = "sqlite")]
impl Batch {
    fn add(&mut self, record: app_license_store::StoredRecord<'_>) {
        self.text.push_str(record.tenant);
        let tenant = self.text.len();
        self.text.push_str(record.record);
        self.ends.push((tenant, self.text.len()));
        self.licenses.push(record.license);
    }

    fn records(&self) -> impl Iterator<Item = StoredParts<'_>> {
        let mut start = 0_usize;
        let all = self.ends.iter().zip(&self.licenses);
        all.map(move |((tenant, end), license)| {
            let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
            let record = (part(start, *tenant), part(*tenant, *end), license.as_ref());
            start = *end;
            record
        })
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(Default)]
struct StoreRead {
    unreadable: Unreadable,
    failed: Option<Error>,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl StoreRead {
    /// Takes some records.
    fn take<'r>(
        &mut self,
        reconciler: &mut Reconciler,
        records: impl Iterator<Item = StoredParts<'r>>,
    ) -> std::ops::ControlFlow<()> {
        let rows: Vec<_> = records.filter_map(|parts| self.row(parts)).collect();
        let hasher = reconciler.hasher();
        let sought: Vec<_> = rows.iter().map(|row| (row, row.sought(&hasher))).collect();
        self.failed = reconciler.installations(&sought).err();
        match self.failed {
            None => std::ops::ControlFlow::Continue(()),
            Some(_) => std::ops::ControlFlow::Break(()),
        }
    }

    fn row<'r>(
        &mut self,
        (tenant, record, license): StoredParts<'r>,
    ) -> Option<InstallationRow<'r>> {
        let place = || format!("tenant `{tenant}`");
        let mut row = match InstallationRow::from_json(record) {
            Ok(row) => row,
            Err(error) => {
                self.unreadable.add(place, &error);
                return None;
            }
        };
        if let Some(answer) = license {
            match statement(answer) {
                Ok(newer) if newer.as_of >= row.statement.as_ref().and_then(|s| s.as_of) => {
                    row.statement = Some(newer);
                }
                Ok(_) => {}
                Err(error) => self.unreadable.add(place, &error),
            }
        }
        Some(row)
    }

    fn end(self) -> Result<Unreadable, ReadError> {
        match self.failed {
            Some(error) => Err(error.into()),
            None => Ok(self.unreadable),
        }
    }
}

/// What a License API answered, as the core reads it.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn statement(answer: &app_license_store::CachedLicense) -> Result<super::Statement, Error> {
    let license = answer.license().map_err(|_| {
        let reason = "the stored answer of a License API is damaged".to_owned();
        Error::from(super::ErrorKind::Installation { reason })
    })?;
    Ok(super::Statement::of(&license, answer.fetched_at()))
}
