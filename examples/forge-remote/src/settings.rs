//! What differs from one place to another: environment variables.

use std::env::var;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use app_license_server::{Clock, Fetcher, SqliteStore, Store, SystemClock};

/// The settings of the remote.
pub(crate) struct Settings {
    /// `PORT`, 3000: on all interfaces with `HOST=0.0.0.0`, on this machine only without.
    pub(crate) listen: SocketAddr,
    /// `APP_ID`: the app's id, as in its manifest. Tokens for another app are refused.
    pub(crate) app_id: String,
    /// `DATABASE`: the SQLite file.
    pub(crate) database: PathBuf,
    /// `HSTS_SECONDS`: for how long clients come back by HTTPS alone, a year being 31536000. Only where
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
        let app_id = var("APP_ID").map_err(|_| "APP_ID is not set: the id in manifest.yml")?;
        let database = var("DATABASE").unwrap_or_else(|_| "installations.db".to_owned());
        let fetcher = match var("MOCK_HOST") {
            Ok(gateway) => Fetcher::rerouted_for_tests(gateway.parse()?)?,
            Err(_) => Fetcher::new()?,
        };
        Ok(Self {
            listen,
            app_id,
            database: database.into(),
            hsts: var("HSTS_SECONDS")
                .ok()
                .map(|text| text.parse())
                .transpose()?,
            fetcher,
            clock: Arc::new(SystemClock),
        })
    }

    pub(crate) async fn open_store(&self) -> Result<Arc<dyn Store>, Box<dyn Error>> {
        Ok(Arc::new(
            SqliteStore::open_plain_text(&self.database).await?,
        ))
    }
}
