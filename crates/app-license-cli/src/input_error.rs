//! What can be wrong with an input that people paste.

/// Why an input was not read.
///
/// ```
/// use app_license_cli::{CliError, InputError};
/// let error = InputError::Syntax {
///     what: "JSON",
///     line: 3,
///     column: 9,
///     cause: "a comma or a closing bracket is missing".to_owned(),
/// };
/// assert_eq!(error.code(), "json");
/// assert_eq!(
///     CliError::from(error).to_string(),
///     "not acceptable JSON at line 3, column 9: a comma or a closing bracket is missing",
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The library refused the input.
    #[error(transparent)]
    Library(#[from] app_license::Error),
    /// Not the JSON that the library takes.
    #[error("not acceptable JSON: {0}")]
    Json(String),
    /// Text that goes wrong at one place.
    #[error("not acceptable {what} at line {line}, column {column}: {cause}")]
    Syntax {
        /// `JSON`, `YAML` or `text`.
        what: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, in characters, from 1.
        column: usize,
        /// The likely cause.
        cause: String,
    },
    /// A token that cannot be taken apart.
    #[error("the token cannot be read: {0}")]
    Token(String),
    /// Nothing that is known.
    #[error("cannot tell what this is: {reason}; `app-license inspect --list` shows what is known")]
    Undetected {
        /// What it is instead, or is nearest to.
        reason: String,
    },
    /// Not what the caller said that it is.
    #[error("this is not from the {asked} but of another kind: {found}")]
    OtherShape {
        /// What the caller said.
        asked: String,
        /// What it is.
        found: String,
    },
    /// Several things at once.
    #[error("this holds several things, give one of them: {found}")]
    Several {
        /// What each is, and where.
        found: String,
    },
    /// A printed object without a part that counts.
    #[error(
        "the text was cut short: {place} is not shown whole; print `JSON.stringify(value)`, or \
         `util.inspect(value, {{ depth: null }})`"
    )]
    CutShort {
        /// Where.
        place: String,
    },
}

impl InputError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Library(error) => error.code(),
            Self::Json(_) => "json",
            Self::Syntax { what, .. } => match *what {
                "YAML" => "yaml",
                "text" => "text",
                _ => "json",
            },
            Self::Token(_) => "token",
            Self::Undetected { .. } => "undetected",
            Self::OtherShape { .. } => "other_shape",
            Self::Several { .. } => "several",
            Self::CutShort { .. } => "cut_short",
        }
    }
}
