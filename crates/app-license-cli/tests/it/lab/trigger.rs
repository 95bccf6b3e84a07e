//! `trigger`, beside the console and alone.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{Lab, ports};
use crate::common::run;

#[tokio::test]
async fn trigger_drives_an_app_as_the_console_does() {
    let lab = Lab::start("driven");
    let app = format!("http://127.0.0.1:{}", lab.port + 1);
    let keys = lab.data.join("trigger");
    let port = ports().to_string();
    let trigger = |args: &[&str]| {
        let more = ["--to", &app, "--site", "beta", "--port", &port, "--keys"];
        run(&[&["trigger"], args, &more, &[keys.to_str().unwrap()]].concat())
    };
    let export = ["page", "--path", "/features/bulk-export"];
    // the demo app lives by the lab's clock, which stands still
    let clock = async || {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let now = app_license::UnixTime::EPOCH.plus(since).to_string();
        lab.post("clock", json!({ "set": now })).await;
    };
    clock().await;
    assert_eq!(trigger(&export).code, 2, "not installed there");
    for (args, code) in [
        (&["installed"][..], 0),
        (&[&export[..], &["--edition", "advanced"]].concat(), 0),
        (&[&export[..], &["--edition", "standard"]].concat(), 2),
        (
            &[
                &export[..],
                &["--edition", "advanced", "--license", "trial"],
            ]
            .concat(),
            0,
        ),
        (
            &[
                &export[..],
                &["--edition", "advanced", "--license", "trial-ended"],
            ]
            .concat(),
            2,
        ),
        (
            &[
                "invocation",
                "--path",
                "/forge/features/bulk-export",
                "--edition",
                "advanced",
            ],
            0,
        ),
        (
            &[
                "invocation",
                "--path",
                "/forge/features/bulk-export",
                "--license",
                "ended",
            ],
            2,
        ),
        (&["enabled"], 0),
        (&["uninstalled"], 0),
    ] {
        clock().await;
        let ran = trigger(args);
        assert_eq!(ran.code, code, "{args:?}: {}{}", ran.out, ran.err);
    }
    let ran = trigger(&["page", "--path", "/decisions", "--format", "json"]);
    assert_eq!(ran.json()["status"], 401, "uninstalled; {}", ran.out);
}

/// The features of the demo app are not the user's: nothing is decided about them.
#[tokio::test]
async fn trigger_decides_about_the_users_own_features_or_none() {
    let lab = Lab::start("own-features");
    let app = format!("http://127.0.0.1:{}", lab.port + 1);
    let folder = lab.data.join("app");
    std::fs::create_dir_all(&folder).unwrap();
    let port = ports().to_string();
    let decisions = |more: &[&str]| {
        let args = ["trigger", "page", "--to", &app, "--site", "gamma"];
        let ran = Command::new(env!("CARGO_BIN_EXE_app-license"))
            .current_dir(&folder)
            .args(args)
            .args(["--edition", "advanced", "--format", "json", "--port", &port])
            .args(more)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(report["verified"]["verdict"], "accepted", "{report}");
        assert_eq!(report["verified"]["license"]["edition"], "advanced");
        report["verified"]["decisions"].clone()
    };
    assert_eq!(decisions(&[]), Value::Null);

    std::fs::write(
        folder.join("ours.toml"),
        "[features]\nours = \"advanced\"\n",
    )
    .unwrap();
    let named = decisions(&["--features", "ours.toml"]);
    assert_eq!(named[0]["name"], "ours", "{named}");

    std::fs::write(
        folder.join("editions.toml"),
        "[features]\nhere = \"advanced\"\n",
    )
    .unwrap();
    let found = decisions(&[]);
    assert_eq!(found[0]["name"], "here", "{found}");
    assert_eq!(found[0]["allowed"], true, "{found}");
    assert_eq!(found[1], Value::Null, "{found}");
}

#[test]
fn trigger_without_an_app_prints() {
    let keys = Path::new(env!("CARGO_TARGET_TMPDIR")).join("printed");
    let _ = std::fs::remove_dir_all(&keys);
    let keys = keys.to_str().unwrap();
    let trigger = |args: &[&str]| run(&[&["trigger", "--keys", keys], args].concat());

    let ran = trigger(&["ui-context", "--edition", "advanced"]);
    assert_eq!(ran.json()["license"]["capabilitySet"], "capabilityAdvanced");
    let ran = trigger(&["function-context", "--edition", "free"]);
    assert_eq!(ran.json()["license"]["capabilitySet"], "capabilityFree");
    let ran = trigger(&["connect-license", "--license", "ended"]);
    assert_eq!(ran.json()["license"]["active"], false);
    let ran = trigger(&["page", "--path", "/panel"]);
    assert!(
        ran.out
            .starts_with("curl -X GET 'http://127.0.0.1:3000/panel?"),
        "{}",
        ran.out
    );

    for (args, sent) in [
        (&["context-call"][..], "curl -X GET "),
        (&["context-call", "--method", "post"], "curl -X POST "),
        (&["invocation"], "curl -X POST "),
        (&["invocation", "--method", "GET"], "curl -X GET "),
    ] {
        let ran = trigger(args);
        assert!(ran.out.starts_with(sent), "{args:?}: {}", ran.out);
    }
    let ran = trigger(&["page", "--method", "post"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.err.contains("sends `page` in one way"), "{}", ran.err);

    // the same customer at the next call: the folder is stable
    let curl = |out: String| out.split("xdm_e").next().unwrap().to_owned();
    assert_eq!(curl(trigger(&["page"]).out), curl(trigger(&["page"]).out));
    let key = std::fs::read_to_string(format!("{keys}/install-keys/test-1")).unwrap();
    assert!(key.starts_with("-----BEGIN PUBLIC KEY-----"));
    let jwks = std::fs::read_to_string(format!("{keys}/jwks.json")).unwrap();
    assert!(jwks.contains("test-forge-1") && !jwks.contains("\"d\""));

    let ran = run(&["trigger", "--list"]);
    for name in ["installed", "invocation", "ui-context", "page"] {
        assert!(ran.out.contains(name), "{}", ran.out);
    }
    assert_eq!(run(&["trigger"]).code, 3);
    assert_eq!(trigger(&["fly"]).code, 3);
    assert_eq!(
        trigger(&["page", "--edition", "free", "--license", "ended"]).code,
        3
    );
}
