//! Why a request was not let through: a value, not only a response.

use std::fmt;

use http::{Response, StatusCode, header};

use app_license::{Decision, ErrorClass, Reason};

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
pub struct Rejection(Box<Kind>);

#[derive(Debug, Clone)]
enum Kind {
    Core(app_license::Error),
    Denied(Decision),
    UnknownTenant,
    Unproved {
        code: &'static str,
    },
    Replayed,
    BodyTooLarge {
        limit: usize,
    },
    HeadTooLarge {
        limit: usize,
    },
    BodyUnreadable,
    BodyTimedOut,
    CouldNotCheck {
        what: &'static str,
        code: &'static str,
    },
}

impl Rejection {
    pub(crate) fn denied(decision: Decision) -> Self {
        Self(Box::new(Kind::Denied(decision)))
    }

    pub(crate) fn unknown_tenant() -> Self {
        Self(Box::new(Kind::UnknownTenant))
    }

    pub(crate) fn user_initiated() -> Self {
        let code = "user_initiated";
        Self(Box::new(Kind::Unproved { code }))
    }

    pub(crate) fn could_not_check(what: &'static str, code: &'static str) -> Self {
        Self(Box::new(Kind::CouldNotCheck { what, code }))
    }

    /// A fault of the store is never the sender's.
    pub(crate) fn store(error: &app_license_store::Error) -> Self {
        tracing::error!(code = error.code(), %error, "the store failed");
        match error.kind() {
            app_license_store::ErrorKind::Replayed => Self(Box::new(Kind::Replayed)),
            _ => Self::could_not_check("the store does not answer", error.code()),
        }
    }

    /// The client says which it is: refused, or could not check.
    pub(crate) fn client(error: &app_license_client::Error) -> Self {
        match error.class() {
            ErrorClass::Refused => Self(Box::new(Kind::Unproved { code: error.code() })),
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
        Self(Box::new(Kind::BodyTooLarge { limit }))
    }

    pub(crate) fn head_too_large(limit: usize) -> Self {
        Self(Box::new(Kind::HeadTooLarge { limit }))
    }

    pub(crate) fn body_unreadable() -> Self {
        Self(Box::new(Kind::BodyUnreadable))
    }

    pub(crate) fn body_timed_out() -> Self {
        Self(Box::new(Kind::BodyTimedOut))
    }

    pub(crate) fn token_malformed() -> Self {
        let reason = "the authorization header is not text";
        app_license::Error::from(app_license::ErrorKind::TokenMalformed { reason }).into()
    }

    /// The stable code: that of [`app_license::Error::code`], of the decision, or one of
    /// `unknown_tenant`, `replayed`, `user_initiated` and the codes of the client and the store.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &*self.0 {
            Kind::Core(error) => error.code(),
            Kind::Denied(decision) => decision.code(),
            Kind::UnknownTenant => "unknown_tenant",
            Kind::CouldNotCheck { code, .. } | Kind::Unproved { code } => code,
            Kind::Replayed => "replayed",
            Kind::BodyTooLarge { .. } | Kind::HeadTooLarge { .. } => "too_large",
            Kind::BodyUnreadable => "body_unreadable",
            Kind::BodyTimedOut => "body_timed_out",
        }
    }

    /// The status the request is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match &*self.0 {
            Kind::Core(error) => StatusCode::from_u16(error.class().http_status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Kind::Denied(decision) => match decision.reason() {
                Reason::CapabilityMissing | Reason::Inactive { .. } => StatusCode::PAYMENT_REQUIRED,
                _ => StatusCode::FORBIDDEN,
            },
            Kind::UnknownTenant | Kind::Unproved { .. } | Kind::Replayed => {
                StatusCode::UNAUTHORIZED
            }
            Kind::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::HeadTooLarge { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Kind::BodyUnreadable => StatusCode::BAD_REQUEST,
            Kind::BodyTimedOut => StatusCode::REQUEST_TIMEOUT,
            Kind::CouldNotCheck { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The decision, when it is the license that does not allow it.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        match &*self.0 {
            Kind::Denied(decision) => Some(decision),
            _ => None,
        }
    }

    /// The refused proof or malformed input, when that is the fault.
    #[must_use]
    pub fn error(&self) -> Option<&app_license::Error> {
        match &*self.0 {
            Kind::Core(error) => Some(error),
            _ => None,
        }
    }

    /// The answer: a small JSON object, the rejection in its extensions.
    pub(crate) fn into_http<B: From<String>>(self) -> Response<B> {
        let body = serde_json::json!({
            "error": { "code": self.code(), "message": self.to_string(), "decision": self.decision() }
        });
        let mut response = Response::new(B::from(body.to_string()));
        *response.status_mut() = self.status();
        let json = header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        let private = header::HeaderValue::from_static("no-store");
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, private);
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            let soon = header::HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<app_license::Error> for Rejection {
    fn from(error: app_license::Error) -> Self {
        Self(Box::new(Kind::Core(error)))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            // what was expected of a token is nobody's business but the log's
            Kind::Core(error) if error.class() == ErrorClass::Refused => {
                write!(
                    f,
                    "the request is not proved to come from the platform ({})",
                    error.code()
                )
            }
            Kind::Core(error) => error.fmt(f),
            Kind::Denied(decision) => decision.fmt(f),
            Kind::UnknownTenant => f.write_str("the app is not installed there"),
            Kind::CouldNotCheck { what, .. } => write!(f, "could not check: {what}"),
            Kind::Unproved { code } => {
                write!(
                    f,
                    "the request is not proved to come from the platform ({code})"
                )
            }
            Kind::Replayed => f.write_str("the token was used before, with another body"),
            Kind::BodyTooLarge { limit } => write!(f, "the body has more than {limit} bytes"),
            Kind::HeadTooLarge { limit } => {
                write!(f, "request line and headers have more than {limit} bytes")
            }
            Kind::BodyUnreadable => f.write_str("the body could not be read"),
            Kind::BodyTimedOut => f.write_str("the body was not sent in time"),
        }
    }
}

impl std::error::Error for Rejection {}

impl axum::response::IntoResponse for Rejection {
    fn into_response(self) -> axum::response::Response {
        self.into_http()
    }
}
