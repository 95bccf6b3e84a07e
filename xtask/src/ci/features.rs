//! The combinations of features that are compiled.

use anyhow::Result;
use serde::Deserialize;
use std::collections::BTreeMap;
use xshell::cmd;

use crate::context::Context;

/// One or none at a time.
const SINGLE: &[&str] = &["app-license", "app-license-server", "app-license-store"];
/// None: the rest of these is built with all of them, by `clippy` and by the README's first command.
const NONE: &[&str] = &["app-license-cli", "app-license-marketplace"];
/// Without features: compiled alone, where no other crate adds to what their dependencies have.
const ALONE: &[&str] = &["app-license-client"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    features: BTreeMap<String, Vec<String>>,
}

/// Packages, each with the names of features, comma-separated.
pub(super) fn combinations(context: &Context) -> Result<Vec<(String, String)>> {
    let metadata = cmd!(context.sh, "cargo metadata --format-version 1 --no-deps")
        .quiet()
        .read()?;
    Ok(of(&serde_json::from_str(&metadata)?))
}

fn of(metadata: &Metadata) -> Vec<(String, String)> {
    let mut combinations = Vec::new();
    for Package { name, features } in &metadata.packages {
        // `default` is no feature of its own: it names others.
        let features: Vec<&str> = features
            .keys()
            .map(String::as_str)
            .filter(|feature| *feature != "default")
            .collect();
        let mut add = |chosen: String| combinations.push((name.clone(), chosen));
        let named = |crates: &[&str]| crates.contains(&name.as_str());
        if !named(ALONE) && !named(NONE) && !named(SINGLE) {
            continue;
        }
        add(String::new());
        if named(SINGLE) {
            features.iter().for_each(|one| add((*one).to_owned()));
        }
    }
    combinations
}

#[cfg(test)]
mod tests {
    use super::{Metadata, of};

    #[test]
    fn each_of_core_server_and_store() {
        let metadata: Metadata = serde_json::from_value(serde_json::json!({ "packages": [
            { "name": "app-license", "features": { "default": ["a"], "a": [], "b": [], "c": [] } },
            { "name": "app-license-cli", "features": { "doctor": [] } },
            { "name": "app-license-client", "features": {} },
            { "name": "app-license-server", "features": { "default": ["x"], "x": [], "z": [] } },
            { "name": "app-license-store", "features": { "x": [], "y": [] } },
            { "name": "never-published", "features": { "z": [] } },
        ] }))
        .unwrap();
        let found = of(&metadata);
        let of_crate = |name: &str| -> Vec<&str> {
            found
                .iter()
                .filter(|(package, _)| package == name)
                .map(|(_, features)| features.as_str())
                .collect()
        };
        assert_eq!(of_crate("app-license"), ["", "a", "b", "c"]);
        assert_eq!(of_crate("app-license-cli"), [""]);
        assert_eq!(of_crate("app-license-client"), [""]);
        assert_eq!(of_crate("app-license-server"), ["", "x", "z"]);
        assert_eq!(of_crate("app-license-store"), ["", "x", "y"]);
        assert_eq!(found.len(), 12);
    }
}
