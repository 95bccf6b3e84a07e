//! `report reconcile`: drift on the screen, in JSON, and in the exit code.

mod reporting_api;

use std::fs::File;
use std::path::PathBuf;

use crate::common::{Ran, run};
use app_license_testkit::vendor::{ReportShape, Vendor};
use serde_json::{Value, json};

struct TempFolder(tempfile::TempDir);

impl TempFolder {
    fn new(vendor: &Vendor) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let mut report = File::create(place.path("report.json")).unwrap();
        vendor
            .write_report(ReportShape::Export, &mut report)
            .unwrap();
        let mut lines = File::create(place.path("installations.ndjson")).unwrap();
        vendor.write_ndjson(&mut lines).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, more: &[&str]) -> Ran {
        let (report, lines) = (self.path("report.json"), self.path("installations.ndjson"));
        let now = Vendor::now().to_string();
        let common = [
            "report",
            "reconcile",
            "--report",
            report.to_str().unwrap(),
            "--installations",
            lines.to_str().unwrap(),
            "--now",
            &now,
        ];
        run(&[&common[..], more].concat())
    }
}

fn drifting() -> TempFolder {
    TempFolder::new(&Vendor::new(5, 290).drift_in_every(10))
}

#[test]
fn agreement_is_exit_code_0() {
    let ran = TempFolder::new(&Vendor::new(5, 300)).run(&[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("no drift between "), "{}", ran.out);
}

#[test]
fn drift_is_exit_code_2_and_every_case_is_in_the_json() {
    let ran = drifting().run(&["--format", "json"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let json = ran.json();
    assert_eq!(json["drift"].as_array().unwrap().len(), 29);
    let counts = json!({
        "not_in_report": 4, "not_installed": 5, "runs_above_bought": 11, "runs_below_bought": 5,
        "trial_ended": 4,
    });
    assert_eq!(json["counts"], counts);
    assert_eq!(json["report"], json!({"complete": true, "unreadable": 0}));
    for case in json["drift"].as_array().unwrap() {
        let sides = [&case["bought"], &case["runs"]];
        let there = sides.iter().filter(|s| s.is_object()).count();
        let alone = ["not_in_report", "not_installed"].contains(&case["kind"].as_str().unwrap());
        assert!(there == 2 || (there == 1 && alone), "{case}");
    }
}

#[test]
fn people_see_each_kind_its_customers_and_what_the_causes_mean() {
    let ran = drifting().run(&[]);
    assert_eq!(ran.code, 2);
    for said in [
        "runs more than was bought",
        "trial ended, still granted",
        "runs less than was bought",
        "bought, not installed",
        "installed, not in the report",
        "event_lost: the purchase changed after the installation did",
        "29 cases of drift between ",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
    assert!(!ran.out.contains("more: --all"));
    let many = TempFolder::new(&Vendor::new(5, 2_900).drift_in_every(2));
    let few = many.run(&[]);
    assert!(few.out.contains("more: --all"));
    let all = many.run(&["--all"]);
    assert!(all.out.lines().count() > 1_450);
}

#[test]
fn what_an_earlier_run_has_shown_is_left_out_while_it_lasts() {
    let place = drifting();
    let first = place.run(&["--format", "json"]);
    let known = place.path("known.json");
    // of an earlier day, when one case less was there
    let mut earlier = first.json();
    let new = earlier["drift"].as_array_mut().unwrap().remove(3);
    std::fs::write(&known, earlier.to_string()).unwrap();
    let known = known.to_str().unwrap();
    let second = place.run(&["--known", known, "--format", "json"]);
    assert_eq!(second.code, 2);
    let json = second.json();
    assert_eq!(json["drift"], json!([new]));
    assert_eq!(json["lasting"].as_array().unwrap().len(), 28);
    // what was left out is known to the third run too
    std::fs::write(known, json.to_string()).unwrap();
    let third = place.run(&["--known", known]);
    assert_eq!(third.code, 0, "{}", third.out);
    assert!(
        third.out.contains("and 29 shown by an earlier run"),
        "{}",
        third.out
    );
    std::fs::write(known, "[]").unwrap();
    let error = place.run(&["--known", known]);
    assert_eq!(error.code, 3);
    assert!(
        error.err.contains("is not the JSON of an earlier run"),
        "{}",
        error.err
    );
}

#[test]
fn causes_and_times_are_left_out() {
    let place = drifting();
    let all = place.run(&["--format", "json"]).json();
    let without = place
        .run(&["--except", "sandbox,report_lag", "--format", "json"])
        .json();
    let excepted = |json: &Value| {
        let cases = json["drift"].as_array().unwrap();
        let of = |c: &&Value| ["sandbox", "report_lag"].contains(&c["cause"].as_str().unwrap());
        cases.iter().filter(of).count()
    };
    assert!(excepted(&all) > 5);
    assert_eq!(excepted(&without), 0);
    assert_eq!(without["excepted"], excepted(&all));
    let since = place.run(&["--since", "3d", "--format", "json"]).json();
    let shown = since["drift"].as_array().unwrap();
    let earlier = usize::try_from(since["earlier"].as_u64().unwrap()).unwrap();
    assert_eq!(shown.len() + earlier, 29);
    assert!(shown.len() > 5 && earlier > 5, "{}", shown.len());
    for case in shown {
        assert!(
            case["since"].as_str().unwrap() >= "2026-11-19T12:00:00Z",
            "{case}"
        );
    }
}

#[test]
fn a_report_that_was_cut_off_is_refused() {
    let place = drifting();
    let report = std::fs::read(place.path("report.json")).unwrap();
    std::fs::write(place.path("report.json"), &report[..report.len() / 2]).unwrap();
    let ran = place.run(&[]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(
        ran.err.contains("what it lacks would show as drift"),
        "{}",
        ran.err
    );
    let ran = place.run(&["--partial", "--format", "json"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.json()["report"]["complete"], false);
}

#[test]
fn installations_that_are_read_in_part_never_agree() {
    let place = TempFolder::new(&Vendor::new(5, 300));
    let lines = place.path("installations.ndjson");
    let good = std::fs::read_to_string(&lines).unwrap();
    std::fs::write(&lines, format!("{good}{{\"key\":5}}\n")).unwrap();
    let ran = place.run(&[]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(
        ran.out
            .starts_with("no drift, as far as both sides were read"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\nPARTIAL: "), "{}", ran.out);
    let number = good.lines().count() + 1;
    assert!(ran.out.contains(&format!("line {number}: ")), "{}", ran.out);
    assert_eq!(place.run(&["--format", "json"]).json()["partial"], true);
    let ran = place.run(&["--partial"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("PARTIAL"), "{}", ran.out);
    // the report's side
    std::fs::write(&lines, &good).unwrap();
    assert_eq!(place.run(&[]).code, 0);
    let report = place.path("report.json");
    let records = std::fs::read_to_string(&report).unwrap();
    std::fs::write(&report, records.replacen('[', "[7,", 1)).unwrap();
    assert_eq!(place.run(&[]).code, 1);
}

#[test]
fn installations_that_cannot_be_read_at_all_are_no_drift() {
    let place = drifting();
    let lines = place.path("installations.ndjson");
    let utf16: Vec<u8> = "{\"key\""
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (export, code) in [
        (&utf16[..], "not_installations"),
        (b"\x1f\x8b\x08", "not_installations"),
        (b"{\"key\"\n5", "nothing_readable"),
    ] {
        std::fs::write(&lines, export).unwrap();
        let ran = place.run(&["--format", "json"]);
        assert_eq!(
            (ran.code, &ran.json()["error"]["code"]),
            (3, &json!(code)),
            "{}",
            ran.out
        );
    }
    std::fs::write(&lines, "\n").unwrap();
    let ran = place.run(&[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.out.contains("warning: there is no installation"),
        "{}",
        ran.out
    );
}

#[test]
fn standard_input_is_read_for_one_side_alone() {
    let same = ["report", "reconcile", "--report", "-", "--installations"];
    for installations in ["-", "/dev/stdin"] {
        let ran = run(&[&same[..], &[installations]].concat());
        assert_eq!(ran.code, 3, "{}", ran.out);
        assert!(
            ran.err.contains("--report and --installations ask for it"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn drift_that_began_within_the_time_asked_for_is_shown() {
    let place = TempFolder(tempfile::tempdir().unwrap());
    let report = json!([{
        "addonKey": "com.example.app", "appEntitlementNumber": "E-1", "appEdition": "Standard",
        "licenseType": "COMMERCIAL", "status": "cancelled", "maintenanceEndDate": "2026-11-28",
        "lastUpdated": "2026-06-01", "hosting": "Cloud", "cloudId": "c-1",
    }]);
    let installation = json!({
        "key": {"connect": "tenant-1"}, "appKey": "com.example.app", "cloudId": "c-1",
        "license": {"state": "active", "asOf": "2026-11-20T09:00:00Z"},
        "updatedAt": "2026-11-20T09:00:00Z",
    });
    std::fs::write(place.path("report.json"), report.to_string()).unwrap();
    std::fs::write(place.path("installations.ndjson"), installation.to_string()).unwrap();
    let (report, lines) = (
        place.path("report.json"),
        place.path("installations.ndjson"),
    );
    let ran = run(&[
        "report",
        "reconcile",
        "--report",
        report.to_str().unwrap(),
        "--installations",
        lines.to_str().unwrap(),
        "--now",
        "2026-11-29T09:00:00Z",
        "--since",
        "36h",
    ]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
}

#[test]
fn errors_have_codes_and_say_what_to_do() {
    let place = drifting();
    let ran = place.run(&["--app", "com.example.misspelled", "--format", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert_eq!(ran.json()["error"]["code"], "other_app");
    for (store, code) in [("missing.ndjson", "read"), ("sqlite:missing.db", "read")] {
        let report = place.path("report.json");
        let args = ["report", "reconcile", "--report", report.to_str().unwrap()];
        let more = ["--installations", store, "--format", "json"];
        let ran = run(&[&args[..], &more[..]].concat());
        assert_eq!(
            (ran.code, &ran.json()["error"]["code"]),
            (1, &json!(code)),
            "{store}"
        );
    }
}

#[test]
fn a_store_that_is_not_there_is_named_and_not_made() {
    let place = drifting();
    let (report, store) = (place.path("report.json"), place.path("misspelled.db"));
    let address = format!("sqlite:{}", store.display());
    let report = report.to_str().unwrap();
    let ran = run(&[
        "report",
        "reconcile",
        "--report",
        report,
        "--installations",
        &address,
    ]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("misspelled.db"), "{}", ran.err);
    assert!(!store.exists());
}

/// The script of the page on running it every night, with `jq` as it is, and a `curl` that keeps what it
/// would send. Left out where there is no `jq`: the summary of `cargo xtask test` says so.
#[cfg(target_os = "linux")]
#[test]
fn the_nightly_script_of_the_page_tells_what_is_new_and_what_failed() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    if Command::new("jq").arg("--version").output().is_err() {
        eprintln!("skipped: there is no jq");
        return;
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reconcile.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, script) = page.split_once("```sh\n").unwrap();
    let (script, _) = script.split_once("```\n").unwrap();
    let place = drifting();
    let home = place.path("");
    let now = Vendor::now().to_string();
    // what is this machine's, and nothing else
    let mut here = script.to_owned();
    for (theirs, ours) in [
        ("/var/lib/license-drift", home.to_str().unwrap()),
        (
            "--report api --vendor 1212980 --credentials /etc/license-drift.token",
            "--report report.json",
        ),
        ("env:DATABASE_URL", "installations.ndjson"),
        ("--format json", &format!("--format json --now {now}")),
    ] {
        assert!(here.contains(theirs), "{theirs}");
        here = here.replace(theirs, ours);
    }
    let programs = place.path("bin");
    std::fs::create_dir(&programs).unwrap();
    let program = env!("CARGO_BIN_EXE_app-license");
    std::os::unix::fs::symlink(program, programs.join("app-license")).unwrap();
    let curl = "#!/bin/sh\ncat > sent.json\n[ ! -e no-network ]\n";
    for (name, text) in [("curl", curl), ("nightly", here.as_str())] {
        let path = programs.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let night = || {
        let ran = Command::new(programs.join("nightly"))
            .env("PATH", &path)
            .env("WEBHOOK_URL", "https://chat.example.com/hook")
            .output()
            .unwrap();
        let sent = std::fs::read_to_string(place.path("sent.json")).ok();
        let _ = std::fs::remove_file(place.path("sent.json"));
        let text = sent.map(|sent| {
            let sent: Value = serde_json::from_str(&sent).unwrap();
            sent["text"].as_str().unwrap().to_owned()
        });
        (ran.status.code().unwrap(), text)
    };
    // a night without a network tells again
    std::fs::write(place.path("no-network"), "").unwrap();
    let (code, told) = night();
    assert_ne!(code, 0);
    std::fs::remove_file(place.path("no-network")).unwrap();
    assert_eq!(night(), (0, told.clone()));
    let told = told.unwrap();
    assert!(told.lines().count() > 20, "{told}");
    let line = |line: &str| line.contains(": ") && line.ends_with(')') && !line.contains("null");
    assert!(told.lines().all(line), "{told}");
    assert!(!told.contains("report_lag"), "{told}");
    // what was told is not told again
    assert_eq!(night(), (0, None));
    // and a run that fails is no silence
    std::fs::write(place.path("installations.ndjson"), "<html>").unwrap();
    let (code, told) = night();
    assert_eq!(code, 3);
    assert!(told.unwrap().contains("failed, see the log"));
}
