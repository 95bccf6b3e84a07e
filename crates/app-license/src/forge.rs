//! Atlassian Forge: invocation tokens, contexts, License API, lifecycle, manifest.

mod display_condition;
mod lifecycle;

pub use display_condition::DisplayCondition;
pub use lifecycle::{ForgeLifecycleEvent, ForgeLifecycleKind};
