//! The least server that a vendor would run: one file, no database beside it.
#![expect(clippy::print_stdout, reason = "a line says that it listens")]

mod app;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use app_license_server::Limits;
use app_license_store::SqliteOptions;

fn main() -> Result<()> {
    let settings = app::Settings::read()?;
    let file = settings.store.strip_prefix("sqlite:");
    let file = file.context("the store is sqlite:FILE")?.to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let store = Arc::new(
            SqliteOptions::new(file)
                .plain_text()
                .readers(1)
                .open()
                .await?,
        );
        let limits = Limits::new().head_bytes(16 * 1024);
        app::serve(settings, store, limits).await
    })
}
