//! The reliability program: service levels, health checks, evidence, support.
//!
//! The platform's program, "Cloud Fortified", is being retired; its thresholds remain useful, and
//! they are data: [`ReliabilityProgram`] is a file, shipped with the crate and replaceable.
//!
//! | what the program asks | here |
//! |---|---|
//! | service level objectives over 28 days | [`SliCalculator`], over [`read_events`], [`MetricsText`], [`RangeSamples`] |
//! | a health check | [`health_url`], [`ProbeRules::check`] |
//! | evidence, and an annual review | [`ReliabilityProgram::checklist`], [`ReviewRules::next`] |
//! | support within a day | [`SupportHours::deadline`] |
//! | attention to its e-mails | [`Incident::from_mail`] |
//!
//! Tickets, incident reviews and the approval itself are paper.

mod calculator;
mod checklist;
mod event;
mod health;
mod incident;
mod metrics;
mod outcome;
mod program;
mod range;
mod report;
mod support;

pub use calculator::SliCalculator;
pub use checklist::{Checklist, ChecklistItem, Evidence, ItemState, Proof, Review};
pub use event::{ReadError, SliEvent, read_events};
pub use health::{HealthFailure, HealthResponse, health_url};
pub use incident::Incident;
pub use metrics::MetricsText;
pub use outcome::Outcome;
pub use program::{
    AlertRule, Area, CounterRule, ProbeRules, ReliabilityProgram, Requirement, ReviewRules, Sli,
    SupportHours,
};
pub use range::RangeSamples;
pub use report::{AlertResult, AlertState, SliReport, SliResult, SliState};
