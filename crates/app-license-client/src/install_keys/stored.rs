//! Keys that tokens were verified with, kept in the app's store over a restart.

use std::sync::{Arc, Mutex, PoisonError};

use app_license::plan::keys::StoredInstallKeys;
use app_license::{KeyId, RsaPublicKey, UnixTime};
use app_license_store::{InstallKey, InstallKeyStore};

use super::fetched::Fetched;
use crate::error::Error;

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
        let loaded = store.install_keys(StoredInstallKeys::MOST).await?;
        // what is no key, or a weak one, is asked for again
        let keys = loaded
            .iter()
            .take(StoredInstallKeys::MOST)
            .filter_map(|stored| {
                let key = RsaPublicKey::from_pem(stored.pem()).ok()?;
                let pem = stored.pem().into();
                Some((stored.id().clone(), Fetched { key, pem }))
            })
            .collect();
        let known = loaded
            .iter()
            .map(|key| (key.id().clone(), key.pem().into()));
        self.lock().loaded(known);
        Ok(Some(keys))
    }

    /// Keeps a key that is not kept yet.
    pub(super) async fn keep(
        &self,
        id: &KeyId,
        pem: &Arc<str>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        if !self.lock().is_news(id, pem) {
            return Ok(());
        }
        let key = InstallKey::new(id.clone(), &**pem);
        Ok(store.put_install_key(&key, now).await?)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, StoredInstallKeys> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
