//! The routes of a Forge remote that the platform or a monitor calls.

use app_license::forge::{ForgeLifecycleEvent, ForgeSender};
use app_license::{ForgeCall, ForgeHalf, InstallationKey};
use app_license_store::Delivery;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use http::request::Parts;

use super::{ForgeInvocation, ForgeRemote};
use crate::rejection::Rejection;
use crate::wire::{authorization, read, route};

impl ForgeRemote {
    /// `POST /forge/lifecycle`: the events `avi:forge:installed:app` and `avi:forge:upgraded:app`,
    /// if the manifest's triggers name an endpoint of this path, and `preUninstall`, if the app's
    /// function calls it with `{"eventType":"preUninstall"}`. Proved by the invocation token, stored
    /// before the answer; without a store, verified and answered only.
    ///
    /// | answer | when |
    /// |---|---|
    /// | 204 | stored |
    /// | 401 | not proved, of another installation than the token, or sent from a user interface |
    /// | 400, 413 | malformed, too large |
    /// | 503 | keys or store out of reach |
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/events-reference/life-cycle/>
    pub fn lifecycle_routes(&self) -> Router {
        Router::new()
            .route("/forge/lifecycle", post(lifecycle))
            .with_state(self.clone())
    }

    async fn lifecycle_event(&self, parts: &Parts, body: Body) -> Result<&'static str, Rejection> {
        let invocation = self.verify_event(parts).await?;
        let stored = self.store_event(&invocation, parts, body).await;
        stored.map_err(|rejection| rejection.of_tenant(invocation.installation_id()))
    }

    async fn store_event(
        &self,
        invocation: &ForgeInvocation,
        parts: &Parts,
        body: Body,
    ) -> Result<&'static str, Rejection> {
        let sender = ForgeSender::from(&**invocation.token());
        sender.may_send_events().map_err(Rejection::of)?;
        let bytes = read(body).await?;
        let event = ForgeLifecycleEvent::receive(&bytes, &sender);
        let event = event.map_err(Rejection::of)?;
        let (kind, of) = (event.kind(), invocation.installation_id());
        let Some(installations) = &self.0.installations else {
            return Ok(kind.name());
        };
        let half = ForgeHalf::from(&**invocation.token());
        let known = installations.admit(invocation.token(), ForgeCall::Event, self.now());
        let known = known.await?;
        let key = match known {
            Some(customer) if !customer.takes_event_of(&half) => return Ok(kind.name()),
            Some(customer) => customer.key().clone(),
            None => InstallationKey::Forge(of.clone()),
        };
        let headers = authorization(&parts.headers)?;
        let text = app_license::forge::bearer_token(headers)?;
        let mark = invocation.token().replay_mark(text, &bytes);
        let issued_at = invocation.token().issued_at();
        let delivery = Delivery::new(key, event).marked(mark).issued(issued_at);
        let applied = installations.apply(delivery, of, self.now()).await;
        let applied = applied.map_err(|e| Rejection::store(&e))?;
        let changes: Vec<_> = applied
            .changes
            .iter()
            .map(app_license::Change::code)
            .collect();
        tracing::info!(event = kind.name(), installation = %of, ?changes, "lifecycle event stored");
        Ok(kind.name())
    }
}

async fn lifecycle(State(remote): State<ForgeRemote>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    match remote.lifecycle_event(&parts, body).await {
        Ok(event) => {
            remote.0.decider.metrics.event(event);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(rejection) => {
            let rejection = rejection.on_route(route(&parts));
            remote.rejected(&rejection);
            rejection.into_response()
        }
    }
}
