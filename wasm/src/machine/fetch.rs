//! What came of a fetch, and why something is not known.

use app_license::plan::keys::KeyRefusal;
use app_license::plan::{FetchProblem, FetchProblemKind};
use app_license::{Error, ErrorClass};
use serde::{Deserialize, Serialize};

use crate::host::name_of;

/// What the package found out: an answer, or how it failed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fetched {
    /// `answered`, `redirected`, `too_large`, `timed_out`, `unreachable` or `cache`.
    outcome: String,
    #[serde(default)]
    host: String,
    status: Option<u16>,
    body: Option<String>,
    /// The header `Retry-After`.
    retry_after: Option<String>,
    limit: Option<usize>,
}

/// The longest pause that is told from a longer one, in seconds.
const LONGEST: u64 = 1_000_000_000;

impl Fetched {
    /// The status and the body of an answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn answer(&self) -> Result<(u16, &str), FetchProblem> {
        let status = self.status.unwrap_or(0);
        let kind = match self.outcome.as_str() {
            "answered" => return Ok((status, self.body.as_deref().unwrap_or_default())),
            "redirected" => FetchProblemKind::Redirected { status },
            "too_large" => FetchProblemKind::TooLarge {
                limit: self.limit.unwrap_or(0),
            },
            "timed_out" => FetchProblemKind::TimedOut,
            "cache" => FetchProblemKind::Cache,
            _ => FetchProblemKind::Unreachable,
        };
        Err(FetchProblem::new(self.host.as_str(), kind))
    }

    /// The body of an answer that is a success.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn success(&self) -> Result<&str, FetchProblem> {
        match self.answer()? {
            (200..=299, body) => Ok(body),
            _ => Err(self.status_problem()),
        }
    }

    /// The status is the problem.
    pub(super) fn status_problem(&self) -> FetchProblem {
        let kind = FetchProblemKind::Status {
            status: self.status.unwrap_or(0),
            retry_after: self.retry_after(),
        };
        FetchProblem::new(self.host.as_str(), kind)
    }

    /// A number of seconds; a date is not read.
    fn retry_after(&self) -> Option<u64> {
        let text = self.retry_after.as_deref()?.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(LONGEST).min(LONGEST))
    }

    /// The body is not what was asked for.
    pub(super) fn unreadable(&self, what: &'static str) -> FetchProblem {
        let kind = FetchProblemKind::Unreadable { what };
        FetchProblem::new(self.host.as_str(), kind)
    }
}

/// Why something is not known or refused, as the package throws it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Problem {
    code: String,
    class: String,
    message: String,
    /// The status that the host answered with, where that is the problem.
    answered: Option<u16>,
    retry_after: Option<u64>,
}

impl Problem {
    pub(super) fn new(code: &str, class: ErrorClass, message: String) -> Self {
        Self {
            code: code.to_owned(),
            class: name_of(class).to_owned(),
            message,
            answered: None,
            retry_after: None,
        }
    }
}

impl From<&FetchProblem> for Problem {
    fn from(problem: &FetchProblem) -> Self {
        Self {
            answered: problem.status(),
            retry_after: problem.retry_after(),
            ..Self::new(
                problem.code(),
                ErrorClass::CouldNotCheck,
                problem.to_string(),
            )
        }
    }
}

impl From<KeyRefusal> for Problem {
    fn from(refusal: KeyRefusal) -> Self {
        let (code, message) = match refusal {
            KeyRefusal::Unknown => ("unknown_key", "the platform has no such key"),
            KeyRefusal::TestKey => ("test_key", "a key for tests proves nothing here"),
        };
        Self::new(code, ErrorClass::Refused, message.to_owned())
    }
}

/// An error that the package holds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Held {
    code: String,
    answered: Option<u16>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traits {
    passing: bool,
    of_the_host: bool,
    token_refused: bool,
}

/// What follows from a problem: whether it may pass, whose fault it is.
pub(super) fn traits(held: Held) -> Result<Traits, Error> {
    let kind = match (held.code.as_str(), held.answered) {
        (_, Some(status)) => FetchProblemKind::Status {
            status,
            retry_after: None,
        },
        ("unreachable", None) => FetchProblemKind::Unreachable,
        ("timed_out", None) => FetchProblemKind::TimedOut,
        _ => FetchProblemKind::Cache,
    };
    let problem = FetchProblem::new("", kind);
    Ok(Traits {
        passing: problem.is_passing(),
        of_the_host: problem.is_of_the_host(),
        token_refused: problem.is_token_refused() || held.code == "tokens_refused",
    })
}
