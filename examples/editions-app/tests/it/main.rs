//! Moving a feature between editions is a change of one line, and all four places follow.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes,
    reason = "a test that fails is what they are for"
)]

use std::fs;
use std::path::{Path, PathBuf};

use app_license::{FeatureMap, License, LicenseSource, UnixTime, Verified};
use app_license_editions::{Editions, Generator, check, check_sources, schema, update_manifest};
use app_license_source::SourceTree;
use editions_app::{Gate, bulk_export, export};

const FILE: &str = include_str!("../../editions.toml");

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn read(below: &str) -> String {
    fs::read_to_string(path(below)).unwrap()
}

fn editions(text: &str) -> Editions {
    Editions::from_toml("editions.toml", text).unwrap()
}

/// The file with one line changed: bulk export becomes a feature of Standard.
fn moved() -> String {
    let line = "bulk-export = { requires = \"advanced\"";
    let moved = FILE.replace(line, "bulk-export = { requires = \"standard\"");
    let changed = FILE.lines().zip(moved.lines()).filter(|(a, b)| a != b);
    assert_eq!(changed.count(), 1);
    moved
}

fn license(capability: &str) -> Verified<License> {
    let json = format!(r#"{{"active":true,"capabilitySet":"{capability}"}}"#);
    let license = License::from_object(json.as_bytes(), LicenseSource::ConnectLicenseApi).unwrap();
    Verified::dangerous_assume(license)
}

#[test]
fn the_rust_gate_follows() {
    let (standard, now) = (license("capabilityStandard"), UnixTime::EPOCH);
    let allowed = |file: &str| {
        let gate = Gate::new(file).unwrap();
        assert!(export(&gate, &standard, now).unwrap().is_allowed());
        bulk_export(&gate, &standard, now).unwrap().is_allowed()
    };
    assert!(!allowed(FILE));
    assert!(allowed(&moved()));
    let gate = Gate::new(FILE).unwrap();
    let advanced = license("capabilityAdvanced");
    assert!(bulk_export(&gate, &advanced, now).unwrap().is_allowed());
    assert_eq!(
        gate.saved_reports(&standard, now).unwrap().count(),
        Some(10)
    );
}

/// The map that the TypeScript gate is made of; `test/gate.test.mjs` runs the gate itself.
fn typescript_map(file: &str) -> FeatureMap {
    let text = Generator::TypeScript.generate(&editions(file)).unwrap();
    let (_, data) = text.split_once("export const editions = ").unwrap();
    let json = data.trim_end().strip_suffix(" as const;").unwrap();
    FeatureMap::from_json(json.as_bytes()).unwrap()
}

#[test]
fn the_typescript_gate_follows() {
    for file in [FILE, &moved()] {
        assert_eq!(typescript_map(file), FeatureMap::from_toml(file).unwrap());
    }
    assert_ne!(typescript_map(FILE), typescript_map(&moved()));
}

#[test]
fn the_manifests_conditions_follow() {
    let section = |file: &str| {
        let manifest = update_manifest(&editions(file), &read("manifest.yml")).unwrap();
        let (_, rest) = manifest.split_once("# begin feature bulk-export").unwrap();
        rest.split_once("# end feature bulk-export")
            .unwrap()
            .0
            .to_owned()
    };
    assert!(section(FILE).contains("appEdition: advanced"));
    // not `appEdition: standard`, which would hide it from Advanced customers
    assert!(!section(&moved()).contains("appEdition"));
    assert!(section(&moved()).contains("appIsLicensed: true"));
}

#[test]
fn the_listing_follows() {
    let standard_part = |file: &str| {
        let text = Generator::Markdown.generate(&editions(file)).unwrap();
        let (_, rest) = text.split_once("## Standard").unwrap();
        rest.split_once("## Advanced").unwrap().0.to_owned()
    };
    assert!(!standard_part(FILE).contains("**Bulk export**"));
    assert!(standard_part(&moved()).contains("**Bulk export**"));
}

#[test]
fn what_is_committed_is_what_is_generated() {
    let editions = editions(FILE);
    for (generator, file) in [
        (Generator::Rust, "src/editions.rs"),
        (Generator::TypeScript, "ui/editions.ts"),
        (Generator::Json, "editions.json"),
        (Generator::OpenFeature, "flags.json"),
        (Generator::Markdown, "editions.md"),
    ] {
        assert_eq!(read(file), generator.generate(&editions).unwrap(), "{file}");
    }
    let manifest = read("manifest.yml");
    assert_eq!(update_manifest(&editions, &manifest).unwrap(), manifest);
    assert_eq!(read("editions.schema.json"), format!("{:#}\n", schema()));
}

#[test]
fn file_code_and_prices_agree() {
    let editions = editions(FILE);
    assert_eq!(check(&editions), []);
    let tree = SourceTree::read_all(&[path("src"), path("ui")]).unwrap();
    assert_eq!(tree.files().len(), 5);
    assert_eq!(check_sources(&editions, &tree), []);
    // and they are held together: another file would not do
    let more = FILE.replace("[limits]", "audit-log = \"advanced\"\n[limits]");
    let found = check_sources(&self::editions(&more), &tree);
    assert_eq!(found[0].code(), "feature_not_gated");
}
