//! Failures of SQLite, as errors of the store.

use crate::error::Error;

/// Says what was being done when SQLite failed.
pub(crate) fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |source| Error::unavailable(doing, source)
}
