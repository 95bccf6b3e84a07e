//! Files and values that somebody made to mislead the one who reads them.

#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::process::{Command, Stdio};

use crate::common::run_with;

#[test]
fn a_value_forges_no_line_of_the_answer() {
    let forged = r#"{"license":{"active":false,"type":"COMMERCIAL\n  license           active\u001b[2K",
        "capabilitySet":"x\n  license           active"}}"#;
    let ran = run_with(&["inspect", "-"], forged);
    let lines: Vec<_> = ran.out.lines().collect();
    let licenses = lines.iter().filter(|it| it.starts_with("  license "));
    assert_eq!(licenses.count(), 1, "{}", ran.out);
    let kind = r"  type              COMMERCIAL\n  license           active\u{1b}[2K";
    assert!(lines.contains(&kind), "{}", ran.out);
}

#[cfg(feature = "marketplace")]
#[test]
fn a_spreadsheet_takes_no_text_for_a_formula_where_that_is_asked_for() {
    let begins = [
        "=1", "+49", "-1", "@a", "\t=1", "\r=1", "＝1", "Acme", "a=1",
    ];
    let report: Vec<_> = begins
        .iter()
        .map(|company| {
            serde_json::json!({"appEntitlementNumber": "E-1", "licenseType": "COMMERCIAL",
                "status": "active", "hosting": "Cloud", "tier": "10 Users",
                "contactDetails": {"company": company}})
        })
        .collect();
    let report = serde_json::to_string(&report).unwrap();
    let companies = |args: &[&str]| -> Vec<String> {
        let args = [&["report", "export", "-", "--as", "csv"], args].concat();
        let ran = run_with(&args, &report);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let mut csv = csv::Reader::from_reader(ran.out.as_bytes());
        let at = csv.headers().unwrap().iter().position(|it| it == "company");
        let records = csv.records().map(|it| it.unwrap());
        records.map(|it| it[at.unwrap()].to_owned()).collect()
    };
    let plain = companies(&[]);
    assert!(plain.iter().any(|it| it == "=1"), "{plain:?}");
    let quoted = plain.iter().map(|it| match it.as_str() {
        "Acme" | "a=1" => it.clone(),
        _ => format!("'{it}"),
    });
    assert_eq!(companies(&["--spreadsheet"]), quoted.collect::<Vec<_>>());

    let ran = run_with(&["report", "export", "-", "--spreadsheet"], &report);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("--as csv"), "{}", ran.err);
}

/// A pipe that nobody writes to.
#[cfg(unix)]
fn pipe(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path.to_str().unwrap().to_owned()
}

/// The exit code and what it says, of a program that does not wait for ever.
#[cfg(unix)]
fn ended(args: &[&str]) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_app-license"))
        .args(args)
        .env("COLUMNS", "200")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a minute, at the least: a program that waits is ended, so that the test is too
    let ended = (0..6000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        child.try_wait().unwrap().is_some()
    });
    if !ended {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert!(ended, "it waits: {args:?}");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = pipe(folder.path(), "pipe");
    let mut runs = vec![
        vec!["inspect", &pipe],
        vec![
            "verify",
            "install",
            "--public-key-file",
            &pipe,
            "--app-key",
            "a",
            "--body-file",
            &pipe,
            "--url",
            "https://a.example.com/installed",
            "--base-url",
            "https://a.example.com",
            "--token",
            "a.b.c",
        ],
    ];
    let store = format!("sqlite:{pipe}");
    if cfg!(feature = "store") {
        runs.push(vec!["store", "list", "--store", &store]);
        runs.push(vec!["store", "show", "acme", "--store", &store]);
    }
    if cfg!(feature = "marketplace") {
        runs.push(vec!["report", "export", &pipe]);
    }
    for run in runs {
        let (code, said) = ended(&run);
        assert_eq!(code, 1, "{run:?}: {said}");
        assert!(said.contains("it is no regular file"), "{run:?}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_shell_opened_is_read() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_app-license"))
        .args(["inspect", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let body = br#"{"license":{"active":true}}"#;
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), body).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(all(unix, feature = "doctor"))]
#[test]
fn the_doctor_names_what_is_no_file() {
    let app = tempfile::tempdir().unwrap();
    for name in ["manifest.yml", "package.json", "a.ts"] {
        pipe(app.path(), name);
    }
    let path = app.path().to_str().unwrap();
    let (code, said) = ended(&["doctor", path, "--format", "json"]);
    assert_eq!(code, 2, "{said}");
    let answer: serde_json::Value = serde_json::from_str(&said).unwrap();
    let found = answer["findings"].as_array().unwrap();
    let mut found: Vec<_> = found
        .iter()
        .map(|it| ["file", "code", "severity"].map(|key| it[key].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ["a.ts", "unreadable", "warning"],
            ["manifest.yml", "unreadable", "error"],
            ["package.json", "unreadable", "error"],
        ]
    );
}

#[cfg(all(unix, feature = "doctor"))]
#[test]
fn a_baseline_is_not_written_through_a_link() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let app = folder.path().join("app");
    std::fs::create_dir(&app).unwrap();
    std::fs::write(app.join("package.json"), "{}").unwrap();
    let path = app.to_str().unwrap();
    let baseline = app.join("doctor-baseline.json");
    let link = |target: &str| {
        drop(std::fs::remove_file(&baseline));
        symlink(target, &baseline).unwrap();
    };

    // what would be a baseline, if it were read
    let outside = r#"{"version":1,"findings":[]}"#;
    std::fs::write(folder.path().join("outside.json"), outside).unwrap();
    for (target, why) in [
        ("../outside.json", "it leads out of the folder"),
        ("../new.json", "it leads nowhere, or in a circle"),
    ] {
        link(target);
        let why = format!("a link is not followed: {why}");
        let (code, said) = ended(&["doctor", path, "--write-baseline"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("error[doctor_write]"), "{said}");
        assert!(said.contains(&why), "{said}");
        let (code, said) = ended(&["doctor", path]);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("error[doctor_baseline]"), "{said}");
        assert!(said.contains(&why), "{said}");
    }
    assert!(!folder.path().join("new.json").exists());
    let found = std::fs::read_to_string(folder.path().join("outside.json")).unwrap();
    assert_eq!(found, outside);

    // one inside the folder is read, and what it leads to is not replaced
    std::fs::write(app.join("accepted.json"), outside).unwrap();
    link("accepted.json");
    assert_eq!(ended(&["doctor", path]).0, 0);
    let (code, said) = ended(&["doctor", path, "--write-baseline"]);
    assert_eq!(code, 1, "{said}");
    let found = std::fs::read_to_string(app.join("accepted.json")).unwrap();
    assert_eq!(found, outside);

    drop(std::fs::remove_file(&baseline));
    pipe(&app, "doctor-baseline.json");
    assert_eq!(ended(&["doctor", path]).0, 3);
    assert_eq!(ended(&["doctor", path, "--write-baseline"]).0, 1);
    std::fs::remove_file(&baseline).unwrap();
    assert_eq!(ended(&["doctor", path, "--write-baseline"]).0, 0);
    assert!(baseline.is_file());
}
