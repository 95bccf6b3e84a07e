//! The lab as a program: its API, who may talk to it, a second start; and `trigger` against it.

mod reads;
mod trigger;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use crate::common::{ended, first_line};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// A running lab; killed when it is dropped.
struct Lab {
    child: Child,
    port: u16,
    data: PathBuf,
    /// What it said when it was ready.
    ready: Value,
}

static PORTS: Mutex<u16> = Mutex::new(21_000);

/// Eight free ports in a row.
pub(crate) fn ports() -> u16 {
    let mut next = PORTS.lock().unwrap();
    loop {
        let first = *next + u16::try_from(std::process::id() % 500).unwrap() * 16;
        *next += 16;
        if (first..first + 8).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
}

/// A client that does not wait for ever.
pub(crate) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(120));
    client.build().unwrap()
}

impl Lab {
    fn start(name: &str) -> Self {
        let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&data);
        Self::open(data, ports(), &[])
    }

    fn open(data: PathBuf, port: u16, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_app-license"))
            .args(["lab", "--format", "json", "--port", &port.to_string()])
            .arg("--data")
            .arg(&data)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(&mut child);
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["console"], format!("http://127.0.0.1:{port}/"));
        Self {
            child,
            port,
            data,
            ready,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("http://127.0.0.1:{}/api/{path}", self.port);
        let asked = client().get(url).send().await;
        let answer = asked.unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn ask(&self, path: &str, body: &Value, more: &[(&str, &str)]) -> (StatusCode, String) {
        let url = format!("http://127.0.0.1:{}/api/{path}", self.port);
        let mut request = client()
            .post(url)
            .header("content-type", "application/json");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.to_string()).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, text) = self.ask(path, &body, &[]).await;
        assert_eq!(status, 200, "{path} {body}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn make(&self, site: &str, action: Value) -> Value {
        self.post("move", json!({"site": site, "move": action}))
            .await["answers"]
            .clone()
    }

    /// As Ctrl-C does.
    fn stop(mut self) -> (PathBuf, u16) {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(killed.success());
        assert_eq!(
            ended(&mut self.child),
            Some(0),
            "it ends when it is told to"
        );
        (self.data.clone(), self.port)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A customer buys Advanced.
async fn buy_advanced(lab: &Lab) {
    lab.make("acme", json!("install")).await;
    lab.make("acme", json!({"buy": {"edition": "advanced"}}))
        .await;
}

#[tokio::test]
async fn an_app_whose_manifest_does_not_sell_it_gets_no_edition_and_no_license() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("manifest.yml");
    for (n, (licensing, note)) in [
        ("", Some("app.licensing.enabled")),
        ("{enabled: true}", Some("app.licensing.editionsEnabled")),
        ("{enabled: true, editionsEnabled: true}", None),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!(
            "app:\n  id: ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000\n  licensing: {licensing}\n\
             modules:\n  jira:issuePanel:\n    - {{key: panel, title: P, resource: main, render: native}}\n"
        );
        std::fs::write(&manifest, text).unwrap();
        let data = folder.path().join(n.to_string());
        let path = manifest.to_str().unwrap();
        let more = ["--manifest", path, "--store", "memory"];
        let lab = Lab::open(data, ports(), &more);
        let notes = lab.ready["notes"].to_string();
        assert_eq!(
            note.is_some_and(|note| notes.contains(note)),
            note.is_some()
        );
        buy_advanced(&lab).await;
        let page = json!({"site": "acme", "module": "panel"});
        let license = lab.post("forge/context", page).await["license"].clone();
        match n {
            0 => assert!(license.is_null(), "{license}"),
            1 => assert!(
                license["active"] == true && license["capabilitySet"].is_null(),
                "{license}"
            ),
            _ => assert_eq!(license["capabilitySet"], "capabilityAdvanced"),
        }
    }
}

#[tokio::test]
async fn the_descriptor_of_a_running_app_says_how_it_is_sold() {
    let app = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", app.local_addr().unwrap());
    // the lab is waited for without a runtime
    std::thread::spawn(move || {
        for mut socket in app.incoming().flatten() {
            let body = r#"{"key": "com.example.lab", "enableLicensing": true}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            // what is asked is read, so that the answer is not cut off
            let _ = BufReader::new(&socket).read_line(&mut String::new());
            let _ = std::io::Write::write_all(&mut socket, answer.as_bytes());
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let more = ["--app", &url, "--kind", "connect", "--store", "memory"];
    let lab = Lab::open(folder.path().join("lab"), ports(), &more);
    let notes = lab.ready["notes"].to_string();
    assert!(
        notes.contains("the descriptor has no `editionsEnabled: true`"),
        "{notes}"
    );
    buy_advanced(&lab).await;
    let panel = lab.post("panel", json!({"site": "acme"})).await["url"].to_string();
    assert!(
        panel.contains("lic=active") && !panel.contains("capSet"),
        "{panel}"
    );
}

#[tokio::test]
async fn a_customer_in_the_console() {
    let lab = Lab::start("console");
    assert_eq!(lab.make("acme", json!("install")).await, json!([204, 204]));
    lab.make("acme", json!({"buy": {"edition": "advanced"}}))
        .await;
    let invoked = lab
        .post("bridge", json!({"site": "acme", "call": "invokeRemote"}))
        .await;
    assert_eq!(invoked["status"], 200);
    assert_eq!(invoked["body"]["state"], "active");
    let context = lab
        .post("bridge", json!({"site": "acme", "call": "getContext"}))
        .await;
    assert_eq!(context["license"]["active"], true);

    let panel = lab.post("panel", json!({"site": "acme"})).await;
    let page = reqwest::get(panel["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(
        page.contains("data-feature=\"bulk-export\" data-decision=\"granted\""),
        "{page}"
    );

    let journal = lab.get("journal?site=acme").await;
    let installed = journal["entries"].as_array().unwrap();
    let installed = installed
        .iter()
        .find(|it| it["name"] == "installed")
        .unwrap();
    let entry = lab.get(&format!("journal/{}", installed["id"])).await;
    assert_eq!(entry["delivered"]["verified"]["verdict"], "accepted");
    assert_eq!(
        entry["delivered"]["inspected"]["input"]["code"],
        "connect_lifecycle"
    );
    assert!(
        entry["delivered"]["curl"]
            .as_str()
            .unwrap()
            .starts_with("curl -X POST ")
    );
    assert_eq!(entry["answer"]["status"], 204);

    lab.make("acme", json!("cancel")).await;
    lab.post("clock", json!({"advance_days": 31})).await;
    let site = lab.get("sites/acme").await;
    assert_eq!(site["snapshot"]["stage"], "ended");
    let editions: Vec<&Value> = site["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| &point["edition"])
        .collect();
    assert_eq!(editions.last().unwrap(), &&Value::Null);
    let report = lab.post(
        "inspect",
        json!({"input": "?lic=active&capSet=capabilityAdvanced"}),
    );
    assert_eq!(report.await["licenses"][0]["license"]["state"], "active");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_changes_nothing() {
    let lab = Lab::start("wrong");
    for (path, body) in [
        ("move", json!({"site": "acme", "move": "uninstall"})),
        ("move", json!({"site": "No Name", "move": "install"})),
        ("move", json!({"site": "acme", "move": "fly"})),
        ("clock", json!({"set": "yesterday"})),
        ("fault", json!({"service": "nobody", "kind": "down"})),
        ("inspect", json!({"input": "nothing of note"})),
        ("bridge", json!({"site": "acme", "call": "getContext"})),
        ("sites", json!({"site": "x", "count": 1, "more": 2})),
    ] {
        let (status, text) = lab.ask(path, &body, &[]).await;
        assert_eq!(status, 422, "{path} {body}: {text}");
    }
    assert_eq!(lab.get("sites").await["total"], 1);
}

#[tokio::test]
async fn a_second_start_continues() {
    let lab = Lab::start("again");
    lab.make("acme", json!("install")).await;
    lab.make(
        "acme",
        json!({"start_trial": {"edition": "advanced", "days": 30}}),
    )
    .await;
    lab.post("clock", json!({"advance_days": 10})).await;
    lab.post("sites", json!({"site": "many", "count": 1000}))
        .await;
    lab.post("rotate", json!("install")).await;
    let now = lab.get("state").await["now"].clone();
    let (data, port) = lab.stop();

    let lab = Lab::open(data, port, &[]);
    assert_eq!(lab.get("state").await["now"], now);
    assert_eq!(lab.get("sites").await["total"], 1001);
    let site = lab.get("sites/acme").await;
    assert_eq!(site["snapshot"]["stage"], "trial");
    assert_eq!(site["timeline"].as_array().unwrap().len(), 2);
    // the app's store is as it was: the secret still holds, and so does the rotated key
    let invoked = lab
        .post("bridge", json!({"site": "acme", "call": "invokeRemote"}))
        .await;
    assert_eq!(invoked["body"]["state"], "active");
    assert_eq!(lab.make("acme", json!("rotate_secret")).await, json!([204]));
}
