//! The picture and the table of crates in `ARCHITECTURE.md`, held to what the manifests say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// A package, with what the picture says of one.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `dev` and `build`; a usual dependency has none.
    kind: Option<String>,
    optional: bool,
    /// Of the crates of this repository alone.
    path: Option<PathBuf>,
}

/// What a crate needs, each with whether only a feature needs it.
type NeededCrates = BTreeMap<String, bool>;

/// Fails where the document draws or lists crates otherwise than they are.
pub(super) fn check(document: &str, packages: &[Package]) -> Result<()> {
    let (_, section) = document
        .split_once("\n## Crates\n")
        .context("ARCHITECTURE.md has no section `Crates`")?;
    let section = section.split_once("\n## ").map_or(section, |(it, _)| it);
    let crates = crates(packages);
    let rows = rows(section)?;
    let listed = table(section);
    let mut wrong = Vec::new();
    for name in crates.keys() {
        if !rows.contains_key(name) {
            wrong.push(format!("the picture lacks `{name}`"));
        }
    }
    for name in rows.keys() {
        if !crates.contains_key(name) {
            wrong.push(format!("the picture has `{name}`, which is no crate"));
        }
    }
    for (name, needs) in &crates {
        for needed in needs.keys() {
            if let (Some(row), Some(below)) = (rows.get(name), rows.get(needed))
                && below >= row
            {
                wrong.push(format!(
                    "`{name}` needs `{needed}`, which is not in a row below it"
                ));
            }
        }
    }
    let names: BTreeSet<_> = crates.keys().chain(listed.keys()).collect();
    for name in names {
        match (crates.get(name), listed.get(name)) {
            (Some(are), Some(said)) if are != said => {
                let (are, said) = (shown(are), shown(said));
                wrong.push(format!(
                    "the table says that `{name}` needs {said}: it needs {are}"
                ));
            }
            (Some(_), None) => wrong.push(format!("the table lacks `{name}`")),
            (None, _) => wrong.push(format!("the table has `{name}`, which is no crate")),
            (Some(_), Some(_)) => {}
        }
    }
    if !wrong.is_empty() {
        bail!("ARCHITECTURE.md, section `Crates`\n{}", wrong.join("\n"));
    }
    Ok(())
}

/// The crates of the picture, and what each needs.
fn crates(packages: &[Package]) -> BTreeMap<String, NeededCrates> {
    let named = packages.iter().filter_map(|package| {
        let name = short(&package.name)?;
        let needs = package.dependencies.iter();
        let needs = needs.filter(|it| it.path.is_some() && it.kind.is_none());
        let needs = needs.filter_map(|it| Some((short(&it.name)?, it.optional)));
        // tests and examples are no part of it
        let folder = package.manifest_path.parent()?;
        let parent = folder.parent()?.file_name();
        let is_part = parent.is_some_and(|it| it == "crates") || folder.ends_with("wasm");
        is_part.then(|| (name, needs.collect()))
    });
    named.collect()
}

/// What the picture calls a crate.
fn short(package: &str) -> Option<String> {
    match package.strip_prefix("app-license")? {
        "" => Some("core".to_owned()),
        rest => Some(rest.strip_prefix('-')?.to_owned()),
    }
}

/// The crates of the picture, each with the number of its row.
fn rows(section: &str) -> Result<BTreeMap<String, u32>> {
    let picture = section
        .split("```")
        .nth(1)
        .context("no picture of crates")?;
    let mut rows = BTreeMap::new();
    for line in picture.lines() {
        let mut words = line.split_whitespace();
        let Some(Ok(row)) = words.next().map(str::parse) else {
            continue;
        };
        for word in words {
            if rows.insert(word.to_owned(), row).is_some() {
                bail!("the picture has `{word}` twice");
            }
        }
    }
    Ok(rows)
}

/// The crates of the table, each with its last column.
fn table(section: &str) -> BTreeMap<String, NeededCrates> {
    let lines = section.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.trim_end_matches('|').split('|');
        let name = cells.next()?.trim().strip_suffix('`')?;
        let needs = cells.next_back()?.split(',').filter_map(|it| {
            let (name, feature) = it.trim().strip_prefix('`')?.split_once('`')?;
            Some((name.to_owned(), feature == "?"))
        });
        Some((name.to_owned(), needs.collect()))
    });
    lines.collect()
}

fn shown(needs: &NeededCrates) -> String {
    if needs.is_empty() {
        return "nothing".to_owned();
    }
    let each = needs.iter().map(|(name, by_feature)| {
        let mark = if *by_feature { "?" } else { "" };
        format!("`{name}`{mark}")
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Package, check};

    fn packages() -> Vec<Package> {
        let package = |name: &str, folder: &str, needs: &[(&str, bool)]| {
            let needs = needs.iter().map(|(name, optional)| {
                serde_json::json!({ "name": name, "kind": null, "optional": optional, "path": "/x" })
            });
            let mut needs: Vec<_> = needs.collect();
            needs.push(serde_json::json!(
                { "name": "app-license-store", "kind": "dev", "optional": false, "path": "/x" }
            ));
            needs.push(serde_json::json!({ "name": "serde", "kind": null, "optional": false }));
            serde_json::from_value(serde_json::json!({
                "name": name, "manifest_path": format!("/x/{folder}/Cargo.toml"), "dependencies": needs
            }))
            .unwrap()
        };
        vec![
            package("app-license", "crates/app-license", &[]),
            package(
                "app-license-store",
                "crates/app-license-store",
                &[("app-license", false)],
            ),
            package(
                "app-license-wasm",
                "wasm",
                &[("app-license", false), ("app-license-store", true)],
            ),
            package(
                "app-license-prove",
                "tests/prove",
                &[("app-license-wasm", false)],
            ),
            package("xtask", "xtask", &[]),
        ]
    }

    fn document(picture: &str, table: &str) -> String {
        format!(
            "# A\n\n## Crates\n\nHow.\n\n```\n  head\n{picture}\n```\n\n{table}\n\n## Next\n\n```\n7 x\n```\n"
        )
    }

    const PICTURE: &str = "2 wasm\n1   store\n0  core";
    const TABLE: &str = "| crate | for | needs |\n|---|---|---|\n| `core` | a | |\n| `store` | b | `core` |\n\
                         | `wasm` | c | `core`, `store`? |";

    #[test]
    fn what_is_true_passes() {
        check(&document(PICTURE, TABLE), &packages()).unwrap();
    }

    #[test]
    fn what_is_not_is_named() {
        let of = |picture: &str, table: &str| {
            let error = check(&document(picture, table), &packages()).unwrap_err();
            let error = error.to_string();
            error.split_once('\n').unwrap().1.to_owned()
        };
        let table = |from, to| of(PICTURE, &TABLE.replace(from, to));
        assert_eq!(of("2 wasm\n0 core", TABLE), "the picture lacks `store`");
        assert_eq!(
            of("2 wasm x\n1 store\n0 core", TABLE),
            "the picture has `x`, which is no crate"
        );
        assert_eq!(
            of("1 wasm store\n0 core", TABLE),
            "`wasm` needs `store`, which is not in a row below it"
        );
        assert_eq!(
            table("`store`?", "`store`"),
            "the table says that `wasm` needs `core`, `store`: it needs `core`, `store`?"
        );
        assert_eq!(
            table("| b | `core` |", "| b | |"),
            "the table says that `store` needs nothing: it needs `core`"
        );
        assert_eq!(table("| `core` | a | |\n", ""), "the table lacks `core`");
    }
}
