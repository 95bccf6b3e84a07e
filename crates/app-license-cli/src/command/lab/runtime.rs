//! What everything of the lab runs on.

use crate::error::CliError;

/// What could not be set up around the lab.
pub(crate) fn lab_error(message: impl Into<String>) -> CliError {
    app_license_lab::Error::Lab(message.into()).into()
}

/// A runtime for everything of the lab.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| lab_error(format!("cannot start: {error}")))
}
