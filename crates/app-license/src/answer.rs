//! What a request that is not let through is answered: status, stable code, JSON body, headers. The
//! same from every backend.

mod reported;

use std::fmt;

use crate::gate::policy::Reason;
use serde::Serialize;

use crate::decision::Decision;
use crate::error::{Error, ErrorClass};

pub use reported::ReportedRefusal;

/// Why a request is not let through.
///
/// | fault | status |
/// |---|---|
/// | malformed input | 400 |
/// | proof missing or not holding | 401 |
/// | the license ended, is inactive, or is of a lower edition | 402 |
/// | nothing is stated of a license (`absent`), or the policy denies it | 403 |
/// | the app is switched off on the site, or its vendor blocked the site | 403 |
/// | input too slow | 408 |
/// | input too large | 413, 431 for the head |
/// | the app is misconfigured | 500 |
/// | it could not be checked: key server or database down | 503 |
///
/// ```
/// use app_license::answer::Refusal;
/// use app_license::{Error, ErrorKind};
///
/// let refused = Refusal::Error(Error::from(ErrorKind::Signature));
/// assert_eq!((refused.status(), refused.code()), (401, "signature"));
/// // what was expected of a token is nobody's business but the log's
/// assert_eq!(
///     refused.body(),
///     r#"{"error":{"code":"signature","message":"the request is not proved to come from the platform (signature)","decision":null}}"#,
/// );
/// assert!(refused.headers().any(|header| header == ("cache-control", "no-store")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a shell makes these, and matches none"
)]
pub enum Refusal {
    /// Input that is not what it should be, a proof that does not hold, or a mistake of the app.
    Error(Error),
    /// The license does not allow it.
    Denied(Decision),
    /// The app is not installed there.
    UnknownTenant,
    /// The app is installed there and switched off. Only a request that is proved is answered so: a
    /// stranger does not learn who has the app.
    TenantDisabled,
    /// The app's vendor blocked the site. Only a request that is proved is answered so.
    TenantBlocked,
    /// The proof does not hold, or the key that it needs is refused.
    Unproved {
        /// The stable code.
        code: &'static str,
    },
    /// The token was used before, with another body.
    Replayed,
    /// A body larger than any honest one.
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A request line and headers larger than any honest ones.
    HeadTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body could not be read.
    BodyUnreadable,
    /// The body was not sent in time.
    BodyTimedOut,
    /// Nothing is known: keys, licenses or the store are out of reach. Says nothing about the customer.
    CouldNotCheck {
        /// What is out of reach, in words.
        what: &'static str,
        /// The stable code.
        code: &'static str,
    },
}

impl Refusal {
    /// After how many seconds a request that could not be checked may come again.
    pub const RETRY_AFTER: &'static str = "5";

    /// The stable code: that of [`Error::code`], of the decision, or one of `unknown_tenant`,
    /// `tenant_disabled`, `tenant_blocked`, `replayed`, `user_initiated` and the codes of client and store.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Error(error) => error.code(),
            Self::Denied(decision) => decision.code(),
            Self::UnknownTenant => "unknown_tenant",
            Self::TenantDisabled => "tenant_disabled",
            Self::TenantBlocked => "tenant_blocked",
            Self::CouldNotCheck { code, .. } | Self::Unproved { code } => code,
            Self::Replayed => "replayed",
            Self::BodyTooLarge { .. } | Self::HeadTooLarge { .. } => "too_large",
            Self::BodyUnreadable => "body_unreadable",
            Self::BodyTimedOut => "body_timed_out",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Error(error) => error.class().http_status(),
            Self::Denied(decision) => match decision.reason() {
                Reason::CapabilityMissing | Reason::Inactive { .. } => 402,
                // what is granted is not refused
                Reason::Granted
                | Reason::Absent
                | Reason::NotProduction
                | Reason::Stale
                | Reason::Unconfirmed
                | Reason::NoUserAccess => 403,
            },
            Self::UnknownTenant | Self::Unproved { .. } | Self::Replayed => 401,
            Self::TenantDisabled | Self::TenantBlocked => 403,
            Self::BodyTooLarge { .. } => 413,
            Self::HeadTooLarge { .. } => 431,
            Self::BodyUnreadable => 400,
            Self::BodyTimedOut => 408,
            Self::CouldNotCheck { .. } => 503,
        }
    }

    /// The decision, when it is the license that does not allow it.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Denied(decision) => Some(decision),
            _ => None,
        }
    }

    /// The JSON body: `{"error": {"code", "message", "decision"}}`.
    #[must_use]
    pub fn body(&self) -> String {
        body_of(self.code(), &self.to_string(), self.decision())
    }

    /// The headers: names in lower case, and their values. No cache keeps a refusal.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        headers_of(self.status())
    }
}

/// The body of every refusal.
#[derive(Serialize)]
struct Body<'b> {
    error: BodyError<'b>,
}

#[derive(Serialize)]
struct BodyError<'b> {
    code: &'b str,
    message: &'b str,
    decision: Option<&'b Decision>,
}

fn body_of(code: &str, message: &str, decision: Option<&Decision>) -> String {
    let error = BodyError {
        code,
        message,
        decision,
    };
    // texts and numbers are always JSON
    serde_json::to_string(&Body { error }).unwrap_or_default()
}

fn headers_of(status: u16) -> impl Iterator<Item = (&'static str, &'static str)> {
    let again = (status == 503).then_some(("retry-after", Refusal::RETRY_AFTER));
    [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
    ]
    .into_iter()
    .chain(again)
}

/// What is out of reach, in words, by the stable code of the fault: what [`Refusal::CouldNotCheck`] says of
/// one of store, client or License API. Nothing in it names a host or a secret.
///
/// ```
/// use app_license::answer::out_of_reach;
/// assert_eq!(out_of_reach("store_unavailable"), "the store does not answer");
/// assert_eq!(out_of_reach("store_corrupt"), "a stored value cannot be read");
/// assert_eq!(out_of_reach("timed_out"), "the platform's keys or licenses are out of reach");
/// ```
#[must_use]
pub fn out_of_reach(code: &str) -> &'static str {
    match code {
        "unknown_encryption_key" => "a stored secret is sealed with a key that is not configured",
        "does_not_open" => "a stored secret does not open with its key",
        "plain_text_refused" => "a stored secret is in plain text, which the configuration refuses",
        "store_corrupt" => "a stored value cannot be read",
        "store_unavailable" | "cache" | "store_closed" | "too_many_marks" | "newer_schema"
        | "foreign_database" | "migration" | "may_not_migrate" | "encryption_key"
        | "no_encryption_key" | "invalid" | "cursor_beyond_end" => "the store does not answer",
        "license_api_refused" => "the License API does not answer",
        "license_api" | "not_checked" => "the License API could not tell",
        _ => "the platform's keys or licenses are out of reach",
    }
}

fn unproved(code: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "the request is not proved to come from the platform ({code})"
    )
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for Refusal {
    /// The message of the body. It never says what a token should have been.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        match self {
            Self::Error(error) if error.class() != ErrorClass::Refused => error.fmt(f),
            Self::Error(_) | Self::Unproved { .. } => unproved(code, f),
            Self::Denied(decision) => decision.fmt(f),
            Self::UnknownTenant => f.write_str("the app is not installed there"),
            Self::TenantDisabled => f.write_str("the app is switched off there"),
            Self::TenantBlocked => f.write_str("the app's vendor blocked this site"),
            Self::CouldNotCheck { what, .. } => write!(f, "could not check: {what}"),
            Self::Replayed => f.write_str("the token was used before, with another body"),
            Self::BodyTooLarge { limit } => write!(f, "the body has more than {limit} bytes"),
            Self::HeadTooLarge { limit } => {
                write!(f, "request line and headers have more than {limit} bytes")
            }
            Self::BodyUnreadable => f.write_str("the body could not be read"),
            Self::BodyTimedOut => f.write_str("the body was not sent in time"),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod total_tests;

#[cfg(test)]
mod tests {
    use super::Refusal;
    use crate::error::{Error, ErrorKind};
    use crate::gate::policy::Policy;
    use crate::license::License;
    use crate::license_source::LicenseSource;
    use crate::time::UnixTime;
    use crate::verified::Verified;

    fn denied(json: &str, policy: &Policy, needs: &str) -> Refusal {
        let license = License::from_object(json.as_bytes(), LicenseSource::ForgeInvocationToken);
        let license = Verified::dangerous_assume(license.unwrap());
        Refusal::Denied(license.decide(policy, needs, UnixTime::EPOCH))
    }

    fn error(kind: ErrorKind) -> Refusal {
        Error::from(kind).into()
    }

    /// Status, code and whether it may come again, of every refusal there is.
    #[test]
    fn every_refusal_has_its_status_code_body_and_headers() {
        let secret = || "what-was-expected".to_owned();
        let plain = Policy::new();
        let confirmed = Policy::new().confirmed_only(true);
        for (refusal, status, code) in [
            (error(ErrorKind::TokenConflict), 401, "token_conflict"),
            (
                error(ErrorKind::Issuer {
                    expected: secret(),
                    found: secret(),
                }),
                401,
                "issuer",
            ),
            (
                error(ErrorKind::WeakSecret {
                    bytes: 1,
                    minimum: 16,
                }),
                400,
                "weak_secret",
            ),
            (
                error(ErrorKind::TooLarge {
                    what: "body",
                    limit: 1,
                    found: 2,
                }),
                413,
                "too_large",
            ),
            (
                error(ErrorKind::UnknownFeature {
                    feature: "x".into(),
                }),
                500,
                "unknown_feature",
            ),
            (
                error(ErrorKind::NotChecked {
                    app: "a".into(),
                    reason: "b".into(),
                }),
                503,
                "not_checked",
            ),
            (
                denied(r#"{"active":true}"#, &plain, "capabilityAdvanced"),
                402,
                "capability_missing",
            ),
            (
                denied(r#"{"active":false}"#, &plain, "capabilityStandard"),
                402,
                "inactive",
            ),
            (denied("{}", &plain, "capabilityStandard"), 403, "absent"),
            (
                denied(r#"{"active":true}"#, &confirmed, "capabilityStandard"),
                403,
                "not_production",
            ),
            (Refusal::UnknownTenant, 401, "unknown_tenant"),
            (Refusal::TenantDisabled, 403, "tenant_disabled"),
            (Refusal::TenantBlocked, 403, "tenant_blocked"),
            (Refusal::Unproved { code: "test_key" }, 401, "test_key"),
            (Refusal::Replayed, 401, "replayed"),
            (Refusal::BodyTooLarge { limit: 1 }, 413, "too_large"),
            (Refusal::HeadTooLarge { limit: 1 }, 431, "too_large"),
            (Refusal::BodyUnreadable, 400, "body_unreadable"),
            (Refusal::BodyTimedOut, 408, "body_timed_out"),
            (
                Refusal::CouldNotCheck {
                    what: "the store does not answer",
                    code: "store_closed",
                },
                503,
                "store_closed",
            ),
        ] {
            assert_eq!((refusal.status(), refusal.code()), (status, code));
            let body: serde_json::Value = serde_json::from_str(&refusal.body()).unwrap();
            let error = body.get("error").unwrap();
            assert_eq!(error.get("code").unwrap(), code);
            assert_eq!(error.get("message").unwrap(), &refusal.to_string());
            let decision = error.get("decision").unwrap();
            assert_eq!(decision.is_null(), refusal.decision().is_none(), "{code}");
            assert!(!refusal.body().contains("what-was-expected"), "{code}");
            let headers: Vec<_> = refusal.headers().collect();
            assert!(headers.contains(&("cache-control", "no-store")), "{code}");
            let again = headers.iter().any(|(name, _)| *name == "retry-after");
            assert_eq!(again, status == 503, "{code}");
        }
    }
}
