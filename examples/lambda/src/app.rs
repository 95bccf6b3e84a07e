//! The app: what is verified, what is gated, and where it keeps what it knows.

use std::env::var;
use std::time::Duration;

use app_license_server::{
    ConnectApp, ConnectContextRequest, ConnectRequest, Edition, EncryptionKey, EncryptionKeys,
    Fetcher, PostgresStore, Rejection,
};
use axum::extract::State;
use axum::http::HeaderName;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use lambda_http::Error;

/// Made of the environment of the function: `DATABASE_URL`, `ENCRYPTION_KEY`, `BASE_URL`, and for tests
/// `MOCK_HOST`.
pub(crate) async fn router() -> Result<Router, Error> {
    let key = EncryptionKey::from_base64(&var("ENCRYPTION_KEY")?)?;
    let store = PostgresStore::connect(var("DATABASE_URL")?, EncryptionKeys::new(key)).await?;
    let fetcher = match var("MOCK_HOST") {
        Ok(gateway) => Fetcher::rerouted_for_tests(gateway.parse()?)?,
        Err(_) => Fetcher::new()?,
    };
    let app = ConnectApp::builder("com.example.reports", &var("BASE_URL")?)?
        .store(store)
        .fetcher(fetcher)
        // asked where a request states no license of its own; its answer is kept for five minutes
        .confirm_with_license_api(|api| api)
        // API Gateway writes the client's address there, after whatever the client wrote
        .client_address_header(HeaderName::from_static("x-forwarded-for"))
        .build()?;
    Ok(Router::new()
        .route("/panel", get(panel))
        .route(
            "/export",
            get(export).layer(app.requires(Edition::Advanced)),
        )
        .route("/api/status", get(status))
        .layer(app.page_headers().hsts(Duration::from_secs(31_536_000)))
        .with_state(app.clone())
        .merge(app.lifecycle_routes()))
}

/// The iframe.
async fn panel(
    State(app): State<ConnectApp>,
    request: ConnectRequest,
) -> Result<impl IntoResponse, Rejection> {
    let decision = app.decision(&request, Edition::Advanced).await?;
    Ok(decision.code())
}

/// For customers of the Advanced edition.
async fn export() -> impl IntoResponse {
    Json(serde_json::json!({ "rows": [["PROJ-1", 3], ["PROJ-2", 5]] }))
}

/// Called by the page's script with `AP.context.getToken()`.
async fn status(
    State(app): State<ConnectApp>,
    request: ConnectContextRequest,
) -> Result<impl IntoResponse, Rejection> {
    let decision = app.decision(&request, Edition::Standard).await?;
    Ok(decision.code())
}
