//! Why a request was not let through: a value, not only a response.

use std::fmt;

use http::{Response, StatusCode, header};

use app_license::answer::Refusal;
use app_license::{Decision, ErrorClass};

/// Why a request was not let through. It stands in the extensions of the response, so that outer
/// layers can log it or answer differently; [`crate::Gate::respond_with`] replaces the response
/// altogether.
///
/// | fault | status |
/// |---|---|
/// | malformed input | 400 |
/// | proof missing or not holding | 401 |
/// | the license does not allow it | 402 when buying would help, else 403 |
/// | input too slow | 408 |
/// | input too large | 413, 431 for the head |
/// | the app is misconfigured | 500 |
/// | it could not be checked: key server or database down | 503 |
#[derive(Debug, Clone)]
pub struct Rejection(Box<Refusal>);

impl Rejection {
    pub(crate) fn denied(decision: Decision) -> Self {
        Self(Box::new(Refusal::Denied(decision)))
    }

    pub(crate) fn unknown_tenant() -> Self {
        Self(Box::new(Refusal::UnknownTenant))
    }

    pub(crate) fn user_initiated() -> Self {
        let code = "user_initiated";
        Self(Box::new(Refusal::Unproved { code }))
    }

    pub(crate) fn could_not_check(what: &'static str, code: &'static str) -> Self {
        Self(Box::new(Refusal::CouldNotCheck { what, code }))
    }

    /// A fault of the store is never the sender's.
    pub(crate) fn store(error: &app_license_store::Error) -> Self {
        tracing::error!(code = error.code(), %error, "the store failed");
        match error.kind() {
            app_license_store::ErrorKind::Replayed => Self(Box::new(Refusal::Replayed)),
            _ => Self::could_not_check("the store does not answer", error.code()),
        }
    }

    /// The client says which it is: refused, or could not check.
    pub(crate) fn client(error: &app_license_client::Error) -> Self {
        match error.class() {
            ErrorClass::Refused => Self(Box::new(Refusal::Unproved { code: error.code() })),
            _ => {
                tracing::warn!(code = error.code(), %error, "could not check");
                Self::could_not_check(
                    "the platform's keys or licenses are out of reach",
                    error.code(),
                )
            }
        }
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self(Box::new(Refusal::BodyTooLarge { limit }))
    }

    pub(crate) fn head_too_large(limit: usize) -> Self {
        Self(Box::new(Refusal::HeadTooLarge { limit }))
    }

    pub(crate) fn body_unreadable() -> Self {
        Self(Box::new(Refusal::BodyUnreadable))
    }

    pub(crate) fn body_timed_out() -> Self {
        Self(Box::new(Refusal::BodyTimedOut))
    }

    pub(crate) fn token_malformed() -> Self {
        let reason = "the authorization header is not text";
        app_license::Error::from(app_license::ErrorKind::TokenMalformed { reason }).into()
    }

    /// The stable code: that of [`app_license::Error::code`], of the decision, or one of
    /// `unknown_tenant`, `replayed`, `user_initiated` and the codes of the client and the store.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// The status the request is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The decision, when it is the license that does not allow it.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        self.0.decision()
    }

    /// The refused proof or malformed input, when that is the fault.
    #[must_use]
    pub fn error(&self) -> Option<&app_license::Error> {
        match &*self.0 {
            Refusal::Error(error) => Some(error),
            _ => None,
        }
    }

    /// The answer: a small JSON object, the rejection in its extensions.
    pub(crate) fn into_http<B: From<String>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.0.body()));
        *response.status_mut() = self.status();
        for (name, value) in self.0.headers() {
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
        Self(Box::new(Refusal::Error(error)))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Rejection {}

impl axum::response::IntoResponse for Rejection {
    fn into_response(self) -> axum::response::Response {
        self.into_http()
    }
}
