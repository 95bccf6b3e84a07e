//! Whether the `rust-version` of the workspace is true.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use xshell::cmd;

use super::Outcome;
use crate::context::Context;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    rust_version: Option<String>,
}

/// Compiles with that toolchain where it is installed. Without it: no dependency asks for a newer
/// Rust, and clippy finds no use of what a newer standard library brought.
pub(super) fn msrv(context: &Context) -> Result<Outcome> {
    let sh = &context.sh;
    let metadata = cmd!(sh, "cargo metadata --format-version 1")
        .quiet()
        .read()?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;
    let msrv = promised(&metadata).context("no workspace member has a rust-version")?;
    let newer = asking_for_newer(&metadata, msrv);
    ensure!(
        newer.is_empty(),
        "newer than Rust {msrv}: {}",
        newer.join(", ")
    );

    if context.has_toolchain(msrv) {
        let toolchain = format!("+{msrv}");
        let target = context.target_dir().join("msrv");
        cmd!(
            sh,
            "cargo {toolchain} check --workspace --target-dir {target}"
        )
        .run()?;
        return Ok(Outcome::note(format!("compiled with Rust {msrv}")));
    }
    cmd!(
        sh,
        "cargo clippy --workspace -- -D clippy::incompatible_msrv"
    )
    .run()?;
    Ok(Outcome::note(format!(
        "Rust {msrv} is not installed: checked by clippy::incompatible_msrv and the dependencies' own rust-version"
    )))
}

fn promised(metadata: &Metadata) -> Option<&str> {
    let members = metadata
        .packages
        .iter()
        .filter(|it| metadata.workspace_members.contains(&it.id));
    let versions = members.filter_map(|package| package.rust_version.as_deref());
    versions.min_by_key(|version| numbers(version))
}

fn asking_for_newer(metadata: &Metadata, msrv: &str) -> Vec<String> {
    let limit = numbers(msrv);
    let newer = metadata.packages.iter().filter_map(|package| {
        let needs = package.rust_version.as_deref()?;
        let Package { name, version, .. } = package;
        (numbers(needs) > limit).then(|| format!("{name} {version} needs {needs}"))
    });
    newer.collect()
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
    fn finds_dependencies_that_ask_for_more() {
        let metadata: Metadata = serde_json::from_value(serde_json::json!({
            "workspace_members": ["ours"],
            "packages": [
                { "id": "ours", "name": "ours", "version": "0.1.0", "rust_version": "1.88" },
                { "id": "a", "name": "new", "version": "2.0.0", "rust_version": "1.90" },
                { "id": "b", "name": "old", "version": "1.0.0", "rust_version": "1.56.1" },
                { "id": "c", "name": "silent", "version": "1.0.0", "rust_version": null },
            ],
        }))
        .unwrap();
        assert_eq!(promised(&metadata), Some("1.88"));
        assert_eq!(
            asking_for_newer(&metadata, "1.88"),
            ["new 2.0.0 needs 1.90"]
        );
    }
}
