//! Failures of SQLite, in words.

use crate::error::Error;

/// Puts words to a failure of SQLite.
pub(crate) fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |source| Error::unavailable(doing, source)
}
