//! The fields of the tab, as data.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::input::{self, InputError};

const WHAT: &str = "the file of fields";
const MAX_FILE: usize = 1 << 20;

/// The five elements of trust, in the order of the platform's document on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Element {
    /// Security.
    Security,
    /// Reliability and support. The tab says nothing of it.
    ReliabilitySupport,
    /// Compliance.
    Compliance,
    /// Privacy and data management.
    Privacy,
    /// Transparency and control.
    Transparency,
}

impl Element {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Security,
        Self::ReliabilitySupport,
        Self::Compliance,
        Self::Privacy,
        Self::Transparency,
    ];

    /// Its name for people.
    ///
    /// ```
    /// use app_license_marketplace::trust::Element;
    /// assert_eq!(Element::Privacy.title(), "Privacy and data management");
    /// ```
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Security => "Security",
            Self::ReliabilitySupport => "Reliability and support",
            Self::Compliance => "Compliance",
            Self::Privacy => "Privacy and data management",
            Self::Transparency => "Transparency and control",
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldKind {
    /// Yes, no, or not applicable; as boolean or as text of any case.
    Answer,
    /// One of some words.
    Choice,
    /// Text.
    Text,
    /// A link.
    Link,
    /// A list of words.
    List,
    /// A list of country codes.
    Countries,
    /// A number of days.
    Days,
    /// A list of third parties.
    Parties,
}

/// A field.
///
/// ```
/// use app_license_marketplace::trust::TrustFields;
/// let fields = TrustFields::shipped()?;
/// let residency = fields.field("dataResidency.isDataResidencySupported").unwrap();
/// assert!(residency.filter);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Field {
    /// The names on the way to it, with dots.
    pub path: String,
    /// Another name that the platform's examples use for it.
    #[serde(default)]
    pub also: Option<String>,
    /// Its name for people.
    pub title: String,
    /// What it holds.
    pub kind: FieldKind,
    /// The element of trust it is about.
    pub element: Element,
    /// Whether customers filter by it.
    #[serde(default)]
    pub filter: bool,
    /// The words it may hold.
    #[serde(default)]
    pub values: Vec<String>,
}

/// All fields, and what certifications and regions are called.
///
/// ```
/// use app_license_marketplace::trust::TrustFields;
/// assert!(TrustFields::shipped()?.fields.len() > 40);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TrustFields {
    /// The date of the newest source.
    #[serde(deserialize_with = "input::date")]
    pub as_of: Date,
    /// What is to be known about the programs.
    pub notice: String,
    /// Where that is said.
    pub notice_url: String,
    /// The fields, in the order in which they are shown.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// Certifications, with all their names.
    #[serde(default)]
    pub certifications: BTreeMap<String, Vec<String>>,
    /// Regions, with their countries.
    #[serde(default)]
    pub regions: BTreeMap<String, Vec<String>>,
}

impl TrustFields {
    /// The text of the file that is shipped, to copy and change.
    pub const SHIPPED: &str = include_str!("../../data/trust.toml");

    /// The fields that are shipped.
    ///
    /// # Errors
    /// None: a test reads it.
    pub fn shipped() -> Result<Self, InputError> {
        Self::from_toml(Self::SHIPPED)
    }

    /// Reads a file of one's own.
    ///
    /// ```
    /// use app_license_marketplace::trust::TrustFields;
    /// assert_eq!(TrustFields::from_toml("").unwrap_err().code(), "syntax");
    /// ```
    ///
    /// # Errors
    /// `syntax`, `value`: what cannot be in such a file.
    pub fn from_toml(text: &str) -> Result<Self, InputError> {
        let fields: Self = input::toml(WHAT, input::text(WHAT, text.as_bytes(), MAX_FILE)?)?;
        if fields.fields.is_empty() {
            return Err(InputError::value(
                WHAT,
                "field",
                "one or more fields",
                "none",
            ));
        }
        for field in &fields.fields {
            let same = |it: &&Field| it.path == field.path;
            if fields.fields.iter().filter(same).count() > 1 {
                let expected = "a path that no other has";
                return Err(InputError::value(WHAT, "field.path", expected, &field.path));
            }
        }
        Ok(fields)
    }

    /// The field of this path.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&Field> {
        self.fields.iter().find(|it| it.path == path)
    }

    /// Whether two texts name one certification.
    ///
    /// ```
    /// use app_license_marketplace::trust::TrustFields;
    /// let fields = TrustFields::shipped()?;
    /// assert!(fields.is_same_certification("ISO/IEC 27001", "iso27001"));
    /// assert!(!fields.is_same_certification("ISO27001", "ISO27018"));
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn is_same_certification(&self, one: &str, other: &str) -> bool {
        let is = |names: &[String], text: &str| {
            names.iter().any(|it| it.eq_ignore_ascii_case(text.trim()))
        };
        one.trim().eq_ignore_ascii_case(other.trim())
            || self
                .certifications
                .values()
                .any(|names| is(names, one) && is(names, other))
    }

    /// The countries of a region.
    pub(super) fn region(&self, name: &str) -> Option<&[String]> {
        let found = self
            .regions
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, countries)| countries.as_slice())
    }
}
