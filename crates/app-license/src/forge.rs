//! Atlassian Forge: invocation tokens, contexts, License API, lifecycle, manifest.

mod display_condition;

pub use display_condition::DisplayCondition;
