//! The one error of this crate: a kind with evidence, and a stable code.

mod kind;
mod text;

use std::fmt;

use crate::gate::json;

pub use kind::ErrorKind;
pub use text::{alters_display, shown, with_causes};

/// Why something was not read, not verified, or not decided.
///
/// [`Error::kind`] carries what was expected and what was found; [`Error::code`] is stable and the
/// same in JavaScript and on the command line; [`Error::class`] says whose fault it is and maps to
/// an HTTP status. No message ever shows a token or a secret.
///
/// ```
/// use app_license::{ErrorClass, License};
/// let error = License::from_connect_api(b"<html>").unwrap_err();
/// assert_eq!(error.code(), "json_syntax");
/// assert_eq!(error.class(), ErrorClass::Malformed);
/// assert_eq!(error.class().http_status(), 400);
/// assert_eq!(error.to_string(), "the License API body is not valid JSON at byte 0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<ErrorKind>);

/// Whose fault an error is: of this crate, and of those that fetch, store and serve.
///
/// Refused and could not check never look alike: after the one the answer is no, after the other
/// there is none.
///
/// ```
/// use app_license::ErrorClass;
/// assert_eq!(ErrorClass::Refused.http_status(), 401);
/// assert_eq!(ErrorClass::CouldNotCheck.http_status(), 503);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The input is not what it should be: 400.
    Malformed,
    /// The input is larger than any honest one: 413.
    TooLarge,
    /// The proof is missing or does not hold: 401.
    Refused,
    /// There is no answer, and a later try may have one: 503. Says nothing about the customer.
    CouldNotCheck,
    /// The caller's own configuration or call is wrong: 500.
    Misuse,
}

impl ErrorClass {
    /// The HTTP status a server answers with.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::TooLarge => 413,
            Self::Refused => 401,
            Self::CouldNotCheck => 503,
            Self::Misuse => 500,
        }
    }
}

impl Error {
    /// What happened, with what was expected and found.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.0.as_ref())
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl Error {
    /// The stable code of the kind, the same in every language of this project.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        use ErrorKind as K;
        match &*self.0 {
            K::TooLarge { .. } => "too_large",
            K::TooComplex { .. } => "too_complex",
            K::TooMany { .. } => "too_many",
            K::Json { source, .. } => source.code(),
            K::FieldMissing { .. } => "field_missing",
            K::FieldType { .. } => "field_type",
            K::FieldValue { .. } => "field_value",
            K::InvalidId { .. } => "invalid_id",
            K::InvalidBaseUrl { .. } => "invalid_base_url",
            K::WeakSecret { .. } => "weak_secret",
            K::TokenMissing { .. } => "token_missing",
            K::TokenConflict => "token_conflict",
            K::TokenScheme { .. } => "token_scheme",
            K::TokenMalformed { .. } => "token_malformed",
            K::Algorithm { .. } => "algorithm",
            K::CriticalHeader => "critical_header",
            K::KeyIdInvalid { .. } => "key_id_invalid",
            K::KeyIdMissing => "key_id_missing",
            K::UnknownKey { .. } => "unknown_key",
            K::Signature => "signature",
            K::ClaimMissing { .. } => "claim_missing",
            K::ClaimType { .. } => "claim_type",
            K::Expired { .. } => "expired",
            K::NotYetValid { .. } => "not_yet_valid",
            K::Audience { .. } => "audience",
            K::Issuer { .. } => "issuer",
            K::QshMismatch { .. } => "qsh_mismatch",
            K::OutsideBaseUrl { .. } => "outside_base_url",
            K::ContextToken => "context_token",
            K::NotContextToken => "not_context_token",
            K::TenantMismatch { .. } => "tenant_mismatch",
            K::ClaimsContradict { .. } => "claims_contradict",
            K::ForgeContextToken => "forge_context_token",
            K::IsolatedCloud { .. } => "isolated_cloud",
            K::ForeignBaseUrl { .. } => "foreign_base_url",
            K::Replayed => "replayed",
            K::KeyMalformed { .. } => "key_malformed",
            K::WeakKey { .. } => "weak_key",
            K::NotChecked { .. } => "not_checked",
            K::FeatureMap { .. } => "feature_map",
            K::UnknownFeature { .. } => "unknown_feature",
            K::UnknownLimit { .. } => "unknown_limit",
            K::UnknownServiceLevel { .. } => "unknown_service_level",
            K::Condition { .. } => "condition",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        use ErrorKind as K;
        match &*self.0 {
            K::TooLarge { .. } | K::TooComplex { .. } | K::TooMany { .. } => ErrorClass::TooLarge,
            K::NotChecked { .. } => ErrorClass::CouldNotCheck,
            K::Json { .. }
            | K::FieldMissing { .. }
            | K::FieldType { .. }
            | K::FieldValue { .. }
            | K::InvalidId { .. }
            | K::InvalidBaseUrl { .. }
            | K::WeakSecret { .. }
            | K::Condition { .. } => ErrorClass::Malformed,
            K::TokenMissing { .. }
            | K::TokenConflict
            | K::TokenScheme { .. }
            | K::TokenMalformed { .. }
            | K::Algorithm { .. }
            | K::CriticalHeader
            | K::KeyIdInvalid { .. }
            | K::KeyIdMissing
            | K::UnknownKey { .. }
            | K::Signature
            | K::ClaimMissing { .. }
            | K::ClaimType { .. }
            | K::Expired { .. }
            | K::NotYetValid { .. }
            | K::Audience { .. }
            | K::Issuer { .. }
            | K::QshMismatch { .. }
            | K::OutsideBaseUrl { .. }
            | K::ContextToken
            | K::NotContextToken
            | K::TenantMismatch { .. }
            | K::ClaimsContradict { .. }
            | K::ForgeContextToken
            | K::IsolatedCloud { .. }
            | K::ForeignBaseUrl { .. }
            | K::Replayed
            | K::KeyMalformed { .. }
            | K::WeakKey { .. } => ErrorClass::Refused,
            K::FeatureMap { .. }
            | K::UnknownFeature { .. }
            | K::UnknownLimit { .. }
            | K::UnknownServiceLevel { .. } => ErrorClass::Misuse,
        }
    }

    /// Whether all that is wrong is that the key did not sign it: another one may have been put in its place, so
    /// that a shell looks for it, once. This one code alone ([`Error::OF_ANOTHER_KEY`]).
    ///
    /// ```
    /// use app_license::{Error, ErrorKind};
    /// let error = Error::from(ErrorKind::Signature);
    /// assert!(error.may_be_of_another_key());
    /// assert_eq!(error.code(), Error::OF_ANOTHER_KEY);
    /// assert!(!Error::from(ErrorKind::Replayed).may_be_of_another_key());
    /// ```
    #[must_use]
    pub const fn may_be_of_another_key(&self) -> bool {
        matches!(*self.0, ErrorKind::Signature)
    }

    /// Its code, for shells that have no more of an error.
    pub const OF_ANOTHER_KEY: &str = "signature";
}

/// Puts a name to a fault of JSON text.
pub(crate) fn in_json(what: &'static str) -> impl Fn(json::Error) -> Error {
    move |source| ErrorKind::Json { what, source }.into()
}

/// Refuses what is larger than any honest input.
pub(crate) fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), Error> {
    if found <= limit {
        Ok(())
    } else {
        Err(ErrorKind::TooLarge { what, limit, found }.into())
    }
}
