//! What readers of a published crate see: its README, its page at docs.rs, its examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// It re-exports what its signatures name: who uses it depends on nothing else of ours.
const ALONE: &str = "app-license-server";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    description: Option<String>,
    publish: Option<Vec<String>>,
    readme: Option<PathBuf>,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    metadata: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

impl Package {
    fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap()
    }

    /// Whether a reader of its documentation has another crate of ours.
    fn brings(&self, other: &str) -> bool {
        let is_it = |name: &str| name.replace('-', "_") == other;
        let mut dependencies = self.dependencies.iter();
        let depends = dependencies.any(|it| it.kind.is_none() && is_it(&it.name));
        is_it(&self.name) || (depends && self.name != ALONE)
    }
}

/// Of all crates that are published.
fn published() -> Vec<Package> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .unwrap();
    let metadata: Metadata = serde_json::from_slice(&metadata.stdout).unwrap();
    let mut packages = metadata.packages;
    // an empty list: no registry
    packages.retain(|package| package.publish.is_none());
    assert!(packages.iter().any(|package| package.name == ALONE));
    packages
}

#[test]
fn has_a_readme_and_documentation_with_all_features() {
    for package in published() {
        let name = &package.name;
        assert!(package.description.is_some(), "{name}: no description");
        let readme = package.readme.as_ref().map(|it| package.folder().join(it));
        assert!(readme.is_some_and(|it| it.is_file()), "{name}: no README");
        let metadata = package.metadata.unwrap_or_default();
        let features = metadata.pointer("/docs/rs/all-features");
        assert_eq!(
            features,
            Some(&true.into()),
            "{name}: docs.rs leaves features out"
        );
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs" || it == "md") {
            found.push(path);
        }
    }
}

/// The lines of examples in Rust that a reader sees: those of a page, or of documentation in a source.
fn shown(text: &str, is_page: bool) -> Vec<&str> {
    let mut language = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let comment = line.trim_start();
        let comment = comment
            .strip_prefix("///")
            .or_else(|| comment.strip_prefix("//!"));
        let shown = comment.map(str::trim).or_else(|| is_page.then_some(line));
        let Some(line) = shown else {
            language = None;
            continue;
        };
        match (line.strip_prefix("```"), language) {
            (Some(_), Some(_)) => language = None,
            (Some(of), None) => language = Some(of),
            (None, Some("" | "rust" | "no_run" | "should_panic"))
                if line != "#" && !line.starts_with("# ") =>
            {
                lines.push(line);
            }
            _ => {}
        }
    }
    lines
}

/// Crates of ours that a line names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    let paths = words.filter_map(|word| word.split_once("::"));
    paths
        .map(|(start, _)| start)
        .filter(|start| start.starts_with("app_license"))
}

#[test]
fn no_example_imports_a_crate_that_its_reader_does_not_have() {
    let mut examples = 0;
    for package in published() {
        let mut files = vec![package.folder().join("README.md")];
        sources(&package.folder().join("src"), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let is_page = file.extension().is_some_and(|it| it == "md");
            for line in shown(&text, is_page) {
                for other in named(line) {
                    examples += 1;
                    let file = file.display();
                    assert!(package.brings(other), "{file}: {line}");
                }
            }
        }
    }
    assert!(examples > 300, "{examples}");
}

#[test]
fn lines_that_are_hidden_or_no_rust_are_not_shown() {
    let text = "/// ```\n/// use app_license_store::Name;\n/// # use app_license_testkit::App;\n/// ```\n\
                fn f() {}\n/// ```toml\n/// app_license = 1\n/// ```\n/// app_license_client::X";
    assert_eq!(shown(text, false), ["use app_license_store::Name;"]);
    let names: Vec<_> = named("let a = app_license_store::x(app_license::y, other::z);").collect();
    assert_eq!(names, ["app_license_store", "app_license"]);
}
