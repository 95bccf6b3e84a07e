//! The shipped scenarios hold, and every single expectation in them can fail.

use std::path::{Path, PathBuf};

use crate::common::{file, run};
use toml::Value;

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app-license-lab/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn all_ten_hold() {
    let files = shipped();
    assert_eq!(files.len(), 10);
    let mut args = vec!["lab", "scenario"];
    args.extend(files.iter().map(|path| path.to_str().unwrap()));
    let ran = run(&args);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// Every expectation of every story, one at a time turned into its opposite, makes it fail.
#[test]
fn each_fails_when_any_of_its_expectations_is_falsified() {
    let mut count = 0;
    let mut files = Vec::new();
    for path in shipped() {
        let story: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        for at in 0.. {
            let mut story = story.clone();
            let mut left = at;
            let steps = story["step"].as_array_mut().unwrap();
            let hit = steps
                .iter_mut()
                .filter_map(|step| step.get_mut("expect"))
                .any(|expect| falsify(expect, &mut left));
            if !hit {
                assert!(at > 5, "{name} expects next to nothing");
                break;
            }
            count += 1;
            let text = toml::to_string(&story).unwrap();
            files.push(file(&format!("false/{name}-{at}.toml"), text));
        }
    }
    let mut args = vec!["lab", "scenario", "--format", "json"];
    args.extend(files.iter().map(String::as_str));
    let ran = run(&args);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report = ran.json();
    let played = report["scenarios"].as_array().unwrap();
    assert_eq!(played.len(), count);
    for story in played {
        assert_eq!(story["passed"], false, "{}", story["file"]);
    }
}

/// Turns the leaf with this number, counted from 0, into something else; `false` when there are
/// not as many.
fn falsify(value: &mut Value, left: &mut usize) -> bool {
    match value {
        // where it is asked is no expectation
        Value::Table(table) => table
            .iter_mut()
            .filter(|(name, _)| *name != "at")
            .any(|(_, inner)| falsify(inner, left)),
        Value::Array(list) if !list.is_empty() => list.iter_mut().any(|it| falsify(it, left)),
        leaf => {
            if *left > 0 {
                *left -= 1;
                return false;
            }
            *leaf = match leaf {
                Value::Boolean(yes) => Value::Boolean(!*yes),
                Value::Integer(number) => Value::Integer(*number + 1),
                Value::Array(_) => Value::Array(vec![Value::Integer(204)]),
                Value::String(text) => Value::String(
                    match text.as_str() {
                        "granted" => "denied: capability_missing",
                        word if word.starts_with("denied: ") => "granted",
                        word if word.starts_with("refused: ") => "granted",
                        _ => "something_else",
                    }
                    .to_owned(),
                ),
                other => panic!("no leaf: {other}"),
            };
            true
        }
    }
}

#[test]
fn a_report_for_ci_names_what_did_not_hold() {
    let story = file(
        "junit.toml",
        "title = \"A & B\"\n[[step]]\nmove = \"install\"\nexpect.answers = [204, 500]\n",
    );
    let report = file("junit.xml", "");
    let ran = run(&["lab", "scenario", &story, "--junit", &report]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let xml = std::fs::read_to_string(&report).unwrap();
    assert!(
        xml.contains("<testsuites tests=\"1\" failures=\"1\">"),
        "{xml}"
    );
    assert!(xml.contains("A &amp; B"), "{xml}");
    assert!(
        xml.contains("expected [204, 500], found [204, 204]"),
        "{xml}"
    );
}

#[test]
fn what_is_no_scenario_is_invalid_input() {
    for (name, text, says) in [
        (
            "typo",
            "title = \"x\"\n[[step]]\nmoove = \"install\"\n",
            "moove",
        ),
        (
            "word",
            "title = \"x\"\n[[step]]\nexpect.decision.export = \"yes\"\n",
            "no decision",
        ),
        ("move", "title = \"x\"\n[[step]]\nmove = \"fly\"\n", "fly"),
        ("none", "title = \"x\"\n", "step"),
    ] {
        let story = file(&format!("wrong/{name}.toml"), text);
        let ran = run(&["lab", "scenario", &story]);
        assert_eq!(ran.code, 3, "{name}: {}", ran.err);
        assert!(ran.err.contains(says), "{name}: {}", ran.err);
    }
}

#[test]
fn a_move_that_the_platform_does_not_allow_stops_the_story() {
    let story = file(
        "stops.toml",
        "title = \"x\"\n[[step]]\nmove = \"uninstall\"\n",
    );
    let ran = run(&["lab", "scenario", &story]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("it is not installed"), "{}", ran.err);
}

#[test]
fn a_vendors_own_editions_are_asked_for() {
    let editions = file("own.toml", "[features]\ndashboards = \"advanced\"\n");
    let story = file(
        "own-story.toml",
        "title = \"x\"\n[[step]]\nmove = \"install\"\n[[step]]\n\
         move.buy = { edition = \"advanced\" }\nexpect.decision.dashboards = \"granted\"\n",
    );
    let ran = run(&["lab", "scenario", &story, "--features", &editions]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = run(&["lab", "scenario", &story]);
    assert!(ran.out.contains("unknown_feature"), "{}", ran.out);
}
