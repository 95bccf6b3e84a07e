//! What a check finds.

use std::fmt;

pub use app_license_descriptor::Severity;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Location {
    /// The file, as it was named or below the folder that was read.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Something worth telling about a file or the code, with a stable code and a severity.
///
/// ```
/// use app_license_editions::{Editions, Severity, check};
/// let editions = Editions::from_toml("editions.toml", "[features]\na = \"advanced\"")?;
/// let found = check(&editions);
/// assert_eq!((found[0].code(), found[0].severity()), ("standard_missing", Severity::Error));
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    code: &'static str,
    severity: Severity,
    message: String,
    help: Option<String>,
    place: Option<Location>,
}

impl Diagnostic {
    pub(crate) fn new(
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        help: &str,
    ) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            help: (!help.is_empty()).then(|| help.to_owned()),
            place: None,
        }
    }

    pub(crate) fn at(mut self, place: Option<Location>) -> Self {
        self.place = place;
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What is wrong, with what was found.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> Option<&Location> {
        self.place.as_ref()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(
            f,
            "{}[{}]: {}",
            self.severity.name(),
            self.code,
            self.message
        )
    }
}
