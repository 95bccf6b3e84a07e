//! Whether each crate's `rust-version` is true: the workspace's for libraries, a newer one for
//! tools whose dependencies need it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use xshell::cmd;

use super::Outcome;
use crate::context::Context;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    rust_version: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

/// A package and what it depends on.
#[derive(Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
}

/// Compiles with those toolchains where they are installed. Without: no dependency of a crate asks
/// for a newer Rust than the crate; uses of what a newer standard library brought are found by
/// `incompatible_msrv`, one of the lints that the job `clippy` denies.
pub(super) fn msrv(context: &Context) -> Result<Outcome> {
    let sh = &context.sh;
    let metadata = cmd!(sh, "cargo metadata --format-version 1")
        .quiet()
        .read()?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;
    let newer = asking_for_newer(&metadata);
    ensure!(newer.is_empty(), "too new: {}", newer.join(", "));

    let promised = promised(&metadata);
    let lowest = promised
        .keys()
        .min_by_key(|version| numbers(version))
        .context("no workspace member has a rust-version")?;
    let (mut compiled, mut missing) = (Vec::new(), Vec::new());
    for (version, crates) in &promised {
        if !context.has_toolchain(version) {
            missing.push(*version);
            continue;
        }
        let toolchain = format!("+{version}");
        let target = context.target_dir().join("msrv");
        let packages = crates.iter().flat_map(|name| ["--package", name]);
        cmd!(
            sh,
            "cargo {toolchain} check {packages...} --target-dir {target}"
        )
        .run()?;
        compiled.push(*version);
    }
    if missing.is_empty() {
        let compiled = compiled.join(", ");
        return Ok(Outcome::note(format!("compiled with Rust {compiled}")));
    }
    let missing = missing.join(", ");
    Ok(Outcome::note(format!(
        "Rust {missing} is not installed (libraries: {lowest}): checked by the dependencies' own rust-version, and by clippy::incompatible_msrv in job clippy"
    )))
}

/// The versions that members promise, and who does.
fn promised(metadata: &Metadata) -> BTreeMap<&str, Vec<&str>> {
    let mut promised = BTreeMap::<_, Vec<_>>::new();
    for package in &metadata.packages {
        let member = metadata.workspace_members.contains(&package.id);
        if let (true, Some(version)) = (member, &package.rust_version) {
            promised
                .entry(version.as_str())
                .or_default()
                .push(&*package.name);
        }
    }
    promised
}

/// What asks for a newer Rust than a member that depends on it, directly or not.
fn asking_for_newer(metadata: &Metadata) -> Vec<String> {
    let packages: BTreeMap<&str, &Package> =
        metadata.packages.iter().map(|p| (&*p.id, p)).collect();
    let dependencies: BTreeMap<&str, &[String]> = (metadata.resolve.nodes.iter())
        .map(|node| (&*node.id, &*node.dependencies))
        .collect();
    let mut newer = Vec::new();
    for member in &metadata.workspace_members {
        let Some(package) = packages.get(&**member) else {
            continue;
        };
        let Some(promised) = &package.rust_version else {
            continue;
        };
        let mut seen = BTreeSet::new();
        let mut left = vec![&**member];
        while let Some(id) = left.pop() {
            if !seen.insert(id) {
                continue;
            }
            left.extend(
                dependencies
                    .get(id)
                    .into_iter()
                    .copied()
                    .flatten()
                    .map(String::as_str),
            );
            let Some(dependency) = packages.get(id) else {
                continue;
            };
            if let Some(needs) = &dependency.rust_version
                && numbers(needs) > numbers(promised)
            {
                newer.push(format!(
                    "{} {} needs {needs}, {} promises {promised}",
                    dependency.name, dependency.version, package.name
                ));
            }
        }
    }
    newer.sort();
    newer
}

/// `1.88` and `1.88.0` as numbers that compare.
fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [0; 3].map(|none| parts.next().unwrap_or(none))
}

#[cfg(test)]
mod tests {
    use super::{Metadata, asking_for_newer, numbers, promised};

    #[test]
    fn compares_versions() {
        assert_eq!(numbers("1.88"), numbers("1.88.0"));
        assert!(numbers("1.100") > numbers("1.88.1"));
    }

    #[test]
    fn each_crate_is_held_to_its_own_promise() {
        let metadata: Metadata = serde_json::from_value(serde_json::json!({
            "workspace_members": ["library", "tool", "other"],
            "packages": [
                { "id": "library", "name": "library", "version": "0.1.0", "rust_version": "1.88" },
                { "id": "tool", "name": "tool", "version": "0.1.0", "rust_version": "1.95" },
                { "id": "other", "name": "other", "version": "0.1.0", "rust_version": "1.88" },
                { "id": "a", "name": "new", "version": "2.0.0", "rust_version": "1.95.0" },
                { "id": "b", "name": "between", "version": "1.0.0", "rust_version": null },
                { "id": "c", "name": "old", "version": "1.0.0", "rust_version": "1.56.1" },
            ],
            "resolve": { "nodes": [
                { "id": "library", "dependencies": ["c"] },
                { "id": "tool", "dependencies": ["library", "a"] },
                { "id": "other", "dependencies": ["b"] },
                { "id": "a", "dependencies": [] },
                { "id": "b", "dependencies": ["a"] },
                { "id": "c", "dependencies": [] },
            ] },
        }))
        .unwrap();
        assert_eq!(
            promised(&metadata).into_iter().collect::<Vec<_>>(),
            [("1.88", vec!["library", "other"]), ("1.95", vec!["tool"])]
        );
        assert_eq!(
            asking_for_newer(&metadata),
            ["new 2.0.0 needs 1.95.0, other promises 1.88"]
        );
    }
}
