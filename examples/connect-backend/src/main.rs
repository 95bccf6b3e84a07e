//! An Atlassian Connect app: a page in an iframe that shows a feature to those who bought it.
//!
//! `--demo` plays a customer's story against it; without, it serves. See the README.

mod app;
mod demo;
mod page;
mod provision;
mod settings;

use std::error::Error;

use app_license_server::serve;
use tokio::net::TcpListener;

use settings::Settings;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--demo") {
        return demo::run().await;
    }
    tracing_subscriber::fmt().init();
    let settings = Settings::from_env()?;
    let listener = TcpListener::bind(settings.listen).await?;
    let store = settings.open_store().await?;
    let (app, router) = app::router(&settings, store.clone())?;
    // a license that ends, or another edition, is noticed while nobody opens a page
    tokio::spawn(app.license_sweep()?.run());
    tokio::spawn(provision::hooks(store)?.run());
    tracing::info!(address = %settings.listen, base_url = settings.base_url, "serving");
    serve(listener, router).until(stopped()).await;
    Ok(())
}

/// Ctrl-C here, SIGTERM where processes are managed.
async fn stopped() {
    let asked = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut told) = signal(SignalKind::terminate()) {
            tokio::select! { _ = asked => {}, _ = told.recv() => {} }
            return;
        }
    }
    if asked.await.is_err() {
        std::future::pending::<()>().await;
    }
}
