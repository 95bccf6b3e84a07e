//! The lifecycle routes of a Connect app.
//!
//! | event | proof | answers |
//! |---|---|---|
//! | `installed` | RS256, key from the platform's key host | 204; 401 refused; 400 malformed; 413 too large; 503 when a key or the store is out of reach |
//! | `uninstalled` | the same | 204, also for an unknown tenant |
//! | `enabled`, `disabled` | HS256 with the shared secret | 204; a `disabled` without a token after the uninstall is answered 204 and changes nothing |
//!
//! The answer is given after the store has committed. A refused request changes nothing.
//!
//! Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/#lifecycle>

use app_license::connect::{
    InstallToken, LifecycleBody, LifecycleEvent, LifecycleKind, Request, UnverifiedInstallToken,
    token_from_header,
};
use app_license::{RsaPublicKey, UnixTime, Verified};
use app_license_store::{Delivery, ReplayMark};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::request::Parts;

use crate::connect_app::{ConnectApp, is_installed};
use crate::operations::{health_of, metrics_text};
use crate::rejection::Rejection;
use crate::tenant::Freshness;
use crate::wire::{authorization, read, target};

impl ConnectApp {
    /// The routes the platform calls: the four lifecycle callbacks, the descriptor
    /// (`/atlassian-connect.json`) and the health check (`/health`).
    pub fn lifecycle_routes(&self) -> Router {
        let lifecycle = &self.0.descriptor.lifecycle;
        Router::new()
            .route(&lifecycle.installed, post(installed))
            .route(&lifecycle.uninstalled, post(uninstalled))
            .route(&lifecycle.enabled, post(enabled))
            .route(&lifecycle.disabled, post(disabled))
            .route("/atlassian-connect.json", get(descriptor))
            .route("/health", get(health))
            .with_state(self.clone())
    }

    /// The counters at `/metrics`. Merge it where only your own monitoring can reach it.
    pub fn metrics_route(&self) -> Router {
        Router::new()
            .route("/metrics", get(metrics))
            .with_state(self.clone())
    }
}

async fn installed(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.answer(app.signed_event(LifecycleKind::Installed, request).await)
}

async fn uninstalled(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.answer(app.signed_event(LifecycleKind::Uninstalled, request).await)
}

async fn enabled(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.answer(app.tenant_event(LifecycleKind::Enabled, request).await)
}

async fn disabled(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.answer(app.tenant_event(LifecycleKind::Disabled, request).await)
}

async fn descriptor(State(app): State<ConnectApp>) -> Response {
    axum::Json(app.descriptor()).into_response()
}

async fn health(State(app): State<ConnectApp>) -> Response {
    health_of(Some(&*app.0.store)).await
}

async fn metrics(State(app): State<ConnectApp>) -> Response {
    app.read_key_counters();
    metrics_text(app.metrics())
}

impl ConnectApp {
    fn answer(&self, outcome: Result<&'static str, Rejection>) -> Response {
        match outcome {
            Ok(event) => {
                self.0.metrics.event(event);
                StatusCode::NO_CONTENT.into_response()
            }
            Err(rejection) => {
                self.rejected(&rejection);
                rejection.into_response()
            }
        }
    }

    /// `installed` and `uninstalled`: verify first, store last.
    #[tracing::instrument(level = "debug", skip_all, fields(event = kind.name()))]
    async fn signed_event(
        &self,
        kind: LifecycleKind,
        request: http::Request<Body>,
    ) -> Result<&'static str, Rejection> {
        let (parts, body) = request.into_parts();
        let now = self.now();
        let headers = authorization(&parts.headers)?;
        let text = token_from_header(headers)?;
        let token = UnverifiedInstallToken::parse(text)?;
        let bytes = read(body).await?;
        let body = LifecycleBody::parse(&bytes)?;
        let token = self.verify_signed(text, token, &parts, &body, now).await?;
        let event = self.accept(body, kind, token.issuer())?;
        let last = token
            .expires_at()
            .plus(self.0.expectations.leeway().as_seconds());
        let mark = ReplayMark::new(text, &bytes, last);
        self.store(event, Some(mark), now).await
    }

    async fn verify_signed(
        &self,
        text: &str,
        token: UnverifiedInstallToken<'_>,
        parts: &Parts,
        body: &LifecycleBody,
        now: UnixTime,
    ) -> Result<Verified<InstallToken>, Rejection> {
        let keys = &self.0.install_keys;
        let could_not = |error| Rejection::client(&error);
        let kid = token.kid().clone();
        let key = keys.get(&kid).await.map_err(could_not)?;
        let target = target(parts);
        let request = Request::new(parts.method.as_str(), &target);
        let verify = |token: UnverifiedInstallToken<'_>, key: &RsaPublicKey| {
            token.verify(key, &request, body.client_key(), &self.0.expectations, now)
        };
        match verify(token, &key) {
            Err(error) if error.code() == "signature" => {
                // the platform may have replaced the key under this id
                let key = keys.recheck(&kid).await.map_err(could_not)?;
                let token = UnverifiedInstallToken::parse(text)?;
                Ok(verify(token, &key)?)
            }
            verified => Ok(verified?),
        }
    }

    /// `enabled` and `disabled`: signed with the shared secret.
    #[tracing::instrument(level = "debug", skip_all, fields(event = kind.name()))]
    async fn tenant_event(
        &self,
        kind: LifecycleKind,
        request: http::Request<Body>,
    ) -> Result<&'static str, Rejection> {
        let (parts, body) = request.into_parts();
        let now = self.now();
        match self.verify_event(&parts).await {
            Ok(verified) => {
                let bytes = read(body).await?;
                let body = LifecycleBody::parse(&bytes)?;
                let event = self.accept(body, kind, verified.client_key())?;
                self.store(event, None, now).await
            }
            Err(rejection) if kind == LifecycleKind::Disabled => {
                self.late_disabled(body, rejection, now).await
            }
            Err(rejection) => Err(rejection),
        }
    }

    /// The platform may send `disabled` after the uninstall and without a token: there is nothing
    /// left to disable, so it is answered well and changes nothing.
    async fn late_disabled(
        &self,
        body: Body,
        rejection: Rejection,
        now: UnixTime,
    ) -> Result<&'static str, Rejection> {
        if !matches!(rejection.code(), "token_missing" | "unknown_tenant") {
            return Err(rejection);
        }
        let Ok(body) = LifecycleBody::parse(&read(body).await?) else {
            return Err(rejection);
        };
        let tenant = self
            .0
            .tenants
            .get(body.client_key(), Freshness::FromStore, now)
            .await?;
        match tenant {
            Some(tenant) if is_installed(&tenant.installation) => Err(rejection),
            _ if body.kind() == LifecycleKind::Disabled => Ok("disabled"),
            _ => Err(rejection),
        }
    }

    fn accept(
        &self,
        body: LifecycleBody,
        kind: LifecycleKind,
        issuer: &app_license::ClientKey,
    ) -> Result<LifecycleEvent, Rejection> {
        let on_our_cloud = |host: &str| self.0.hosts.check_site(&format!("https://{host}")).is_ok();
        Ok(body.accept(kind, &self.0.app_key, issuer, &on_our_cloud)?)
    }

    async fn store(
        &self,
        event: LifecycleEvent,
        mark: Option<ReplayMark>,
        now: UnixTime,
    ) -> Result<&'static str, Rejection> {
        let client_key = event.body().client_key().clone();
        let name = event.body().kind().name();
        let mut delivery = Delivery::connect(event);
        if let Some(mark) = mark {
            delivery = delivery.marked(mark);
        }
        let applied = self
            .0
            .store
            .apply(delivery, now)
            .await
            .map_err(|e| Rejection::store(&e))?;
        self.0.tenants.forget(&client_key);
        let changes: Vec<_> = applied
            .changes
            .iter()
            .map(app_license::Change::code)
            .collect();
        tracing::info!(event = name, tenant = %client_key, ?changes, "lifecycle event stored");
        Ok(name)
    }
}
