//! Calls to the network, one at a time.

use std::error::Error;

use crate::error::CliError;

/// Runs a future to its end.
pub(crate) fn block_on<T>(
    future: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::Network(format!("cannot start: {error}")))?
        .block_on(future)
}

/// Why a call failed: the causes, without the URL.
pub(crate) fn why(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    match causes.last() {
        // how the TLS library writes a cause that it has no words for
        Some(last) => last.replace("Other(OtherError(", "").replace("))", ""),
        None => "no answer".to_owned(),
    }
}

/// A moment, as the calendar library has it.
pub(crate) fn timestamp(time: app_license::UnixTime) -> Result<jiff::Timestamp, CliError> {
    let wrong = || CliError::Option(format!("`{time}` is beyond the calendar"));
    let seconds = i64::try_from(time.as_seconds()).map_err(|_| wrong())?;
    jiff::Timestamp::from_second(seconds).map_err(|_| wrong())
}
