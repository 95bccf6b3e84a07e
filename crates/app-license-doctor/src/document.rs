//! A JSON or YAML document as a tree in which every value knows where it stands.

mod json;
mod node;
mod yaml;

use std::ops::Range;

use app_license_descriptor::DocumentPath;

pub(crate) use node::Unreadable;
pub use node::{Node, NodeValue};

/// The largest document that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// A document, read.
///
/// ```
/// use app_license_doctor::Document;
/// let document = Document::yaml("app:\n  runtime:\n    name: nodejs20.x\n").unwrap();
/// let name = document.root().pointer("/app/runtime/name").unwrap();
/// assert_eq!(name.text(), Some("nodejs20.x"));
/// assert_eq!(document.position(name.range().start).to_string(), "3:11");
/// ```
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    root: Node,
}

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Position {
    /// The position of a byte of a text.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.bytes().filter(|b| *b == b'\n').count();
        let start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let column = before.get(start..).map_or(0, |line| line.chars().count());
        Self {
            line: line.saturating_add(1),
            column: column.saturating_add(1),
        }
    }
}

impl Document {
    /// Reads JSON text of at most 1 MiB: strict, no key twice in an object.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn json(text: impl Into<String>) -> Result<Self, String> {
        Self::read(text.into(), json::read).map_err(|e| e.reason)
    }

    /// Reads a Connect descriptor of at most 1 MiB: JSON as [`Document::json`], with comments and commas at
    /// the end of a list, which atlassian-connect-express leaves out when it serves it.
    ///
    /// ```
    /// use app_license_doctor::Document;
    /// let text = "{\"key\": \"a\", // ours\n}";
    /// assert!(Document::json(text).is_err());
    /// let document = Document::descriptor(text).unwrap();
    /// assert_eq!(document.root().get("key").unwrap().text(), Some("a"));
    /// ```
    ///
    /// # Errors
    /// Why not, in words.
    pub fn descriptor(text: impl Into<String>) -> Result<Self, String> {
        Self::read(text.into(), json::read_descriptor).map_err(|e| e.reason)
    }

    /// Reads one YAML document of at most 1 MiB: no key twice in a mapping.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn yaml(text: impl Into<String>) -> Result<Self, String> {
        Self::read(text.into(), yaml::read).map_err(|e| e.reason)
    }

    pub(crate) fn read_json(text: String) -> Result<Self, Unreadable> {
        Self::read(text, json::read)
    }

    pub(crate) fn read_descriptor(text: String) -> Result<Self, Unreadable> {
        Self::read(text, json::read_descriptor)
    }

    pub(crate) fn read_yaml(text: String) -> Result<Self, Unreadable> {
        Self::read(text, yaml::read)
    }

    fn read(
        text: String,
        read: impl FnOnce(&str) -> Result<Node, Unreadable>,
    ) -> Result<Self, Unreadable> {
        if text.len() > MAX_BYTES {
            return Err(Unreadable {
                reason: format!("larger than {MAX_BYTES} bytes"),
                offset: 0,
            });
        }
        // a byte order mark is no part of the document; what stands in its place keeps all others
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) if rest.trim_start().starts_with(['{', '[']) => format!("   {rest}"),
            _ => text,
        };
        let root = read(&text)?;
        Ok(Self { text, root })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value.
    #[must_use]
    pub const fn root(&self) -> &Node {
        &self.root
    }

    /// Line and column of a byte.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        Position::of(&self.text, offset)
    }

    /// Where a path points to: the name of a field, an element of a list; what is nearest when
    /// there is no such value.
    pub(crate) fn range_of(&self, path: &DocumentPath) -> Range<usize> {
        let pointer = path.pointer();
        let mut node = &self.root;
        let mut range = 0..0;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            match node.step(&step) {
                Some((found, inner)) => {
                    range = found;
                    node = inner;
                }
                None => break,
            }
        }
        range
    }
}
