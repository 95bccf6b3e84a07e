//! What cannot be read.

use crate::position::Position;

/// Why a source file was not read.
///
/// ```
/// use app_license_source::{Language, Source};
/// let error = Source::parse(Language::Rust, "fn main( {").unwrap_err();
/// assert_eq!(error.code(), "source_syntax");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not the syntax of its language.
    #[error("not valid syntax at {position}: {message}")]
    Syntax {
        /// Where.
        position: Position,
        /// What the parser says.
        message: String,
    },
    /// More text than anybody wrote by hand.
    #[error("{found} bytes of source, more than {limit}")]
    TooLarge {
        /// The size, in bytes.
        found: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Brackets or operators nested too deeply to be read.
    #[error("nested {found} deep, more than {limit}")]
    TooDeep {
        /// How deep.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A symbolic link that is not followed.
    #[error("a link is not followed: {0}")]
    Link(&'static str),
    /// The file itself cannot be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding,
    /// A folder cannot be walked.
    #[error("cannot be walked: {0}")]
    Walk(#[from] ignore::Error),
    /// The parser failed in a way of its own.
    #[error("the parser stopped")]
    Stopped,
}

impl Error {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "source_syntax",
            Self::TooLarge { .. } => "source_too_large",
            Self::TooDeep { .. } => "source_too_deep",
            Self::Link(_) => "source_link",
            Self::Read(_) => "source_read",
            Self::Encoding => "source_encoding",
            Self::Walk(_) => "source_walk",
            Self::Stopped => "source_stopped",
        }
    }
}
