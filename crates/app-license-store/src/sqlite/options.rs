//! How to open a file.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};

use super::writer::Writer;
use super::{Readers, SqliteStore, schema};
use crate::encryption::{EncryptionKeys, Sealer};
use crate::error::Error;

/// How to open a [`SqliteStore`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("installations.db");
/// # let from_configuration = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// use app_license_store::{EncryptionKey, EncryptionKeys, InstallationStore, SqliteOptions};
/// let key = EncryptionKey::from_base64(from_configuration)?;
/// let store = SqliteOptions::new(&path)
///     .encryption(EncryptionKeys::new(key))
///     .readers(2)
///     .open()
///     .await?;
/// assert!(store.health().await?.encrypted);
/// # Ok::<(), app_license_store::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    path: PathBuf,
    readers: usize,
    keys: Option<EncryptionKeys>,
    plain_text: bool,
    marks: u64,
}

impl SqliteOptions {
    /// A store in this file, which is created if it is not there.
    #[must_use]
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            readers: 4,
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

    /// Lets secrets stand in the file in plain text where there are no keys: for tests, and where the
    /// disk is sealed and backups are too. A warning is logged. Who has a secret can act as the
    /// platform toward the app.
    #[must_use]
    pub const fn plain_text(mut self) -> Self {
        self.plain_text = true;
        self
    }

    /// How many connections read, 1 to 64; 4 if not set.
    #[must_use]
    pub const fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// About how many replay marks may be kept; 1,000,000 if not set. More are refused. A mark is kept for a day
    /// after its token ended, so this is about how many lifecycle events a day are taken.
    #[must_use]
    pub const fn max_marks(mut self, marks: u64) -> Self {
        self.marks = marks;
        self
    }

    /// Opens the file and brings it to the newest schema.
    ///
    /// # Errors
    /// `newer_schema` for a file of a newer version, `foreign_database` for one of another program,
    /// `migration`, `no_encryption_key` without keys unless plain text is asked for, `invalid` for
    /// settings, `store_unavailable`.
    pub async fn open(self) -> Result<SqliteStore, Error> {
        if !(1..=64).contains(&self.readers) {
            return Err(Error::invalid("number of readers", "it is not 1 to 64"));
        }
        let sealer = Sealer::new(self.keys, self.plain_text)?;
        let writer = Writer::start(&self.path, &sealer).await?;
        let readers: Result<_, _> = (0..self.readers)
            .map(|_| schema::open_reader(&self.path).map(Mutex::new))
            .collect();
        Ok(SqliteStore {
            readers: Arc::new(Readers {
                connections: readers?,
                next: AtomicUsize::new(0),
            }),
            writer,
            path: self.path,
            sealer,
            marks: self.marks,
            marked: AtomicU64::new(0),
        })
    }
}

impl SqliteStore {
    /// Opens a file whose secrets are sealed with these keys; see [`SqliteOptions`].
    ///
    /// # Errors
    /// Those of [`SqliteOptions::open`].
    pub async fn open(path: impl AsRef<Path>, keys: EncryptionKeys) -> Result<Self, Error> {
        SqliteOptions::new(path).encryption(keys).open().await
    }

    /// Opens a file whose secrets stand in plain text: see [`SqliteOptions::plain_text`].
    ///
    /// # Errors
    /// Those of [`SqliteOptions::open`].
    pub async fn open_plain_text(path: impl AsRef<Path>) -> Result<Self, Error> {
        SqliteOptions::new(path).plain_text().open().await
    }
}
