//! The remote: which module may call what, for customers of which edition.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use app_license_server::{Edition, ForgeInvocation, ForgeRemote, Operations, Store};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};

use crate::settings::Settings;

pub(crate) fn router(settings: &Settings, store: Arc<dyn Store>) -> Result<Router, Box<dyn Error>> {
    let remote = ForgeRemote::builder(&settings.app_id)?
        .fetcher(settings.fetcher.clone())
        .shared_store(store)
        // asked where a token says nothing about the license: once in five minutes an installation,
        // over all replicas that share the store
        .confirm_with_license_api(|api| api)
        .clock(Arc::clone(&settings.clock))
        .build()?;
    let headers = match settings.hsts {
        Some(seconds) => remote.page_headers().hsts(Duration::from_secs(seconds)),
        None => remote.page_headers(),
    };
    let summary = post(summary).layer(remote.requires(Edition::Standard));
    let export = post(export).layer(remote.requires(Edition::Advanced));
    Ok(Router::new()
        .route("/summary", summary)
        .route("/export", export)
        .with_state(remote.clone())
        .merge(remote.lifecycle_routes())
        .merge(remote.license_sweep_route()?)
        .merge(Operations::new().forge(&remote).health_route())
        .layer(headers))
}

/// For everybody who has a license. The gate has verified the invocation already.
async fn summary(invocation: ForgeInvocation) -> impl IntoResponse {
    let site = invocation.token().cloud_id().map(|id| id.as_str());
    Json(serde_json::json!({ "site": site, "projects": 2 }))
}

/// For customers of the Advanced edition.
async fn export() -> impl IntoResponse {
    Json(serde_json::json!({ "rows": [["PROJ-1", 3], ["PROJ-2", 5]] }))
}
