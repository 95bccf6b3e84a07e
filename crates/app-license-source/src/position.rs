//! Where something stands in a text.

use std::fmt;

/// Line and column, both from 1; columns count characters.
///
/// ```
/// use app_license_source::{Language, Source};
/// let source = Source::parse(Language::Rust, "fn a() {}\nfn b() {}")?;
/// assert_eq!(source.position(13).to_string(), "2:4");
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Position {
    /// Of a byte in a text.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let bytes = text.as_bytes();
        let before = bytes.get(..offset).unwrap_or(bytes);
        let breaks = before.iter().filter(|b| **b == b'\n').count();
        let start = before.iter().rposition(|b| *b == b'\n');
        let line = before.get(start.map_or(0, |at| at.saturating_add(1))..);
        // bytes that begin a character
        let starts = |b: &&u8| **b & 0xc0 != 0x80;
        let column = line.map_or(0, |line| line.iter().filter(starts).count());
        Self {
            line: breaks.saturating_add(1),
            column: column.saturating_add(1),
        }
    }
}
