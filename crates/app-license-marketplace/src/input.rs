//! The one error of the programs' files: data files, evidence, events, listings.

/// Why a file of the programs around editions cannot be read.
///
/// ```
/// use app_license_marketplace::fortified::ReliabilityProgram;
/// let error = ReliabilityProgram::from_toml("name = 1").unwrap_err();
/// assert_eq!(error.code(), "syntax");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct InputError(Box<InputErrorKind>);

/// What is wrong. New kinds may come; match with a last arm `_`.
///
/// ```
/// use app_license_marketplace::{InputError, InputErrorKind};
/// let error = InputError::from(InputErrorKind::NotText { what: "the evidence" });
/// assert_eq!(error.to_string(), "the evidence is not UTF-8");
/// assert_eq!(error.code(), "not_text");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputErrorKind {
    /// Bytes that are no text.
    #[error("{what} is not UTF-8")]
    NotText {
        /// Which file.
        what: &'static str,
    },
    /// More bytes than any honest file.
    #[error("{what} holds more than {limit} bytes")]
    TooLarge {
        /// Which file.
        what: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// More entries than are kept in memory.
    #[error("more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// No JSON, no TOML, no e-mail, or of another shape.
    #[error("{what} cannot be read: {why}")]
    Syntax {
        /// Which file.
        what: &'static str,
        /// What the parser says.
        why: String,
    },
    /// A value that it cannot have.
    #[error("{what}: `{field}` must be {expected}, found `{found}`")]
    Value {
        /// Which file.
        what: &'static str,
        /// Which field.
        field: String,
        /// What it must be.
        expected: &'static str,
        /// What it is, shortened.
        found: String,
    },
    /// Two statements that cannot both hold.
    #[error("{what}: {why}")]
    Contradiction {
        /// Which file.
        what: &'static str,
        /// Which statements.
        why: String,
    },
    /// A line of a file of lines.
    #[error("line {line}: {source}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        source: InputError,
    },
}

impl InputError {
    /// What is wrong, with its evidence.
    ///
    /// ```
    /// use app_license_marketplace::{InputError, InputErrorKind};
    /// let kind = InputErrorKind::TooMany { what: "base URLs", limit: 64 };
    /// assert_eq!(InputError::from(kind.clone()).kind(), &kind);
    /// ```
    #[must_use]
    pub fn kind(&self) -> &InputErrorKind {
        &self.0
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &*self.0 {
            InputErrorKind::NotText { .. } => "not_text",
            InputErrorKind::TooLarge { .. } => "too_large",
            InputErrorKind::TooMany { .. } => "too_many",
            InputErrorKind::Syntax { .. } => "syntax",
            InputErrorKind::Value { .. } => "value",
            InputErrorKind::Contradiction { .. } => "contradiction",
            InputErrorKind::Line { source, .. } => source.code(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "errors and texts, whole or by reference"
    )]
    pub(crate) fn syntax(what: &'static str, why: impl ToString) -> Self {
        let why = why.to_string().trim_end().replace('\n', " ");
        InputErrorKind::Syntax { what, why }.into()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "errors and texts, whole or by reference"
    )]
    pub(crate) fn value(
        what: &'static str,
        field: impl Into<String>,
        expected: &'static str,
        found: impl ToString,
    ) -> Self {
        InputErrorKind::Value {
            what,
            field: field.into(),
            expected,
            found: shown(&found.to_string()),
        }
        .into()
    }

    pub(crate) fn contradiction(what: &'static str, why: impl Into<String>) -> Self {
        let why = why.into();
        InputErrorKind::Contradiction { what, why }.into()
    }

    pub(crate) fn at_line(self, line: u64) -> Self {
        InputErrorKind::Line { line, source: self }.into()
    }
}

impl From<InputErrorKind> for InputError {
    fn from(kind: InputErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

/// Text from outside, short and without control characters.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(MOST).map(clean).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

/// The text of a file of at most `limit` bytes.
pub(crate) fn text<'a>(
    what: &'static str,
    bytes: &'a [u8],
    limit: usize,
) -> Result<&'a str, InputError> {
    if bytes.len() > limit {
        return Err(InputErrorKind::TooLarge { what, limit }.into());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| InputErrorKind::NotText { what })?;
    // a mark of the byte order, as editors of Windows write it
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Parses one strict JSON document: no key twice, nothing after it.
pub(crate) fn json(what: &'static str, text: &str) -> Result<serde_json::Value, InputError> {
    if text.trim().is_empty() {
        return Err(InputError::syntax(what, "it is empty"));
    }
    let mut scanner = app_license::json::Scanner::<8192>::from_text(text);
    scanner
        .walk()
        .and_then(|()| scanner.end())
        .map_err(|error| InputError::syntax(what, error))?;
    serde_json::from_str(text).map_err(|error| InputError::syntax(what, error))
}

/// What serde_json says, without the names of Rust's types, and without a line where the text is
/// one line of a file.
pub(crate) fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let mut text = match text.strip_suffix(&place) {
        Some(text) => format!("{text}, at column {}", error.column()),
        None => text,
    };
    for name in ["u16", "u64", "i64"] {
        text = text.replace(
            &format!("expected {name}"),
            "expected a whole number from 0 on",
        );
    }
    text
}

/// Parses a TOML file into its type.
pub(crate) fn toml<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, InputError> {
    toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            before.matches('\n').count().saturating_add(1)
        });
        match place {
            Some(line) => InputError::syntax(what, format!("line {line}: {}", error.message())),
            None => InputError::syntax(what, error.message()),
        }
    })
}

/// A date of a TOML file, as a date or as text.
pub(crate) fn date<'de, D>(deserializer: D) -> Result<jiff::civil::Date, D::Error>
where
    D: serde::Deserializer<'de>,
{
    use serde::de::Error;
    let value = <toml::Value as serde::Deserialize>::deserialize(deserializer)?;
    let text = match &value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Datetime(date) => date.to_string(),
        _ => return Err(D::Error::custom("must be a date, as 2026-03-31")),
    };
    text.parse()
        .ok()
        .filter(|_| text.len() == 10)
        .ok_or_else(|| D::Error::custom(format!("`{}` is no date, as 2026-03-31", shown(&text))))
}

/// The same, where it may be left out.
pub(crate) fn optional_date<'de, D>(deserializer: D) -> Result<Option<jiff::civil::Date>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    date(deserializer).map(Some)
}
