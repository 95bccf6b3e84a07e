//! `features` and `pricing`, as they are run.

use std::fs;
use std::path::Path;

use crate::common::{Ran, file, run};

const SOUND: &str = "[features]\nexport = \"standard\"\nbulk-export = \"advanced\"\n";

fn narrow(ran: &Ran) {
    for line in ran.out.lines().chain(ran.err.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_with_3_and_a_caret() {
    let path = file("editions/broken.toml", "[features]\nexport = \"premium\"\n");
    let ran = run(&["features", "check", &path]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("unknown edition `premium`"), "{}", ran.err);
    assert!(ran.err.contains("broken.toml:2:10]"), "{}", ran.err);
    assert!(ran.err.contains("2 │ export = \"premium\""), "{}", ran.err);
    let ran = run(&["features", "check", &path, "--format", "json"]);
    assert_eq!(ran.code, 3);
    let error = &ran.json()["error"];
    assert_eq!(
        (error["line"].as_u64(), error["column"].as_u64()),
        (Some(2), Some(10))
    );
    assert_eq!(error["code"], "editions_file");
}

#[test]
fn findings_end_with_2_and_fit_in_80_columns() {
    let path = file("editions/sound.toml", SOUND);
    let folder = Path::new(&path).parent().unwrap().join("source");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("a.ts"),
        "requireFeature(features, \"export\");\nif (license.capabilitySet === \"capabilityAdvanced\") {}\n",
    )
    .unwrap();
    assert_eq!(run(&["features", "check", &path]).code, 0);
    let source = folder.to_str().unwrap();
    let ran = run(&["features", "check", &path, "--source", source]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    assert!(ran.out.contains("error[feature_not_gated] "), "{}", ran.out);
    assert!(
        ran.out.contains("warning[capability_compared] a.ts:2:5\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("1 error, 1 warning, 0 infos"),
        "{}",
        ran.out
    );
    let text: Vec<&str> = ran.out.lines().filter(|l| l.starts_with("  ")).collect();
    assert!(
        text.iter().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
    let ran = run(&[
        "features", "check", &path, "--source", source, "--format", "json",
    ]);
    let json = ran.json();
    assert_eq!(json["diagnostics"][0]["code"], "feature_not_gated");
    assert_eq!(json["diagnostics"][0]["place"]["line"], 3);
}

#[test]
fn generating_again_changes_nothing_and_check_writes_nothing() {
    let path = file("editions/generate.toml", SOUND);
    for kind in ["rust", "typescript", "json", "openfeature", "markdown"] {
        let output = format!("{path}.{kind}");
        drop(fs::remove_file(&output));
        let args = ["features", "generate", kind, &path, "--output", &output];
        let check = [&args[..], &["--check"]].concat();
        assert_eq!(run(&check).code, 2, "{kind}");
        assert!(fs::metadata(&output).is_err(), "{kind}");
        assert!(run(&args).out.ends_with(": written\n"), "{kind}");
        let before = fs::read(&output).unwrap();
        assert_eq!(run(&check).code, 0, "{kind}");
        assert!(run(&args).out.ends_with(": up to date\n"), "{kind}");
        assert_eq!(fs::read(&output).unwrap(), before, "{kind}");
        let printed = run(&["features", "generate", kind, &path]);
        assert_eq!(printed.out.as_bytes(), before, "{kind}");
        fs::write(&output, "other").unwrap();
        assert_eq!(run(&check).code, 2, "{kind}");
        assert_eq!(fs::read(&output).unwrap(), b"other", "{kind}");
    }
}

#[test]
fn the_schema_is_json() {
    let ran = run(&["features", "schema"]);
    assert_eq!(ran.code, 0);
    assert!(ran.json()["properties"]["features"].is_object());
}

#[test]
fn pricing_names_the_first_user_count() {
    let path = file(
        "editions/prices.toml",
        "[pricing.standard.monthly]\nstarter = 1000\ntiers = [{ up-to = 100, per-user = 165 }, { per-user = 77 }]\n\
         [pricing.advanced.monthly]\nstarter = 1500\ntiers = [{ up-to = 50, per-user = 200 }, { per-user = 60 }]\n",
    );
    let ran = run(&["pricing", "check", &path, "--users", "173"]);
    assert_eq!(ran.code, 2);
    narrow(&ran);
    for part in [
        "at 67 users a month, Advanced (110.20) is not above Standard (110.55)",
        "51 to 100",
        "101 and more",
        "173 users, monthly: Standard 221.21,",
    ] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
    let json = run(&["pricing", "check", &path, "--format", "json"]).json();
    assert_eq!(json["first_failure"]["users"], 67);
    assert_eq!(json["holds"], false);
}

#[test]
fn a_free_starter_tier_of_advanced_is_an_error() {
    let text = |starter: u32| {
        format!(
            "[features]\nexport = \"standard\"\nbulk = \"advanced\"\n\
             [pricing.standard.monthly]\nstarter = 0\ntiers = [{{ per-user = 165 }}]\n\
             [pricing.advanced.monthly]\nstarter = {starter}\ntiers = [{{ per-user = 230 }}]\n"
        )
    };
    let path = file("editions/starter.toml", text(0));
    let ran = run(&["features", "check", &path]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.out.contains("free_starter_on_advanced"), "{}", ran.out);
    let path = file("editions/no-starter.toml", text(1000));
    let ran = run(&["features", "check", &path]);
    assert!(!ran.out.contains("free_starter"), "{}", ran.out);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn pricing_reads_the_commerce_apis_plans() {
    let plan = |name: &str, unit: u64| {
        format!(
            r#"{{"values":[{{"offeringName":"{name}","currency":"USD","type":"COMMERCIAL","status":"ACTIVE",
            "primaryCycle":{{"name":"MONTHLY"}},"items":[{{"tiersMode":"GRADUATED","tiers":[{{"floor":1,"unitAmount":{unit}}}]}}]}}]}}"#
        )
    };
    let standard = file("editions/standard.json", plan("Standard", 100));
    let advanced = file("editions/advanced.json", plan("Advanced", 101));
    let args = [
        "pricing",
        "check",
        "--from-commerce",
        &standard,
        "--from-commerce",
    ];
    let ran = run(&[&args[..], &[&advanced]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let ran = run(&[&args[..], &[&standard]].concat());
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("a second plan of standard"), "{}", ran.err);
}

#[test]
fn what_is_written_is_a_file_of_its_own() {
    let path = file("editions/own/own.toml", SOUND);
    let folder = Path::new(&path).parent().unwrap();
    let folder_path = folder.to_str().unwrap();
    let generate =
        |kind: &str, output: &str| run(&["features", "generate", kind, &path, "--output", output]);
    let aliased = format!("{folder_path}/../own/own.toml");
    for output in [&path, &aliased] {
        for kind in ["json", "manifest"] {
            let ran = generate(kind, output);
            assert_eq!(ran.code, 3, "{}", ran.out);
            assert!(ran.err.contains("is the input"), "{}", ran.err);
        }
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), SOUND);
    assert_eq!(generate("json", folder_path).code, 3);
    let nowhere = format!("{folder_path}/nowhere/x.json");
    for ran in [
        generate("json", &nowhere),
        run(&["features", "schema", "--output", &nowhere]),
        run(&["features", "check", &path, "--source", &nowhere]),
        run(&["features", "check", &nowhere]),
        run(&["pricing", "check", &nowhere]),
    ] {
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("nowhere"), "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_are_no_output() {
    let path = file("editions/devices.toml", SOUND);
    let pipe = format!("{path}.pipe");
    drop(fs::remove_file(&pipe));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    let hard = format!("{path}.hard");
    drop(fs::remove_file(&hard));
    fs::hard_link(&path, &hard).unwrap();
    let mut outputs = vec!["/dev/null", "/dev/full", &hard];
    if made.is_ok_and(|status| status.success()) {
        outputs.push(&pipe);
    }
    for output in outputs {
        for kind in ["json", "manifest"] {
            let ran = run(&["features", "generate", kind, &path, "--output", output]);
            assert_eq!(ran.code, 3, "{output}: {}", ran.out);
            assert!(ran.err.contains(output), "{}", ran.err);
        }
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), SOUND);
}

#[test]
fn line_ends_make_no_difference() {
    let path = file("editions/ends.toml", SOUND);
    let output = format!("{path}.ts");
    drop(fs::remove_file(&output));
    let args = [
        "features",
        "generate",
        "typescript",
        &path,
        "--output",
        &output,
    ];
    assert_eq!(run(&args).code, 0);
    let text = fs::read_to_string(&output).unwrap().replace('\n', "\r\n");
    fs::write(&output, &text).unwrap();
    let check = [&args[..], &["--check"]].concat();
    assert_eq!(run(&check).code, 0);
    fs::write(&output, format!("{text}x")).unwrap();
    assert_eq!(run(&check).code, 2);
}

#[test]
fn all_mistakes_of_a_file_are_shown_at_once() {
    let text = "[app]\nname = 1\n[features]\nexport = \"premium\"\naudit = { requires = \"free\", nme = \"x\" }\n";
    let path = file("editions/several.toml", text);
    let ran = run(&["features", "check", &path]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    for place in [
        "several.toml:2:8]",
        "several.toml:4:10]",
        "several.toml:5:30]",
    ] {
        assert!(ran.err.contains(place), "{place}\n{}", ran.err);
    }
    assert!(ran.err.ends_with("several.toml: 3 errors\n"), "{}", ran.err);
    let json = run(&["features", "check", &path, "--format", "json"]).json();
    assert_eq!(json["error"]["line"], 2);
    let lines: Vec<_> = json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["line"].clone())
        .collect();
    assert_eq!(lines, [2, 4, 5]);
}

#[test]
fn the_app_is_compared_with_the_manifest_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("src")).unwrap();
    fs::write(at("src/a.ts"), "requireFeature(f, \"export\");").unwrap();
    fs::write(
        at("editions.toml"),
        "[app]\nid = \"1\"\n[features]\nexport = \"standard\"\n",
    )
    .unwrap();
    fs::write(
        at("manifest.yml"),
        "app:\n  id: ari:cloud:ecosystem::app/2\n",
    )
    .unwrap();
    let path = at("editions.toml");
    let source = at("src");
    let args = [
        "features",
        "check",
        path.to_str().unwrap(),
        "--source",
        source.to_str().unwrap(),
    ];
    let ran = run(&args);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("error[app_differs] "), "{}", ran.out);
    fs::write(
        at("manifest.yml"),
        "app:\n  id: ari:cloud:ecosystem::app/1\n",
    )
    .unwrap();
    assert_eq!(run(&args).code, 0);
    let json = run(&[&args[..], &["--format", "json"]].concat()).json();
    assert_eq!(json["apps_read"].as_array().unwrap().len(), 1);
}

#[test]
fn a_manifest_that_does_not_sell_what_the_file_sells_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(
        at("editions.toml"),
        "[features]\nview = \"standard\"\nexport = \"advanced\"\n",
    )
    .unwrap();
    for (licensing, code) in [
        ("", "licensing_not_enabled"),
        (", licensing: {enabled: true}", "editions_not_enabled"),
    ] {
        fs::write(at("manifest.yml"), format!("app: {{id: x{licensing}}}")).unwrap();
        let path = at("editions.toml");
        let ran = run(&["features", "check", path.to_str().unwrap()]);
        assert!(
            ran.out.contains(&format!("warning[{code}] ")),
            "{}",
            ran.out
        );
        let strict = run(&["features", "check", path.to_str().unwrap(), "--strict"]);
        assert_eq!((ran.code, strict.code), (0, 2), "{}", ran.out);
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let check = || {
        let path = at("editions.toml");
        run(&["features", "check", path.to_str().unwrap()])
    };
    let editions = "[features]\nexport = \"standard\"\n";
    let named = format!("[app]\nid = \"1\"\n{editions}");
    fs::write(at("editions.toml"), &named).unwrap();
    for (text, why) in [
        (&b"app: {id: 1, id: 2}"[..], "a key occurs twice"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "it holds no fields"),
        (&[b'#'; (1 << 20) + 1], "larger than 1048576 bytes"),
    ] {
        fs::write(at("manifest.yml"), text).unwrap();
        let ran = check();
        assert_eq!(ran.code, 2, "{why}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains("error[app_unread] "), "{}", ran.out);
        assert!(ran.out.contains(why), "{}", ran.out);
    }
    // no app is named: nothing was to be compared
    fs::write(at("editions.toml"), editions).unwrap();
    let ran = check();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("warning[app_unread]"), "{}", ran.out);
    // a manifest of something else, and a folder of that name
    fs::write(at("editions.toml"), &named).unwrap();
    fs::write(at("manifest.yml"), "kind: ConfigMap\n").unwrap();
    fs::create_dir(at("manifest.yaml")).unwrap();
    let ran = check();
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", at("atlassian-connect.json")).unwrap();
        assert_eq!(check().code, 2);
    }
}

#[test]
fn names_that_generate_refuses_are_named_by_check() {
    let text = "[features]\na-b = \"standard\"\na_b = \"standard\"\n";
    let path = file("editions/collide.toml", text);
    let check = run(&["features", "check", &path]);
    assert_eq!(check.code, 2, "{}", check.out);
    assert!(check.out.contains("error[name_collides] "), "{}", check.out);
    for kind in ["rust", "typescript"] {
        assert_eq!(
            run(&["features", "generate", kind, &path]).code,
            3,
            "{kind}"
        );
        assert!(
            check.out.to_lowercase().contains(kind),
            "{kind}\n{}",
            check.out
        );
    }
    for kind in ["json", "openfeature", "markdown"] {
        assert_eq!(
            run(&["features", "generate", kind, &path]).code,
            0,
            "{kind}"
        );
    }
}

#[test]
fn characters_that_steer_a_terminal_reach_no_output() {
    let text = "[features]\na = { requires = \"free\", name = \"x\\u001b[31m\", description = \"y\u{202e}z\" }\n";
    let path = file("editions/steer.toml", text);
    for args in [
        &["features", "check", &path][..],
        &["features", "generate", "markdown", &path],
        &["features", "generate", "rust", &path],
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{args:?}");
        assert!(
            ran.err.contains("U+001B") && ran.err.contains("U+202E"),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains(['\u{1b}', '\u{202e}']), "{args:?}");
    }
}

#[test]
fn generated_code_is_json_where_json_is_asked_for() {
    let path = file("editions/text.toml", SOUND);
    for kind in ["rust", "typescript", "markdown"] {
        let text = run(&["features", "generate", kind, &path]).out;
        let json = run(&["features", "generate", kind, &path, "--format", "json"]).json();
        assert_eq!(json["text"], text, "{kind}");
    }
    for kind in ["json", "openfeature"] {
        run(&["features", "generate", kind, &path, "--format", "json"]).json();
    }
}
