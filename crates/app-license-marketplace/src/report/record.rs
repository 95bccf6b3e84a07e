//! One record: a text, and where in it the fields are.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use super::error::Position;
use super::kind::Kind;
use super::vocabulary::FromText;

/// Where a value is in the text of a record.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) shape: Shape,
}

/// What a value is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Not there, or null.
    #[default]
    Absent,
    /// A text, as it stands.
    Text,
    /// A text with escapes.
    Escaped,
    /// A number, true or false; a list or an object.
    Json,
}

/// A field that the table of the kind does not have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extra {
    pub(super) name: Name,
    pub(super) value: Span,
}

/// The name of such a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name {
    /// A key of JSON, in this group.
    Key(u8, Span),
    /// A column of CSV.
    Column(usize),
}

/// A value as the report has it.
///
/// ```
/// use app_license_marketplace::report::{LicenseReader, Value};
/// let mut reader = LicenseReader::new(&br#"[{"cloudId":"c-1","score":7}]"#[..]);
/// let license = reader.next().unwrap().unwrap();
/// let unknown: Vec<_> = license.unknown().collect();
/// assert_eq!(unknown, [("score".into(), Value::Json("7"))]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'r> {
    /// A text, without escapes.
    Text(Cow<'r, str>),
    /// JSON of another type: a number, true or false, a list, an object.
    Json(&'r str),
}

/// A record, borrowed from its reader or from an [`OwnedRecord`](super::OwnedRecord).
///
/// The fields are methods, named as the columns of the export ([`Kind::FIELDS`] has them all):
/// those of [`LicenseRecord`](super::LicenseRecord) and of
/// [`TransactionRecord`](super::TransactionRecord). What is null or empty in the report is
/// `None`.
///
/// ```
/// use app_license::Edition;
/// use app_license_marketplace::report::{LicenseField, LicenseReader, Status, Tier};
/// let mut reader = LicenseReader::new(&br#"[{
///     "appEntitlementNumber": "E-123-456-789", "appEdition": "Advanced", "status": "active",
///     "tier": "Per Unit Pricing (593 Users)", "contactDetails": {"company": "Caf\u00e9 Ltd"}
/// }]"#[..]);
/// let license = reader.next().unwrap().unwrap();
/// assert_eq!(license.app_edition(), Some(Edition::Advanced));
/// assert_eq!(license.status(), Some(Status::Active));
/// assert_eq!(license.tier(), Some(Tier::PerUnit(593)));
/// assert_eq!(license.get(LicenseField::Tier).unwrap(), "Per Unit Pricing (593 Users)");
/// assert_eq!(license.company().unwrap(), "Café Ltd");
/// assert_eq!(license.cloud_id(), None);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Record<'r, K: Kind> {
    pub(super) text: &'r str,
    pub(super) spans: &'r [Span],
    pub(super) extras: &'r [Extra],
    pub(super) columns: &'r Arc<[String]>,
    pub(super) position: Position,
    pub(super) kind: PhantomData<K>,
}

impl<'r, K: Kind> Record<'r, K> {
    /// Where the record begins.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The text of a field, whatever it is; JSON if it is a list or an object.
    ///
    /// ```
    /// use app_license_marketplace::report::{LicenseField, LicenseReader};
    /// let mut reader = LicenseReader::new(&br#"[{"cloudComplianceBoundaries":["commercial"]}]"#[..]);
    /// let text = reader.next().unwrap().unwrap().get(LicenseField::CloudComplianceBoundaries);
    /// assert_eq!(text.unwrap(), r#"["commercial"]"#);
    /// ```
    #[must_use]
    pub fn get(&self, field: K::Field) -> Option<Cow<'r, str>> {
        Some(match self.value(field)? {
            Value::Text(text) => text,
            Value::Json(json) => Cow::Borrowed(json),
        })
    }

    /// The value of a field, as the report has it.
    ///
    /// ```
    /// use app_license_marketplace::report::{TransactionField, TransactionReader, Value};
    /// let mut reader = TransactionReader::new(&br#"[{"purchaseDetails":{"purchasePrice":10}}]"#[..]);
    /// let value = reader.next().unwrap().unwrap().value(TransactionField::PurchasePrice);
    /// assert_eq!(value, Some(Value::Json("10")));
    /// ```
    #[must_use]
    pub fn value(&self, field: K::Field) -> Option<Value<'r>> {
        self.span(*self.spans.get(K::index(field))?)
    }

    /// Reads the text of a field as a type of this library.
    ///
    /// ```
    /// use app_license_marketplace::report::{Insight, LicenseField, LicenseReader};
    /// let mut reader = LicenseReader::new(&br#"[{"daysToConvertEval":"NA"}]"#[..]);
    /// let license = reader.next().unwrap().unwrap();
    /// assert_eq!(license.read(LicenseField::DaysToConvertEval), Some(Insight::NotApplicable));
    /// ```
    #[must_use]
    pub fn read<T: FromText<'r>>(&self, field: K::Field) -> Option<T> {
        T::from_text(self.get(field)?)
    }

    /// The fields that this library does not know, with their path.
    ///
    /// ```
    /// use app_license_marketplace::report::{LicenseReader, Value};
    /// let mut reader = LicenseReader::new(&br#"[{"contactDetails":{"vat":"DE1"}}]"#[..]);
    /// let license = reader.next().unwrap().unwrap();
    /// let (path, value) = license.unknown().next().unwrap();
    /// assert_eq!((path.as_ref(), value), ("contactDetails.vat", Value::Text("DE1".into())));
    /// ```
    pub fn unknown(&self) -> impl Iterator<Item = (Cow<'r, str>, Value<'r>)> + use<'r, K> {
        let record = *self;
        self.extras.iter().filter_map(move |extra| {
            let name = match extra.name {
                Name::Column(column) => Cow::Borrowed(record.columns.get(column)?.as_str()),
                Name::Key(group, key) => {
                    let key = match record.span(key) {
                        Some(Value::Text(key)) => key,
                        _ => Cow::Borrowed(""),
                    };
                    let path = K::groups().get(usize::from(group))?.path;
                    if path.is_empty() {
                        key
                    } else {
                        Cow::Owned(format!("{path}.{key}"))
                    }
                }
            };
            Some((name, record.span(extra.value)?))
        })
    }

    /// How many bytes the record has in the report.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseReader;
    /// let mut reader = LicenseReader::new(&br#"[ {"tier":"x"} ]"#[..]);
    /// assert_eq!(reader.next().unwrap().unwrap().bytes(), 12);
    /// ```
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.text.len()
    }

    fn span(&self, span: Span) -> Option<Value<'r>> {
        let (start, end) = (
            usize::try_from(span.start).ok()?,
            usize::try_from(span.end).ok()?,
        );
        let text = self.text.get(start..end).filter(|text| !text.is_empty())?;
        match span.shape {
            Shape::Absent => None,
            Shape::Text => Some(Value::Text(Cow::Borrowed(text))),
            Shape::Escaped => Some(Value::Text(Cow::Owned(unescape(text)))),
            Shape::Json => Some(Value::Json(text)),
        }
    }
}

/// The text that JSON escapes stand for; they were checked when the record was read.
pub(crate) fn unescape(mut text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    while let Some((before, after)) = text.split_once('\\') {
        plain.push_str(before);
        let mut rest = after.chars();
        match rest.next() {
            Some('b') => plain.push('\u{8}'),
            Some('f') => plain.push('\u{c}'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some('u') => {
                let (unit, mut tail) = unit(rest.as_str());
                let mut code = unit;
                if (0xd800..0xdc00).contains(&unit)
                    && let Some(low) = tail.strip_prefix("\\u")
                {
                    let (low, after) = self::unit(low);
                    if (0xdc00..0xe000).contains(&low) {
                        let high = unit.wrapping_sub(0xd800).wrapping_shl(10);
                        code = high
                            .wrapping_add(low.wrapping_sub(0xdc00))
                            .wrapping_add(0x10000);
                        tail = after;
                    }
                }
                plain.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                text = tail;
                continue;
            }
            Some(other) => plain.push(other),
            None => {}
        }
        text = rest.as_str();
    }
    plain.push_str(text);
    plain
}

/// Four hexadecimal digits, and what follows them.
fn unit(text: &str) -> (u32, &str) {
    let Some((digits, rest)) = text.split_at_checked(4) else {
        return (0xfffd, "");
    };
    (u32::from_str_radix(digits, 16).unwrap_or(0xfffd), rest)
}

#[cfg(test)]
mod tests {
    #[test]
    fn escapes_are_those_of_json() {
        let text = r#"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z"#;
        let expected: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        assert_eq!(super::unescape(text), expected);
        // halves of characters, as JavaScript may write them
        assert_eq!(
            super::unescape(r"a\ud83d\u0062\ude00c\ud83d"),
            "a\u{fffd}b\u{fffd}c\u{fffd}"
        );
    }
}
