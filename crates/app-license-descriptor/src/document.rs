//! Reading JSON text: strict in what is known, open to what is not.

use app_license::json::{self, Scanner, Str};
use app_license::{Error, ErrorKind};

/// A document that cannot be read: for its text, or for what it says.
pub(crate) enum ReadError {
    Json(json::Error),
    Content(Error),
}

impl From<json::Error> for ReadError {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<ErrorKind> for ReadError {
    fn from(kind: ErrorKind) -> Self {
        Self::Content(kind.into())
    }
}

impl ReadError {
    /// The error, with the name of the document.
    pub(crate) fn named(self, what: &'static str) -> Error {
        match self {
            Self::Json(source) => in_json(what)(source),
            Self::Content(error) => error,
        }
    }
}

/// Walks a whole document that must be one object; `field` takes exactly one value a call.
pub(crate) fn read_object<'a, const KEYS: usize>(
    what: &'static str,
    bytes: &'a [u8],
    limit: usize,
    field: impl FnMut(&mut Scanner<'a, KEYS>, Str<'a>) -> Result<(), ReadError>,
) -> Result<(), Error> {
    at_most(what, bytes.len(), limit)?;
    let mut scanner = Scanner::<KEYS>::new(bytes).map_err(in_json(what))?;
    scanner.object(field).map_err(|error| error.named(what))?;
    scanner.end().map_err(in_json(what))
}

/// The name of a key, decoded when it is written with escapes.
pub(crate) fn name_of(key: Str<'_>) -> std::borrow::Cow<'_, str> {
    match key.plain() {
        Some(plain) => plain.into(),
        None => key.to_string().into(),
    }
}

/// Puts a name to an error of JSON text.
pub(crate) fn in_json(what: &'static str) -> impl Fn(json::Error) -> Error {
    move |source| ErrorKind::Json { what, source }.into()
}

/// Refuses what is larger than any honest input.
pub(crate) fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), Error> {
    if found <= limit {
        Ok(())
    } else {
        Err(ErrorKind::TooLarge { what, limit, found }.into())
    }
}
