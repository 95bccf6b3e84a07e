//! The pages of the app of a case.

use app_license::Capability;
use app_license_server::{
    BuildError, ConnectApp, ConnectContextRequest, ConnectRequest, ForgeInvocation, ForgeRemote,
    Gate, Rejection,
};
use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use serde_json::{Value, json};

/// What the routes in front of a path without a page answer.
pub(super) const PAGE: &str = "ok";

/// A page behind the gate of a feature; without the gate where the case's app does not have the feature.
pub(super) fn gated<S: Clone + Send + Sync + 'static>(
    gate: Result<Gate, BuildError>,
) -> MethodRouter<S> {
    let missing = || async { StatusCode::NOT_FOUND };
    match gate {
        Ok(gate) => get(|| async { PAGE }).post(|| async { PAGE }).layer(gate),
        Err(_) => get(missing).post(missing),
    }
}

pub(super) async fn connect_page(request: ConnectRequest) -> Json<Value> {
    Json(json!({
        "client_key": request.client_key().as_str(),
        "account_id": request.account_id(),
    }))
}

pub(super) async fn panel(
    State(app): State<ConnectApp>,
    request: ConnectRequest,
) -> Result<Json<Value>, Rejection> {
    let decision = app.decision(&request, Capability::STANDARD).await?;
    Ok(Json(
        json!({ "client_key": request.client_key().as_str(), "decision": decision }),
    ))
}

/// A gate for a feature that the map does not have cannot be made; a page may ask for one.
pub(super) async fn misspelled(
    State(app): State<ConnectApp>,
    request: ConnectRequest,
) -> Result<&'static str, Rejection> {
    let _decision = app.feature_decision(&request, "misspelled").await?;
    Ok(PAGE)
}

pub(super) async fn remote_misspelled(
    State(RemoteState(remote)): State<RemoteState>,
    invocation: ForgeInvocation,
) -> Result<&'static str, Rejection> {
    let _decision = remote.feature_decision(&invocation, "misspelled").await?;
    Ok(PAGE)
}

pub(super) async fn api_me(request: ConnectContextRequest) -> Json<Value> {
    Json(json!({
        "client_key": request.client_key().as_str(),
        "account_id": request.account_id(),
    }))
}

#[derive(Clone)]
pub(super) struct RemoteState(pub(super) ForgeRemote);

impl FromRef<RemoteState> for ForgeRemote {
    fn from_ref(state: &RemoteState) -> Self {
        state.0.clone()
    }
}

pub(super) async fn remote_me(invocation: ForgeInvocation) -> Json<Value> {
    Json(json!({
        "app": invocation.app_id().as_str(),
        "installation": invocation.installation_id().as_str(),
        "browser": invocation.token().is_from_user_interface(),
        "system_token": invocation.system_token().is_some(),
    }))
}

pub(super) async fn remote_license(
    State(RemoteState(remote)): State<RemoteState>,
    invocation: ForgeInvocation,
) -> Result<Json<Value>, Rejection> {
    let decision = remote.decision(&invocation, Capability::STANDARD).await?;
    Ok(Json(json!({ "decision": decision })))
}
