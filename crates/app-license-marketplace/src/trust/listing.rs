//! A listing's tab: values by path, whatever else it holds kept.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::fields::{Field, FieldKind, TrustFields};
use crate::input::{self, InputError, shown};

const WHAT: &str = "the listing";

/// The largest document, in bytes.
const MAX_LISTING: usize = 1 << 20;

/// An answer of the tab.
///
/// ```
/// use app_license_marketplace::trust::TriState;
/// use serde_json::json;
/// assert_eq!(TriState::read(&json!(true)), Some(TriState::Yes));
/// assert_eq!(TriState::read(&json!("False")), Some(TriState::No));
/// assert_eq!(TriState::read(&json!("not_applicable")), Some(TriState::NotApplicable));
/// assert_eq!(TriState::read(&json!(1)), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TriState {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The question does not arise.
    NotApplicable,
}

impl TriState {
    /// Reads a boolean, or text of any case; nothing else.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let text = match value {
            Value::Bool(true) => return Some(Self::Yes),
            Value::Bool(false) => return Some(Self::No),
            Value::String(text) => text.trim(),
            _ => return None,
        };
        [
            ("true", Self::Yes),
            ("false", Self::No),
            ("not_applicable", Self::NotApplicable),
        ]
        .into_iter()
        .find(|(word, _)| text.eq_ignore_ascii_case(word))
        .map(|(_, answer)| answer)
    }

    /// Its name for people.
    ///
    /// ```
    /// use app_license_marketplace::trust::TriState;
    /// assert_eq!(TriState::NotApplicable.name(), "not applicable");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldValue {
    /// An answer.
    TriState(TriState),
    /// A word, a text, a link.
    Text(String),
    /// Values.
    List(Vec<String>),
    /// Days.
    Days(u64),
    /// Third parties.
    Parties(Vec<Party>),
}

/// A third party.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Its site.
    pub link: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Where.
    pub countries: Vec<String>,
}

/// The Privacy & Security tab of one listing.
///
/// ```
/// use app_license_marketplace::trust::{TriState, Listing, TrustFields};
/// let json = br#"{"commonCloud":{"security":{"hasCompliantCertifications":"TRUE"}}}"#;
/// let listing = Listing::from_json(json, &TrustFields::shipped()?)?;
/// assert_eq!(listing.answer("security.hasCompliantCertifications"), Some(TriState::Yes));
/// assert_eq!(listing.answer("security.isDiskEncryptionSupported"), None);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    values: BTreeMap<String, FieldValue>,
    /// Fields that hold something they cannot: path, and what is there.
    wrong: BTreeMap<String, String>,
    /// Fields that no table names.
    unknown: BTreeMap<String, Value>,
    status: Option<String>,
}

impl Listing {
    /// Reads the document of the API, with or without its outer `commonCloud`.
    ///
    /// A field of the wrong type does not make the document unreadable: it holds nothing then, and
    /// [`Listing::lint`] says so.
    ///
    /// # Errors
    /// `syntax` for what is no strict JSON object, or has no field of the tab at all.
    pub fn from_json(bytes: &[u8], fields: &TrustFields) -> Result<Self, InputError> {
        let value = input::json(WHAT, input::text(WHAT, bytes, MAX_LISTING)?)?;
        let body = match value.get("commonCloud") {
            Some(body) => body,
            None => &value,
        };
        let Value::Object(body) = body else {
            return Err(InputError::syntax(WHAT, "it is no JSON object"));
        };
        let mut listing = Self {
            values: BTreeMap::new(),
            wrong: BTreeMap::new(),
            unknown: BTreeMap::new(),
            status: None,
        };
        listing.walk("", body, fields, 0);
        let properties = body.get("properties");
        let status = properties.and_then(|it| it.get("formStatus"));
        listing.status = status.and_then(Value::as_str).map(str::to_owned);
        let wrapped = value.get("commonCloud").is_some();
        if !wrapped && listing.values.is_empty() && listing.wrong.is_empty() {
            let why = "it has no field of the Privacy & Security tab";
            return Err(InputError::syntax(WHAT, why));
        }
        Ok(listing)
    }

    fn walk(&mut self, above: &str, body: &Map<String, Value>, fields: &TrustFields, depth: u8) {
        for (name, value) in body {
            let path = if above.is_empty() {
                name.clone()
            } else {
                format!("{above}.{name}")
            };
            if path == "properties" || is_empty(value) {
                continue;
            }
            let named = |it: &&Field| it.path == path || it.also.as_ref() == Some(&path);
            if let Some(field) = fields.fields.iter().find(named) {
                self.take(field, value);
                continue;
            }
            let inside = format!("{path}.");
            let begins = |it: &Field| {
                let also = it.also.as_ref();
                it.path.starts_with(&inside) || also.is_some_and(|it| it.starts_with(&inside))
            };
            match value {
                Value::Object(deeper) if depth < 8 && fields.fields.iter().any(begins) => {
                    self.walk(&path, deeper, fields, depth.saturating_add(1));
                }
                _ if fields.fields.iter().any(begins) => {
                    self.wrong.insert(path, shown(&value.to_string()));
                }
                _ => {
                    self.unknown.insert(path, value.clone());
                }
            }
        }
    }

    fn take(&mut self, field: &Field, value: &Value) {
        let Some(read) = read(field, value) else {
            let found = shown(&value.to_string());
            self.wrong.insert(field.path.clone(), found);
            return;
        };
        // two names of one field: they must agree
        if let Some(before) = self.values.get(&field.path).filter(|it| **it != read) {
            let found = format!("{} and {}", before.text(), read.text());
            self.wrong.insert(field.path.clone(), shown(&found));
        }
        self.values.insert(field.path.clone(), read);
    }

    /// What a field holds. One that holds something it cannot holds nothing.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&FieldValue> {
        self.values
            .get(path)
            .filter(|_| !self.wrong.contains_key(path))
    }

    /// A field that is an answer.
    #[must_use]
    pub fn answer(&self, path: &str) -> Option<TriState> {
        match self.value(path)? {
            FieldValue::TriState(answer) => Some(*answer),
            _ => None,
        }
    }

    /// A field that is a list; empty where there is none.
    #[must_use]
    pub fn list(&self, path: &str) -> &[String] {
        match self.value(path) {
            Some(FieldValue::List(words)) => words,
            _ => &[],
        }
    }

    /// A field that is text.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        match self.value(path)? {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A field that is a number of days.
    #[must_use]
    pub fn days(&self, path: &str) -> Option<u64> {
        match self.value(path)? {
            FieldValue::Days(days) => Some(*days),
            _ => None,
        }
    }

    /// The third parties.
    #[must_use]
    pub fn parties(&self) -> &[Party] {
        match self.value("thirdPartyInformation.thirdPartyDetails") {
            Some(FieldValue::Parties(parties)) => parties,
            _ => &[],
        }
    }

    /// How the form stands with the platform: `SUBMITTED`, `REJECTED`, `APPROVED`, `SAVED`.
    #[must_use]
    pub fn form_status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    pub(super) fn wrong(&self) -> &BTreeMap<String, String> {
        &self.wrong
    }

    pub(super) fn unknown(&self) -> &BTreeMap<String, Value> {
        &self.unknown
    }
}

impl FieldValue {
    /// The value in one line, lists in order.
    ///
    /// ```
    /// use app_license_marketplace::trust::FieldValue;
    /// let value = FieldValue::List(vec!["US".into(), "DE".into()]);
    /// assert_eq!(value.text(), "DE, US");
    /// ```
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::TriState(answer) => answer.name().to_owned(),
            Self::Text(text) => text.clone(),
            Self::List(words) => {
                let mut words: Vec<_> = words.iter().map(String::as_str).collect();
                words.sort_unstable();
                words.join(", ")
            }
            Self::Days(days) => days.to_string(),
            Self::Parties(parties) => {
                let mut names: Vec<_> = parties.iter().map(Party::text).collect();
                names.sort_unstable();
                names.join("; ")
            }
        }
    }
}

impl Party {
    /// The party in one line.
    fn text(&self) -> String {
        let mut text = self.name.clone();
        if !self.countries.is_empty() {
            let mut countries: Vec<_> = self.countries.iter().map(String::as_str).collect();
            countries.sort_unstable();
            text.push_str(&format!(" ({})", countries.join(", ")));
        }
        if let Some(purpose) = &self.purpose {
            text.push_str(&format!(": {purpose}"));
        }
        if let Some(link) = &self.link {
            text.push_str(&format!(", {link}"));
        }
        text
    }
}

/// Empty text, empty lists and null say nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn read(field: &Field, value: &Value) -> Option<FieldValue> {
    Some(match field.kind {
        FieldKind::TriState => FieldValue::TriState(TriState::read(value)?),
        FieldKind::Choice => FieldValue::Text(value.as_str()?.trim().to_ascii_uppercase()),
        FieldKind::Text | FieldKind::Link => FieldValue::Text(value.as_str()?.trim().to_owned()),
        FieldKind::List => FieldValue::List(words(value)?),
        FieldKind::Countries => {
            let codes = words(value)?.into_iter().map(|it| it.to_ascii_uppercase());
            FieldValue::List(codes.collect())
        }
        FieldKind::Days => FieldValue::Days(match value {
            Value::String(text) => text.trim().parse().ok()?,
            other => other.as_u64()?,
        }),
        FieldKind::Parties => {
            let parties = value.as_array()?.iter().map(party);
            FieldValue::Parties(parties.collect::<Option<_>>()?)
        }
    })
}

fn words(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?;
    let words = items.iter().map(|it| Some(it.as_str()?.trim().to_owned()));
    words.collect()
}

fn party(value: &Value) -> Option<Party> {
    let text = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text.trim().to_owned())),
        Some(_) => None,
    };
    let filled = |text: Option<String>| text.filter(|it| !it.is_empty());
    Some(Party {
        name: filled(text("name")?)?,
        link: filled(text("link")?),
        purpose: filled(text("purpose")?),
        countries: match value.get("thirdPartyCountries") {
            None | Some(Value::Null) => Vec::new(),
            Some(countries) => words(countries)?,
        },
    })
}
