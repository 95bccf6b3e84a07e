//! What a License API said, with its age.

use app_license::UnixTime;
use app_license::plan::license::{AnswerContent, FetchResult, Step};

use crate::error::{Error, ErrorKind};

/// What a License API said, and when: now, a while ago, or a long while ago because it cannot be
/// asked. It is then as old as it says, and [`Statement::fault`] says why nothing newer is known; how
/// old is too old is the policy's to say.
///
/// ```
/// use app_license::UnixTime;
/// use app_license_client::Statement;
/// let answer = Statement::new("active", UnixTime::EPOCH);
/// assert_eq!(answer.age(UnixTime::EPOCH.plus(90)), 90);
/// assert!(answer.fault().is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Statement<T> {
    value: T,
    as_of: UnixTime,
    fault: Option<Error>,
}

impl<T> Statement<T> {
    /// Something that was said at this time (UTC).
    pub const fn new(value: T, as_of: UnixTime) -> Self {
        let fault = None;
        Self {
            value,
            as_of,
            fault,
        }
    }

    /// The answer of a step that ends a question; `None` for another step.
    pub(crate) fn of_step(step: Step<T, Error>) -> Option<Result<Self, Error>> {
        match step {
            Step::Use {
                value,
                as_of,
                fault,
            } => Some(Ok(Self {
                value,
                as_of,
                fault: fault.map(Error::from),
            })),
            Step::Refuse(fault) => Some(Err(fault.into())),
            _ => None,
        }
    }

    /// The answer of the last step of a question.
    pub(crate) fn of_last_step(step: Step<T, Error>) -> Result<Self, Error> {
        Self::of_step(step).unwrap_or_else(|| Err(ErrorKind::Interrupted.into()))
    }

    /// What was said.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// What was said, without its date.
    pub fn into_value(self) -> T {
        self.value
    }

    /// When it was said (UTC).
    pub const fn as_of(&self) -> UnixTime {
        self.as_of
    }

    /// How old it is, in seconds.
    pub const fn age(&self, now: UnixTime) -> u64 {
        now.since(self.as_of)
    }

    /// Why nothing newer is known, where something newer was wanted.
    pub const fn fault(&self) -> Option<&Error> {
        self.fault.as_ref()
    }
}

/// What came of a call, as the license plan wants to know it.
pub(crate) fn fetch_result<T>(
    fetched: Result<T, Error>,
    content: impl FnOnce(&T) -> AnswerContent,
) -> FetchResult<T, Error> {
    match fetched {
        Ok(value) => FetchResult::Answered {
            content: content(&value),
            value,
        },
        Err(error) if error.is_token_refused() => FetchResult::TokenRefused {
            retry_after: error.retry_after(),
            error,
        },
        Err(error) => FetchResult::Failed {
            retry_after: error.retry_after(),
            error,
        },
    }
}
