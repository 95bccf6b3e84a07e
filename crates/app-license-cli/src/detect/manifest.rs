//! Manifests: YAML with keys that manifests have.

use serde_json::Value;

use super::{Look, json};
use crate::input_error::InputError;
use crate::reading::Reading;
use crate::yaml;

/// The top level of a manifest.
const KEYS: [&str; 11] = [
    "app",
    "modules",
    "permissions",
    "remotes",
    "resources",
    "connectModules",
    "environment",
    "providers",
    "translations",
    "endpoint",
    "licensing",
];

/// Reads a manifest; `None` when the text is none.
pub(super) fn manifest(text: &str, look: Look) -> Result<Option<Reading>, InputError> {
    let keys = text.lines().filter(|line| is_top_level(line)).count();
    if keys == 0 {
        return Ok(None);
    }
    match yaml::to_json(text) {
        Ok(Value::Object(fields)) if json::is_manifest(&fields) => {
            json::read_value(&Value::Object(fields), look).map(Some)
        }
        // one key of a manifest alone may be anything, but then it must be well formed to be
        Err(fault) if keys >= 2 || text.trim_start().starts_with("app") => Err(fault),
        _ => Ok(None),
    }
}

/// Whether a line begins with a key of the top level, quoted or with spaces before its colon.
fn is_top_level(line: &str) -> bool {
    let Some((key, _)) = line.split_once(':') else {
        return false;
    };
    let key = key.trim_end().trim_start_matches('\u{feff}');
    let quoted = ['"', '\'']
        .iter()
        .find_map(|quote| key.strip_prefix(*quote)?.strip_suffix(*quote));
    KEYS.contains(&quoted.unwrap_or(key))
}
