//! Atlassian Connect: lifecycle, tokens, query hash, iframe query, License API, conditions.

mod condition;

pub use condition::{Condition, InlineCondition, SingleCondition, Test, remote_condition_shown};
