//! Reading `editions.toml`, or the same as JSON: closed, bounded, with the line of a mistake.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use crate::gate::capability::Edition;
use serde::de::{
    Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Unexpected, Visitor,
};

use super::columns::Columns;
use super::{Feature, FeatureMap, Limit};
use crate::capability::Capability;
use crate::error::{Error, ErrorKind, at_most, shown};

/// The largest file that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// The most features, limits, or service levels.
const MAX_ROWS: usize = 4096;
/// The most columns of one row.
const MAX_COLUMNS: usize = 64;
/// The longest name, in bytes.
const MAX_NAME: usize = 128;
/// The longest description or service level, in bytes.
const MAX_TEXT: usize = 4096;
/// The largest number that JavaScript reads exactly.
const MAX_COUNT: u64 = 9_007_199_254_740_991;

impl FeatureMap {
    /// Reads `editions.toml`.
    ///
    /// ```
    /// # use app_license::FeatureMap;
    /// let error = FeatureMap::from_toml("[features]\nexport = \"premium\"").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the feature map is not valid: unknown edition `premium`: expected `free`, `standard`, \
    ///      `advanced`, or a capability string beginning with `capability` (line 2)",
    /// );
    /// ```
    ///
    /// # Errors
    /// `feature_map` with the line, `too_large` over 256 KiB.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        at_most("feature map", text.len(), MAX_BYTES)?;
        let document: Document = toml::from_str(text).map_err(|e| {
            let line = e.span().and_then(|span| {
                let before = text.as_bytes().get(..span.start)?;
                let breaks = before.iter().filter(|b| **b == b'\n').count();
                Some(breaks.saturating_add(1))
            });
            invalid(e.message(), line)
        })?;
        Ok(document.into())
    }

    /// Reads the map from JSON of the same shape.
    ///
    /// ```
    /// # use app_license::{Capability, FeatureMap};
    /// let map = FeatureMap::from_json(br#"{"features":{"export":"standard"}}"#)?;
    /// assert_eq!(map.requirement("export"), Some(&Capability::STANDARD));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `feature_map` with the line, `too_large` over 256 KiB.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        at_most("feature map", json.len(), MAX_BYTES)?;
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(invalid("expected a JSON object", Some(1)));
        }
        let document: Document = serde_json::from_slice(json).map_err(|e| {
            let text = e.to_string();
            let message = text.rsplit_once(" at line ").map_or(&*text, |(m, _)| m);
            invalid(message, Some(e.line()))
        })?;
        Ok(document.into())
    }
}

fn invalid(message: &str, line: Option<usize>) -> Error {
    let mut reason = message.trim().replace('\n', ", ");
    if let Some(line) = line {
        reason.push_str(&format!(" (line {line})"));
    }
    ErrorKind::FeatureMap { reason }.into()
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    #[serde(default)]
    features: Rows<Feature>,
    #[serde(default)]
    limits: Rows<Columns<Limit>>,
    #[serde(default)]
    service_levels: Rows<Columns<String>>,
    // what a vendor publishes beside: read by tools, no gate needs it
    #[serde(default, rename = "app")]
    _app: IgnoredAny,
    #[serde(default, rename = "editions")]
    _editions: IgnoredAny,
    #[serde(default, rename = "pricing")]
    _pricing: IgnoredAny,
}

/// As [`FeatureMap::from_toml`] and [`FeatureMap::from_json`] read it, for readers that report
/// where a mistake stands. The size of the text is not bounded here.
impl<'de> Deserialize<'de> for FeatureMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Document::deserialize(deserializer).map(Self::from)
    }
}

impl From<Document> for FeatureMap {
    fn from(document: Document) -> Self {
        Self {
            features: document.features.0,
            limits: document.limits.0,
            service_levels: document.service_levels.0,
        }
    }
}

/// A table of rows: checked names, none twice, not too many.
struct Rows<T>(BTreeMap<String, T>);

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowsVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for RowsVisitor<T> {
            type Value = Rows<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut rows = BTreeMap::new();
                while let Some(Name(name)) = map.next_key()? {
                    if rows.len() >= MAX_ROWS {
                        return Err(A::Error::custom(format!("more than {MAX_ROWS} entries")));
                    }
                    if rows.contains_key(&name) {
                        return Err(A::Error::custom(format!("`{name}` occurs twice")));
                    }
                    rows.insert(name, map.next_value()?);
                }
                Ok(Rows(rows))
            }
        }
        deserializer.deserialize_map(RowsVisitor(PhantomData))
    }
}

struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let valid = name.len() <= MAX_NAME
            && name.bytes().next().is_some_and(letter)
            && name
                .bytes()
                .all(|b| letter(b) || matches!(b, b'.' | b'_' | b'-'));
        if valid {
            return Ok(Self(name));
        }
        Err(D::Error::custom(format!(
            "`{}` is not a valid name: expected lower-case letters, digits, `.`, `_` and `-`, a \
             letter or digit first, at most {MAX_NAME} characters",
            shown(&name),
        )))
    }
}

/// An edition's name, or a capability string.
struct Requirement(Capability);

fn requirement<E: serde::de::Error>(text: &str) -> Result<Capability, E> {
    if let Some(edition) = Edition::from_name(text) {
        return Ok(edition.into());
    }
    let folded: String = text.chars().filter(|c| *c != '_').collect();
    let is_capability = folded.len() > "capability".len()
        && folded.to_ascii_lowercase().starts_with("capability")
        && text.len() <= MAX_NAME
        && text.chars().all(|c| c.is_ascii_graphic());
    if is_capability {
        return Ok(Capability::new(text));
    }
    Err(E::custom(format!(
        "unknown edition `{}`: expected `free`, `standard`, `advanced`, or a capability string \
         beginning with `capability`",
        shown(text),
    )))
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        requirement(&String::deserialize(deserializer)?).map(Self)
    }
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            requires: Requirement,
            #[serde(default)]
            description: Option<Text>,
            // for the listing and for tools
            #[serde(default, rename = "name")]
            _name: IgnoredAny,
            #[serde(default, rename = "order")]
            _order: IgnoredAny,
            #[serde(default, rename = "gated")]
            _gated: IgnoredAny,
        }

        struct FeatureVisitor;
        impl<'de> Visitor<'de> for FeatureVisitor {
            type Value = Feature;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an edition, or a table with `requires`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Feature, E> {
                Ok(Feature {
                    requires: requirement(text)?,
                    description: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Feature, A::Error> {
                let long = Long::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Feature {
                    requires: long.requires.0,
                    description: long.description.map(|t| t.0),
                })
            }
        }
        deserializer.deserialize_any(FeatureVisitor)
    }
}

/// Free text of bounded length.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > MAX_TEXT {
            return Err(D::Error::custom(format!(
                "a text of more than {MAX_TEXT} bytes"
            )));
        }
        Ok(Self(text))
    }
}

/// What may stand in a column.
trait Cell: Sized {
    type Wire: for<'de> Deserialize<'de>;
    fn of(wire: Self::Wire) -> Self;
}

impl Cell for String {
    type Wire = Text;
    fn of(wire: Text) -> Self {
        wire.0
    }
}

impl Cell for Limit {
    type Wire = Self;
    fn of(wire: Self) -> Self {
        wire
    }
}

impl<'de> Deserialize<'de> for Limit {
    /// Reads a whole number from 0, or `"unlimited"`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LimitVisitor;
        impl Visitor<'_> for LimitVisitor {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from 0 to {MAX_COUNT}, or `unlimited`")
            }

            fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Limit, E> {
                if count > MAX_COUNT {
                    return Err(E::invalid_value(Unexpected::Unsigned(count), &self));
                }
                Ok(Limit::Count(count))
            }

            fn visit_i64<E: serde::de::Error>(self, count: i64) -> Result<Limit, E> {
                match u64::try_from(count) {
                    Ok(count) => self.visit_u64(count),
                    Err(_) => Err(E::invalid_value(Unexpected::Signed(count), &self)),
                }
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Limit, E> {
                if text == "unlimited" {
                    return Ok(Limit::Unlimited);
                }
                Err(E::invalid_value(Unexpected::Str(&shown(text)), &self))
            }
        }
        deserializer.deserialize_any(LimitVisitor)
    }
}

impl<'de, T: Cell> Deserialize<'de> for Columns<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnsVisitor<T>(PhantomData<T>);
        impl<'de, T: Cell> Visitor<'de> for ColumnsVisitor<T> {
            type Value = Columns<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with a value for each edition")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut columns = Columns::default();
                let mut count = 0_usize;
                while let Some(Column(column)) = map.next_key()? {
                    let value = T::of(map.next_value()?);
                    count = count.saturating_add(1);
                    let slot = match &column {
                        None => Some(&mut columns.none),
                        Some(c) => match c.edition() {
                            Some(edition) => columns.slot(edition),
                            None => None,
                        },
                    };
                    let twice = match (slot, column) {
                        (Some(slot), _) => slot.replace(value).is_some(),
                        (None, Some(c)) => {
                            let twice = columns.others.iter().any(|(other, _)| *other == c);
                            columns.others.push((c, value));
                            twice
                        }
                        (None, None) => false,
                    };
                    if twice {
                        return Err(A::Error::custom("an edition occurs twice"));
                    }
                    if count > MAX_COLUMNS {
                        return Err(A::Error::custom("too many editions"));
                    }
                }
                if count == 0 {
                    return Err(A::Error::custom("a row without any edition"));
                }
                columns
                    .others
                    .sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
                Ok(columns)
            }
        }
        deserializer.deserialize_map(ColumnsVisitor(PhantomData))
    }
}

/// The name of a column: `none`, or an edition.
struct Column(Option<Capability>);

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == "none" {
            return Ok(Self(None));
        }
        requirement(&name).map(Some).map(Self)
    }
}
