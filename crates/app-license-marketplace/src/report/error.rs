//! What is wrong in a report, and where.

use std::fmt;

/// Why a record, or a whole report, cannot be read.
///
/// ```
/// use app_license_marketplace::report::LicenseReader;
/// let mut reader = LicenseReader::new(&b"<html>Sign in</html>"[..]);
/// let error = reader.next().unwrap().unwrap_err();
/// assert_eq!((error.code(), error.is_fatal()), ("not_a_report", true));
/// ```
#[derive(Debug)]
pub struct Error(Box<(ErrorKind, Position)>);

/// A place in a report, after decompression.
///
/// ```
/// use app_license_marketplace::report::LicenseReader;
/// let mut reader = LicenseReader::new(&b"\xef\xbb\xbf[\n{\"tier\":1}, x]"[..]);
/// assert_eq!(reader.next().unwrap().unwrap().position().line(), 2);
/// let at = reader.next().unwrap().unwrap_err().position();
/// assert_eq!((at.byte(), at.line(), at.record()), (17, 2, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub(super) byte: u64,
    pub(super) line: u64,
    pub(super) record: u64,
}

impl Position {
    /// The offset in bytes, from 0; a byte order mark counts.
    #[must_use]
    pub const fn byte(self) -> u64 {
        self.byte
    }

    /// The line, from 1.
    #[must_use]
    pub const fn line(self) -> u64 {
        self.line
    }

    /// The number of the record, from 1; bad records count, the header of a CSV file does not.
    #[must_use]
    pub const fn record(self) -> u64 {
        self.record
    }
}

/// What is wrong. New kinds may come; match with a last arm `_`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    // ---- the whole report ----
    /// The file, or the connection, failed.
    #[error("the report cannot be read on: {0}")]
    Read(#[source] std::io::Error),
    /// Not a byte.
    #[error("the report is empty")]
    Empty,
    /// Text in an encoding other than UTF-8.
    #[error("the report is {found}, not UTF-8; convert it first, for example with iconv")]
    Encoding {
        /// The encoding, as far as it can be told.
        found: &'static str,
    },
    /// Something else than a report.
    #[error("expected JSON or CSV of a report, found {found}")]
    NotAReport {
        /// What it looks like.
        found: &'static str,
    },
    /// A JSON document without the list of records.
    #[error("the document has no list `{list}`; its fields: {found}")]
    NoList {
        /// The field that holds the list.
        list: &'static str,
        /// The fields that it has, shortened.
        found: String,
    },
    /// A first line of CSV without one column that is known.
    #[error("no column of the first line is one of the report: {found}")]
    NoColumn {
        /// The columns, shortened.
        found: String,
    },
    /// The compressed data is damaged.
    #[error("the gzip data is damaged: {0}")]
    Gzip(#[source] std::io::Error),
    /// The report ends too early.
    #[error("the report ends within {within}: it was cut off")]
    Truncated {
        /// Within what.
        within: &'static str,
    },
    /// Something follows the end of the report.
    #[error("the report goes on after its end, with {found}")]
    Trailing {
        /// The byte there.
        found: FoundByte,
    },

    // ---- one record ----
    /// Not JSON.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What must stand there.
        expected: &'static str,
        /// What does.
        found: FoundByte,
    },
    /// A byte that is not UTF-8.
    #[error("the byte 0x{byte:02x} is not UTF-8; the report may be ISO-8859-1 or Windows-1252")]
    NotUtf8 {
        /// The byte.
        byte: u8,
    },
    /// Not one field of the report: another object, or an empty one.
    #[error("the record has no field of the report")]
    NoField,
    /// A field that is there twice.
    #[error("`{field}` is there twice")]
    Duplicate {
        /// Its name.
        field: String,
    },
    /// Two spellings of one field with two values.
    #[error("`{field}` and its other spelling do not have the same value")]
    Conflict {
        /// Its name.
        field: String,
    },
    /// A field with another type.
    #[error("`{field}` must be {expected}, found {found}")]
    Shape {
        /// Its name.
        field: String,
        /// The type that it must have.
        expected: &'static str,
        /// The type that it has.
        found: &'static str,
    },
    /// More or fewer cells than the header has.
    #[error("the line has {found} cells, the header has {expected}")]
    Columns {
        /// The cells of the header.
        expected: usize,
        /// The cells of the line.
        found: usize,
    },
    /// A record that is larger than any honest one.
    #[error("the record has more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Values within values, more than any honest record has.
    #[error("the record nests more than {limit} values")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

/// A byte as it was found.
///
/// ```
/// use app_license_marketplace::report::LicenseReader;
/// let error = LicenseReader::new(&b"[,]"[..]).next().unwrap().unwrap_err();
/// assert!(error.to_string().contains("found `,`"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundByte(pub(super) u8);

impl fmt::Display for FoundByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\n' => f.write_str("the end of the line"),
            byte @ 0x20..0x7f => write!(f, "`{}`", char::from(byte)),
            byte => write!(f, "the byte 0x{byte:02x}"),
        }
    }
}

impl Error {
    #[cold]
    pub(super) fn new(kind: ErrorKind, position: Position) -> Self {
        Self(Box::new((kind, position)))
    }

    /// What is wrong, with what was expected and found.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.0.0
    }

    /// Where.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.0.1
    }

    /// Whether nothing can be read after it. Otherwise one record is lost, and the next is read.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Read(_)
                | ErrorKind::Empty
                | ErrorKind::Encoding { .. }
                | ErrorKind::NotAReport { .. }
                | ErrorKind::NoList { .. }
                | ErrorKind::NoColumn { .. }
                | ErrorKind::Gzip(_)
                | ErrorKind::Truncated { .. }
                | ErrorKind::Trailing { .. }
        )
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind() {
            ErrorKind::Read(_) => "report_read",
            ErrorKind::Empty => "report_empty",
            ErrorKind::Encoding { .. } => "report_encoding",
            ErrorKind::NotAReport { .. } => "not_a_report",
            ErrorKind::NoList { .. } => "report_no_list",
            ErrorKind::NoColumn { .. } => "report_no_column",
            ErrorKind::Gzip(_) => "report_gzip",
            ErrorKind::Truncated { .. } => "report_truncated",
            ErrorKind::Trailing { .. } => "report_trailing",
            ErrorKind::Syntax { .. } => "record_syntax",
            ErrorKind::NotUtf8 { .. } => "record_not_utf8",
            ErrorKind::NoField => "record_no_field",
            ErrorKind::Duplicate { .. } => "record_duplicate",
            ErrorKind::Conflict { .. } => "record_conflict",
            ErrorKind::Shape { .. } => "record_shape",
            ErrorKind::Columns { .. } => "record_columns",
            ErrorKind::TooLarge { .. } => "record_too_large",
            ErrorKind::TooDeep { .. } => "record_too_deep",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.position();
        write!(f, "{} (line {}, ", self.kind(), at.line)?;
        if at.record > 0 {
            write!(f, "record {}, ", at.record)?;
        }
        write!(f, "byte {})", at.byte)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.kind())
    }
}
