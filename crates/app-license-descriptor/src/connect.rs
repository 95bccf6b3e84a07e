//! Atlassian Connect: the app descriptor and its conditions.

pub(crate) mod check;
mod condition;
mod descriptor;

pub use check::diagnostics;
pub use condition::{
    Condition, ConditionKind, InlineCondition, SingleCondition, meant_condition,
    remote_condition_shown,
};
pub use descriptor::{ApiMigrations, Authentication, Descriptor, Lifecycle};
