//! A strict JSON scanner: one pass over borrowed bytes, no allocation.
//!
//! Stricter than most readers, because what it reads decides who may use what: a key that occurs
//! twice in one object is an error (also when one of the two is written with escapes), as are
//! trailing bytes and a byte order mark. What is walked with [`Scanner::object`] and [`Scanner::array`] nests no deeper than [`MAX_DEPTH`], and the keys of the objects that are
//! open at one time are bounded by the type parameter `KEYS`. What is only skipped, or kept as its
//! text, is checked to be JSON, down to [`MAX_SKIPPED_DEPTH`] levels; its keys are checked when it
//! is walked itself.
//!
//! The work is linear in the length of the text, whatever it holds.
//!
//! ```
//! use app_license::json::{Error, Scanner, Value};
//!
//! let mut scanner = Scanner::<16>::new(br#"{"active": true, "type": "COMMERCIAL"}"#)?;
//! let mut active = None;
//! scanner.object::<Error>(|s, key| {
//!     match key.plain() {
//!         Some("active") => active = Some(s.value()?),
//!         _ => drop(s.value()?),
//!     }
//!     Ok(())
//! })?;
//! scanner.end()?;
//! assert_eq!(active, Some(Value::Bool(true)));
//! # Ok::<(), Error>(())
//! ```

mod keys;
mod number;
mod skip;
mod text;
mod walk;

use core::fmt;

use keys::Key;
use walk::Walk;

pub use text::{Chars, Str};

/// How deep objects and arrays that are walked may nest.
pub const MAX_DEPTH: u8 = 64;

/// How deep objects and arrays that are skipped may nest.
pub const MAX_SKIPPED_DEPTH: usize = 4096;

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
    kind: ErrorKind,
    offset: usize,
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
    /// Nested deeper than [`MAX_DEPTH`], or [`MAX_SKIPPED_DEPTH`] where nothing is read.
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

/// Walks JSON text once. `KEYS` bounds the keys of all objects open at one time.
#[derive(Debug)]
pub struct Scanner<'a, const KEYS: usize> {
    place: Walk<'a>,
    keys: [Key; KEYS],
}

impl<'a, const KEYS: usize> Scanner<'a, KEYS> {
    /// Starts at the first byte.
    ///
    /// # Errors
    /// [`ErrorKind::NotUtf8`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        match core::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::from_text(text)),
            Err(e) => Err(Error::not_utf8(&e)),
        }
    }

    /// Starts at the first character of text.
    ///
    /// ```
    /// use app_license::json::{Scanner, Value};
    /// assert_eq!(Scanner::<1>::from_text("null").value(), Ok(Value::Null));
    /// ```
    #[must_use]
    pub const fn from_text(text: &'a str) -> Self {
        Self {
            place: Walk::new(text),
            keys: [Key::NONE; KEYS],
        }
    }

    /// The type of the next value, by its first character.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedEnd`] or [`ErrorKind::Syntax`].
    #[inline]
    pub fn peek(&mut self) -> Result<Kind, Error> {
        self.place.peek()
    }

    /// The next value, whatever it is; all of it is checked.
    ///
    /// # Errors
    /// Any [`ErrorKind`] but `Expected`.
    #[inline]
    pub fn value(&mut self) -> Result<Value<'a>, Error> {
        self.place.value()
    }

    /// Takes the next value and walks all that is in it: for text that goes on to another reader,
    /// which may take the first of two keys where this one takes the last.
    ///
    /// ```
    /// use app_license::json::{ErrorKind, Scanner};
    /// let strict = |text| Scanner::<8>::from_text(text).walk().map_err(|e| e.kind());
    /// assert_eq!(strict(r#"{"x":[{"a":1,"b":2}]}"#), Ok(()));
    /// assert_eq!(strict(r#"{"x":[{"a":1,"a":2}]}"#), Err(ErrorKind::DuplicateKey));
    /// ```
    ///
    /// # Errors
    /// Any [`ErrorKind`] but `Expected`.
    pub fn walk(&mut self) -> Result<(), Error> {
        // as deep as `MAX_DEPTH` at the most
        match self.peek()? {
            Kind::Object => self.object(|s, _| s.walk()),
            Kind::Array => self.array(Self::walk),
            _ => self.value().map(drop),
        }
    }

    /// Walks an object: `field` is called with each key and must take exactly one value.
    ///
    /// # Errors
    /// [`ErrorKind::Expected`] when the next value is no object, [`ErrorKind::DuplicateKey`], any
    /// other fault of the text, or what `field` answers.
    pub fn object<E: From<Error>>(
        &mut self,
        mut field: impl FnMut(&mut Self, Str<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let first_key = self.place.open_object()?;
        while let Some(key) = self.place.next_key(first_key, &mut self.keys)? {
            field(self, key)?;
        }
        Ok(())
    }

    /// Walks an array: `item` is called once an element and must take exactly one value.
    ///
    /// # Errors
    /// [`ErrorKind::Expected`] when the next value is no array, any other fault of the text, or
    /// what `item` answers.
    pub fn array<E: From<Error>>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.place.open_array()?;
        let mut first = true;
        while self.place.next_item(&mut first)? {
            item(self)?;
        }
        Ok(())
    }

    /// The text from here over one value, which `read` must take.
    ///
    /// # Errors
    /// What `read` answers.
    pub fn span<E: From<Error>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<&'a str, E> {
        self.place.space();
        let start = self.place.at;
        read(self)?;
        Ok(self.place.since(start)?)
    }

    /// Nothing but white space may follow.
    ///
    /// # Errors
    /// [`ErrorKind::TrailingBytes`].
    pub fn end(mut self) -> Result<(), Error> {
        self.at_end()
    }

    pub(crate) fn at_end(&mut self) -> Result<(), Error> {
        self.place.space();
        if self.place.at == self.place.text.len() {
            Ok(())
        } else {
            Err(self.place.error(ErrorKind::TrailingBytes))
        }
    }
}

#[cfg(test)]
mod tests;
