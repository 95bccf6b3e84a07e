//! What the console does.

use std::time::Duration;

use app_license_testkit::{Invocation, Product, Service, Tenant};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ConsoleState;
use crate::action::{Action, ClockChange, DeliveryMode, FaultChange, FaultKind, KeyRotation};
use crate::error::Error;

/// How long a question for news is kept waiting.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most sites there may be.
const MAX_SITES: usize = 10_000;
/// The most sites that are made at once.
const MAX_NEW: usize = 1_000;

/// Something went wrong on the way: what, as people read it.
pub(super) struct ApiError(Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.0.code(), "message": self.0.to_string()}});
        (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
    }
}

pub(super) type ApiResult = Result<Json<Value>, ApiError>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    after: Option<u64>,
}

/// Clock, faults and where everything is; waits for news after a version.
pub(super) async fn state(
    State(console): State<ConsoleState>,
    Query(after): Query<After>,
) -> Json<Value> {
    let lab = &console.lab;
    let mut news = lab.subscribe();
    if let Some(after) = after.after {
        let waited = news.wait_for(|version| *version != after);
        // no news is an answer too
        let _ = tokio::time::timeout(PATIENCE, waited).await;
    }
    let version = *news.borrow_and_update();
    let services: Vec<Value> = Service::ALL
        .iter()
        .map(|service| {
            let fault = lab.host.fault(*service);
            json!({
                "name": service.name(), "url": lab.host.url(*service),
                "hits": lab.host.hits(*service), "fault": FaultKind::of(fault.as_ref()),
            })
        })
        .collect();
    Json(json!({
        "version": version,
        "now": lab.host.clock().now(),
        "app": {
            "name": lab.app.name(), "baseUrl": lab.app.base_url(), "own": lab.own,
            "connect": lab.app.connect_key(), "forge": lab.app.forge_id(),
        },
        "pages": lab.pages_url,
        "jwks": lab.host.jwks_url(),
        "services": services,
        "delivery": lab.state().delivery,
        "sites": lab.host.sites().len(),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSites {
    site: String,
    #[serde(default)]
    product: SiteProduct,
    /// How many, numbered from 1; one without a number unless said.
    count: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SiteProduct {
    #[default]
    Jira,
    Confluence,
}

pub(super) async fn add_sites(
    State(console): State<ConsoleState>,
    Json(new): Json<NewSites>,
) -> ApiResult {
    let product = match new.product {
        SiteProduct::Jira => Product::Jira,
        SiteProduct::Confluence => Product::Confluence,
    };
    let count = new.count.unwrap_or(1).min(MAX_NEW);
    if console.lab.host.sites().len().saturating_add(count) > MAX_SITES {
        return Err(Error::Option(format!("more than {MAX_SITES} sites")).into());
    }
    match new.count {
        None => {
            console.lab.add_site(&new.site, product)?;
        }
        Some(_) => {
            for number in 1..=count {
                let name = format!("{}-{number:04}", new.site);
                console.lab.add_site(&name, product)?;
            }
        }
    }
    Ok(Json(json!({ "made": count })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionRequest {
    site: String,
    #[serde(rename = "move")]
    action: Action,
}

/// The app on a site that there is: only adding sites makes one.
fn known(console: &ConsoleState, site: &str) -> Result<Tenant, ApiError> {
    let unknown = || Error::Option(format!("no site `{site}`"));
    Ok(console.lab.known(site).ok_or_else(unknown)?)
}

pub(super) async fn make(
    State(console): State<ConsoleState>,
    Json(action): Json<ActionRequest>,
) -> ApiResult {
    let _ = known(&console, &action.site)?;
    let (site, what) = (&action.site, &action.action);
    if let Some(forge) = &console.forge {
        forge.before_move(site, what).await;
    }
    let answers = console.lab.perform(site, what).await?;
    if let Some(forge) = &console.forge {
        forge.after_move(site, what).await;
    }
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    Ok(Json(json!({ "answers": statuses })))
}

pub(super) async fn clock(
    State(console): State<ConsoleState>,
    Json(tick): Json<ClockChange>,
) -> ApiResult {
    let now = match &console.forge {
        Some(forge) => forge.change_clock(&tick).await?,
        None => console.lab.change_clock(&tick).await?,
    };
    Ok(Json(json!({ "now": now })))
}

pub(super) async fn fault(
    State(console): State<ConsoleState>,
    Json(trouble): Json<FaultChange>,
) -> ApiResult {
    console.lab.change_fault(&trouble)?;
    Ok(Json(json!({})))
}

pub(super) async fn delivery(
    State(console): State<ConsoleState>,
    Json(way): Json<DeliveryMode>,
) -> ApiResult {
    console.lab.set_delivery_mode(way);
    Ok(Json(json!({})))
}

pub(super) async fn rotate(
    State(console): State<ConsoleState>,
    Json(keys): Json<KeyRotation>,
) -> ApiResult {
    // making an RSA key takes its time
    let lab = console.lab;
    let made = tokio::task::spawn_blocking(move || lab.rotate_keys(keys)).await;
    let id = made.map_err(|error| Error::Lab(error.to_string()))??;
    Ok(Json(json!({ "key": id })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    input: String,
}

/// The command line's `inspect`.
pub(super) async fn inspect(
    State(console): State<ConsoleState>,
    Json(input): Json<Input>,
) -> ApiResult {
    Ok(Json(console.lab.explain_text(input.input.as_bytes())?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSite {
    site: String,
}

/// The address of the Connect panel, signed now.
pub(super) async fn panel(
    State(console): State<ConsoleState>,
    Json(of): Json<OfSite>,
) -> ApiResult {
    let tenant = known(&console, &of.site)?;
    let page = tenant.page(&console.panel)?;
    console
        .lab
        .record_shown(&tenant, &page, "the panel is shown");
    Ok(Json(json!({ "url": page.url() })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Call {
    site: String,
    call: Bridge,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Bridge {
    GetContext,
    InvokeRemote,
}

/// What the product does for a Custom UI page.
pub(super) async fn bridge(
    State(console): State<ConsoleState>,
    Json(call): Json<Call>,
) -> ApiResult {
    let lab = &console.lab;
    let tenant = known(&console, &call.site)?;
    Ok(Json(match call.call {
        Bridge::GetContext => tenant.ui_context("panel")?,
        Bridge::InvokeRemote => {
            let call = tenant.invoke("POST", &console.endpoint, &Invocation::ui("panel"))?;
            let answer = lab.deliver(&tenant, &call, "the Custom UI page asks its remote", None);
            let answer = answer.await;
            let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            json!({ "status": answer.status, "body": body })
        }
    }))
}
