//! Reading the documents of the host platform: strict in what is known, open to what is not.

use crate::gate::json::{self, Kind, Scanner, Str, Value};

use crate::error::{Error, ErrorKind, at_most, in_json, shown};

/// A fault while walking a document: of the text, or of what it says.
pub(crate) enum ReadError {
    Json(json::Error),
    Said(Error),
}

impl From<json::Error> for ReadError {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Said(error)
    }
}

impl From<ErrorKind> for ReadError {
    fn from(kind: ErrorKind) -> Self {
        Self::Said(kind.into())
    }
}

impl ReadError {
    pub(crate) fn named(self, what: &'static str) -> Error {
        match self {
            Self::Json(source) => in_json(what)(source),
            Self::Said(error) => error,
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
    let text = json::checked(bytes).map_err(in_json(what))?;
    let mut scanner = Scanner::<KEYS>::from_text(text);
    scanner.object(field).map_err(|fault| fault.named(what))?;
    scanner.end().map_err(in_json(what))
}

/// A field of a document, for its errors.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) what: &'static str,
    pub(crate) name: &'static str,
}

impl Field {
    pub(crate) fn missing(self) -> ErrorKind {
        ErrorKind::FieldMissing {
            what: self.what,
            field: self.name,
        }
    }

    pub(crate) fn must_be(self, expected: Kind, found: Kind) -> ErrorKind {
        ErrorKind::FieldType {
            what: self.what,
            field: self.name,
            expected,
            found,
        }
    }

    pub(crate) fn must_say(self, expected: impl Into<String>, found: &str) -> ErrorKind {
        ErrorKind::FieldValue {
            what: self.what,
            field: self.name,
            expected: expected.into(),
            found: shown(found),
        }
    }

    /// A string; null and `""` are absent.
    #[inline(never)]
    pub(crate) fn text(self, value: Value<'_>) -> Result<Option<String>, ErrorKind> {
        match value {
            Value::Null => Ok(None),
            Value::String(s) if s.is_empty() => Ok(None),
            Value::String(s) => Ok(Some(s.to_string())),
            other => Err(self.must_be(Kind::String, other.kind())),
        }
    }

    /// The text of an object; null is absent.
    pub(crate) fn object(self, value: Value<'_>) -> Result<Option<&str>, ErrorKind> {
        match value {
            Value::Null => Ok(None),
            Value::Object(text) => Ok(Some(text)),
            other => Err(self.must_be(Kind::Object, other.kind())),
        }
    }
}

/// The name of a key, decoded when it is written with escapes.
pub(crate) fn name_of(key: Str<'_>) -> std::borrow::Cow<'_, str> {
    match key.plain() {
        Some(plain) => plain.into(),
        None => key.to_string().into(),
    }
}
