//! Values.

use super::error::Kind;
use super::text::Str;

/// A JSON value; arrays and objects are kept as their text, which is JSON: whether a key occurs
/// twice in it is found out when it is walked.
///
/// ```
/// use app_license::json::{Kind, Scanner, Value};
/// let value = Scanner::<4>::new(b" [1, 2] ")?.value()?;
/// assert_eq!(value, Value::Array("[1, 2]"));
/// assert_eq!(value.kind(), Kind::Array);
/// # Ok::<(), app_license::json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "JSON has these six types")]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The number as written.
    Number(&'a str),
    /// The string, still with its escapes.
    String(Str<'a>),
    /// The text of the array.
    Array(&'a str),
    /// The text of the object.
    Object(&'a str),
}

impl Value<'_> {
    /// The type of the value.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Number(_) => Kind::Number,
            Self::String(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }
}
