//! `report reconcile` with a report that the reporting API answers: logins, and what a terminal shows of a slow one.

use std::path::PathBuf;
use std::time::Duration;

use app_license_testkit::vendor::{ReportShape, Vendor};
use app_license_testkit::{MockReports, ReportFault};
use serde_json::Value;

use super::TempFolder;
use crate::common::{Ran, run, run_with_env};

/// The reporting API with the records of a vendor.
async fn reporting_api(vendor: &Vendor) -> MockReports {
    let mock = MockReports::start().await.unwrap();
    let mut report = Vec::new();
    vendor
        .write_report(ReportShape::Export, &mut report)
        .unwrap();
    let records: Vec<Value> = serde_json::from_slice(&report).unwrap();
    for record in records {
        mock.add(record);
    }
    mock
}

/// Compares with what the API answers; the program waits on a thread, so that the mock can answer.
async fn run_with_api(mock: &MockReports, vendor: &Vendor, token: &str, more: &[&str]) -> Ran {
    let place = TempFolder::new(vendor);
    let credentials = place.path("credentials");
    std::fs::write(&credentials, format!("{}:{token}\n", MockReports::EMAIL)).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&credentials, owner_only).unwrap();
    }
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let mut args = vec![
        "report".to_owned(),
        "reconcile".to_owned(),
        "--report".to_owned(),
        "api".to_owned(),
        "--credentials".to_owned(),
        text(credentials),
        "--api-url".to_owned(),
        mock.v2_url(),
        "--api-poll".to_owned(),
        "1".to_owned(),
        "--installations".to_owned(),
        text(place.path("installations.ndjson")),
        "--now".to_owned(),
        Vendor::now().to_string(),
    ];
    args.extend(more.iter().map(|arg| (*arg).to_owned()));
    let run = move || run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let ran = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(!format!("{}{}", ran.out, ran.err).contains(token));
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_can_come_from_the_reporting_api() {
    let vendor = Vendor::new(5, 290).drift_in_every(10);
    let mock = reporting_api(&vendor).await;
    let from_file = TempFolder::new(&vendor).run(&["--format", "json"]).json();
    let developer = ["--developer", MockReports::DEVELOPER, "--format", "json"];
    let ran = run_with_api(&mock, &vendor, MockReports::TOKEN, &developer).await;
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(ran.json()["drift"], from_file["drift"]);
    assert_eq!(ran.err, "", "no progress outside a terminal");
    let looks = |request: &&String| request.contains("/status?");
    assert!(
        mock.requests().iter().filter(looks).count() > 1,
        "it waited"
    );

    let vendor_id = MockReports::VENDOR.to_string();
    let by_vendor = ["--vendor", &vendor_id, "--format", "json"];
    let ran = run_with_api(&mock, &vendor, MockReports::TOKEN, &by_vendor).await;
    assert_eq!(ran.json()["drift"], from_file["drift"]);

    let ran = run_with_api(&mock, &vendor, "hunter2-token", &developer[..2]).await;
    assert_eq!(ran.code, 1, "{}", ran.out);
    let refused = "error[report_unauthorized]";
    assert!(ran.err.contains(refused), "{}", ran.err);
    let ran = run_with_api(&mock, &vendor, MockReports::TOKEN, &[]).await;
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("--developer or --vendor"), "{}", ran.err);
}

/// A line of a shell on a terminal, which `script` gives it; `timeout` gives it an end.
#[cfg(target_os = "linux")]
fn on_terminal(line: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let ran = std::process::Command::new("timeout")
        .args(["--foreground", "--kill-after=1", "60"])
        .args(["script", "--quiet", "--return", "--command", line])
        .arg("/dev/null")
        .env("TERM", "xterm")
        .envs(variables.iter().copied())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    (ran.status.code(), out)
}

/// The login comes from the environment here, as the help says.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_download_shows_how_far_it_is() {
    let vendor = Vendor::new(5, 290);
    let mock = reporting_api(&vendor).await;
    mock.fail_once(ReportFault::Slow(Duration::from_millis(150)));
    let place = TempFolder::new(&vendor);
    let line = format!(
        "{} report reconcile --report api --developer {} --api-url {} --api-poll 300 \
         --installations {} --now {}",
        env!("CARGO_BIN_EXE_app-license"),
        MockReports::DEVELOPER,
        mock.v2_url(),
        place.path("installations.ndjson").display(),
        Vendor::now()
    );
    let run = move || {
        let login = [
            ("ATLASSIAN_EMAIL", MockReports::EMAIL),
            ("ATLASSIAN_API_TOKEN", MockReports::TOKEN),
        ];
        on_terminal(&line, &login)
    };
    let (code, out) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains(MockReports::TOKEN), "{out}");
    assert!(
        out.contains("the host prepares the export: IN_PROGRESS"),
        "{out}"
    );
    // some of the file, of how much, and how long that takes
    let share = |frame: &&str| frame.contains(" KiB of ") && frame.trim_end().ends_with(" left");
    let frames = || out.split(['\r', '\n', '\u{1b}']);
    assert!(frames().filter(share).count() > 1, "{out}");
    for frame in frames() {
        // `script` has 80 columns, where nothing else is said
        let frame = frame.trim_start_matches("[2K");
        assert!(frame.chars().count() <= 80, "{frame}");
    }
    // no bar of another form, and none at the end, where what was found stands
    assert!(!out.contains("░ 0/"), "{out}");
    let (_, last) = out.rsplit_once("0s left").unwrap_or_default();
    assert!(last.contains("\u{1b}[2K"), "{out}");
    assert!(last.contains(" between "), "{out}");
}

#[test]
fn a_login_that_is_nowhere_is_told_by_the_names_of_its_variables() {
    let args = ["report", "summary", "api", "--developer", "d"];
    let none = [("ATLASSIAN_EMAIL", ""), ("ATLASSIAN_API_TOKEN", "")];
    let ran = run_with_env(&args, &none);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let told = "ATLASSIAN_EMAIL and ATLASSIAN_API_TOKEN";
    assert!(ran.err.contains(told), "{}", ran.err);
}

/// Progress is drawn by a thread of its own, which must not wait for whoever writes errors.
#[cfg(target_os = "linux")]
#[test]
fn a_slow_report_is_read_to_its_end_on_a_terminal() {
    let place = TempFolder::new(&Vendor::new(2026, 20));
    let line = format!(
        "(sleep 1; cat {}) | {} report reconcile --report - --installations {} --now {}",
        place.path("report.json").display(),
        env!("CARGO_BIN_EXE_app-license"),
        place.path("installations.ndjson").display(),
        Vendor::now()
    );
    let (code, out) = on_terminal(&line, &[]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("20"), "{out}");
}
