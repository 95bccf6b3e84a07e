//! Atlassian Connect: the app descriptor and its conditions.

mod condition;
mod descriptor;

pub use condition::{
    Condition, ConditionKind, InlineCondition, SingleCondition, remote_condition_shown,
};
pub use descriptor::{ApiMigrations, Authentication, Descriptor, Lifecycle};
