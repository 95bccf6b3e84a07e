//! The documents that carry a license: contexts and License API answers.

use crate::gate::facts::{Facts, MAX_KEYS};
use crate::gate::json::{self, Kind, Scanner, Str, Value};
use crate::gate::user_access::UserAccess;

/// What to look for in a document besides `license`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    environment: bool,
    required: Option<&'static str>,
}

impl Shape {
    /// The answer of the Connect License API. It has a `key`; an error answer has none.
    pub(crate) const CONNECT_API: Self = Self {
        environment: false,
        required: Some("key"),
    };
    /// `AP.context.getContext()`, and the `context` of a context token.
    pub(crate) const CONNECT_CONTEXT: Self = Self {
        environment: false,
        required: None,
    };
    /// `view.getContext()`, `useProductContext()`, and `getAppContext()`: with its environment.
    pub(crate) const FORGE_CONTEXT: Self = Self {
        environment: true,
        required: None,
    };
    /// The second argument of a Forge function. Its `environmentType`, if any, comes from the
    /// browser and is not read.
    pub(crate) const FORGE_FUNCTION: Self = Self {
        environment: false,
        required: None,
    };

    /// Reads a document of this shape. A missing or null `license` is absent, and so is that of a
    /// context which is null itself: `useProductContext()` answers nothing at first.
    ///
    /// # Errors
    /// A fault of the JSON, a `license` that is neither object nor null, a missing field that
    /// would show that it is this document.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<Document<'_>, Error> {
        let text = json::checked(bytes)?;
        let mut document = Document::default();
        let mut scanner = Scanner::<{ MAX_KEYS * 2 }>::from_text(text);
        let mut required_found = self.required.is_none();
        // a context that is still being fetched says nothing
        if required_found && scanner.peek()? == Kind::Null {
            scanner.value()?;
            scanner.at_end()?;
            return Ok(document);
        }
        scanner.object::<Error>(|s, key| {
            if key == Str::from("license") {
                match s.peek()? {
                    Kind::Object | Kind::Null => {}
                    found => return Err(Error::LicenseIs(found)),
                }
                let raw = s.span::<json::Error>(|s| {
                    document.facts = Facts::read(s)?;
                    Ok(())
                })?;
                document.raw = Some(raw).filter(|raw| *raw != "null");
                return Ok(());
            }
            let value = s.value()?;
            if self.required.is_some_and(|name| key == Str::from(name)) {
                required_found = matches!(value, Value::String(_));
            }
            if key == Str::from("userAccess") {
                document.user_access = UserAccess::of(value);
            }
            if let (true, Value::String(text)) = (self.environment, value)
                && key == Str::from("environmentType")
            {
                document.environment = Some(text);
            }
            Ok(())
        })?;
        scanner.at_end()?;
        match self.required {
            Some(field) if !required_found => Err(Error::Missing(field)),
            _ => Ok(document),
        }
    }
}

/// What a document says.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub(crate) struct Document<'a> {
    /// What its `license` says; everything missing when there is none.
    pub facts: Facts<'a>,
    /// The text of its `license`, unless that is null or missing.
    pub raw: Option<&'a str>,
    /// Its `environmentType`, where that can be believed.
    pub environment: Option<Str<'a>>,
    /// Its `userAccess`. It may come from a browser: it may deny, never prove.
    pub user_access: Option<UserAccess>,
}

/// Why a document is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Error {
    /// A fault of the JSON.
    Json(json::Error),
    /// `license` is neither an object nor null.
    LicenseIs(Kind),
    /// A field is missing, or no string.
    Missing(&'static str),
}

#[cfg(test)]
impl Error {
    /// The stable code, the same in every language.
    #[must_use]
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::LicenseIs(_) => "field_type",
            Self::Missing(_) => "field_missing",
        }
    }
}

impl From<json::Error> for Error {
    fn from(error: json::Error) -> Self {
        Self::Json(error)
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;
    use crate::gate::facts::State;

    #[test]
    fn the_license_and_only_a_believable_environment() {
        let text = br#"{"environmentType":"PRODUCTION","license": {"active":true} }"#;
        let document = Shape::FORGE_CONTEXT.read(text).unwrap();
        assert_eq!(document.facts.state(), State::Active);
        assert_eq!(document.raw, Some(r#"{"active":true}"#));
        assert!(document.environment.is_some());
        assert!(
            Shape::FORGE_FUNCTION
                .read(text)
                .unwrap()
                .environment
                .is_none()
        );
        for absent in [
            "{}",
            " null ",
            r#"{"license":null}"#,
            r#"{"License":{"active":true}}"#,
        ] {
            let document = Shape::FORGE_CONTEXT.read(absent.as_bytes()).unwrap();
            assert_eq!(document.facts.state(), State::Absent);
            assert_eq!(document.raw, None);
        }
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for (text, code) in [
            ("", "json_syntax"),
            ("<html>", "json_syntax"),
            ("[]", "json_syntax"),
            ("null {}", "json_trailing_bytes"),
            (r#"{"license":true}"#, "field_type"),
            (r#"{"license":[]}"#, "field_type"),
            (r#"{"license":{},"license":{}}"#, "json_duplicate_key"),
            (r#"{"license":{"a":1,"a":1}}"#, "json_duplicate_key"),
            (r#"{} {}"#, "json_trailing_bytes"),
        ] {
            let error = Shape::FORGE_CONTEXT.read(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
        }
        for text in ["{}", r#"{"key":1}"#, r#"{"key":null}"#] {
            let error = Shape::CONNECT_API.read(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "field_missing");
        }
        assert!(Shape::CONNECT_API.read(b"null").is_err());
        let not_utf8 = Shape::CONNECT_API.read(b"{\"\xff\":1}").unwrap_err();
        assert_eq!(not_utf8.code(), "json_not_utf8");
    }
}
