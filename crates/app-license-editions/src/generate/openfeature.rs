//! A flag manifest, as the OpenFeature command line reads it.

use serde_json::{Map, Value, json};

use super::names::one_line;
use crate::editions::Editions;

/// The schema of flag manifests.
const SCHEMA: &str =
    "https://raw.githubusercontent.com/open-feature/cli/main/schema/v0/flag-manifest.json";

/// Features are boolean flags, limits integers, service levels strings. The default is what is
/// answered when no license could be read: nothing. A name of two tables is refused: a flag is of
/// one kind.
pub(super) fn generate(editions: &Editions) -> Result<String, String> {
    if let Some((name, [first, second])) = editions.names_twice().first() {
        return Err(format!(
            "`{name}` stands in [{first}] and [{second}]: a flag is of one kind, give each its own name"
        ));
    }
    let map = editions.map();
    let mut flags = Map::new();
    for name in map.service_levels() {
        flags.insert(name.to_owned(), flag("string", Value::from(""), None));
    }
    for name in map.limits() {
        flags.insert(name.to_owned(), flag("integer", Value::from(0), None));
    }
    for feature in editions.features() {
        let text = feature.description.as_deref().or(feature.name.as_deref());
        flags.insert(
            feature.key.clone(),
            flag("boolean", Value::from(false), text),
        );
    }
    Ok(format!(
        "{:#}\n",
        json!({ "$schema": SCHEMA, "flags": flags })
    ))
}

fn flag(kind: &str, default: Value, description: Option<&str>) -> Value {
    let mut flag = Map::new();
    flag.insert("flagType".to_owned(), Value::from(kind));
    flag.insert("defaultValue".to_owned(), default);
    if let Some(description) = description {
        flag.insert("description".to_owned(), Value::from(one_line(description)));
    }
    Value::Object(flag)
}
