//! What cannot be read is named, and an empty folder is not clean.

use std::fs;

use app_license_descriptor::Severity;
use app_license_doctor::{Finding, Project, deprecations};

use crate::common::{findings, folder, root};

fn said(found: &[Finding]) -> Vec<String> {
    found
        .iter()
        .map(|f| format!("{} {}:{} {}", f.severity(), f.file(), f.start(), f.code()))
        .collect()
}

#[test]
fn a_source_that_cannot_be_read_is_a_warning() {
    let app = folder([
        ("src/b.tsx", "\n  const a = {{{ license"),
        ("src/c.rs", "fn f( { Capability::ADVANCED"),
        ("src/d.ts", "const = '@forge/api'"),
        ("src/__tests__/broken.ts", "const = license"),
        // a part of a file, as libraries have it
        ("src/intro.js", "// MIT license\n(function () {"),
    ]);
    fs::write(app.path().join("src/a.ts"), [0xff, 0xfe]).unwrap();
    let found = findings(app.path());
    let files: Vec<_> = found.iter().map(Finding::file).collect();
    assert_eq!(
        files,
        [
            "src/a.ts",
            "src/b.tsx",
            "src/c.rs",
            "src/d.ts",
            "src/intro.js"
        ]
    );
    let severity = |file: &str| match file {
        "src/intro.js" => Severity::Info,
        _ => Severity::Warning,
    };
    let right = |f: &Finding| (f.code(), f.severity()) == ("unreadable", severity(f.file()));
    assert!(found.iter().all(right), "{:?}", said(&found));
    assert_eq!(found[1].start().line, 2);
    assert_eq!(found[3].start().to_string(), "1:7");
}

#[test]
fn a_document_that_cannot_be_read_is_an_error() {
    for (file, text) in [
        ("editions.toml", "nope"),
        ("editions.toml", "[features]\na = \"premium\""),
        ("manifest.yml", "hello"),
        ("manifest.yml", "[]"),
        ("manifest.yml", "app: ["),
        ("atlassian-connect.json", "[]"),
        ("atlassian-connect.json", "{"),
        ("package.json", "7"),
        ("Cargo.toml", "["),
    ] {
        let app = folder([(file, text)]);
        let found = findings(app.path());
        let [only] = &found[..] else {
            panic!("{file} {text}: {:?}", said(&found));
        };
        let what = (only.code(), only.severity(), only.file());
        assert_eq!(what, ("unreadable", Severity::Error, file), "{text}");
    }
    for file in ["manifest.yml", "editions.toml", "atlassian-connect.json"] {
        for bytes in [vec![0xff, 0xfe, b'a', 0], vec![b' '; 1024 * 1024 + 1]] {
            let app = folder([]);
            fs::write(app.path().join(file), bytes).unwrap();
            let found = findings(app.path());
            assert_eq!(found.len(), 1, "{file}");
            assert_eq!(found[0].code(), "unreadable", "{file}");
        }
    }
}

#[test]
fn a_folder_with_nothing_to_read_is_empty() {
    let app = folder([("README.md", "app"), ("manifest.yml", "kind: Deployment")]);
    assert!(Project::read(app.path()).unwrap().is_empty());
    let app = folder([("a.rs", "fn (")]);
    assert!(!Project::read(app.path()).unwrap().is_empty());
}

#[test]
fn a_file_is_no_folder() {
    let app = folder([("manifest.yml", "app: {}")]);
    let error = Project::read(&app.path().join("manifest.yml")).unwrap_err();
    assert_eq!(error.code(), "doctor_read");
    assert!(error.to_string().contains("manifest.yml"), "{error}");
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {}\n";
    let descriptor =
        r#"{"enableLicensing": true, "modules": {"webPanels": [{"key": "a", "url": "/a?lic=x"}]}}"#;
    for (file, text) in [
        ("manifest.yml", manifest),
        ("atlassian-connect.json", descriptor),
        ("package.json", r#"{"dependencies": {"app-license": "1"}}"#),
        ("editions.toml", "[features]\na = \"standard\"\n"),
    ] {
        let plain = findings(folder([(file, text)]).path());
        let marked = findings(folder([(file, &*format!("\u{feff}{text}"))]).path());
        let codes = |found: &[Finding]| found.iter().map(Finding::code).collect::<Vec<_>>();
        assert_eq!(codes(&marked), codes(&plain), "{file}");
    }
}

/// Pages say when a warning becomes an error.
#[test]
fn pages_of_what_goes_say_when_it_is_an_error() {
    assert!(!deprecations().is_empty());
    for code in [
        "deprecated_runtime",
        "deprecated_field",
        "deprecated_endpoint",
    ] {
        let page = fs::read_to_string(root().join(format!("docs/doctor/{code}.md"))).unwrap();
        assert!(
            page.contains("From the day after its end on it is an error"),
            "{code}"
        );
    }
}

#[test]
fn one_field_of_another_type_hides_no_other() {
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing:\n    enabled: \"yes\"\n    editionsEnabled: 1\n    plan: gold\n  access: {userAccess: \"no\"}\n";
    assert_eq!(
        places("manifest.yml", manifest),
        [
            "field_type 5:5",
            "field_type 6:5",
            "unknown_field 7:5",
            "field_type 8:12"
        ]
    );
    let editions = "[app]\nname = 1\n[features]\na = \"premium\"\nb = \"gold\"\n";
    assert_eq!(
        places("editions.toml", editions),
        ["unreadable 2:8", "unreadable 4:5", "unreadable 5:5"]
    );
}

/// What is found in one file, and where.
fn places(name: &str, text: &str) -> Vec<String> {
    let found = findings(folder([(name, text)]).path());
    let place = |f: &Finding| format!("{} {}", f.code(), f.start());
    found.iter().map(place).collect()
}

#[test]
fn the_app_that_is_sold_is_the_app_that_is_installed() {
    let manifest = "app:\n  id: ari:cloud:ecosystem::app/1\n  runtime: {name: nodejs22.x}\n  licensing: {enabled: true}\n";
    let sold = |id: &str| format!("[app]\nid = \"{id}\"\n[features]\na = \"standard\"\n");
    for (id, expected) in [
        ("ari:cloud:ecosystem::app/1", 0),
        ("1", 0),
        ("ari:cloud:ecosystem::app/2", 1),
    ] {
        let app = folder([("manifest.yml", manifest), ("editions.toml", &*sold(id))]);
        let found = findings(app.path());
        let differs = found.iter().filter(|f| f.code() == "app_differs");
        assert_eq!(differs.count(), expected, "{id}");
        assert_eq!(found.len(), expected, "{id}");
    }
    let descriptor =
        r#"{"key": "com.example.a", "authentication": {"type": "jwt"}, "modules": {}}"#;
    let editions = "[app]\nkey = \"com.example.b\"\n[features]\na = \"standard\"\n";
    let app = folder([
        ("atlassian-connect.json", descriptor),
        ("editions.toml", editions),
    ]);
    let found = findings(app.path());
    let found: Vec<_> = found.iter().filter(|f| f.code() == "app_differs").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].file(), found[0].start().to_string().as_str()),
        ("editions.toml", "2:1")
    );
}

#[cfg(unix)]
#[test]
fn links_are_named_and_a_file_behind_one_is_read() {
    use std::os::unix::fs::symlink;
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {}\n";
    let outside = folder([("manifest.yml", manifest), ("lib/a.ts", "f();")]);
    // a manifest behind a link that stays inside
    let app = folder([("config/forge.yml", manifest)]);
    symlink("config/forge.yml", app.path().join("manifest.yml")).unwrap();
    let found = findings(app.path());
    assert_eq!(said(&found), ["error manifest.yml:4:3 enabled_missing"]);
    // one that leads out, and a folder of code
    let app = folder([("src/a.ts", "f();")]);
    symlink(
        outside.path().join("manifest.yml"),
        app.path().join("manifest.yml"),
    )
    .unwrap();
    symlink(outside.path().join("lib"), app.path().join("lib")).unwrap();
    symlink("src", app.path().join("alias")).unwrap();
    let found = findings(app.path());
    assert_eq!(
        said(&found),
        [
            "info lib:1:1 unreadable",
            "warning manifest.yml:1:1 unreadable"
        ]
    );
    assert!(
        found[1]
            .diagnostic()
            .message()
            .contains("it leads out of the folder")
    );
    let folder = folder([]);
    symlink(
        outside.path().join("manifest.yml"),
        folder.path().join("manifest.yml"),
    )
    .unwrap();
    assert!(!Project::read(folder.path()).unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_that_is_not_walked_is_read() {
    use std::os::unix::fs::symlink;
    let manifest = "app:\n  id: x\n  runtime: {name: nodejs22.x}\n  licensing: {}\n";
    for target in [
        ".config/manifest.yml",
        "dist/manifest.yml",
        "generated/manifest.yml",
    ] {
        let app = folder([(target, manifest), (".gitignore", "generated/\n")]);
        symlink(target, app.path().join("manifest.yml")).unwrap();
        let found = findings(app.path());
        assert_eq!(
            said(&found),
            ["error manifest.yml:4:3 enabled_missing"],
            "{target}"
        );
    }
    // one that is walked is read once, whatever the name of the folder
    let app = folder([("app/manifest.yml", manifest)]);
    symlink("app/manifest.yml", app.path().join("manifest.yml")).unwrap();
    let found = findings(&app.path().join("app/.."));
    assert_eq!(said(&found), ["error app/manifest.yml:4:3 enabled_missing"]);
    // the rest of more files than are read is not left out in silence
    let app = folder([("package.json", "{}")]);
    for n in 0..1001 {
        fs::create_dir(app.path().join(n.to_string())).unwrap();
        symlink(
            "../package.json",
            app.path().join(format!("{n}/package.json")),
        )
        .unwrap();
    }
    assert!(Project::read(app.path()).unwrap().is_truncated());
    // a folder by the name of a file
    let app = folder([("app/package.json", "{}")]);
    symlink("app", app.path().join("manifest.yml")).unwrap();
    let found = findings(app.path());
    assert_eq!(said(&found), ["warning manifest.yml:1:1 unreadable"]);
}

#[test]
fn nothing_says_twice_that_it_cannot_be_read() {
    let app = folder([
        ("src/a.rs", "fn f( {"),
        ("manifest.yml", "["),
        ("editions.toml", "nope"),
    ]);
    fs::write(app.path().join("src/b.ts"), [0xff, 0xfe]).unwrap();
    fs::write(app.path().join("package.json"), [0xff, 0xfe]).unwrap();
    for finding in findings(app.path()) {
        let message = finding.diagnostic().message().to_owned();
        assert_eq!(message.matches("cannot be").count(), 1, "{message}");
    }
}
