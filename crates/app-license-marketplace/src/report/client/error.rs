//! Why a report was not fetched.

use std::fmt;
use std::path::PathBuf;

/// Why a report was not fetched. No message shows the token.
///
/// ```
/// use app_license_marketplace::report::client::{Error, ErrorKind};
/// let error = Error::from(ErrorKind::Unauthorized { status: 401 });
/// assert_eq!(error.code(), "report_unauthorized");
/// ```
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// What happened. New kinds may come; match with a last arm `_`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No credentials, or some that cannot be read.
    #[error("no credentials: {why}")]
    Credentials {
        /// What is wrong.
        why: String,
    },
    /// A file with credentials that others can read.
    #[error("`{}` can be read by others (mode {mode:03o}); chmod 600 it", path.display())]
    OpenFile {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// An address that is not `https`, nor on this machine.
    #[error("`{found}` is no https address")]
    Address {
        /// The address, shortened.
        found: String,
    },
    /// No connection, or one that broke.
    #[error("the reporting API cannot be reached")]
    Http {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The token is refused.
    #[error(
        "the reporting API answered {status}: the token is wrong, or its account lacks the permission to view reports"
    )]
    Unauthorized {
        /// The HTTP status.
        status: u16,
    },
    /// An answer other than success.
    #[error("the reporting API answered {status}: {message}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// What it says, shortened.
        message: String,
    },
    /// An answer that is not what the documentation says.
    #[error("the reporting API answered without {missing}")]
    Answer {
        /// What is missing.
        missing: &'static str,
    },
    /// The export failed on the host.
    #[error("the export failed on the host, with status `{status}`")]
    Failed {
        /// The status, shortened.
        status: String,
    },
    /// The export took too long.
    #[error("the export is not ready after {looks} looks at it")]
    TooSlow {
        /// How often it was looked at.
        looks: u32,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind() {
            ErrorKind::Credentials { .. } => "report_credentials",
            ErrorKind::OpenFile { .. } => "report_credentials_open",
            ErrorKind::Address { .. } => "report_address",
            ErrorKind::Http { .. } => "report_http",
            ErrorKind::Unauthorized { .. } => "report_unauthorized",
            ErrorKind::Status { .. } => "report_status",
            ErrorKind::Answer { .. } => "report_answer",
            ErrorKind::Failed { .. } => "report_failed",
            ErrorKind::TooSlow { .. } => "report_too_slow",
            ErrorKind::Write { .. } => "report_write",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.0.as_ref())
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}
