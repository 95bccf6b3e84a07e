//! What the console does.

use std::time::Duration;

use app_license_testkit::{Invocation, Product, Service};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use crate::command::inspect::inspected;
use crate::detect::Look;
use crate::fault::Fault;
use crate::lab::moves::{Keys, Kind, Move, Tick, Trouble, Way};

/// How long a question for news is kept waiting.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most sites there may be.
const MAX_SITES: usize = 10_000;
/// The most sites that are made at once.
const MAX_NEW: usize = 1_000;

/// Something went wrong on the way: what, as people read it.
pub(super) struct Wrong(Fault);

impl<E: Into<Fault>> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.0.code(), "message": self.0.to_string()}});
        (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
    }
}

type Done = Result<Json<Value>, Wrong>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    after: Option<u64>,
}

/// Clock, faults and where everything is; waits for news after a version.
pub(super) async fn state(State(desk): State<Desk>, Query(after): Query<After>) -> Json<Value> {
    let lab = &desk.lab;
    let mut news = lab.follow();
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
                "hits": lab.host.hits(*service), "fault": Kind::of(fault.as_ref()),
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
        "delivery": lab.state().way,
        "sites": lab.host.sites().len(),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSites {
    site: String,
    #[serde(default)]
    product: Wanted,
    /// How many, numbered from 1; one without a number unless said.
    count: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    #[default]
    Jira,
    Confluence,
}

pub(super) async fn add_sites(State(desk): State<Desk>, Json(new): Json<NewSites>) -> Done {
    let product = match new.product {
        Wanted::Jira => Product::Jira,
        Wanted::Confluence => Product::Confluence,
    };
    let count = new.count.unwrap_or(1).min(MAX_NEW);
    if desk.lab.host.sites().len().saturating_add(count) > MAX_SITES {
        return Err(Fault::Option(format!("more than {MAX_SITES} sites")).into());
    }
    match new.count {
        None => {
            desk.lab.add_site(&new.site, product)?;
        }
        Some(_) => {
            for number in 1..=count {
                let name = format!("{}-{number:04}", new.site);
                desk.lab.add_site(&name, product)?;
            }
        }
    }
    Ok(Json(json!({ "made": count })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    site: String,
    #[serde(rename = "move")]
    wish: Move,
}

pub(super) async fn make(State(desk): State<Desk>, Json(wish): Json<Wish>) -> Done {
    let answers = desk.lab.make(&wish.site, &wish.wish).await?;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    Ok(Json(json!({ "answers": statuses })))
}

pub(super) async fn clock(State(desk): State<Desk>, Json(tick): Json<Tick>) -> Done {
    Ok(Json(json!({ "now": desk.lab.tick(&tick).await? })))
}

pub(super) async fn fault(State(desk): State<Desk>, Json(trouble): Json<Trouble>) -> Done {
    desk.lab.trouble(&trouble)?;
    Ok(Json(json!({})))
}

pub(super) async fn delivery(State(desk): State<Desk>, Json(way): Json<Way>) -> Done {
    desk.lab.deliver_so(way);
    Ok(Json(json!({})))
}

pub(super) async fn rotate(State(desk): State<Desk>, Json(keys): Json<Keys>) -> Done {
    // making an RSA key takes its time
    let lab = desk.lab;
    let made = tokio::task::spawn_blocking(move || lab.rotate(keys)).await;
    let id = made.map_err(|error| Fault::Lab(error.to_string()))??;
    Ok(Json(json!({ "key": id })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    input: String,
}

/// The command line's `inspect`.
pub(super) async fn inspect(State(desk): State<Desk>, Json(input): Json<Input>) -> Done {
    let rules = &desk.lab.rules;
    let look = Look {
        now: desk.lab.host.clock().now(),
        touchpoint: None,
    };
    let report = inspected(
        input.input.as_bytes(),
        look,
        &rules.questions,
        &rules.policy,
    )?;
    Ok(Json(report))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSite {
    site: String,
}

/// The address of the Connect panel, signed now.
pub(super) async fn panel(State(desk): State<Desk>, Json(of): Json<OfSite>) -> Done {
    let tenant = desk.lab.tenant(&of.site)?;
    let page = tenant.page(&desk.panel)?;
    desk.lab.show(&tenant, &page, "the panel is shown");
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
pub(super) async fn bridge(State(desk): State<Desk>, Json(call): Json<Call>) -> Done {
    let lab = &desk.lab;
    let tenant = lab.tenant(&call.site)?;
    Ok(Json(match call.call {
        Bridge::GetContext => tenant.ui_context("panel")?,
        Bridge::InvokeRemote => {
            let call = tenant.invoke("POST", &desk.endpoint, &Invocation::ui("panel"))?;
            let answer = lab.deliver(&tenant, &call, "the Custom UI page asks its remote", None);
            let answer = answer.await;
            let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            json!({ "status": answer.status, "body": body })
        }
    }))
}
