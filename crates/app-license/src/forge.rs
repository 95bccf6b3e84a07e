//! Atlassian Forge: invocation tokens, contexts, License API, lifecycle, manifest.

mod display_condition;
mod license_api;
mod lifecycle;
mod ui_context;

pub use display_condition::DisplayCondition;
pub use license_api::{LicenseApiFault, LicenseApiRequest, LicenseApiResponse};
pub use lifecycle::{ForgeLifecycleEvent, ForgeLifecycleKind};
pub use ui_context::{UiContext, UserAccess};
