//! What the lab answers to who only looks, and to pages that are not its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Lab, client};
use crate::common::first_line;

#[tokio::test]
async fn another_page_is_refused() {
    let lab = Lab::start("origins");
    let body = json!({"advance_days": 1});
    let before = lab.get("state").await["now"].clone();
    for more in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("host", "evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let (status, text) = lab.ask("clock", &body, &[more]).await;
        assert_eq!(status, 403, "{more:?}: {text}");
    }
    assert_eq!(lab.get("state").await["now"], before);
    let page = client()
        .get(format!("http://127.0.0.1:{}/", lab.port))
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'; script-src 'self'"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

/// No GET makes or changes anything, and another page may not even ask.
#[tokio::test]
async fn lab_writes_on_get_nothing() {
    let lab = Lab::start("reads");
    let (sites, state) = (lab.get("sites").await, lab.get("state").await);
    let client = client();
    let long = "n".repeat(300);
    for name in [
        "nobody",
        "acme-2",
        "..%2F..%2Fx",
        "acme%2F..%2Fx",
        "%00",
        &long,
    ] {
        let url = format!("http://127.0.0.1:{}/api/sites/{name}", lab.port);
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{name}");
        for (header, value) in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("host", "evil.example"),
        ] {
            let answer = client.get(&url).header(header, value).send().await;
            assert_eq!(answer.unwrap().status(), 403, "{name} {header}: {value}");
        }
    }
    // every GET of the page of the API, which is held to the lab's routes
    let page = include_str!("../../../../../docs/lab-api.md");
    let rows = page.lines().filter(|row| row.starts_with("| `GET "));
    let mut paths: Vec<_> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap_or_default().split('`'))
        .map(|text| text.trim_start_matches("GET "))
        .filter(|text| text.starts_with("/api/"))
        .map(|path| path.replace("SITE", "acme").replace("ID", "1"))
        .collect();
    paths.extend(["/", "/vendor", "/look"].map(str::to_owned));
    assert!(paths.len() >= 11, "{paths:?}");
    for path in paths {
        let url = format!("http://127.0.0.1:{}{path}", lab.port);
        let answer = client.get(&url).send().await.unwrap();
        assert!(answer.status().as_u16() < 500, "{path}");
    }
    assert_eq!(lab.get("sites").await, sites);
    assert_eq!(lab.get("state").await["version"], state["version"]);
}

/// Everything below a folder, by path.
fn files(folder: &Path) -> std::collections::BTreeSet<PathBuf> {
    let mut found = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        // a database comes and goes with files of its own
        if !path.to_string_lossy().contains("installations.db") {
            found.insert(path);
        }
    }
    found
}

/// A world may come from somebody else: its key ids become names of files.
#[tokio::test]
async fn lab_writes_on_get_no_file_named_by_a_world() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("named");
    let _ = std::fs::remove_dir_all(&root);
    let lab = Lab::start("named/by/a/world");
    lab.post("rotate", json!("install")).await;
    let (data, port) = lab.stop();
    let file = data.join("world.json");
    let saved: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let platform: Value = serde_json::from_str(saved["platform"].as_str().unwrap()).unwrap();
    let before = files(&root);
    for id in [
        "test-/../../x",
        "test-/../../../../x",
        "test-..",
        "test-\\..\\x",
        "/tmp/x",
        "test-x\u{0}",
        "test-c:x",
    ] {
        let mut platform = platform.clone();
        let keys = platform["install_keys"]["keys"].as_array_mut().unwrap();
        assert!(!keys.is_empty());
        for key in keys {
            key[0] = json!(id);
        }
        let mut world = saved.clone();
        world["platform"] = json!(platform.to_string());
        std::fs::write(&file, world.to_string()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_app-license"))
            .args(["lab", "--format", "json", "--port", &port.to_string()])
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        let _ = child.kill();
        let ended = child.wait_with_output().unwrap();
        let error = String::from_utf8(ended.stderr).unwrap();
        assert!(!line.contains("console"), "{id:?} is taken: {line}");
        assert!(
            format!("{line}{error}").contains("test key"),
            "{id:?}: {line}{error}"
        );
        assert_eq!(files(&root), before, "{id:?}");
    }
}
