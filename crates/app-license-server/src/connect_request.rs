//! Verified requests of a Connect app, as axum extractors and request extensions.

use std::sync::Arc;

use app_license::connect::{ContextToken, RequestToken};
use app_license::{ClientKey, Installation, License, Verified};
use axum::extract::{FromRef, FromRequestParts, MatchedPath};
use http::request::Parts;

use crate::connect_app::ConnectApp;
use crate::rejection::Rejection;
use crate::tenant::Tenant;
use crate::wire::route;

/// A verified request, kept with the app that verified it: what one app trusts says nothing to
/// another one, whose keys and settings differ.
#[derive(Debug)]
struct Inner<T> {
    verified_by: ConnectApp,
    tenant: Arc<Tenant>,
    token: Verified<T>,
    /// The route it matched, for what is said about it later.
    route: Option<MatchedPath>,
    /// The request, where the app answers refusals in its own way.
    parts: Option<Arc<Parts>>,
}

macro_rules! verified_request {
    ($(#[$doc:meta])* $name:ident, $token:ident, $verify:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Arc<Inner<$token>>);

        impl $name {
            pub(crate) fn new(
                app: &ConnectApp,
                tenant: Arc<Tenant>,
                token: Verified<$token>,
                parts: &Parts,
            ) -> Self {
                let (verified_by, route) = (app.clone(), route(parts).cloned());
                let parts = app.0.responder.as_ref().map(|_| Arc::new(parts.clone()));
                Self(Arc::new(Inner { verified_by, tenant, token, route, parts }))
            }

            /// A rejection of this request, counted and logged.
            pub(crate) fn rejected(&self, rejection: Rejection) -> Rejection {
                let rejection = rejection.on_route(self.0.route.as_ref()).of_tenant(self.client_key());
                self.0.verified_by.rejected(&rejection);
                let Some(parts) = &self.0.parts else {
                    return rejection;
                };
                rejection.answered_by(self.0.verified_by.0.responder.as_ref(), || {
                    let mut parts = Parts::clone(parts);
                    parts.extensions.insert(self.clone());
                    parts
                })
            }

            /// The tenant.
            #[must_use]
            pub fn client_key(&self) -> &ClientKey {
                self.token().tenant()
            }

            /// The Atlassian account of the user; `None` for an anonymous one.
            #[must_use]
            pub fn account_id(&self) -> Option<&str> {
                self.token().subject()
            }

            /// The app's installation on the tenant.
            #[must_use]
            pub fn installation(&self) -> &Installation {
                &self.0.tenant.installation
            }

            /// The token that proved the request.
            #[must_use]
            pub fn token(&self) -> &Verified<$token> {
                &self.0.token
            }

            pub(crate) fn tenant_record(&self) -> &Arc<Tenant> {
                &self.0.tenant
            }

            pub(crate) async fn verified(
                parts: &mut Parts,
                app: &ConnectApp,
            ) -> Result<Self, Rejection> {
                // a layer may have verified it already: one of this very app
                let verified = parts.extensions.get::<Self>();
                if let Some(verified) = verified.filter(|it| it.0.verified_by.is_same(app)) {
                    return Ok(verified.clone());
                }
                let verified = app.$verify(parts).await?;
                parts.extensions.insert(verified.clone());
                Ok(verified)
            }

            /// The license this very request proves. It may be absent: see
            /// [`ConnectApp::license`] for what else can be asked.
            #[must_use]
            pub fn license(&self) -> Verified<License> {
                self.token().license()
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            ConnectApp: FromRef<S>,
        {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
                let app = ConnectApp::from_ref(state);
                let verified = Self::verified(parts, &app).await;
                verified.map_err(|rejection| app.answer_rejected(rejection, parts))
            }
        }
    };
}

verified_request! {
    /// A URL-bound request of the host platform: an iframe or a webhook, verified.
    ///
    /// As an axum extractor it needs a state that a [`ConnectApp`] can be taken from; behind
    /// [`ConnectApp::requires`] it is in the request's extensions already.
    ConnectRequest, RequestToken, verify_request
}

impl ConnectRequest {
    /// Whether this app verified it.
    pub(crate) fn is_of(&self, app: &ConnectApp) -> bool {
        self.0.verified_by.is_same(app)
    }

    /// The same request of a tenant that was read anew.
    pub(crate) fn in_tenant(self, tenant: Arc<Tenant>) -> Self {
        let Inner {
            verified_by,
            token,
            route,
            parts,
            ..
        } = &*self.0;
        Self(Arc::new(Inner {
            verified_by: verified_by.clone(),
            tenant,
            token: token.clone(),
            route: route.clone(),
            parts: parts.clone(),
        }))
    }
}

verified_request! {
    /// A request of the app's own front end with a context token, verified.
    ///
    /// The page asks the platform for a token with each call, for one is good for minutes, and sends it in
    /// the header `Authorization`. `AP` comes with the platform's script,
    /// <https://connect-cdn.atl-paas.net/all.js>:
    ///
    /// ```js
    /// const token = await new Promise((resolve) => AP.context.getToken(resolve));
    /// const answer = await fetch("/api/export", { headers: { Authorization: `JWT ${token}` } });
    /// ```
    ///
    /// ```
    /// use app_license_server::{ConnectApp, ConnectContextRequest, Edition};
    /// use axum::{Router, routing::get};
    /// fn api(app: &ConnectApp) -> Router {
    ///     let export = get(async |caller: ConnectContextRequest| format!("for {}", caller.client_key()));
    ///     Router::new()
    ///         .route("/api/export", export.layer(app.context_requires(Edition::Advanced)))
    ///         .with_state(app.clone())
    /// }
    /// ```
    ///
    /// As an axum extractor it needs a state that a [`ConnectApp`] can be taken from; behind
    /// [`ConnectApp::context_requires`] it is in the request's extensions already. The page is served by the
    /// app itself, so the call is of the same origin.
    ConnectContextRequest, ContextToken, verify_context_request
}
