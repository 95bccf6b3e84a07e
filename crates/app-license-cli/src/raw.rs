//! JSON that came from outside: checked strictly once, then looked into without changing it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use app_license::json::{self, ErrorKind, Kind, Scanner};
use serde_json::value::RawValue;

use crate::input_error::InputError;

/// Checks that text is one strict JSON value: no key twice, no trailing bytes, not too deep.
pub(crate) fn check(json: &str) -> Result<(), InputError> {
    scan(json).map_err(|e| InputError::Json(e.to_string()))
}

fn scan(json: &str) -> Result<(), json::Error> {
    let mut scanner = Scanner::<8192>::from_text(json);
    walk(&mut scanner, 1)?;
    scanner.end()
}

/// What is wrong with a text that should be one strict JSON value, if anything is.
pub(crate) fn fault(json: &str) -> Option<Broken> {
    let error = scan(json).err()?;
    let (is_syntax, cause) = match error.kind() {
        ErrorKind::DuplicateKey => (
            false,
            "a key occurs twice in one object: two readers could read different values",
        ),
        ErrorKind::TooDeep => (false, "the text nests too deep"),
        ErrorKind::TooManyKeys => (false, "the text has too many keys"),
        _ => (true, "this is no JSON"),
    };
    Some(Broken {
        offset: error.offset(),
        is_syntax,
        cause,
    })
}

/// What is wrong with a text that should be strict JSON.
pub(crate) struct Broken {
    pub(crate) offset: usize,
    /// Whether another reader may take it: comments, other quotes, names without quotes.
    pub(crate) is_syntax: bool,
    pub(crate) cause: &'static str,
}

/// Takes one value with all that is in it; what is nested deeper than anybody reads is skipped.
fn walk<const KEYS: usize>(s: &mut Scanner<'_, KEYS>, depth: u8) -> Result<(), json::Error> {
    match s.peek()? {
        Kind::Object if depth < json::MAX_DEPTH => {
            s.object(|s, _| walk(s, depth.saturating_add(1)))
        }
        Kind::Array if depth < json::MAX_DEPTH => s.array(|s| walk(s, depth.saturating_add(1))),
        _ => s.value().map(drop),
    }
}

/// The text of the value at a path of object keys, exactly as it was written.
pub(crate) fn at<'a>(json: &'a str, path: &[&str]) -> Option<&'a str> {
    let mut here = json;
    for name in path {
        let fields: BTreeMap<Cow<'a, str>, &'a RawValue> = serde_json::from_str(here).ok()?;
        here = fields.get(*name)?.get();
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    use super::{at, check};

    #[test]
    fn text_is_kept_as_written() {
        let json = r#"{"app" : {"license":{"b":1,"a": 2.0}}}"#;
        assert_eq!(at(json, &["app", "license"]), Some(r#"{"b":1,"a": 2.0}"#));
        assert_eq!(at(json, &["app", "x"]), None);
        assert_eq!(at("[1]", &["app"]), None);
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        assert!(check(r#"{"a":{"b":[1,{"c":null}]}}"#).is_ok());
        for wrong in [r#"{"a":1,"a":2}"#, "{} {}", "{", "\u{feff}{}"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
