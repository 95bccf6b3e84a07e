//! The remote: which module may call what, for customers of which edition.

use std::error::Error;
use std::sync::Arc;

use app_license::forge::KeySetUrl;
use app_license::{Capability, ForgeAppId};
use app_license_client::{ForgeKeys, ForgeLicenseApi};
use app_license_server::{ForgeInvocation, ForgeRemote, StoreLicenseCache};
use app_license_store::InstallationStore;
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};

use crate::settings::Settings;

pub(crate) fn router(
    settings: &Settings,
    store: Arc<dyn InstallationStore>,
) -> Result<Router, Box<dyn Error>> {
    let now = {
        let clock = Arc::clone(&settings.clock);
        move || clock.now()
    };
    let keys = ForgeKeys::builder(settings.fetcher.clone(), KeySetUrl::COMMERCIAL);
    // asked where a token says nothing about the license: once in five minutes an installation,
    // over all replicas that share the store
    let cache = StoreLicenseCache::new(Arc::clone(&store));
    let license_api = ForgeLicenseApi::builder(settings.fetcher.clone(), cache)
        .app(ForgeAppId::new(&settings.app_id)?)
        .clock(now.clone());
    let remote = ForgeRemote::builder(&settings.app_id, keys.clock(now.clone()).build()?)?
        .shared_store(store)
        .license_api(license_api.build()?)
        .clock(now)
        .build();
    let summary = post(summary).layer(remote.requires(Capability::STANDARD));
    let export = post(export).layer(remote.requires(Capability::ADVANCED));
    Ok(Router::new()
        .route("/summary", summary)
        .route("/export", export)
        .with_state(remote.clone())
        .merge(remote.lifecycle_routes())
        .merge(remote.health_route()))
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
