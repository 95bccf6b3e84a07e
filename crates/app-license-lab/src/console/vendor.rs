//! What the vendor's page reads.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::ConsoleState;
use super::api::ApiResult;
use crate::vendor;

/// The most customers of one answer.
const MAX_ROWS: usize = 100;

/// What was bought against what runs.
pub(super) async fn view(State(console): State<ConsoleState>) -> ApiResult {
    let view = vendor::compare(&console.lab, MAX_ROWS).await?;
    Ok(Json(json!(view)))
}

/// The lab's world as an export of the reporting API.
pub(super) async fn report(State(console): State<ConsoleState>) -> ApiResult {
    Ok(Json(Value::Array(vendor::report(&console.lab)?)))
}
