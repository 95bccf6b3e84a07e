//! Atlassian Connect: lifecycle, tokens, query hash, iframe query, License API.
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
#[cfg(signatures)]
mod claims;
#[cfg(signatures)]
mod context_token;
#[cfg(signatures)]
mod descriptor_urls;
#[cfg(signatures)]
mod expectations;
#[cfg(signatures)]
mod explain;
mod host;
mod iframe_query;
#[cfg(signatures)]
mod install_token;
mod key_host;
mod license_api;
mod lifecycle;
#[cfg(signatures)]
mod qsh;
mod query;
mod request;
#[cfg(signatures)]
mod request_token;
#[cfg(signatures)]
mod session_token;
#[cfg(signatures)]
mod tenant_keys;
#[cfg(signatures)]
mod token_claims;
mod token_place;

pub use base_url::BaseUrl;
pub use canonical_request::{CanonicalRequest, PathForm};
#[cfg(signatures)]
pub use context_token::{ContextToken, UnverifiedContextToken};
#[cfg(signatures)]
pub use descriptor_urls::DescriptorUrls;
#[cfg(signatures)]
pub use expectations::Expectations;
#[cfg(signatures)]
pub use explain::{Difference, Explanation, Mistake};
pub use iframe_query::IframeQuery;
#[cfg(signatures)]
pub use install_token::{InstallToken, TokenFingerprint, UnverifiedInstallToken};
pub use key_host::{Cloud, KeyHosts};
pub use license_api::{LicenseApiAnswer, LicenseApiProblem};
pub use lifecycle::{
    DareHook, DareMigration, DisabledEvent, EnabledEvent, InstalledEvent, LifecycleBody,
    LifecycleEvent, LifecycleKind, UninstalledEvent,
};
#[cfg(signatures)]
pub use qsh::Qsh;
pub use request::Request;
#[cfg(signatures)]
pub use request_token::{RequestToken, UnverifiedRequestToken};
#[cfg(signatures)]
pub use session_token::{SessionToken, UnverifiedSessionToken};
#[cfg(signatures)]
pub use tenant_keys::{SignedWith, TenantKeys};
#[cfg(signatures)]
pub use token_claims::{TokenClaims, sign_request};
pub use token_place::{token_from_header, token_from_request};
