//! Why a text is not the JSON that is asked for.

use core::fmt;

/// Why bytes are not the JSON that is asked for, and where.
///
/// ```
/// use app_license::json::{Error, ErrorKind, Scanner};
/// let mut scanner = Scanner::<4>::new(br#"{"a":1,"a":2}"#)?;
/// let error = scanner.object::<Error>(|s, _| s.value().map(drop)).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::DuplicateKey);
/// assert_eq!(error.to_string(), "a key occurs twice in one object at byte 7");
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    pub(super) kind: ErrorKind,
    pub(super) offset: usize,
}

/// What is wrong with the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Not JSON.
    Syntax,
    /// The input stops inside a value.
    UnexpectedEnd,
    /// Bytes follow the value.
    TrailingBytes,
    /// Not UTF-8.
    NotUtf8,
    /// A string holds a raw control character or an unknown escape.
    InvalidString,
    /// A key occurs twice in one object.
    DuplicateKey,
    /// Nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH), or
    /// [`MAX_SKIPPED_DEPTH`](super::MAX_SKIPPED_DEPTH) where nothing is read.
    TooDeep,
    /// More keys open at once than the scanner was made for, or keys made to collide.
    TooManyKeys,
    /// A value of another type was asked for.
    Expected(Kind),
}

impl Error {
    pub(crate) const fn not_utf8(error: &core::str::Utf8Error) -> Self {
        Self {
            kind: ErrorKind::NotUtf8,
            offset: error.valid_up_to(),
        }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Where, in bytes from the start of the text.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The stable code, the same in every language.
    ///
    /// ```
    /// use app_license::json::Scanner;
    /// assert_eq!(Scanner::<1>::from_text("x").value().unwrap_err().code(), "json_syntax");
    /// ```
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            ErrorKind::DuplicateKey => "json_duplicate_key",
            ErrorKind::TooDeep => "json_too_deep",
            ErrorKind::TooManyKeys => "json_too_many_keys",
            ErrorKind::TrailingBytes => "json_trailing_bytes",
            ErrorKind::NotUtf8 => "json_not_utf8",
            _ => "json_syntax",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::Syntax => f.write_str("not valid JSON")?,
            ErrorKind::UnexpectedEnd => f.write_str("the JSON stops inside a value")?,
            ErrorKind::TrailingBytes => f.write_str("bytes follow the JSON value")?,
            ErrorKind::NotUtf8 => f.write_str("not UTF-8")?,
            ErrorKind::InvalidString => f.write_str("a JSON string holds an invalid character")?,
            ErrorKind::DuplicateKey => f.write_str("a key occurs twice in one object")?,
            ErrorKind::TooDeep => f.write_str("nested too deep")?,
            ErrorKind::TooManyKeys => f.write_str("too many keys")?,
            ErrorKind::Expected(kind) => write!(f, "expected {kind}")?,
        }
        write!(f, " at byte {}", self.offset)
    }
}

impl core::error::Error for Error {}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "JSON has these six types")]
#[repr(usize)] // so that an error is two words: see `Written` in `text`
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// a number
    Number,
    /// a string
    String,
    /// an array
    Array,
    /// an object
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}
