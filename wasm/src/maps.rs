//! Feature maps, for the tests that hold those in TypeScript to the core's. No module that ships has them.

use app_license::{Edition, Error, FeatureMap, Limit};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

/// What a limit is in JavaScript where it is none: `Number.MAX_SAFE_INTEGER`.
const UNLIMITED: u64 = (1 << 53) - 1;

/// Reads a feature map in its JSON form.
///
/// Answers rows, as JSON: each feature with what it needs, each limit and each service level with what
/// customers without a license and those of each edition get. A refusal is thrown as a text: its code.
#[wasm_bindgen(js_name = featureMap)]
pub fn feature_map(json: String) -> Result<String, JsValue> {
    rows(&json).map_err(|error| JsValue::from_str(error.code()))
}

fn rows(json: &str) -> Result<String, Error> {
    let map = FeatureMap::from_json(json.as_bytes())?;
    let of: Vec<Option<Edition>> = [None]
        .into_iter()
        .chain(Edition::ALL.into_iter().map(Some))
        .collect();
    let mut rows = Vec::new();
    for name in map.features() {
        rows.push(json!(["feature", name, map.requirement(name)]));
    }
    for name in map.limits() {
        let mut row = vec![json!("limit"), json!(name)];
        for edition in &of {
            row.push(match map.limit_in(name, *edition)? {
                Limit::Count(count) => json!(count),
                Limit::Unlimited => json!(UNLIMITED),
            });
        }
        rows.push(Value::Array(row));
    }
    for name in map.service_levels() {
        let mut row = vec![json!("level"), json!(name)];
        for edition in &of {
            row.push(json!(map.service_level_in(name, *edition)?));
        }
        rows.push(Value::Array(row));
    }
    Ok(Value::Array(rows).to_string())
}
