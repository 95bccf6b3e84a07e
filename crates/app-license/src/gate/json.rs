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

mod error;
mod keys;
mod number;
mod skip;
mod string;
mod text;
mod value;
mod walk;

use keys::Key;
use walk::Walk;

pub use error::{Error, ErrorKind, Kind};
pub use skip::MAX_SKIPPED_DEPTH;
pub use text::{Chars, Str};
pub use value::Value;
pub use walk::MAX_DEPTH;

/// The bytes as text. A scanner is large: where time counts, it is made from this in place, which
/// [`Scanner::new`] has to move.
pub(crate) fn checked(bytes: &[u8]) -> Result<&str, Error> {
    core::str::from_utf8(bytes).map_err(|e| Error::not_utf8(&e))
}

/// Walks JSON text once. `KEYS` bounds the keys of all objects open at one time.
#[derive(Debug)]
pub struct Scanner<'a, const KEYS: usize> {
    place: Walk<'a>,
    /// Made for keys that are not compared one by one.
    table: Option<[Key; KEYS]>,
}

impl<'a, const KEYS: usize> Scanner<'a, KEYS> {
    /// Starts at the first byte.
    ///
    /// # Errors
    /// [`ErrorKind::NotUtf8`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        checked(bytes).map(Self::from_text)
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
            place: Walk::new(text, KEYS),
            table: None,
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
        while let Some(key) = self.place.next_key(first_key, &mut self.table)? {
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
