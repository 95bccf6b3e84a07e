//! Where the license of an evaluation comes from.

use app_license::{License, Verified};
use async_trait::async_trait;
use open_feature::{EvaluationContext, EvaluationError, EvaluationErrorCode};

/// Finds the license that an evaluation is about: by the tenant that the context names, in the
/// targeting key or in a field of its own. Asked at every evaluation, for one server serves many
/// customers.
///
/// Only a verified license is an answer: flags of a server authorize.
///
/// ```
/// use app_license::{License, LicenseSource, Verified};
/// use app_license_openfeature::{LicenseLookup, LookupError};
/// use open_feature::EvaluationContext;
///
/// struct Tenants;
///
/// #[async_trait::async_trait]
/// impl LicenseLookup for Tenants {
///     async fn license(&self, context: &EvaluationContext) -> Result<Verified<License>, LookupError> {
///         let tenant = context.targeting_key.as_deref().ok_or(LookupError::NoTenant)?;
///         // from your store
///         Err(LookupError::UnknownTenant(tenant.to_owned()))
///     }
/// }
/// ```
#[async_trait]
pub trait LicenseLookup: Send + Sync + 'static {
    /// The license of the context's tenant.
    ///
    /// # Errors
    /// Why there is none. A tenant without a license has an absent one, which is no error.
    async fn license(&self, context: &EvaluationContext) -> Result<Verified<License>, LookupError>;
}

/// Why there is no license.
///
/// ```
/// use app_license_openfeature::LookupError;
/// let error = LookupError::UnknownTenant("acme".to_owned());
/// assert_eq!(error.to_string(), "no license of the tenant `acme`");
/// assert_eq!(error.code(), "unknown_tenant");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// Nothing can be looked up yet.
    #[error("no license was read yet")]
    NotReady,
    /// The context names no tenant.
    #[error("the context names no tenant")]
    NoTenant,
    /// The tenant is not installed.
    #[error("no license of the tenant `{0}`")]
    UnknownTenant(String),
    /// What was found is no license.
    #[error("the license cannot be read: {0}")]
    Unreadable(#[from] app_license::Error),
    /// It could not be asked for: the store or the License API failed.
    #[error("the license could not be fetched: {0}")]
    Unavailable(String),
}

impl LookupError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotReady => "not_ready",
            Self::NoTenant => "no_tenant",
            Self::UnknownTenant(_) => "unknown_tenant",
            Self::Unreadable(_) => "unreadable",
            Self::Unavailable(_) => "unavailable",
        }
    }

    pub(crate) fn evaluation_error(&self) -> EvaluationError {
        let code = match self {
            Self::NotReady => EvaluationErrorCode::ProviderNotReady,
            Self::NoTenant => EvaluationErrorCode::TargetingKeyMissing,
            Self::UnknownTenant(_) => EvaluationErrorCode::InvalidContext,
            Self::Unreadable(_) => EvaluationErrorCode::ParseError,
            Self::Unavailable(_) => EvaluationErrorCode::General(self.to_string()),
        };
        let message = Some(self.to_string());
        EvaluationError { code, message }
    }
}

struct Function<F>(F);

#[async_trait]
impl<F> LicenseLookup for Function<F>
where
    F: Fn(&EvaluationContext) -> Result<Verified<License>, LookupError> + Send + Sync + 'static,
{
    async fn license(&self, context: &EvaluationContext) -> Result<Verified<License>, LookupError> {
        (self.0)(context)
    }
}

/// A lookup by a function that does not wait: a fixed license, or what is kept in memory.
///
/// ```
/// use app_license_openfeature::{LookupError, lookup};
/// let none = lookup(|_| Err(LookupError::NotReady));
/// ```
pub fn lookup(
    function: impl Fn(&EvaluationContext) -> Result<Verified<License>, LookupError>
    + Send
    + Sync
    + 'static,
) -> impl LicenseLookup {
    Function(function)
}
