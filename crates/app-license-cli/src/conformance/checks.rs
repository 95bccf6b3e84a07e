//! Expected against found.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

/// One expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Mismatch {
    pub(crate) expectation: String,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed(Vec<Mismatch>),
    Policy,
    Prose,
}

impl Outcome {
    /// A case in which one thing is wrong.
    pub(crate) fn failed(expectation: &str, expected: impl Display, found: impl Display) -> Self {
        let mut checks = Checks::default();
        checks.holds(expectation, false, expected, found);
        checks.outcome()
    }

    /// A case that lacks a field of its kind, or has one of another type.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        Self::failed(
            "case",
            "the fields of its kind",
            format_args!("error: {error}"),
        )
    }

    /// This and what else is wrong.
    pub(crate) fn and(self, checks: Checks) -> Self {
        let mut wrong = match self {
            Self::Failed(wrong) => wrong,
            _ => Vec::new(),
        };
        wrong.extend(checks.wrong);
        Self::Failed(wrong)
    }
}

/// The expectations of one case, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    wrong: Vec<Mismatch>,
    made: usize,
}

/// The longest text that is shown of a value.
const SHOWN: usize = 300;

impl Checks {
    /// Expects two values to be equal.
    pub(crate) fn same(&mut self, expectation: &str, expected: &Value, found: &Value) {
        let equal = expected == found
            // 1 and 1.0 are one number
            || matches!((expected.as_f64(), found.as_f64()), (Some(a), Some(b)) if a.total_cmp(&b).is_eq());
        self.made = self.made.saturating_add(1);
        if !equal {
            self.push(expectation, expected, found);
        }
    }

    /// Expects something to hold.
    pub(crate) fn holds(
        &mut self,
        expectation: &str,
        holds: bool,
        expected: impl Display,
        found: impl Display,
    ) {
        self.made = self.made.saturating_add(1);
        if !holds {
            self.push(expectation, expected, found);
        }
    }

    /// Takes a result: an error is a mismatch, and leaves nothing to look at.
    pub(crate) fn ok<T, E: Display>(
        &mut self,
        expectation: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        self.made = self.made.saturating_add(1);
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(expectation, "to be read", format_args!("error: {error}"));
                None
            }
        }
    }

    /// An expectation that this runner does not know.
    pub(crate) fn unknown(&mut self, expectation: &str, value: &Value) {
        self.push(
            expectation,
            value,
            "an expectation that this runner does not know",
        );
    }

    /// Something that the case must have.
    pub(crate) fn need<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.push(
                name,
                "a field of the case or the file",
                "missing or of another type",
            );
        }
        value
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn all_hold(&self) -> bool {
        self.wrong.is_empty()
    }

    fn push(&mut self, expectation: &str, expected: impl Display, found: impl Display) {
        self.wrong.push(Mismatch {
            expectation: expectation.to_owned(),
            expected: clip(&expected.to_string()),
            found: clip(&found.to_string()),
        });
    }

    pub(crate) fn outcome(mut self) -> Outcome {
        if self.made == 0 && self.wrong.is_empty() {
            self.push("expect", "something that can be checked", "nothing");
        }
        if self.wrong.is_empty() {
            Outcome::Passed
        } else {
            Outcome::Failed(self.wrong)
        }
    }
}

fn clip(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}
