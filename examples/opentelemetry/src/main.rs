//! An Atlassian Connect app whose spans go to an OpenTelemetry collector. See the README.

mod telemetry;

use std::env::var;
use std::error::Error;

use app_license_server::{
    ConnectApp, ConnectRequest, Edition, EncryptionKey, EncryptionKeys, Fetcher, Rejection,
    SqliteOptions, serve,
};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let spans = telemetry::start()?;
    let listener = TcpListener::bind(var("LISTEN")?).await?;
    let key = EncryptionKey::from_base64(&var("ENCRYPTION_KEY")?)?;
    let store = SqliteOptions::new(var("DATABASE")?)
        .encryption(EncryptionKeys::new(key))
        .open()
        .await?;
    let fetcher = match var("MOCK_HOST") {
        Ok(gateway) => Fetcher::rerouted_for_tests(gateway.parse()?)?,
        Err(_) => Fetcher::new()?,
    };
    let app = ConnectApp::builder("com.example.reports", &var("BASE_URL")?)?
        .store(store)
        .fetcher(fetcher)
        .build()?;
    let router = Router::new()
        .route("/panel", get(panel))
        .with_state(app.clone())
        .layer(app.page_headers())
        .merge(app.lifecycle_routes());
    serve(listener, router).until(stopped()).await;
    spans.shutdown()?;
    Ok(())
}

/// The iframe.
async fn panel(
    State(app): State<ConnectApp>,
    request: ConnectRequest,
) -> Result<&'static str, Rejection> {
    let decision = app.decision(&request, Edition::Advanced).await?;
    Ok(decision.code())
}

async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
