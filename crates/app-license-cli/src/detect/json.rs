//! JSON of every shape.

mod rules;
mod shapes;

use app_license::Touchpoint;
use serde_json::{Map, Value};

use super::Look;
use crate::fault::Fault;
use crate::raw;
use crate::reading::{Reading, What};
use shapes::SHAPES;

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

/// One shape: how it is told, and how it is read. The first that fits is taken.
struct Shape {
    what: What,
    touchpoint: Option<Touchpoint>,
    fits: fn(Document<'_>) -> bool,
    read: fn(What, Document<'_>) -> Result<Reading, Fault>,
}

/// The names of all shapes.
pub(super) fn titles() -> String {
    let titles: Vec<_> = SHAPES.iter().map(|shape| shape.what.title).collect();
    titles.join(", ")
}

/// Reads JSON text.
pub(super) fn read(json: &str, look: Look) -> Result<Reading, Fault> {
    raw::check(json)?;
    let value: Value = serde_json::from_str(json).map_err(|e| Fault::Json(e.to_string()))?;
    let empty = Map::new();
    let fields = match &value {
        Value::Object(fields) => fields,
        Value::Null => &empty,
        Value::Array(items) => return rules::list(json, items, look),
        _ => return Err(undetected()),
    };
    let document = Document { json, fields, look };
    let fits = |shape: &&Shape| match look.touchpoint {
        Some(touchpoint) => shape.touchpoint == Some(touchpoint) && (shape.fits)(document),
        None => (shape.fits)(document),
    };
    match (SHAPES.iter().find(fits), look.touchpoint) {
        (Some(shape), _) => (shape.read)(shape.what, document),
        (None, Some(touchpoint)) => shapes::bare(touchpoint, document),
        (None, None) => Err(undetected()),
    }
}

fn undetected() -> Fault {
    Fault::Undetected {
        tried: format!("JSON ({})", titles()),
    }
}

/// Reads a value that has been made from other text, a manifest, say.
pub(super) fn read_value(value: &Value, look: Look) -> Result<Reading, Fault> {
    read(&value.to_string(), look)
}
