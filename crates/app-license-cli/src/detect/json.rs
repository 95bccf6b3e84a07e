//! JSON of every shape.

mod licenses;
mod rules;
mod score;
mod shapes;
mod wrappers;

use app_license::LicenseSource;
use serde_json::{Map, Value};

use super::Look;
use crate::input_error::InputError;
use crate::raw;
use crate::reading::{Reading, What};
use score::{Score, Signs};
use shapes::SHAPES;

pub(super) use licenses::null;
pub(super) use shapes::is_manifest;

/// How deep a payload may be wrapped.
const MAX_WRAPPERS: u8 = 6;

/// A JSON object as it is looked at.
#[derive(Clone, Copy)]
struct Document<'a> {
    json: &'a str,
    fields: &'a Map<String, Value>,
    look: Look,
}

impl Document<'_> {
    fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}

/// How a shape is told.
enum Recognition {
    /// By several signs.
    Signs(Signs),
    /// By all of its fields together: how many points, 0 when it is not this.
    Whole(fn(Document<'_>) -> u8),
}

/// One shape: how it is told, and how it is read.
struct Shape {
    what: What,
    source: Option<LicenseSource>,
    told: Recognition,
    read: fn(What, Document<'_>) -> Result<Reading, InputError>,
}

impl Shape {
    /// Its points; `None` when they are not enough.
    fn points(&self, document: Document<'_>) -> Option<u8> {
        match &self.told {
            Recognition::Signs(signs) => {
                let score = signs.score(document.fields);
                signs.are_met(&score).then_some(score.points)
            }
            Recognition::Whole(points) => Some(points(document)).filter(|n| *n > 0),
        }
    }
}

/// What `inspect --list` says of one shape.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    what: What,
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    source: Option<LicenseSource>,
    /// The fields that it is told by.
    fields: Vec<&'static str>,
}

impl Listed {
    pub(crate) fn row(&self) -> [String; 3] {
        let code = self.source.map(|t| t.code().to_owned());
        let fields = if self.fields.is_empty() {
            "all of its fields together".to_owned()
        } else {
            self.fields.join(", ")
        };
        [self.what.title.to_owned(), code.unwrap_or_default(), fields]
    }
}

/// All shapes, for people.
pub(super) fn list() -> impl Iterator<Item = Listed> {
    SHAPES.iter().map(|shape| Listed {
        what: shape.what,
        source: shape.source,
        fields: match &shape.told {
            Recognition::Signs(signs) => signs.of.iter().map(|sign| sign.0).collect(),
            Recognition::Whole(_) => Vec::new(),
        },
    })
}

/// Reads JSON text.
pub(super) fn read(json: &str, look: Look) -> Result<Reading, InputError> {
    raw::check(json)?;
    wrapped(json, look, 0)
}

/// Reads JSON that has been checked, so many wrappers down.
fn wrapped(json: &str, look: Look, depth: u8) -> Result<Reading, InputError> {
    let value: Value = serde_json::from_str(json).map_err(|e| InputError::Json(e.to_string()))?;
    match &value {
        Value::Object(fields) => object(Document { json, fields, look }, depth),
        Value::Null => null(look),
        Value::Array(items) => list_of(json, items, look, depth),
        Value::String(text) if depth < MAX_WRAPPERS => {
            super::text_of_json(text, look, depth.saturating_add(1))
        }
        _ => Err(InputError::Undetected {
            reason: "a JSON text, number or boolean alone".to_owned(),
        }),
    }
}

fn object(document: Document<'_>, depth: u8) -> Result<Reading, InputError> {
    let mut fitting: Vec<(u8, &Shape)> = SHAPES
        .iter()
        .filter_map(|shape| Some((shape.points(document)?, shape)))
        .collect();
    // the first of equals stays first
    fitting.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let Some(asked) = document.look.source else {
        if let Some((_, shape)) = fitting.first() {
            return (shape.read)(shape.what, document);
        }
        let unwrapped = wrappers::unwrap(document, depth)?;
        return unwrapped.ok_or_else(|| unknown(document));
    };
    // what the caller says decides between shapes that fit, never for one that does not
    if let Some((_, shape)) = fitting.iter().find(|(_, s)| s.source == Some(asked)) {
        return (shape.read)(shape.what, document);
    }
    let bare = fitting
        .first()
        .is_some_and(|(_, s)| s.what == shapes::LICENSE);
    if (bare || document.fields.is_empty()) && shapes::holds_a_license(asked) {
        return licenses::bare(asked, document);
    }
    if let Some((_, shape)) = fitting.first() {
        // claims of a token say themselves what they are
        let reading = (shape.read)(shape.what, document)?;
        return reading.must_be(asked);
    }
    match wrappers::unwrap(document, depth)? {
        Some(reading) => reading.must_be(asked),
        None => Err(InputError::OtherShape {
            asked: asked.to_string(),
            found: unknown(document).to_string(),
        }),
    }
}

/// Nothing fits: what is nearest.
fn unknown(document: Document<'_>) -> InputError {
    let nearest = SHAPES
        .iter()
        .filter_map(|shape| match &shape.told {
            Recognition::Signs(signs) => Some((shape, signs.score(document.fields))),
            Recognition::Whole(_) => None,
        })
        .filter(|(_, score)| !score.found.is_empty() && !score.against)
        .max_by_key(|(_, score)| score.points);
    let reason = match nearest {
        Some((shape, Score { found, .. })) => {
            let found: Vec<_> = found.iter().map(|name| format!("`{name}`")).collect();
            format!(
                "a JSON object of no known kind; the nearest is {}, but of its fields it has only {}",
                shape.what.title,
                found.join(", ")
            )
        }
        None if document.fields.is_empty() => {
            "an empty object; say with `--as` where it is from".to_owned()
        }
        None => "a JSON object with none of the fields that the platform writes".to_owned(),
    };
    InputError::Undetected { reason }
}

/// Reads a list: of conditions, or with one thing in it that is known.
fn list_of(json: &str, items: &[Value], look: Look, depth: u8) -> Result<Reading, InputError> {
    if rules::are_conditions(items) {
        return rules::condition(json);
    }
    if depth >= MAX_WRAPPERS || items.len() > 64 {
        return Err(InputError::Undetected {
            reason: "a long or deep list".to_owned(),
        });
    }
    let mut found = Vec::new();
    for (n, item) in items.iter().enumerate() {
        if !(item.is_object() || item.is_string()) {
            continue;
        }
        match wrapped(&item.to_string(), look, depth.saturating_add(1)) {
            Ok(reading) => found.push((format!("item {}", n.saturating_add(1)), reading)),
            Err(InputError::Undetected { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    super::one_of(found, "a list of which no item is known")
}

/// Reads a value that has been made from other text, a manifest, say.
pub(super) fn read_value(value: &Value, look: Look) -> Result<Reading, InputError> {
    read(&value.to_string(), look)
}
