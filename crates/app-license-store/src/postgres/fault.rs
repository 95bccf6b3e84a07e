//! Failures of the database, as messages that are safe to show.

use std::fmt;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::error::Error;

/// What a failed commit says.
pub(super) const COMMIT: &str = "commit";

/// What an operation inside this module ends with when it fails.
#[derive(Debug)]
pub(crate) enum Fail {
    /// The database failed, or could not be reached.
    Database(&'static str, tokio_postgres::Error),
    /// No connection could be had.
    Pool(PoolError),
    /// The server took too long.
    Slow(&'static str),
    /// Our own answer.
    Ours(Error),
}

impl Fail {
    /// Whether doing the whole thing once more may help, and does no harm: nothing of it was
    /// committed, or what was committed makes the second time change nothing.
    pub(super) fn is_passing(&self) -> bool {
        const CODES: [SqlState; 8] = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::CONNECTION_FAILURE,
            SqlState::CONNECTION_DOES_NOT_EXIST,
            // how PgBouncer says that the server went away
            SqlState::PROTOCOL_VIOLATION,
        ];
        let Self::Database(_, error) = self else {
            return matches!(self, Self::Pool(PoolError::Backend(_)));
        };
        error.is_closed()
            || error.code().is_some_and(|c| CODES.contains(c))
            || std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>())
    }

    /// Whether the commit itself failed, so that it may have happened.
    pub(super) fn at_commit(&self) -> bool {
        matches!(self, Self::Database(doing, _) if *doing == COMMIT)
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<PoolError> for Fail {
    fn from(error: PoolError) -> Self {
        Self::Pool(error)
    }
}

impl From<Fail> for Error {
    fn from(fail: Fail) -> Self {
        match fail {
            Fail::Database(doing, error) => Self::unavailable(doing, Shown::from(&error)),
            Fail::Pool(PoolError::Backend(error)) => {
                Self::unavailable("connect", Shown::from(&error))
            }
            Fail::Pool(PoolError::Timeout(_)) => {
                Self::unavailable("connect", "no connection became free in time")
            }
            Fail::Pool(error) => Self::unavailable("connect", error),
            Fail::Slow(doing) => Self::unavailable(doing, "the database did not answer in time"),
            Fail::Ours(error) => error,
        }
    }
}

/// Says what was being done when the database failed.
pub(crate) fn failed(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> Fail {
    move |error| Fail::Database(doing, error)
}

/// The database's own message, without the details in which it may repeat the values of a row.
#[derive(Debug)]
pub(crate) struct Shown(String);

impl From<&tokio_postgres::Error> for Shown {
    fn from(error: &tokio_postgres::Error) -> Self {
        Self(match error.as_db_error() {
            Some(db) => format!("{} ({})", db.message(), db.code().code()),
            None => match std::error::Error::source(error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
        })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Shown {}
