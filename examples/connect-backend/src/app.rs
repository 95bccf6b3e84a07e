//! The app: what is verified, what is gated, what is open.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use app_license_server::{
    ConnectApp, ConnectRequest, Descriptor, FeatureMap, Operations, Rejection, Store,
};
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};

use crate::page;
use crate::settings::Settings;

/// The app and its routes.
pub(crate) fn router(
    settings: &Settings,
    store: Arc<dyn Store>,
) -> Result<(ConnectApp, Router), Box<dyn Error>> {
    let descriptor: Descriptor = serde_json::from_str(include_str!("../atlassian-connect.json"))?;
    let key = descriptor.key.clone();
    let app = ConnectApp::builder(&key, &settings.base_url)?
        .descriptor(descriptor)
        .shared_store(store)
        .features(FeatureMap::from_toml(include_str!("../editions.toml"))?)
        .fetcher(settings.fetcher.clone())
        // asked where a request itself says nothing about the license
        .confirm_with_license_api(|api| api)
        .clock(Arc::clone(&settings.clock))
        .build()?;
    let headers = match settings.hsts {
        Some(seconds) => app.page_headers().hsts(Duration::from_secs(seconds)),
        None => app.page_headers(),
    };
    // anybody may open the page, which says what they have; the export is for those who bought it
    let export = get(export).layer(app.context_requires_feature("bulk-export")?);
    let router = Router::new()
        .route("/reports", get(reports))
        .route("/api/export", export)
        .with_state(app.clone())
        .merge(app.lifecycle_routes())
        .merge(Operations::new().connect(&app).health_route())
        // what no cache may keep, no other site may frame or read
        .layer(headers);
    Ok((app, router))
}

/// The iframe. A [`ConnectRequest`] is verified before this is called.
async fn reports(
    State(app): State<ConnectApp>,
    request: ConnectRequest,
) -> Result<impl IntoResponse, Rejection> {
    let report = app.feature_decision(&request, "report").await?;
    let export = app.feature_decision(&request, "bulk-export").await?;
    Ok(page::reports(&report, &export))
}

/// Called by the page's script with `AP.context.getToken()`. The gate has decided already.
async fn export() -> impl IntoResponse {
    Json(serde_json::json!({ "rows": [["PROJ-1", 3], ["PROJ-2", 5]] }))
}
