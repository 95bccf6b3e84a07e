//! Atlassian Connect: lifecycle, tokens, query hash, iframe query, License API, conditions.

mod condition;
mod lifecycle;

pub use condition::{Condition, InlineCondition, SingleCondition, Test, remote_condition_shown};
pub use lifecycle::{
    DareHook, DareMigration, DisabledEvent, EnabledEvent, InstalledEvent, LifecycleBody,
    LifecycleEvent, LifecycleKind, UninstalledEvent,
};
