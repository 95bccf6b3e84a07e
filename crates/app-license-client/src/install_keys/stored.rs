//! Keys that tokens were verified with, kept in the app's store over a restart.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use app_license::plan::keys::StoredInstallKeys;
use app_license::{KeyId, RsaPublicKey, UnixTime};

use super::Fetched;
use crate::error::{Error, ErrorKind};
use crate::license_cache::Waiting;

/// A public key of the platform as a store keeps it.
///
/// ```
/// use app_license::KeyId;
/// use app_license_client::StoredKey;
/// let key = StoredKey::new(KeyId::new("0e50fccb").unwrap(), "-----BEGIN PUBLIC KEY-----…");
/// assert_eq!(key.id().as_str(), "0e50fccb");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    id: KeyId,
    pem: String,
}

impl StoredKey {
    /// A key, as the key host served it.
    pub fn new(id: KeyId, pem: impl Into<String>) -> Self {
        let pem = pem.into();
        Self { id, pem }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// The public key, PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

/// Where install keys that proved themselves are kept, so that a new process knows them: as good
/// as the store they are in, which holds the tenants' secrets too.
pub trait InstallKeyStore: fmt::Debug + Send + Sync + 'static {
    /// The keys that are kept, the newest first, `limit` at most.
    fn load(&self, limit: usize) -> Waiting<'_, Vec<StoredKey>>;

    /// Keeps a key, in place of one of the same id.
    fn save(&self, key: StoredKey) -> Waiting<'_, ()>;
}

/// What this process knows of the store.
#[derive(Debug)]
pub(super) struct Stored {
    store: Option<Arc<dyn InstallKeyStore>>,
    state: Mutex<StoredInstallKeys>,
}

impl Stored {
    pub(super) fn new(store: Option<Arc<dyn InstallKeyStore>>) -> Self {
        Self {
            store,
            state: Mutex::default(),
        }
    }

    /// The keys of the store, when it was not looked into for a while.
    pub(super) async fn load_when_due(
        &self,
        now: UnixTime,
    ) -> Result<Option<Vec<(KeyId, Fetched)>>, Error> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        if !self.lock().is_due(now) {
            return Ok(None);
        }
        let loaded = store.load(StoredInstallKeys::MOST).await;
        let loaded = loaded.map_err(|source| Error::from(ErrorKind::Cache { source }))?;
        // what is no key, or a weak one, is asked for again
        let keys = loaded
            .iter()
            .take(StoredInstallKeys::MOST)
            .filter_map(|stored| {
                let key = RsaPublicKey::from_pem(&stored.pem).ok()?;
                let pem = stored.pem.as_str().into();
                Some((stored.id.clone(), Fetched { key, pem }))
            })
            .collect();
        let known = loaded.into_iter().map(|key| (key.id, key.pem.into()));
        self.lock().loaded(known);
        Ok(Some(keys))
    }

    /// Keeps a key that is not kept yet.
    pub(super) async fn keep(&self, id: &KeyId, pem: &Arc<str>) -> Result<(), Error> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        if !self.lock().is_news(id, pem) {
            return Ok(());
        }
        let key = StoredKey::new(id.clone(), &**pem);
        let saved = store.save(key).await;
        saved.map_err(|source| ErrorKind::Cache { source }.into())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, StoredInstallKeys> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
