//! The lifecycle routes of a Connect app. What each answers is said at
//! [`ConnectApp::lifecycle_routes`].

use crate::connect_app::ConnectApp;
use crate::page_owner::PageOwner;
use crate::rejection::Rejection;
use crate::site_link::{Contested, link};
use crate::wire::{authorization, read, route, target};
use app_license::connect::{
    InstallToken, LifecycleKind, ReceivedEvent, RequestLine, Token, UnverifiedEvent,
    UnverifiedPlatformEvent, UnverifiedReceivedEvent, UnverifiedTenantEvent, jwt_from_headers,
};
use app_license::{UnixTime, Verified};
use app_license_client::Caller;
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
        match self.receive(kind, &parts, body).await {
            Ok(event) => {
                self.0.decider.metrics.event(event);
                StatusCode::NO_CONTENT.into_response()
            }
            Err(rejection) => {
                let rejection = rejection.on_route(route(&parts));
                self.rejected(&rejection);
                rejection.into_response()
            }
        }
    }

    /// Verify first, store last.
    #[tracing::instrument(level = "debug", skip_all, fields(event = kind.name()))]
    async fn receive(
        &self,
        kind: LifecycleKind,
        parts: &Parts,
        body: Body,
    ) -> Result<&'static str, Rejection> {
        // in the header and nowhere else: an address may be logged, and be followed again
        let token = jwt_from_headers(authorization(&parts.headers)?)?;
        match self.0.verifier.event(kind, token)? {
            UnverifiedEvent::OfPlatform(event) => self.platform_event(event, parts, body).await,
            UnverifiedEvent::OfTenant(event) => self.tenant_event(event, parts, body).await,
        }
    }

    /// `installed` and `uninstalled`.
    async fn platform_event(
        &self,
        event: UnverifiedPlatformEvent<'_>,
        parts: &Parts,
        body: Body,
    ) -> Result<&'static str, Rejection> {
        let issuer = event.issuer().clone();
        let bytes = read(body).await?;
        let request = RequestLine::new(parts.method.as_str(), target(parts));
        let now = self.now();
        let stored = async {
            let event = event.receive(&bytes, &request, now)?;
            let caller = self.0.client_address.of(parts);
            self.store(self.verify_signed(&event, caller).await?, now)
                .await
        };
        stored.await.map_err(|it: Rejection| it.of_tenant(&issuer))
    }

    async fn verify_signed<'e>(
        &self,
        event: &'e UnverifiedReceivedEvent<'_>,
        caller: Caller,
    ) -> Result<Verified<ReceivedEvent<'e, InstallToken>>, Rejection> {
        let keys = &self.0.install_keys;
        let could_not = |error| Rejection::client(&error);
        let kid = event.kid();
        let key = keys
            .get_for_tenant(kid, caller, event.issuer())
            .await
            .map_err(could_not)?;
        let verified = match event.verify(&key) {
            Err(error) if error.may_be_of_another_key() => {
                // the platform may have replaced the key under this id
                event.verify(&keys.refresh(kid).await.map_err(could_not)?)?
            }
            verified => verified?,
        };
        keys.proved(kid).await;
        Ok(verified)
    }

    /// `enabled` and `disabled`.
    async fn tenant_event(
        &self,
        event: UnverifiedTenantEvent<'_>,
        parts: &Parts,
        body: Body,
    ) -> Result<&'static str, Rejection> {
        let now = self.now();
        let stored = async {
            let sender = self.verify_event(&event, parts, now).await?;
            let received = sender.receive(&read(body).await?)?;
            self.store(received, now).await
        };
        stored
            .await
            .map_err(|it: Rejection| it.of_tenant(event.issuer()))
    }

    async fn store<K>(
        &self,
        received: Verified<ReceivedEvent<'_, Token<K>>>,
        now: UnixTime,
    ) -> Result<&'static str, Rejection> {
        let client_key = received.event().body().client_key().clone();
        let name = received.event().body().kind().name();
        let applied = self
            .0
            .store
            .apply(received.into_delivery(), now)
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
