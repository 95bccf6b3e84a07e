//! The lifecycle routes of a Connect app.
//!
//! | event | proof | answers |
//! |---|---|---|
//! | `installed` | RS256, key from the platform's key host | 204; 401 refused; 400 malformed; 413 too large; 503 when a key or the store is out of reach |
//! | `uninstalled` | the same | 204, also for an unknown tenant |
//! | `enabled`, `disabled` | HS256 with the shared secret, in the header | 204; a `disabled` without a token after the uninstall is answered 204 and changes nothing |
//!
//! The answer is given after the store has committed. A refused request changes nothing. The token
//! of every event is marked for as long as it verifies: the same delivery again is answered as
//! before and changes nothing, the same token with another body is refused.
//!
//! Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/#lifecycle>

use crate::connect_app::{ConnectApp, is_installed};
use crate::operations::{health_of, metrics_text};
use crate::rejection::Rejection;
use crate::tenant::Freshness;
use crate::wire::{authorization, read, target};
use app_license::connect::{
    InstallToken, LifecycleBody, LifecycleEvent, LifecycleKind, Request, UnverifiedInstallToken,
    token_from_header,
};
use app_license::{ClientKey, ErrorKind, RsaPublicKey, UnixTime, Verified};
use app_license_client::Caller;
use app_license_store::{Delivery, ReplayMark};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;

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

/// What a lifecycle token of the platform came with.
struct Signed<'r> {
    text: &'r str,
    request: &'r Request<'r>,
    client_key: &'r ClientKey,
    caller: Caller,
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
        let client_key = body.client_key().clone();
        // all that needs no key first: what cannot be right costs no fetch. What is accepted here
        // is not believed before the signature is
        let target = target(&parts);
        let as_sent = Request::new(parts.method.as_str(), &target);
        token.check_unproved(&as_sent, &client_key, &self.0.expectations, now)?;
        let event = self.accept(body, kind, &client_key)?;
        let caller = self.0.client_address.of(&parts);
        let signed = Signed {
            text,
            request: &as_sent,
            client_key: &client_key,
            caller,
        };
        let token = self.verify_signed(token, &signed, now).await?;
        let mark = self.mark(text, &bytes, token.expires_at());
        self.store(event, mark, now).await
    }

    async fn verify_signed(
        &self,
        token: UnverifiedInstallToken<'_>,
        signed: &Signed<'_>,
        now: UnixTime,
    ) -> Result<Verified<InstallToken>, Rejection> {
        let keys = &self.0.install_keys;
        let could_not = |error| Rejection::client(&error);
        let kid = token.kid().clone();
        let key = keys
            .get_for_tenant(&kid, signed.caller, signed.client_key)
            .await
            .map_err(could_not)?;
        let expected = &self.0.expectations;
        let verify = |token: UnverifiedInstallToken<'_>, key: &RsaPublicKey| {
            token.verify(key, signed.request, signed.client_key, expected, now)
        };
        let verified = match verify(token, &key) {
            Err(error) if matches!(error.kind(), ErrorKind::Signature) => {
                // the platform may have replaced the key under this id
                let key = keys.recheck(&kid).await.map_err(could_not)?;
                let token = UnverifiedInstallToken::parse(signed.text)?;
                verify(token, &key)?
            }
            verified => verified?,
        };
        keys.proved(&kid).await;
        Ok(verified)
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
            Ok((verified, text)) => {
                let bytes = read(body).await?;
                let body = LifecycleBody::parse(&bytes)?;
                let event = self.accept(body, kind, verified.client_key())?;
                let mark = self.mark(text, &bytes, verified.token().expires_at());
                self.store(event, mark, now).await
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
        issuer: &ClientKey,
    ) -> Result<LifecycleEvent, Rejection> {
        let on_our_cloud = |host: &str| self.0.hosts.check_site(&format!("https://{host}")).is_ok();
        Ok(body.accept(kind, &self.0.app_key, issuer, &on_our_cloud)?)
    }

    /// A mark that holds a token to this body until it verifies no longer.
    fn mark(&self, token: &str, body: &[u8], expires_at: UnixTime) -> ReplayMark {
        let leeway = self.0.expectations.leeway().as_seconds();
        ReplayMark::new(token, body, expires_at.plus(leeway))
    }

    async fn store(
        &self,
        event: LifecycleEvent,
        mark: ReplayMark,
        now: UnixTime,
    ) -> Result<&'static str, Rejection> {
        let client_key = event.body().client_key().clone();
        let name = event.body().kind().name();
        let delivery = Delivery::connect(event).marked(mark);
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
