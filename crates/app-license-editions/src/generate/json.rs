//! The map as the npm package reads it.

use serde_json::Value;

use crate::editions::Editions;

pub(super) fn generate(editions: &Editions) -> String {
    format!("{:#}\n", value(editions))
}

/// The gate's own JSON, with readable layout.
pub(super) fn value(editions: &Editions) -> Value {
    serde_json::from_str(&editions.map().to_json()).unwrap_or(Value::Null)
}
