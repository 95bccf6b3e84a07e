//! The answer to a request that a shell in another language does not let through.

use std::fmt;

use super::{Refusal, body_of, headers_of, out_of_reach, unproved};
use crate::decision::Decision;
use crate::error::ErrorClass;

/// What is left of a refusal in a shell of another language: code, class and message, or the
/// decision. Its status, words, body and headers are those of [`Refusal`].
///
/// ```
/// use app_license::ErrorClass;
/// use app_license::answer::ReportedRefusal;
///
/// let expected = "expected `a`, found `b`"; // nobody's business but the log's
/// let refused = ReportedRefusal::new("issuer", ErrorClass::Refused, Some(expected));
/// assert_eq!(refused.status(), 401);
/// assert_eq!(
///     refused.body(),
///     r#"{"error":{"code":"issuer","message":"the request is not proved to come from the platform (issuer)","decision":null}}"#,
/// );
/// // the core has words of its own where the shell has none
/// let unknown = ReportedRefusal::new("unknown_tenant", ErrorClass::Refused, None);
/// assert_eq!(unknown.to_string(), "the app is not installed there");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedRefusal {
    code: String,
    class: ErrorClass,
    message: Option<String>,
    /// Where the core has it whole.
    whole: Option<Refusal>,
}

impl ReportedRefusal {
    /// A refusal of this code and class, which said this.
    #[must_use]
    pub fn new(code: &str, class: ErrorClass, message: Option<&str>) -> Self {
        let whole = match code {
            "unknown_tenant" => Some(Refusal::UnknownTenant),
            "tenant_disabled" => Some(Refusal::TenantDisabled),
            "tenant_blocked" => Some(Refusal::TenantBlocked),
            "replayed" => Some(Refusal::Replayed),
            "body_unreadable" => Some(Refusal::BodyUnreadable),
            "body_timed_out" => Some(Refusal::BodyTimedOut),
            _ => None,
        };
        Self {
            code: code.to_owned(),
            class,
            message: message.map(str::to_owned),
            whole,
        }
    }

    /// A body larger than any honest one: `limit` in bytes.
    ///
    /// ```
    /// use app_license::answer::ReportedRefusal;
    /// let refused = ReportedRefusal::body_too_large(8);
    /// assert_eq!((refused.status(), refused.code()), (413, "too_large"));
    /// ```
    #[must_use]
    pub fn body_too_large(limit: usize) -> Self {
        Self {
            code: "too_large".to_owned(),
            class: ErrorClass::TooLarge,
            message: None,
            whole: Some(Refusal::BodyTooLarge { limit }),
        }
    }

    /// The license does not allow it.
    ///
    /// ```
    /// use app_license::answer::ReportedRefusal;
    /// use app_license::{Capability, Decision, Reason, LicenseSource, Trust};
    /// let (reason, needs) = (Reason::CapabilityMissing, Capability::ADVANCED);
    /// let has = Some(Capability::STANDARD);
    /// let decision =
    ///     Decision::denied(reason, needs, has, LicenseSource::ConnectIframeQuery, Trust::Verified, None);
    /// let refused = ReportedRefusal::denied(decision.unwrap());
    /// assert_eq!((refused.status(), refused.code()), (402, "capability_missing"));
    /// ```
    #[must_use]
    pub fn denied(decision: Decision) -> Self {
        Self {
            code: decision.code().to_owned(),
            class: ErrorClass::Refused,
            message: None,
            whole: Some(Refusal::Denied(decision)),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The class.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        self.class
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match &self.whole {
            Some(refusal) => refusal.status(),
            None => self.class.http_status(),
        }
    }

    /// The JSON body, as [`Refusal::body`] writes it.
    #[must_use]
    pub fn body(&self) -> String {
        let decision = self.whole.as_ref().and_then(Refusal::decision);
        body_of(&self.code, &self.to_string(), decision)
    }

    /// The headers, as [`Refusal::headers`].
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        headers_of(self.status())
    }
}

impl fmt::Display for ReportedRefusal {
    /// The message of the body. It never says what a token should have been.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.whole, self.class) {
            (Some(refusal), _) => refusal.fmt(f),
            (None, ErrorClass::Refused) => unproved(&self.code, f),
            (None, ErrorClass::CouldNotCheck) => {
                write!(f, "could not check: {}", out_of_reach(&self.code))
            }
            (None, _) => f.write_str(self.message.as_deref().unwrap_or(&self.code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ReportedRefusal;
    use crate::answer::Refusal;
    use crate::error::{Error, ErrorClass, ErrorKind};
    use crate::gate::policy::Policy;
    use crate::license::License;
    use crate::license_source::LicenseSource;
    use crate::time::UnixTime;
    use crate::verified::Verified;

    /// What is left of an error of the core is answered as the error itself.
    #[test]
    fn a_reported_error_is_answered_as_the_error_itself() {
        let secret = || "what-was-expected".to_owned();
        for kind in [
            ErrorKind::Signature,
            ErrorKind::TokenConflict,
            ErrorKind::Issuer {
                expected: secret(),
                found: secret(),
            },
            ErrorKind::WeakSecret {
                bytes: 1,
                minimum: 16,
            },
            ErrorKind::TooLarge {
                what: "body",
                limit: 1,
                found: 2,
            },
            ErrorKind::UnknownFeature {
                feature: "x".into(),
            },
        ] {
            let error = Error::from(kind);
            let message = error.to_string();
            let reported = ReportedRefusal::new(error.code(), error.class(), Some(&message));
            let whole = Refusal::from(error);
            assert_eq!(reported.status(), whole.status());
            assert_eq!(reported.body(), whole.body());
            assert!(reported.headers().eq(whole.headers()));
        }
    }

    #[test]
    fn what_the_core_has_whole_is_answered_so() {
        for (code, whole) in [
            ("unknown_tenant", Refusal::UnknownTenant),
            ("tenant_disabled", Refusal::TenantDisabled),
            ("tenant_blocked", Refusal::TenantBlocked),
            ("replayed", Refusal::Replayed),
            ("body_unreadable", Refusal::BodyUnreadable),
            ("body_timed_out", Refusal::BodyTimedOut),
        ] {
            let reported = ReportedRefusal::new(code, ErrorClass::Refused, Some("other words"));
            assert_eq!(reported.status(), whole.status());
            assert_eq!(reported.body(), whole.body());
        }
    }

    /// A refusal of a new kind does not compile until it is said here how a shell reports it.
    #[test]
    fn every_refusal_is_reported_as_itself() {
        let license = License::absent(LicenseSource::ForgeInvocationToken);
        let license = Verified::dangerous_assume(license);
        let decision = license.decide(&Policy::new(), "capabilityStandard", UnixTime::EPOCH);
        let what = "the platform's keys or licenses are out of reach";
        for refusal in [
            Refusal::Error(Error::from(ErrorKind::Signature)),
            Refusal::Denied(decision),
            Refusal::UnknownTenant,
            Refusal::TenantDisabled,
            Refusal::TenantBlocked,
            Refusal::Unproved { code: "test_key" },
            Refusal::Replayed,
            Refusal::BodyTooLarge { limit: 8 },
            Refusal::HeadTooLarge { limit: 8 },
            Refusal::BodyUnreadable,
            Refusal::BodyTimedOut,
            Refusal::CouldNotCheck {
                what,
                code: "fetch",
            },
        ] {
            let code = refusal.code();
            let of_code = |class| ReportedRefusal::new(code, class, None);
            let reported = match &refusal {
                Refusal::Error(error) => {
                    ReportedRefusal::new(code, error.class(), Some(&error.to_string()))
                }
                Refusal::Denied(decision) => ReportedRefusal::denied(decision.clone()),
                Refusal::BodyTooLarge { limit } => ReportedRefusal::body_too_large(*limit),
                // the runtime of another language reads heads, and answers by itself
                Refusal::HeadTooLarge { .. } => continue,
                Refusal::CouldNotCheck { .. } => of_code(ErrorClass::CouldNotCheck),
                Refusal::UnknownTenant
                | Refusal::TenantDisabled
                | Refusal::TenantBlocked
                | Refusal::Unproved { .. }
                | Refusal::Replayed
                | Refusal::BodyUnreadable
                | Refusal::BodyTimedOut => of_code(ErrorClass::Refused),
            };
            assert_eq!(reported.code(), code);
            assert_eq!(reported.status(), refusal.status(), "{code}");
            assert_eq!(reported.body(), refusal.body(), "{code}");
            assert!(reported.headers().eq(refusal.headers()), "{code}");
        }
    }

    #[test]
    fn an_outage_says_to_come_again_and_nothing_of_a_host() {
        for (code, words) in [
            (
                "store_unavailable",
                "could not check: the store does not answer",
            ),
            (
                "store_corrupt",
                "could not check: a stored value cannot be read",
            ),
            (
                "license_api",
                "could not check: the License API could not tell",
            ),
            (
                "status",
                "could not check: the platform's keys or licenses are out of reach",
            ),
        ] {
            let class = ErrorClass::CouldNotCheck;
            let reported = ReportedRefusal::new(code, class, Some("`internal.host` answered 500"));
            assert_eq!(reported.to_string(), words);
            assert!(
                reported
                    .headers()
                    .any(|header| header == ("retry-after", "5"))
            );
        }
    }
}
