//! Atlassian Connect: lifecycle, tokens, query hash, iframe query, License API, conditions.

mod condition;
mod license_api;
mod lifecycle;

pub use condition::{Condition, InlineCondition, SingleCondition, Test, remote_condition_shown};
pub use license_api::{LicenseApiAnswer, LicenseApiProblem};
pub use lifecycle::{
    DareHook, DareMigration, DisabledEvent, EnabledEvent, InstalledEvent, LifecycleBody,
    LifecycleEvent, LifecycleKind, UninstalledEvent,
};
