//! What the console reads: sites, one site, the journal.

use app_license::Edition;
use app_license_testkit::Tenant;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ConsoleState;
use crate::Lab;

/// The most rows of one answer.
const MAX_ROWS: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    #[serde(default)]
    find: String,
    #[serde(default)]
    from: usize,
}

/// A window of the sites whose names hold a text.
pub(super) async fn sites(
    State(console): State<ConsoleState>,
    Query(window): Query<Window>,
) -> Json<Value> {
    let find = window.find.trim().to_ascii_lowercase();
    let sites = console.lab.host.sites();
    let found: Vec<&str> = sites
        .iter()
        .map(app_license_testkit::Site::name)
        .filter(|name| name.contains(&find))
        .collect();
    let rows: Vec<Value> = found
        .iter()
        .skip(window.from)
        .take(MAX_ROWS)
        .filter_map(|name| Some(row(&console.lab, &console.lab.known(name)?)))
        .collect();
    Json(json!({
        "total": sites.len(), "found": found.len(), "from": window.from, "rows": rows,
    }))
}

fn row(lab: &Lab, tenant: &Tenant) -> Value {
    let site = tenant.site();
    let points = lab.state().timelines.of(site.name()).len();
    json!({
        "site": site.name(),
        "baseUrl": site.base_url().ok(),
        "product": site.product().map(app_license_testkit::Product::name).ok(),
        "installed": tenant.is_installed(),
        "onForge": tenant.app().is_ok_and(|app| app.forge_id().is_some()),
        "snapshot": tenant.snapshot(),
        "points": points,
    })
}

/// One site, with its timeline and what is planned for it.
pub(super) async fn site(
    State(console): State<ConsoleState>,
    Path(site): Path<String>,
) -> Response {
    let lab = &console.lab;
    let Some(tenant) = lab.known(&site) else {
        return (StatusCode::NOT_FOUND, "no such site").into_response();
    };
    let mut detail = row(lab, &tenant);
    let timeline = lab.state().timelines.of(&site).to_vec();
    if let Some(fields) = detail.as_object_mut() {
        let key = tenant.site().client_key().ok();
        fields.insert("clientKey".to_owned(), json!(key));
        fields.insert(
            "installation".to_owned(),
            json!(tenant.installation_ari().ok()),
        );
        fields.insert("timeline".to_owned(), json!(timeline));
        let editions: Vec<&str> = Edition::ALL.iter().map(|edition| edition.name()).collect();
        fields.insert("editions".to_owned(), json!(editions));
        if console.forge.is_some() {
            fields.insert("userAccess".to_owned(), json!(lab.access(&site)));
        }
    }
    Json(detail).into_response()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteQuery {
    site: Option<String>,
}

/// The newest entries, in short.
pub(super) async fn journal(
    State(console): State<ConsoleState>,
    Query(asked): Query<SiteQuery>,
) -> Json<Value> {
    let state = console.lab.state();
    let entries: Vec<Value> = state
        .journal
        .newest(asked.site.as_deref())
        .take(MAX_ROWS)
        .map(|entry| {
            let verified = entry
                .delivered
                .as_ref()
                .map(|delivered| &delivered.verified);
            let at = |path: &str| verified.and_then(|value| value.pointer(path));
            json!({
                "id": entry.id, "at": entry.at, "site": entry.site, "name": entry.name,
                "title": entry.title, "mishap": entry.mishap,
                "delivered": entry.delivered.is_some(),
                "answered": entry.answer.is_some(),
                "status": entry.answer.as_ref().and_then(|answer| answer.status),
                "verdict": at("/verdict"), "code": at("/error/code"),
            })
        })
        .collect();
    Json(json!({ "last": state.journal.last(), "entries": entries }))
}

/// One entry, whole.
pub(super) async fn entry(State(console): State<ConsoleState>, Path(id): Path<u64>) -> Response {
    match console.lab.state().journal.find(id) {
        Some(entry) => Json(entry.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, "no longer kept").into_response(),
    }
}
