//! Atlassian Forge: invocation tokens, contexts, License API, lifecycle.
//!
//! | what the app holds | is read by |
//! |---|---|
//! | a request of the platform to a remote | `UnverifiedInvocationToken` (RS256, key set of the platform) |
//! | an answer of the License API | [`LicenseApiResponse`] |
//! | the context of a function | [`License::from_forge_function_context`], [`License::from_forge_app_context`] |
//! | the context of a front end | [`UiContext`] (a hint) |
//! | a lifecycle event | [`ForgeLifecycleEvent`] |
//!
//! [`License::from_forge_function_context`]: crate::License::from_forge_function_context
//! [`License::from_forge_app_context`]: crate::License::from_forge_app_context

mod invocation_token;
mod jwks_url;
mod license_api;
mod lifecycle;
mod sender;
mod token_place;
mod ui_context;

pub use crate::gate::user_access::UserAccess;
pub use invocation_token::{InvocationToken, ProductContext, UnverifiedInvocationToken, Verifier};
pub use jwks_url::{IsolatedCloud, JwksUrl};
pub use license_api::{LicenseApiError, LicenseApiRequest, LicenseApiResponse};
pub use lifecycle::{ForgeLifecycleEvent, ForgeLifecycleKind};
pub use sender::ForgeSender;
pub use token_place::bearer_token;
pub use ui_context::UiContext;
