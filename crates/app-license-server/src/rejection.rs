//! Why a request was not let through: a value, not only a response.

use std::fmt;
use std::sync::Arc;

use http::{Response, StatusCode, header};

use app_license::answer::{Refusal, out_of_reach};
use app_license::current_license::LicenseApi;
use app_license::error::with_causes;
use app_license::{Decision, ErrorClass};
use axum::extract::MatchedPath;

use crate::metrics::Metrics;

/// Why a request was not let through. It stands in the extensions of the response, so that outer
/// layers can log it or answer differently; [`crate::ConnectAppBuilder::respond_with`] and
/// [`crate::Gate::respond_with`] replace the response altogether.
///
/// | fault | status |
/// |---|---|
/// | malformed input | 400 |
/// | proof missing or not holding | 401 |
/// | the license ended, is inactive, or is of a lower edition | 402 |
/// | nothing is stated of a license (`absent`), or the policy denies it | 403 |
/// | the app is switched off on the site | 403 |
/// | input too slow | 408 |
/// | input too large | 413, 431 for the head |
/// | the app is misconfigured | 500 |
/// | it could not be checked: key server or database down | 503 |
///
/// ```
/// use app_license_server::{ConnectApp, MemoryStore};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .build()?;
/// let (parts, ()) = http::Request::get("/panel").body(())?.into_parts();
/// let rejection = app.verify(&parts).await.unwrap_err();
/// assert_eq!((rejection.status().as_u16(), rejection.code()), (401, "token_missing"));
/// assert_eq!((rejection.route(), rejection.tenant()), (None, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Rejection(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    refusal: Refusal,
    route: Option<MatchedPath>,
    tenant: Option<String>,
    answer: Option<OwnAnswer>,
}

/// How a rejection that a handler or an extractor answers is to be answered.
#[derive(Clone)]
struct OwnAnswer(Arc<dyn Fn(&Rejection) -> axum::response::Response + Send + Sync>);

impl fmt::Debug for OwnAnswer {
    /// Not the request, which holds a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnAnswer")
    }
}

impl Rejection {
    pub(crate) fn of(refusal: Refusal) -> Self {
        Self(Box::new(Inner {
            refusal,
            route: None,
            tenant: None,
            answer: None,
        }))
    }

    /// Names the route that the request matched.
    pub(crate) fn on_route(mut self, route: Option<&MatchedPath>) -> Self {
        if self.0.route.is_none() {
            self.0.route = route.cloned();
        }
        self
    }

    /// Names the tenant that the request says it is of.
    pub(crate) fn of_tenant(mut self, tenant: impl fmt::Display) -> Self {
        if self.0.tenant.is_none() {
            self.0.tenant = Some(tenant.to_string());
        }
        self
    }

    /// Has it answered by the app's own function, but for one that has an answer already.
    pub(crate) fn answered_with<F>(mut self, answer: impl FnOnce() -> F) -> Self
    where
        F: Fn(&Self) -> axum::response::Response + Send + Sync + 'static,
    {
        if self.0.answer.is_none() {
            self.0.answer = Some(OwnAnswer(Arc::new(answer())));
        }
        self
    }

    pub(crate) fn unknown_tenant() -> Self {
        Self::of(Refusal::UnknownTenant)
    }

    /// What counts where a License API could not be asked or refused the question, and why.
    pub(crate) fn no_statement(error: &app_license_client::Error) -> (LicenseApi, Option<Self>) {
        let statement = if error.is_token_refused() {
            LicenseApi::TokenRefused
        } else {
            LicenseApi::Failed
        };
        (statement, Some(Self::client(error)))
    }

    /// Nobody could say which license counts.
    pub(crate) fn unanswered() -> Self {
        Self::could_not_check("the License API does not answer", "license_api_refused")
    }

    pub(crate) fn could_not_check(what: &'static str, code: &'static str) -> Self {
        Self::of(Refusal::CouldNotCheck { what, code })
    }

    /// What the store refuses is a replay; a fault of its own is never the sender's.
    pub(crate) fn store(error: &app_license_store::Error) -> Self {
        match error.kind() {
            app_license_store::ErrorKind::Replayed => Self::of(Refusal::Replayed),
            _ => {
                tracing::error!(code = error.code(), error = %with_causes(error), "the store failed");
                Self::could_not_check(out_of_reach(error.code()), error.code())
            }
        }
    }

    /// The client says which it is: refused, or could not check.
    pub(crate) fn client(error: &app_license_client::Error) -> Self {
        match error.class() {
            ErrorClass::Refused => Self::of(Refusal::Unproved { code: error.code() }),
            _ => {
                tracing::warn!(code = error.code(), error = %with_causes(error), "could not check");
                Self::could_not_check(out_of_reach(error.code()), error.code())
            }
        }
    }

    pub(crate) fn token_malformed() -> Self {
        let reason = "the authorization header is not text";
        app_license::Error::from(app_license::ErrorKind::TokenMalformed { reason }).into()
    }

    /// The stable code: that of [`app_license::Error::code`], of the decision, or one of
    /// `unknown_tenant`, `tenant_disabled`, `tenant_blocked`, `replayed`, `user_initiated` and the codes of the client and the store.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.refusal.code()
    }

    /// The status the request is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The pattern of the route, as the router has it: `/issues/{id}`. `None` outside of an axum
    /// router.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.0.route.as_ref().map(MatchedPath::as_str)
    }

    /// The tenant: the client key, on Forge the installation's ARI. It is proved where there is a
    /// [`Rejection::decision`], or the status is 403 or 503; with 401 it is what the request claims.
    /// `None` where the request names none that can be read.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_deref()
    }

    /// The decision, when it is the license that does not allow it.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        self.0.refusal.decision()
    }

    /// The refused proof or malformed input, when that is the fault.
    #[must_use]
    pub fn error(&self) -> Option<&app_license::Error> {
        match &self.0.refusal {
            Refusal::Error(error) => Some(error),
            _ => None,
        }
    }

    /// Counts it and writes one line to the log, without anything secret: route, tenant, status, code
    /// and the reason, which may say what a token should have been.
    pub(crate) fn record(&self, metrics: &Metrics) {
        let (code, status) = (self.code(), self.status().as_u16());
        metrics.refusal(code, status);
        let (route, tenant) = (self.route(), self.tenant());
        let reason: &dyn fmt::Display = match &self.0.refusal {
            Refusal::Error(error) => error,
            refusal => refusal,
        };
        tracing::info!(route, tenant, status, code, %reason, "request rejected");
    }

    /// The headers that every answer to a refused request has, where it does not set them: no cache
    /// keeps it, and one that could not be checked says when to come again.
    pub(crate) fn complete<B>(&self, response: &mut Response<B>) {
        for (name, value) in self.0.refusal.headers() {
            let name = header::HeaderName::from_static(name);
            let of_body = name == header::CONTENT_TYPE;
            if !of_body && !response.headers().contains_key(&name) {
                let value = header::HeaderValue::from_static(value);
                response.headers_mut().insert(name, value);
            }
        }
        let mut kept = self.clone();
        // it holds the request, and its token
        kept.0.answer = None;
        response.extensions_mut().insert(kept);
    }

    /// The small JSON object that it is answered with.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.0.refusal.body()).unwrap_or_default()
    }

    /// The answer: a small JSON object, the rejection in its extensions.
    pub(crate) fn into_http<B: From<String>>(mut self) -> Response<B> {
        self.0.answer = None;
        let mut response = Response::new(B::from(self.0.refusal.body()));
        *response.status_mut() = self.status();
        for (name, value) in self.0.refusal.headers() {
            let name = header::HeaderName::from_static(name);
            let value = header::HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<app_license::Error> for Rejection {
    fn from(error: app_license::Error) -> Self {
        Self::of(Refusal::Error(error))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.refusal.fmt(f)
    }
}

impl std::error::Error for Rejection {}

impl axum::response::IntoResponse for Rejection {
    fn into_response(mut self) -> axum::response::Response {
        match self.0.answer.take() {
            Some(OwnAnswer(own)) => own(&self),
            None => self.into_http(),
        }
    }
}
