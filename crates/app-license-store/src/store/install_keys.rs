//! Public keys of the platform that proved themselves.

use std::sync::Arc;

use app_license::UnixTime;
use async_trait::async_trait;

use crate::error::Error;
use crate::install_key::InstallKey;

/// The install keys that lifecycle tokens were verified with, so that a new process knows them.
///
/// A store that keeps none implements it with no method: its app asks the key host again after
/// every start.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license::{KeyId, UnixTime};
/// use app_license_store::{InstallKey, InstallKeyStore, MemoryStore};
///
/// let store = MemoryStore::new();
/// let key = InstallKey::new(KeyId::new("0e50fccb")?, "-----BEGIN PUBLIC KEY-----…");
/// store.put_install_key(&key, UnixTime::EPOCH).await?;
/// assert_eq!(store.install_keys(10).await?, [key]);
///
/// #[derive(Debug)]
/// struct Nothing;
/// impl InstallKeyStore for Nothing {}
/// assert!(Nothing.install_keys(10).await?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait InstallKeyStore: Send + Sync + std::fmt::Debug {
    /// The public keys of the platform that [`Self::put_install_key`] kept, the newest first, at
    /// most `limit` and never more than [`MAX_INSTALL_KEYS`](crate::MAX_INSTALL_KEYS). A store that keeps none has none:
    /// its app then asks the key host again after every start.
    ///
    /// # Errors
    /// `store_unavailable`, `store_corrupt`.
    async fn install_keys(&self, limit: usize) -> Result<Vec<InstallKey>, Error> {
        let _ = limit;
        Ok(Vec::new())
    }

    /// Keeps a public key that a lifecycle token was verified with, in place of one of the same
    /// id. The oldest beyond [`MAX_INSTALL_KEYS`](crate::MAX_INSTALL_KEYS) go.
    ///
    /// # Errors
    /// `store_unavailable`.
    async fn put_install_key(&self, key: &InstallKey, now: UnixTime) -> Result<(), Error> {
        let _ = (key, now);
        Ok(())
    }
}

#[async_trait]
impl<S: InstallKeyStore + ?Sized> InstallKeyStore for Arc<S> {
    async fn install_keys(&self, limit: usize) -> Result<Vec<InstallKey>, Error> {
        (**self).install_keys(limit).await
    }

    async fn put_install_key(&self, key: &InstallKey, now: UnixTime) -> Result<(), Error> {
        (**self).put_install_key(key, now).await
    }
}
