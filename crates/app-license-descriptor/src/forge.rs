//! Atlassian Forge: the manifest and its display conditions.

mod display_condition;
mod manifest;

pub use display_condition::DisplayCondition;
pub use manifest::{Manifest, ModuleCondition};
