//! Where installations are read from: a store of a backend in Rust or JavaScript, or an export.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use std::ops::ControlFlow;
#[cfg(feature = "sqlite")]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "sqlite")]
use std::sync::mpsc::{Receiver, sync_channel};
#[cfg(feature = "sqlite")]
use std::sync::{Mutex, PoisonError};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::InstallationRow;
#[cfg(feature = "sqlite")]
use super::key::KeyHasher;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::sought::Sought;
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
    /// Takes installations from a SQLite file, of the Rust store or the npm package. Nothing
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
        let (send, batches) = sync_channel::<Batch>(AHEAD);
        let batches = Mutex::new(batches);
        let before = self.summary.installations;
        let hasher = self.hasher();
        let shared = Mutex::new(Shared {
            reconciler: &mut *self,
            store: StoreRead::default(),
        });
        let failed = AtomicBool::new(false);
        let read = std::thread::scope(|scope| {
            // the file is read here; its records are read as JSON some hundred behind, and one
            // thread at a time joins what it has read
            for _ in 0..THREADS {
                scope.spawn(|| take_batches(&batches, &hasher, &shared, &failed));
            }
            let mut batch = Batch::default();
            let read = records.for_each(|record| {
                batch.add(record);
                if batch.ends.len() < BATCH {
                    return ControlFlow::Continue(());
                }
                let next = Batch::after(&batch);
                let sent = send.send(std::mem::replace(&mut batch, next));
                if sent.is_ok() && !failed.load(Ordering::Relaxed) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            // the threads that take it wait until it ends
            let _ = send.send(batch);
            drop(send);
            read
        });
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        let store = shared.store;
        read?;
        let unreadable = store.end()?;
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
        let (hasher, mut number) = (self.hasher(), 0_u64);
        records
            .for_each(|r| {
                number = number.saturating_add(1);
                let row = store.row(number, (r.tenant, r.record, r.license.as_ref()));
                let sought = row.as_ref().map(|row| (row, row.sought(&hasher)));
                store.join(self, sought.as_slice())
            })
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
    /// How many records came before the first.
    before: u64,
}

/// How many records a batch has when it is sent.
#[cfg(feature = "sqlite")]
const BATCH: usize = 256;
/// How many batches are read ahead.
#[cfg(feature = "sqlite")]
const AHEAD: usize = 4;
/// How many threads read the JSON of records.
#[cfg(feature = "sqlite")]
const THREADS: usize = 2;

#[cfg(feature = "sqlite")]
impl Batch {
    /// An empty one with the room that the last one needed.
    fn after(last: &Self) -> Self {
        let count = u64::try_from(last.ends.len()).unwrap_or(u64::MAX);
        Self {
            text: String::with_capacity(last.text.len()),
            ends: Vec::with_capacity(BATCH),
            licenses: Vec::with_capacity(BATCH),
            before: last.before.saturating_add(count),
        }
    }

    fn add(&mut self, record: app_license_store::StoredRecord<'_>) {
        self.text.push_str(record.tenant);
        let tenant = self.text.len();
        self.text.push_str(record.record);
        self.ends.push((tenant, self.text.len()));
        self.licenses.push(record.license);
    }

    /// Each record with its number.
    fn records(&self) -> impl Iterator<Item = (u64, StoredParts<'_>)> {
        let mut start = 0_usize;
        let all = self.ends.iter().zip(&self.licenses);
        (self.before..).zip(all.map(move |((tenant, end), license)| {
            let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
            let record = (part(start, *tenant), part(*tenant, *end), license.as_ref());
            start = *end;
            record
        }))
    }
}

/// What the threads share that read records.
#[cfg(feature = "sqlite")]
struct Shared<'r> {
    reconciler: &'r mut Reconciler,
    store: StoreRead,
}

/// Takes batches until none comes any more.
#[cfg(feature = "sqlite")]
fn take_batches(
    batches: &Mutex<Receiver<Batch>>,
    hasher: &KeyHasher,
    shared: &Mutex<Shared<'_>>,
    failed: &AtomicBool,
) {
    loop {
        let next = batches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(batch) = next else { return };
        let mut own = StoreRead::default();
        let rows: Vec<_> = batch
            .records()
            .filter_map(|(number, parts)| own.row(number, parts))
            .collect();
        let sought = rows.iter().map(|row| (row, row.sought(hasher)));
        let sought: Vec<_> = sought.collect();
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Shared { reconciler, store } = &mut *shared;
        store.merge(own);
        if store.join(reconciler, &sought).is_break() {
            failed.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(Default)]
struct StoreRead {
    count: u64,
    /// The first record that could not be read, by its number, and why.
    first: Option<(u64, String)>,
    failed: Option<Error>,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl StoreRead {
    /// Compares some records, unless some before them could not be.
    fn join(
        &mut self,
        reconciler: &mut Reconciler,
        rows: &[(&InstallationRow<'_>, Sought<'_>)],
    ) -> ControlFlow<()> {
        if self.failed.is_none() {
            self.failed = reconciler.installations(rows).err();
        }
        match self.failed {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    }

    fn row<'r>(
        &mut self,
        number: u64,
        (tenant, record, license): StoredParts<'r>,
    ) -> Option<InstallationRow<'r>> {
        let mut row = match InstallationRow::from_json(record) {
            Ok(row) => row,
            Err(error) => {
                self.add(number, tenant, &error);
                return None;
            }
        };
        if let Some(answer) = license {
            match statement(answer) {
                Ok(newer) if newer.as_of >= row.statement.as_ref().and_then(|s| s.as_of) => {
                    row.statement = Some(newer);
                }
                Ok(_) => {}
                Err(error) => self.add(number, tenant, &error),
            }
        }
        Some(row)
    }

    fn add(&mut self, number: u64, tenant: &str, error: &Error) {
        self.count = self.count.saturating_add(1);
        if self.first.as_ref().is_none_or(|(known, _)| number < *known) {
            self.first = Some((number, format!("tenant `{tenant}`: {error}")));
        }
    }

    #[cfg(feature = "sqlite")]
    fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        let earlier = |number: u64| self.first.as_ref().is_none_or(|(known, _)| number < *known);
        if other
            .first
            .as_ref()
            .is_some_and(|(number, _)| earlier(*number))
        {
            self.first = other.first;
        }
    }

    fn end(self) -> Result<Unreadable, ReadError> {
        match self.failed {
            Some(error) => Err(error.into()),
            None => Ok(Unreadable {
                count: self.count,
                first: self.first.map(|(_, place)| place),
            }),
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
