//! Atlassian Connect: lifecycle, tokens, query hash, iframe query, License API, conditions.
//!
//! | a request with | is checked by |
//! |---|---|
//! | `installed`, `uninstalled` | `UnverifiedInstallToken` (RS256, exact query hash) |
//! | an iframe URL, a webhook, `enabled`, `disabled` | `UnverifiedRequestToken` (HS256, exact query hash) |
//! | a token of `AP.context.getToken()` | `UnverifiedContextToken` (HS256, `context-qsh`) |
//! | a token the app made for its own front end | `UnverifiedSessionToken` (HS256, no query hash) |
//!
//! None is accepted in another's place.

mod base_url;
mod canonical_request;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod claims;
mod condition;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod context_token;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod expectations;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod explain;
mod iframe_query;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod install_token;
mod key_host;
mod license_api;
mod lifecycle;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod qsh;
mod query;
mod request;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod request_token;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod session_token;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod tenant_keys;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod token_claims;
mod token_place;

pub use base_url::BaseUrl;
pub use canonical_request::{CanonicalRequest, PathForm};
pub use condition::{Condition, InlineCondition, SingleCondition, Test, remote_condition_shown};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use context_token::{ContextToken, UnverifiedContextToken};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use expectations::Expectations;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use explain::{Difference, Explanation, Mistake};
pub use iframe_query::IframeQuery;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use install_token::{InstallToken, TokenFingerprint, UnverifiedInstallToken};
pub use key_host::{Cloud, KeyHosts};
pub use license_api::{LicenseApiAnswer, LicenseApiProblem};
pub use lifecycle::{
    DareHook, DareMigration, DisabledEvent, EnabledEvent, InstalledEvent, LifecycleBody,
    LifecycleEvent, LifecycleKind, UninstalledEvent,
};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use qsh::Qsh;
pub use request::Request;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use request_token::{RequestToken, UnverifiedRequestToken};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use session_token::{SessionToken, UnverifiedSessionToken};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use tenant_keys::{SignedWith, TenantKeys};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
pub use token_claims::{TokenClaims, sign_request};
pub use token_place::{token_from_header, token_from_request};
