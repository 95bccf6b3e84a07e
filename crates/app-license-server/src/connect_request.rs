//! Verified requests of a Connect app, as axum extractors and request extensions.

use std::fmt::Display;
use std::sync::Arc;

use app_license::connect::{ContextToken, RequestToken};
use app_license::{ClientKey, Installation, License, LicenseSource, Verified};
use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::app_request::{AppRequest, Origin, extracted};
use crate::connect_app::ConnectApp;
use crate::decider::Question;
use crate::rejection::Rejection;
use crate::tenant::Tenant;

#[derive(Debug)]
struct Inner<T> {
    origin: Origin<ConnectApp>,
    tenant: Arc<Tenant>,
    token: Verified<T>,
}

macro_rules! verified_request {
    ($(#[$doc:meta])* $name:ident, $token:ident, $verify:ident, $kind:ident) => {
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
                let origin = Origin::new(app, parts);
                Self(Arc::new(Inner { origin, tenant, token }))
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

            /// The license this very request proves. It may be absent: see
            /// [`ConnectApp::license`] for what else can be asked.
            #[must_use]
            pub fn license(&self) -> Verified<License> {
                self.token().license()
            }
        }

        impl AppRequest for $name {
            type App = ConnectApp;

            fn origin(&self) -> &Origin<ConnectApp> {
                &self.0.origin
            }

            fn question<'q>(&'q self, app: &'q ConnectApp) -> impl Question + 'q {
                (app, VerifiedRequest::from(self))
            }

            fn sender(&self) -> impl Display {
                self.client_key()
            }

            async fn verify(parts: &Parts, app: &ConnectApp) -> Result<Self, Rejection> {
                app.$verify(parts).await
            }
        }

        impl<'r> From<&'r $name> for VerifiedRequest<'r> {
            fn from(request: &'r $name) -> Self {
                Self(Kind::$kind(request))
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            ConnectApp: FromRef<S>,
        {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
                extracted(parts, state).await
            }
        }
    };
}

verified_request! {
    /// A URL-bound request of the host platform: an iframe or a webhook, verified.
    ///
    /// As an axum extractor it needs a state that a [`ConnectApp`] can be taken from; behind
    /// [`ConnectApp::requires`] it is in the request's extensions already.
    ConnectRequest, RequestToken, verify_request, Url
}

impl ConnectRequest {
    /// Whether this app verified it.
    pub(crate) fn is_of(&self, app: &ConnectApp) -> bool {
        self.origin().is_of(app)
    }

    /// The same request of a tenant that was read anew.
    pub(crate) fn in_tenant(self, tenant: Arc<Tenant>) -> Self {
        let (origin, token) = (self.0.origin.clone(), self.0.token.clone());
        Self(Arc::new(Inner {
            origin,
            tenant,
            token,
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
    ConnectContextRequest, ContextToken, verify_context_request, Context
}

/// A request that a [`ConnectApp`] verified, of a URL or with a context token: made of a reference to
/// either.
///
/// ```
/// use app_license_server::{ConnectApp, ConnectContextRequest, ConnectRequest, Rejection};
/// async fn both(
///     app: &ConnectApp,
///     page: &ConnectRequest,
///     call: &ConnectContextRequest,
/// ) -> Result<bool, Rejection> {
///     let of_page = app.feature_decision(page, "export").await?;
///     let of_call = app.feature_decision(call, "export").await?;
///     Ok(of_page.is_allowed() && of_call.is_allowed())
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct VerifiedRequest<'r>(Kind<'r>);

#[derive(Debug, Clone, Copy)]
enum Kind<'r> {
    Url(&'r ConnectRequest),
    Context(&'r ConnectContextRequest),
    /// No request at all: a background task asks.
    Nobody(&'r Tenant),
}

impl<'r> VerifiedRequest<'r> {
    pub(crate) const fn of_nobody(tenant: &'r Tenant) -> Self {
        Self(Kind::Nobody(tenant))
    }

    pub(crate) fn license(self) -> Verified<License> {
        match self.0 {
            Kind::Url(request) => request.license(),
            Kind::Context(request) => request.license(),
            // nothing is said, which grants nothing
            Kind::Nobody(_) => Verified::stored(License::absent(LicenseSource::ConnectLicenseApi)),
        }
    }

    pub(crate) fn tenant(self) -> &'r Tenant {
        match self.0 {
            Kind::Url(request) => request.tenant_record(),
            Kind::Context(request) => request.tenant_record(),
            Kind::Nobody(tenant) => tenant,
        }
    }

    pub(crate) fn rejected(self, rejection: Rejection) -> Rejection {
        match self.0 {
            Kind::Url(request) => request.rejected(rejection),
            Kind::Context(request) => request.rejected(rejection),
            Kind::Nobody(_) => rejection,
        }
    }
}
