//! The lifecycle routes of a Connect app. What each answers is said at
//! [`ConnectApp::lifecycle_routes`].

use crate::connect_app::ConnectApp;
use crate::page_owner::PageOwner;
use crate::rejection::Rejection;
use crate::site_link::{Contested, link};
use crate::wire::{authorization, read, route, target};
use app_license::connect::{
    InstallToken, LifecycleBody, LifecycleEvent, LifecycleKind, Request, UnverifiedInstallToken,
    jwt_from_headers,
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
use http::request::Parts;

impl ConnectApp {
    /// The routes the platform calls: the four lifecycle callbacks and the descriptor
    /// (`/atlassian-connect.json`). A health check is in [`Operations`](crate::Operations).
    ///
    /// | event | proof | answers |
    /// |---|---|---|
    /// | `installed` | RS256, key from the platform's key host | 204; 401 refused; 400 malformed; 413 too large; 503 when a key or the store is out of reach |
    /// | `uninstalled` | the same | 204, also for an unknown tenant |
    /// | `enabled`, `disabled` | HS256 with the shared secret, in the header | 204; without a token 401, whoever is installed; a `disabled` that comes up to [`ConnectAppBuilder::secret_grace`](crate::ConnectAppBuilder::secret_grace) after the uninstall is answered 204 and changes nothing |
    ///
    /// The answer is given after the store has committed. A refused request changes nothing. The token of
    /// every event is marked for as long as it verifies: the same delivery again is answered as before
    /// and changes nothing, the same token with another body is refused. An event whose token is
    /// older than one that counted is answered alike and changes nothing either ([`Delivery::issued`](app_license::delivery::Delivery::issued)).
    ///
    /// An `installed` that names a Forge installation links it to the tenant: see
    /// [`ForgeInvocation::tenant`](crate::ForgeInvocation::tenant).
    ///
    /// Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/#lifecycle>
    pub fn lifecycle_routes(&self) -> Router {
        let lifecycle = &self.0.descriptor.lifecycle;
        Router::new()
            .route(&lifecycle.installed, post(installed))
            .route(&lifecycle.uninstalled, post(uninstalled))
            .route(&lifecycle.enabled, post(enabled))
            .route(&lifecycle.disabled, post(disabled))
            .route("/atlassian-connect.json", get(descriptor))
            .with_state(self.clone())
    }
}

/// What a lifecycle token of the platform came with.
struct Signed<'r> {
    text: &'r str,
    bytes: &'r [u8],
    request: &'r Request<'r>,
    client_key: &'r ClientKey,
    caller: Caller,
}

async fn installed(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.deliver(LifecycleKind::Installed, request).await
}

async fn uninstalled(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.deliver(LifecycleKind::Uninstalled, request).await
}

async fn enabled(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.deliver(LifecycleKind::Enabled, request).await
}

async fn disabled(State(app): State<ConnectApp>, request: http::Request<Body>) -> Response {
    app.deliver(LifecycleKind::Disabled, request).await
}

async fn descriptor(State(app): State<ConnectApp>) -> Response {
    axum::Json(app.descriptor()).into_response()
}

impl ConnectApp {
    async fn deliver(&self, kind: LifecycleKind, request: http::Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        PageOwner::found(&parts, self, None);
        let outcome = match kind {
            LifecycleKind::Enabled | LifecycleKind::Disabled => {
                self.tenant_event(kind, &parts, body).await
            }
            _ => self.signed_event(kind, &parts, body).await,
        };
        match outcome {
            Ok(event) => {
                self.0.metrics.event(event);
                StatusCode::NO_CONTENT.into_response()
            }
            Err(rejection) => {
                let rejection = rejection.on_route(route(&parts));
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
        parts: &Parts,
        body: Body,
    ) -> Result<&'static str, Rejection> {
        let headers = authorization(&parts.headers)?;
        let text = jwt_from_headers(headers)?;
        let token = UnverifiedInstallToken::parse(text)?;
        let bytes = read(body).await?;
        let body = LifecycleBody::parse(&bytes)?;
        let client_key = body.client_key().clone();
        // all that needs no key first: what cannot be right costs no fetch. What is accepted here
        // is not believed before the signature is
        let target = target(parts);
        let signed = Signed {
            text,
            bytes: &bytes,
            request: &Request::new(parts.method.as_str(), &target),
            client_key: &client_key,
            caller: self.0.client_address.of(parts),
        };
        let stored = self.store_signed(kind, token, body, &signed).await;
        stored.map_err(|rejection| rejection.of_tenant(&client_key))
    }

    async fn store_signed(
        &self,
        kind: LifecycleKind,
        token: UnverifiedInstallToken<'_>,
        body: LifecycleBody,
        signed: &Signed<'_>,
    ) -> Result<&'static str, Rejection> {
        let now = self.now();
        let (request, client_key) = (signed.request, signed.client_key);
        token.check_unproved(request, client_key, &self.0.expectations, now)?;
        let event = self.accept(body, kind, client_key)?;
        let token = self.verify_signed(&token, signed, now).await?;
        let mark = self.mark(signed.text, signed.bytes, token.expires_at());
        self.store(event, mark, token.issued_at(), now).await
    }

    async fn verify_signed(
        &self,
        token: &UnverifiedInstallToken<'_>,
        signed: &Signed<'_>,
        now: UnixTime,
    ) -> Result<Verified<InstallToken>, Rejection> {
        let keys = &self.0.install_keys;
        let could_not = |error| Rejection::client(&error);
        let kid = token.kid();
        let key = keys
            .get_for_tenant(kid, signed.caller, signed.client_key)
            .await
            .map_err(could_not)?;
        let expected = &self.0.expectations;
        let verify = |key: &RsaPublicKey| {
            token.verify(key, signed.request, signed.client_key, expected, now)
        };
        let verified = match verify(&key) {
            Err(error) if matches!(error.kind(), ErrorKind::Signature) => {
                // the platform may have replaced the key under this id
                let key = keys.refresh(kid).await.map_err(could_not)?;
                verify(&key)?
            }
            verified => verified?,
        };
        keys.proved(kid).await;
        Ok(verified)
    }

    /// `enabled` and `disabled`: signed with the shared secret.
    #[tracing::instrument(level = "debug", skip_all, fields(event = kind.name()))]
    async fn tenant_event(
        &self,
        kind: LifecycleKind,
        parts: &Parts,
        body: Body,
    ) -> Result<&'static str, Rejection> {
        let now = self.now();
        let (verified, text) = self.verify_event(kind, parts).await?;
        let client_key = verified.client_key();
        let of_tenant = |rejection: Rejection| rejection.of_tenant(client_key);
        let bytes = read(body).await.map_err(of_tenant)?;
        let body = LifecycleBody::parse(&bytes).map_err(|e| of_tenant(e.into()))?;
        let event = self.accept(body, kind, client_key).map_err(of_tenant)?;
        let token = verified.token();
        let mark = self.mark(text, &bytes, token.expires_at());
        let stored = self.store(event, mark, token.issued_at(), now).await;
        stored.map_err(of_tenant)
    }

    fn accept(
        &self,
        body: LifecycleBody,
        kind: LifecycleKind,
        issuer: &ClientKey,
    ) -> Result<LifecycleEvent, Rejection> {
        Ok(body.accept(kind, &self.0.app_key, issuer, &self.0.hosts)?)
    }

    /// A mark that holds a token to this body until it verifies no longer.
    fn mark(&self, token: &str, body: &[u8], expires_at: UnixTime) -> ReplayMark {
        let leeway = self.0.expectations.allowed_leeway().as_seconds();
        ReplayMark::new(token, body, expires_at.plus(leeway))
    }

    async fn store(
        &self,
        event: LifecycleEvent,
        mark: ReplayMark,
        issued_at: UnixTime,
        now: UnixTime,
    ) -> Result<&'static str, Rejection> {
        let client_key = event.body().client_key().clone();
        let name = event.body().kind().name();
        let delivery = Delivery::connect(event).marked(mark).issued(issued_at);
        let applied = self
            .0
            .store
            .apply(delivery, now)
            .await
            .map_err(|e| Rejection::store(&e))?;
        self.0.tenants.forget(&client_key);
        if name == LifecycleKind::Installed.name()
            && let Some(customer) = &applied.after
        {
            let linked = link(&*self.0.store, customer, Contested::Take, now).await;
            if linked.map_err(|e| Rejection::store(&e))? > 0 {
                self.0.tenants.forget(&client_key);
            }
        }
        let changes: Vec<_> = applied
            .changes
            .iter()
            .map(app_license::Change::code)
            .collect();
        tracing::info!(event = name, tenant = %client_key, ?changes, "lifecycle event stored");
        Ok(name)
    }
}
