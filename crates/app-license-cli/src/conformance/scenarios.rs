//! Scenarios in words, which no runner can run.

use serde::Deserialize;
use serde_json::Value;

use super::Outcome;

/// What holds before, what happens, and what must come of it.
#[derive(Deserialize)]
pub(super) struct Scenario {
    #[serde(rename = "given")]
    _given: Value,
    #[serde(rename = "when")]
    _when: Value,
    #[serde(rename = "expect")]
    _expect: Option<Value>,
}

pub(super) fn scenario(_: &Scenario) -> Outcome {
    Outcome::Prose
}

/// Steps one after the other, and what must come of them.
#[derive(Deserialize)]
pub(super) struct Steps {
    #[serde(rename = "steps")]
    _steps: Value,
    #[serde(rename = "expect")]
    _expect: Option<Value>,
}

pub(super) fn steps(_: &Steps) -> Outcome {
    Outcome::Prose
}
