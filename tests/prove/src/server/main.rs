//! A server with SQLite or PostgreSQL.
#![expect(clippy::print_stdout, reason = "a line says that it listens")]

mod app;

use std::sync::Arc;

use anyhow::{Result, bail};
use app_license_server::Limits;
use app_license_store::{PostgresStore, SqliteStore, Store};

fn main() -> Result<()> {
    let settings = app::Settings::read()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = open(&settings.store).await?;
        app::serve(settings, store, Limits::new()).await
    })
}

async fn open(store: &str) -> Result<Arc<dyn Store>> {
    Ok(match store.split_once(':') {
        Some(("sqlite", file)) => Arc::new(SqliteStore::open_plain_text(file).await?),
        Some(("postgres", _)) => Arc::new(PostgresStore::connect_plain_text(store).await?),
        _ => bail!("the store is sqlite:FILE or postgres:URL"),
    })
}
