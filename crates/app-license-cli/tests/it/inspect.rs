//! `inspect`: what it finds, word for word, and how it ends.

use crate::common::{file, run, run_alone, run_with, vector};
use serde_json::{Value, json};

const NOW: &str = "1800000000";

fn case(file: &str, group: &str, id: &str) -> Value {
    vector(file)[group]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["id"] == id)
        .unwrap()
        .clone()
}

/// Compares with a golden file; `UPDATE_GOLDEN=1` writes it anew.
fn golden(name: &str, found: &str) {
    let path = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}: UPDATE_GOLDEN=1 accepts this");
}

#[test]
fn what_is_said_about_every_kind_of_input() {
    let manifest = "\
app:
  id: ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11
  licensing:
    enabled: true
modules:
  jira:issuePanel:
    - key: panel
      displayConditions:
        and:
          appIsLicensed: true
          appEdition: standard
  trigger:
    - key: sync
      function: f
      filter:
        appIsLicensed: true
";
    let descriptor = json!({
        "key": "com.example.app", "baseUrl": "https://app.example.com",
        "modules": {"webPanels": [{"key": "bulk", "conditions": [
            {"condition": "addon_is_licensed"},
            {"condition": "capability_set", "params": {"value": "capabilityAdvanced"}}
        ]}]}
    });
    let text = |value: &Value| value.to_string();
    for (name, input) in [
        ("connect-license-api", text(&case("connect-license-api.json", "cases", "capset-standard")["body"])),
        ("connect-license-api-developer", text(&case("connect-license-api.json", "cases", "token-active-trial")["body"])),
        ("connect-license-api-error", text(&case("connect-license-api.json", "cases", "not-found")["body"])),
        ("connect-lifecycle", text(&case("connect-lifecycle.json", "cases", "installed-advanced")["body"])),
        ("connect-iframe-url", "https://app.example.com/panel?lic=active&capSet=capabilityStandard&xdm_e=https%3A%2F%2Facme.atlassian.net&jwt=a.b.c".to_owned()),
        ("connect-iframe-conflict", "lic=active&lic=none&capSet=capabilityAdvanced".to_owned()),
        ("connect-context-token", case("connect-requests.json", "cases", "ctx-valid")["request"]["headers"]["Authorization"].as_str().unwrap().to_owned()),
        ("connect-request-token", format!("Authorization: {}", case("connect-requests.json", "cases", "hs-valid-header")["request"]["headers"]["Authorization"].as_str().unwrap())),
        ("connect-condition", text(&json!({"condition": "capability_set", "params": {"value": "capabilityStandard"}}))),
        ("connect-descriptor", text(&descriptor)),
        ("forge-ui-context", text(&case("forge-contexts.json", "cases", "custom-ui-getContext")["context"])),
        ("forge-ui-context-development", text(&case("forge-contexts.json", "cases", "custom-ui-dev")["context"])),
        ("forge-function-context", text(&case("forge-contexts.json", "cases", "function-second-argument")["context"])),
        ("forge-invocation-token", case("forge-invocation-requests.json", "cases", "fit-license-both-disagree")["authorization"].as_str().unwrap().to_owned()),
        ("forge-invocation-claims", text(&case("forge-fit-tokens.json", "tokens", "docs-current")["claims"])),
        ("forge-license-api", text(&case("forge-license-api.json", "responses", "200-mixed")["body"])),
        ("forge-lifecycle", text(&vector("forge-contexts.json")["lifecycle_events"][1]["payload"])),
        ("forge-manifest", manifest.to_owned()),
        ("license-object", text(&case("forge-license-objects.json", "cases", "trial-advanced")["license"])),
    ] {
        let ran = run_with(&["inspect", "--now", NOW], &input);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}");
        golden(name, &ran.out);
        let ran = run_with(&["inspect", "--now", NOW, "--format", "json"], &input);
        assert!(ran.json()["input"]["code"].is_string(), "{name}");
    }
}

#[test]
fn the_tour_decides_every_license_source_in_one_table() {
    let ran = run_alone(&["inspect"]);
    assert_eq!(ran.code, 0);
    golden("tour", &ran.out);
    let sources = [
        "Connect lifecycle event",
        "Connect iframe query",
        "Connect License API",
        "Connect browser context",
        "Connect context token",
        "Forge invocation token",
        "Forge UI context",
        "Forge function context",
        "Forge License API",
    ];
    for source in sources {
        assert!(ran.out.contains(source), "{source}");
    }
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let json = run_alone(&["inspect", "--format", "json"]).json();
    assert!(json["samples"].as_array().unwrap().len() >= sources.len());
    // what absent means is the caller's policy
    let free = run_alone(&["inspect", "--when-absent", "advanced"]);
    assert!(
        !free
            .out
            .lines()
            .any(|line| line.contains("absent ") && line.contains("denied"))
    );
}

#[test]
fn exit_codes_are_the_answer() {
    let standard = r#"{"active":true,"capabilitySet":"capabilityStandard"}"#;
    for (input, args, code) in [
        (standard, &["--require", "standard"][..], 0),
        (standard, &["--require", "free"], 0),
        (standard, &["--require", "advanced"], 2),
        (standard, &["--require", "capabilityAdvanced"], 2),
        (standard, &["--require", "CAPABILITY_STANDARD"], 0),
        (standard, &["--require", "capabilityUltra"], 2),
        (standard, &["--require", " "], 3),
        (standard, &["--require", "standard", "--production"], 2),
        (
            standard,
            &[
                "--require",
                "standard",
                "--as",
                "connect_license_api",
                "--production",
            ],
            0,
        ),
        (standard, &["--as", "nowhere"], 3),
        (r#"{"active":"true"}"#, &["--require", "free"], 2),
        ("null", &["--require", "standard"], 2),
        (
            "null",
            &["--require", "standard", "--when-absent", "standard"],
            0,
        ),
        (
            "null",
            &["--require", "advanced", "--when-absent", "standard"],
            2,
        ),
        ("lic=active", &["--require", "standard"], 0),
        (
            "lic=none&capSet=capabilityAdvanced",
            &["--require", "standard"],
            2,
        ),
        // nothing to decide on is not a yes
        (
            r#"{"condition":"addon_is_licensed"}"#,
            &["--require", "standard"],
            2,
        ),
        ("what is this", &[], 3),
        ("{", &[], 3),
        (r#"{"active":true,"active":false}"#, &[], 3),
        (r#"{"color":"red"}"#, &[], 3),
        ("[1,2]", &[], 3),
        ("5", &[], 3),
        ("eyJhIjoxfQ.e30", &[], 3),
        ("app: [", &[], 3),
    ] {
        let ran = run_with(&[&["inspect", "-", "--now", NOW], args].concat(), input);
        assert_eq!(ran.code, code, "{input} {args:?}: {}{}", ran.out, ran.err);
    }
    assert_eq!(run(&["inspect", "no-such-file"]).code, 1);
    // a script that asks waits for its input, and takes no tour for an answer
    assert_eq!(run(&["inspect", "--require", "standard"]).code, 3);
    let large = file("large.json", vec![b' '; (1 << 20) + 1]);
    let ran = run(&["inspect", &large]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains("holds more than 1048576 bytes"),
        "{}",
        ran.err
    );
}

#[test]
fn what_was_tried_is_said_and_the_input_is_not() {
    let ran = run_with(&["inspect"], "my secret words: 123");
    assert_eq!(ran.code, 3);
    assert!(
        ran.err
            .starts_with("error[undetected]: cannot tell what this is: a text without an object")
    );
    assert!(
        ran.err
            .contains("`app-license inspect --list` shows what is known")
    );
    assert!(!ran.err.contains("secret"));
    let ran = run_with(&["inspect", "--format", "json"], "{}{}");
    assert_eq!(ran.json()["error"]["code"], "json");
    assert_eq!(ran.err, "");
}

#[test]
fn a_payload_may_be_an_argument() {
    for input in [
        r#"{"license":{"active":true}}"#,
        "https://app.example.com/p?lic=active",
        "lic=active",
    ] {
        let ran = run(&["inspect", input, "--require", "standard"]);
        assert_eq!(ran.code, 0, "{input}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn every_feature_of_the_app_is_decided() {
    let features = file(
        "inspect/editions.toml",
        "[features]\nexport = \"standard\"\nbulk-export = \"advanced\"\n\
         [limits]\nprojects = { none = 3, standard = 10 }\n\
         [service-levels]\nsupport = { standard = \"48 h\", advanced = \"4 h\" }\n",
    );
    let input = r#"{"key":"a","license":{"active":true}}"#;
    let ran = run_with(&["inspect", "--features", &features, "--now", NOW], input);
    assert_eq!(ran.code, 0);
    golden("features", &ran.out);
    let require = |name: &str| {
        run_with(
            &["inspect", "--features", &features, "--require", name],
            input,
        )
        .code
    };
    assert_eq!(require("export"), 0);
    assert_eq!(require("bulk-export"), 2);
    assert_eq!(require("standard"), 0);
    assert_eq!(require("bulkexport"), 3);
    let broken = file("inspect/broken.toml", "[features]\nexport = 5\n");
    assert_eq!(run_with(&["inspect", "--features", &broken], input).code, 3);
}

/// On a terminal, where styles are not stripped: only the program's own are written.
#[test]
fn a_terminal_is_never_steered_by_input() {
    let nasty = "\\u001b[2J\\u001b]0;x\\u0007\\r";
    let context = format!(
        r#"{{"siteUrl":"{nasty}","moduleKey":"{nasty}","environmentType":"{nasty}","license":{{
            "active":true,"type":"{nasty}","capabilitySet":"{nasty}","billingPeriod":"{nasty}",
            "ccpEntitlementId":"{nasty}"}}}}"#
    );
    let nasty_url = "https://a.example/\u{1b}[2J?lic=active\u{7}";
    for args in [
        vec!["inspect"],
        vec!["inspect", "--require", "\u{1b}[2J"],
        vec!["inspect", "\u{1b}[2J\u{7}"],
        vec!["qsh", "GET", nasty_url],
        vec!["qsh", "\u{1b}[2J", "/p"],
    ] {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut io = app_license_cli::Io {
            stdin: Box::new(std::io::Cursor::new(context.clone().into_bytes())),
            stdin_is_terminal: false,
            out: &mut out,
            err: &mut err,
            progress: false,
        };
        app_license_cli::run(["app-license"].iter().chain(&args), &mut io);
        let text = String::from_utf8([out, err].concat()).unwrap();
        assert!(!text.is_empty());
        for steering in ["\u{1b}[2J", "\u{1b}]", "\u{7}", "\r"] {
            assert!(!text.contains(steering), "{args:?} {steering:?}: {text:?}");
        }
    }
}

#[test]
fn an_empty_input_is_no_tour() {
    for input in ["", " \n", "\u{feff}"] {
        let ran = run_with(&["inspect"], input);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{input:?}");
        assert!(ran.err.contains("the input is empty"), "{}", ran.err);
    }
}

#[test]
fn lists_and_tables_are_80_columns_wide() {
    let condition = r#"[{"condition": "addon_is_licensed"}, {"or": [
        {"condition": "capability_set", "params": {"value": "capabilityAdvanced"}},
        {"condition": "capability_set", "params": {"value": "capabilityStandard"}}]}]"#;
    for ran in [
        run(&["inspect", "--list"]),
        run_with(&["inspect"], condition),
    ] {
        assert_eq!(ran.code, 0, "{}", ran.err);
        // a condition, and what is said about it, is in lines of its own length
        let long = |line: &&str| line.contains('{') || line.contains("]: ");
        let lines = ran.out.lines().filter(|line| !long(line));
        for line in lines {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
