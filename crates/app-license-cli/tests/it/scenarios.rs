//! The shipped scenarios hold, and every single expectation in them can fail.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::common::{file, run};
use crate::lab::ports;
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

/// An app that asks the platform before it answers, at the address that it was told before.
fn app_that_asks(gateway: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = move || -> std::io::Result<bool> {
        let mut platform = TcpStream::connect(&gateway)?;
        let head = "GET /nobody HTTP/1.1\r\nHost: connect-install-keys.atlassian.com\r\nConnection: close\r\n\r\n";
        platform.write_all(head.as_bytes())?;
        let mut status = String::new();
        BufReader::new(platform).read_line(&mut status)?;
        Ok(status.starts_with("HTTP/1.1 404"))
    };
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut reader = BufReader::new(socket.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0_usize);
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                let head = line.to_ascii_lowercase();
                if let Some(value) = head.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            // what is sent is read, so that the answer is not cut off
            let _ = reader.read_exact(&mut vec![0; length]);
            let status = if asked().unwrap_or(false) {
                "204 No Content"
            } else {
                "503 Service Unavailable"
            };
            let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    address
}

/// Each story begins a platform anew, where the app looks for it.
#[test]
fn an_own_app_finds_the_platform_where_it_was_told() {
    const STORY: &str = "title = \"it is asked\"\napp = \"connect\"\n\
        [[step]]\nmove = \"install\"\nexpect.answers = [204, 204]\n";
    let (one, two) = (file("asks/one.toml", STORY), file("asks/two.toml", STORY));
    let first = ports();
    let gateway = format!("127.0.0.1:{}", first + 7);
    let app = app_that_asks(gateway.clone());
    let port = first.to_string();
    let args = [
        "lab", "scenario", &one, &two, "--app", &app, "--port", &port,
    ];
    let ran = run(&args);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let told = format!("the platform is at {gateway} for all of its hosts");
    assert!(ran.err.contains(&told), "{}", ran.err);
    // without an app of one's own there is nothing to tell
    let alone = run(&["lab", "scenario", &one, "--port", &port]);
    assert_eq!(alone.code, 3, "{}", alone.err);
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
