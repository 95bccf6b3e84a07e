//! What came of a job.

use super::tally::Tally;

/// What a job that did not fail has to tell.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) note: String,
    pub(super) tests: Tally,
    /// Whether something that should have been checked was not: not a failure, and not all well.
    pub(super) warning: bool,
}

impl Outcome {
    pub(super) fn note(note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..Self::default()
        }
    }

    pub(super) fn warning(note: impl Into<String>) -> Self {
        Self {
            warning: true,
            ..Self::note(note)
        }
    }
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::default()
    }
}
