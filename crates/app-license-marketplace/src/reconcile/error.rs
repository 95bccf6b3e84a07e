//! Why both sides cannot be compared.

use std::fmt;

/// Why both sides cannot be compared, or a record cannot be read.
///
/// ```
/// use app_license_marketplace::reconcile::InstallationRow;
/// let error = InstallationRow::from_json("[]").unwrap_err();
/// assert_eq!(error.code(), "installation");
/// ```
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// What is wrong, with evidence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A record of an installation that cannot be read.
    #[error("an installation's record cannot be read: {reason}")]
    Installation {
        /// What is wrong with it; never its text.
        reason: String,
    },
    /// An installation does not say of which app it is, and the report is of several.
    #[error(
        "the report is of {count} apps and the installations do not say of which they are: name it by its key, one of {apps}"
    )]
    AmbiguousApp {
        /// How many apps the report is of.
        count: usize,
        /// Their keys, or the first of them.
        apps: String,
    },
    /// Both sides are about different apps.
    #[error(
        "the report has no license of the app that is installed: expected {expected}, found {found} in the report"
    )]
    OtherApp {
        /// The app of the installations, or the one that was asked for.
        expected: String,
        /// The apps of the report.
        found: String,
    },
    /// More rows than can be numbered.
    #[error("the report has more than the {count} licenses that can be compared at once")]
    TooMany {
        /// How many were taken.
        count: usize,
    },
}

impl Error {
    /// What is wrong, with evidence.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match *self.0 {
            ErrorKind::Installation { .. } => "installation",
            ErrorKind::AmbiguousApp { .. } => "ambiguous_app",
            ErrorKind::OtherApp { .. } => "other_app",
            ErrorKind::TooMany { .. } => "too_many",
        }
    }

    /// A record that cannot be read, from this column on. Its text is never told.
    pub(super) fn installation(what: &str, column: usize) -> Self {
        let reason = format!("{what}, at column {column}");
        Self::from(ErrorKind::Installation { reason })
    }

    /// A member that has none of its words. Its text is never told.
    pub(super) fn word(member: &str, expected: &str) -> Self {
        let reason = format!("`{member}` must be {expected}");
        Self::from(ErrorKind::Installation { reason })
    }

    pub(super) fn too_many(count: usize) -> Self {
        Self::from(ErrorKind::TooMany { count })
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}
