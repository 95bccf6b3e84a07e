//! What the console does for the vendor's own Forge app.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ConsoleState;
use super::api::ApiResult;
use crate::error::Error;
use crate::forge::{ForgeApp, PageCall, ProductCall, RemoteCall, Seen, TriggerCall};
use crate::user_access::UserAccess;

/// The longest note that a page leaves, in bytes.
const MAX_NOTE: usize = 500;

fn app(console: &ConsoleState) -> Result<&Arc<ForgeApp>, Error> {
    let none = || Error::Option("no Forge app: start the lab with --custom-ui".to_owned());
    console.forge.as_ref().ok_or_else(none)
}

/// Pages, triggers, policy; `null` without an app.
pub(super) async fn describe(State(console): State<ConsoleState>) -> Json<Value> {
    Json(
        console
            .forge
            .as_ref()
            .map(|it| it.describe())
            .unwrap_or_default(),
    )
}

/// What the functions printed.
pub(super) async fn log(State(console): State<ConsoleState>) -> Response {
    match &console.forge {
        Some(forge) => Json(forge.function_log()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `view.getContext()`
pub(super) async fn context(
    State(console): State<ConsoleState>,
    Json(call): Json<PageCall>,
) -> ApiResult {
    Ok(Json(app(&console)?.context(&call)?))
}

/// `invoke(functionKey, payload)`
pub(super) async fn invoke(
    State(console): State<ConsoleState>,
    Json(call): Json<PageCall>,
) -> ApiResult {
    let result = app(&console)?.invoke(&call).await?;
    Ok(Json(json!({ "result": result })))
}

/// `invokeRemote`, `requestRemote`
pub(super) async fn remote(
    State(console): State<ConsoleState>,
    Json(call): Json<RemoteCall>,
) -> ApiResult {
    Ok(Json(app(&console)?.remote(&call).await?))
}

/// `requestJira`, `requestConfluence`
pub(super) async fn product(
    State(console): State<ConsoleState>,
    Json(call): Json<ProductCall>,
) -> ApiResult {
    Ok(Json(app(&console)?.product(&call)?))
}

/// What a UI Kit page would get: its context, and what that grants.
pub(super) async fn kit(
    State(console): State<ConsoleState>,
    Json(call): Json<PageCall>,
) -> ApiResult {
    Ok(Json(app(&console)?.kit(&call)?))
}

pub(super) async fn trigger(
    State(console): State<ConsoleState>,
    Json(call): Json<TriggerCall>,
) -> ApiResult {
    Ok(Json(app(&console)?.trigger(&call).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessChange {
    site: String,
    access: UserAccess,
}

/// Whether the user may use the app, where the customer pays by user.
pub(super) async fn access(
    State(console): State<ConsoleState>,
    Json(change): Json<AccessChange>,
) -> ApiResult {
    app(&console)?;
    console.lab.set_access(&change.site, change.access)?;
    Ok(Json(json!({})))
}

/// What the browser of a scenario sees.
pub(super) async fn seen(State(console): State<ConsoleState>, Json(seen): Json<Seen>) -> ApiResult {
    app(&console)?.seen(seen);
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageNote {
    site: String,
    text: String,
}

/// What a page asked of the product that the lab does not have.
pub(super) async fn note(
    State(console): State<ConsoleState>,
    Json(note): Json<PageNote>,
) -> ApiResult {
    app(&console)?;
    let known = console.lab.known(&note.site);
    let tenant = known.ok_or_else(|| Error::Option(format!("no site `{}`", note.site)))?;
    let text: String = note.text.chars().take(MAX_NOTE).collect();
    console.lab.note(Some(tenant.site().name()), &text);
    Ok(Json(json!({})))
}
