//! What differs from one place to another: environment variables.

use std::env::var;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use app_license_server::{
    Clock, EncryptionKey, EncryptionKeys, Fetcher, SqliteOptions, Store, SystemClock,
};

/// The settings of the app.
pub(crate) struct Settings {
    /// `PORT`, 3000: on all interfaces with `HOST=0.0.0.0`, on this machine only without.
    pub(crate) listen: SocketAddr,
    /// `BASE_URL`: where the platform finds the app.
    pub(crate) base_url: String,
    /// `DATABASE`: the SQLite file.
    pub(crate) database: PathBuf,
    /// `ENCRYPTION_KEY`: 32 random bytes in base64 that secrets are sealed with.
    pub(crate) encryption: Option<EncryptionKeys>,
    /// `HSTS_SECONDS`: for how long browsers come back by HTTPS alone, a year being 31536000. Only where
    /// the whole host is served by HTTPS: it cannot be taken back.
    pub(crate) hsts: Option<u64>,
    /// `MOCK_HOST`: the gateway of a mock host platform, for tests. Never set it in production.
    pub(crate) fetcher: Fetcher,
    /// The time; the demo brings its own.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, Box<dyn Error>> {
        let host = var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
        let port = var("PORT").unwrap_or_else(|_| "3000".to_owned());
        let listen: SocketAddr = format!("{host}:{port}").parse()?;
        let base_url = var("BASE_URL").unwrap_or_else(|_| format!("http://{listen}"));
        let database = var("DATABASE").unwrap_or_else(|_| "installations.db".to_owned());
        let encryption = match var("ENCRYPTION_KEY") {
            Ok(key) => Some(EncryptionKeys::new(EncryptionKey::from_base64(&key)?)),
            Err(_) => None,
        };
        let fetcher = match var("MOCK_HOST") {
            Ok(gateway) => Fetcher::rerouted_for_tests(gateway.parse()?)?,
            Err(_) => Fetcher::new()?,
        };
        Ok(Self {
            listen,
            base_url,
            database: database.into(),
            encryption,
            hsts: var("HSTS_SECONDS")
                .ok()
                .map(|text| text.parse())
                .transpose()?,
            fetcher,
            clock: Arc::new(SystemClock),
        })
    }

    pub(crate) async fn open_store(&self) -> Result<Arc<dyn Store>, Box<dyn Error>> {
        let options = SqliteOptions::new(&self.database);
        let options = match &self.encryption {
            Some(keys) => options.encryption(keys.clone()),
            None => options.plain_text(),
        };
        Ok(Arc::new(options.open().await?))
    }
}
