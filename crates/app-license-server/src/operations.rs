//! What operators look at: health and counters.

use std::time::Duration;

use app_license_store::InstallationStore;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::json;

use crate::metrics::Metrics;
use crate::rejection::Rejection;

/// The platform's checker waits for 3 s.
const PATIENCE: Duration = Duration::from_millis(2500);

/// 200 while the store answers, 503 otherwise. Never a redirect, and never a wait longer than the
/// platform's checker has patience for.
pub(crate) async fn health_of(store: Option<&dyn InstallationStore>) -> Response {
    let Some(store) = store else {
        return axum::Json(json!({ "status": "ok" })).into_response();
    };
    match tokio::time::timeout(PATIENCE, store.health()).await {
        Ok(Ok(health)) => {
            axum::Json(json!({ "status": "ok", "store": health.backend })).into_response()
        }
        _ => Rejection::could_not_check("the store does not answer", "store_unavailable")
            .into_response(),
    }
}

pub(crate) fn metrics_text(metrics: &Metrics) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.render()).into_response()
}
