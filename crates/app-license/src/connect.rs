//! Atlassian Connect: lifecycle, tokens, query hash, iframe query, License API.
//!
//! | a request with | is checked by |
//! |---|---|
//! | `installed`, `uninstalled` | [`Verifier::event`] (RS256, exact query hash) |
//! | `enabled`, `disabled` | [`Verifier::event`] (HS256, exact query hash) |
//! | an iframe URL, a webhook | `UnverifiedRequestToken` (HS256, exact query hash) |
//! | a token of `AP.context.getToken()` | `UnverifiedContextToken` (HS256, `context-qsh`) |
//! | a token the app made for its own front end | `UnverifiedSessionToken` (HS256, no query hash) |
//!
//! None is accepted in another's place.

mod base_url;
mod canonical_request;
mod claims;
mod context_token;
mod descriptor_urls;
mod explain;
mod host;
mod iframe_query;
mod install_token;
mod key_host;
mod license_api;
mod lifecycle;
mod qsh;
mod query;
mod request_line;
mod request_token;
mod session_token;
mod tenant_keys;
mod token;
mod token_claims;
mod token_place;
mod verifier;
mod verifier_config;

pub use base_url::BaseUrl;
pub use canonical_request::{CanonicalRequest, PathForm};
pub use context_token::{ContextClaims, ContextToken, UnverifiedContextToken};
pub use descriptor_urls::DescriptorUrls;
pub use explain::{Difference, Explanation, QshMistake};
pub use iframe_query::IframeQuery;
pub use install_token::{InstallClaims, InstallToken, UnverifiedInstallToken};
pub use key_host::{Cloud, KeyHosts};
pub use license_api::{LicenseApiError, LicenseApiResponse};
pub use lifecycle::{
    DisabledEvent, EnabledEvent, InstalledEvent, LifecycleBody, LifecycleEvent, LifecycleKind,
    UninstalledEvent,
};
pub use qsh::Qsh;
pub use request_line::RequestLine;
pub use request_token::{RequestClaims, RequestToken, UnverifiedRequestToken};
pub use session_token::{SessionClaims, SessionToken, UnverifiedSessionToken};
pub use tenant_keys::{SignedWith, TenantKeys};
pub use token::Token;
pub use token_claims::{TokenClaims, sign_request};
pub use token_place::{jwt_from_headers, token_from_request};
pub use verifier::{
    EventSender, ReceivedEvent, UnverifiedEvent, UnverifiedPlatformEvent, UnverifiedReceivedEvent,
    UnverifiedTenantEvent, Verifier,
};
pub use verifier_config::RequestVerifierConfig;
