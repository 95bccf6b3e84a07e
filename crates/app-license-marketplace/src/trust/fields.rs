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
    #[serde(rename = "answer")]
    TriState,
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

    /// Whether a certification that is listed is the one that is wanted.
    ///
    /// Case, spaces, punctuation, `IEC`, the year of a standard and the type of a report make no
    /// difference, unless a year or a type is wanted: then it has to be listed.
    ///
    /// ```
    /// use app_license_marketplace::trust::TrustFields;
    /// let fields = TrustFields::shipped()?;
    /// assert!(fields.is_same_certification("ISO/IEC 27001", "iso27001"));
    /// assert!(fields.is_same_certification("ISO 27001:2022", "ISO27001"));
    /// assert!(!fields.is_same_certification("ISO27001", "ISO27001:2022"));
    /// assert!(!fields.is_same_certification("ISO27001", "ISO27018"));
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn is_same_certification(&self, listed: &str, wanted: &str) -> bool {
        let (listed, wanted) = (Certification::read(listed), Certification::read(wanted));
        if wanted.version.is_some() && wanted.version != listed.version {
            return false;
        }
        let is = |names: &[String], base: &str| {
            names.iter().any(|it| Certification::read(it).base == base)
        };
        !wanted.base.is_empty()
            && (listed.base == wanted.base
                || self
                    .certifications
                    .values()
                    .any(|names| is(names, &listed.base) && is(names, &wanted.base)))
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

/// A certification's name without its spelling: what it is, and which year or type of it.
struct Certification {
    base: String,
    version: Option<String>,
}

impl Certification {
    fn read(text: &str) -> Self {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        let name: String = letters.flat_map(char::to_uppercase).collect();
        if let Some((base, version)) = name.split_once("TYPE").filter(|it| !it.0.is_empty()) {
            let version = match version {
                "I" => "1",
                "II" => "2",
                other => other,
            };
            return Self {
                base: base.to_owned(),
                version: Some(version.to_owned()),
            };
        }
        let name = name.replace("ISOIEC", "ISO");
        // a standard of ISO has five digits, and a year has four
        let number = name.strip_prefix("ISO").unwrap_or_default();
        let (number, year) = number.split_at_checked(5).unwrap_or_default();
        if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) {
            return Self {
                base: format!("ISO{number}"),
                version: Some(year.to_owned()),
            };
        }
        Self {
            base: name,
            version: None,
        }
    }
}
