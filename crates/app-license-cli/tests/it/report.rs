//! `app-license report`, as it is shipped.

mod export;

use std::path::Path;

use crate::common::{run, run_with};
use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, UnixTime};
use app_license_store::{Delivery, InstallationStore, SqliteStore};

const REPORT: &str = r#"[
{"appEntitlementNumber":"E-1","cloudSiteHostname":"a.atlassian.net","appEdition":"Advanced","licenseType":"COMMERCIAL","status":"active","tier":"Per Unit Pricing (593 Users)","hosting":"Cloud","maintenanceStartDate":"2026-01-05","maintenanceEndDate":"2026-12-05","evaluationStartDate":"2025-12-01","evaluationSaleDate":"2026-01-05","daysToConvertEval":"35","contactDetails":{"company":"Acme, \"Inc\""}},
{"appEntitlementNumber":"E-2","appEdition":"Standard","licenseType":"COMMERCIAL","status":"active","tier":"10 Users","hosting":"Cloud","maintenanceStartDate":"2026-01-09","maintenanceEndDate":"2027-01-09","daysToConvertEval":"NA","newThing":{"a":1}},
{"appEntitlementNumber":"E-3","appEdition":"standard","licenseType":"EVALUATION","status":"active","tier":"Evaluation","hosting":"Cloud","maintenanceStartDate":"2026-02-01","evaluationStartDate":"2025-12-20"},
{"appEntitlementNumber":"E-4","licenseType":"LEGACY_FREE","status":"active","tier":"10 Users","hosting":"Cloud","maintenanceStartDate":"2025-02-01"},
{"appEntitlementNumber":"E-5","appEdition":"Standard","licenseType":"COMMERCIAL","status":"cancelled","tier":"25 Users","hosting":"Cloud","maintenanceStartDate":"2026-01-02","maintenanceEndDate":"2026-04-02"}
]"#;

fn report(args: &[&str]) -> crate::common::Ran {
    run_with(&[&["report"], args].concat(), REPORT)
}

#[test]
fn a_summary_counts_by_every_dimension() {
    let ran = report(&["summary", "-", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let counts = ran.json();
    assert_eq!(counts["total"]["all"], 5);
    assert_eq!(counts["total"]["licensed"], 2);
    let of = |dimension: &str, name: &str| {
        let groups = counts[dimension].as_array().unwrap();
        groups.iter().find(|group| group["name"] == name).unwrap()["all"].clone()
    };
    assert_eq!(of("by_edition", "standard"), 3);
    assert_eq!(of("by_edition", "(none)"), 1);
    assert_eq!(of("by_license_type", "legacy_free"), 1);
    assert_eq!(of("by_status", "cancelled"), 1);
    assert_eq!(of("by_tier", "1-10 users"), 2);
    assert_eq!(of("by_hosting", "cloud"), 5);
    assert_eq!(of("by_month", "2026-01"), 3);
}

#[test]
fn a_page_of_html_needs_no_network_and_no_script() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let csv = folder.path().join("report.csv");
    let (page, csv) = (page.to_str().unwrap(), csv.to_str().unwrap());
    let ran = report(&["summary", "-", "--html", page, "--csv", csv]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("default-src 'none'"));
    for outside in ["http://", "https://", "<script", "src=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let csv = std::fs::read_to_string(csv).unwrap();
    assert!(csv.starts_with("dimension,group,all,active,"), "{csv}");
    assert!(csv.contains("\nedition,advanced,1,1,1,0,0,0,0\n"), "{csv}");
}

#[test]
fn lines_of_the_summary_fit_80_columns() {
    // without an id, each counts
    let trial = "{\"licenseType\":\"UPGRADE_EVALUATION\",\"status\":\"active\"}\n";
    for report in [REPORT, &trial.repeat(12_345)] {
        let ran = run_with(&["report", "summary", "-"], report);
        let widest = ran.out.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{}", ran.out);
    }
}

#[test]
fn bad_records_are_told_with_their_place_and_a_cut_report_is_partial() {
    let cut = REPORT.replace("\"tier\":\"10 Users\",\"hosting\"", "\"tier\":,\"hosting\"");
    let ran = run_with(&["report", "summary", "-"], &cut[..cut.len() - 20]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err
            .contains("warning[record_syntax]: expected a value, found `,` (line 3, record 2,")
    );
    assert!(ran.err.contains("warning[report_truncated]"), "{}", ran.err);
    assert!(ran.out.contains("PARTIAL"), "{}", ran.out);
    let ran = run_with(
        &["report", "summary", "-", "--format", "json"],
        &cut[..cut.len() - 20],
    );
    assert_eq!(ran.json()["partial"], true);
    assert_eq!(ran.json()["bad_records"], 2);

    // --strict stops at the first one
    let bad = r#"[{"licenseId":"E-1"},{"status":1,"status":2},
        {"licenseId":"E-3"},{"tier":,}]"#;
    for (more, code, records, bad_records) in [(&[][..], 0, 2, 2), (&["--strict"], 1, 1, 1)] {
        let args = [&["report", "summary", "-", "--format", "json"], more].concat();
        let ran = run_with(&args, bad);
        assert_eq!(ran.code, code, "{}", ran.err);
        let json = ran.json();
        assert_eq!(
            (&json["total"]["all"], &json["bad_records"]),
            (&records.into(), &bad_records.into())
        );
        assert_eq!(json["partial"], code == 1);
        let first = "warning[record_duplicate]: ";
        assert!(ran.err.contains(first), "{}", ran.err);
        assert!(
            ran.err.contains("(line 1, record 2, byte 33)"),
            "{}",
            ran.err
        );
    }

    let ran = run_with(&["report", "summary", "-"], "<html>");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("error[not_a_report]"), "{}", ran.err);
    assert_eq!(
        run(&["report", "summary", "/nowhere/licenses.json"]).code,
        1
    );
}

#[test]
fn the_way_of_a_customer_is_shown_with_an_estimate_named_so() {
    let snapshot = |day: &str, kind: &str, edition: &str, more: &str| {
        format!(
            r#"{{"appEntitlementNumber":"E-9","recordCreatedDate":"{day}","licenseType":"{kind}","appEdition":"{edition}","status":"active","maintenanceStartDate":"2026-01-01","maintenanceEndDate":"2026-12-31"{more}}}"#
        )
    };
    let history = [
        snapshot("2025-12-01", "EVALUATION", "Standard", ""),
        snapshot("2026-07-01", "COMMERCIAL", "Advanced", ""),
        snapshot("2026-01-01", "COMMERCIAL", "Standard", ""),
        snapshot(
            "2026-06-01",
            "COMMERCIAL",
            "Standard",
            r#","upgradeEvaluatingEdition":"Advanced""#,
        ),
        snapshot("2026-08-01", "COMMERCIAL", "Advanced", ""),
        snapshot("2026-12-31", "COMMERCIAL", "Advanced", "").replace("active", "cancelled"),
    ]
    .join("\n");
    let args = ["report", "timeline", "E-9", "-", "--prices", "1200,1800"];
    let ran = run_with(&[&args[..], &["--format", "json"]].concat(), &history);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let answer = ran.json();
    let changes: Vec<_> = answer["periods"].as_array().unwrap().iter().collect();
    let changes: Vec<_> = changes
        .iter()
        .map(|period| period["change"].as_str().unwrap())
        .collect();
    assert_eq!(
        changes,
        [
            "first",
            "bought",
            "upgrade_trial_started",
            "upgraded",
            "ended"
        ]
    );
    // 600 USD for 184 of 365 days
    assert_eq!(answer["periods"][3]["estimated_proration_usd"], "302.47");
    let ran = run_with(&args, &history);
    assert!(
        ran.out.contains("standard, trial of advanced"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("an estimate by days"), "{}", ran.out);
    assert_eq!(
        run_with(&["report", "timeline", "E-0", "-"], &history).code,
        2
    );
}

/// A store in which a customer installed and went to Advanced.
async fn store(path: &Path) {
    let store = SqliteStore::open_plain_text(path).await.unwrap();
    let (app, tenant) = (
        AppKey::new("com.example.app").unwrap(),
        ClientKey::new("tenant-1").unwrap(),
    );
    for (day, capability_set) in [
        ("2026-01-05", "capabilityStandard"),
        ("2026-07-01", "capabilityAdvanced"),
    ] {
        let body = serde_json::json!({
            "eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
            "sharedSecret": "a-secret-key-not-to-be-lost", "baseUrl": "https://acme.atlassian.net",
            "productType": "jira", "entitlementNumber": "E-9", "capabilitySet": capability_set,
        });
        let body = LifecycleBody::parse(body.to_string().as_bytes()).unwrap();
        let event = body.accept(
            LifecycleKind::Installed,
            &app,
            &tenant,
            &KeyHosts::default(),
        );
        let at = UnixTime::parse(day).unwrap();
        store
            .apply(Delivery::connect(event.unwrap()), at)
            .await
            .unwrap();
    }
    store.close().await;
}

#[tokio::test]
async fn what_an_app_stored_of_a_customer_stands_below_what_was_bought() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("installations.db");
    store(&path).await;
    let events = format!("sqlite:{}", path.display());
    let snapshot = r#"{"appEntitlementNumber":"E-9","status":"active","licenseType":"COMMERCIAL"}"#;
    let args = ["report", "timeline", "e-9", "-", "--events", &events];
    let ran = run_with(&[&args[..], &["--format", "json"]].concat(), snapshot);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let answer = ran.json();
    let told: Vec<_> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["at"].as_str().unwrap(), &event["known_edition"]))
        .collect();
    assert_eq!(
        told,
        [
            ("2026-01-05T00:00:00Z", &"standard".into()),
            ("2026-07-01T00:00:00Z", &"advanced".into())
        ]
    );
    let changes = answer["events"][1]["changes"].as_array().unwrap();
    assert!(changes.contains(&"edition_changed".into()), "{changes:?}");
    let ran = run_with(&args, snapshot);
    assert!(ran.out.contains("edition changed"), "{}", ran.out);
    let of_others = ["report", "timeline", "E-8", "-", "--events", &events];
    let ran = run_with(&of_others, snapshot);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("the store has no event"), "{}", ran.out);
}

#[test]
fn conversions_churn_and_free_licenses_are_counted() {
    let cohorts = report(&["conversions", "-", "--format", "json"]).json();
    let first = &cohorts["cohorts"][0];
    assert_eq!(
        (first["month"].as_str(), first["edition"].as_str()),
        (Some("2025-12"), Some("advanced"))
    );
    assert_eq!(
        (&first["converted"], &first["mean_days"]),
        (&1.into(), &35.into())
    );
    assert_eq!(cohorts["cohorts"][1]["open"], 1);

    let cohorts = report(&["churn", "-", "--format", "json"]).json();
    let standard = &cohorts["cohorts"][1];
    assert_eq!(
        (&standard["licenses"], &standard["ended"]),
        (&2.into(), &1.into())
    );
    assert_eq!(standard["ended_after"]["3"], 1);
    assert_eq!(
        cohorts["cohorts"].as_array().unwrap().len(),
        2,
        "no trial, no free license"
    );

    let free = report(&["free-starter-tier", "-", "--format", "json"]).json();
    let free = free["licenses"].as_array().unwrap();
    assert_eq!((free.len(), &free[0]["license"]), (1, &"E-4".into()));
    let all = report(&["free-starter-tier", "-", "--listed", "--format", "json"]).json();
    assert_eq!(all["licenses"].as_array().unwrap().len(), 5);
}

#[test]
fn what_is_no_license_is_not_counted() {
    for nothing in ["{}", "[{}]", r#"{"licenses":{"a":1}}"#] {
        let ran = run_with(&["report", "summary", "-"], nothing);
        assert_eq!(ran.code, 3, "{nothing}: {}", ran.out);
        assert!(ran.err.contains("error[record_no_field]"), "{}", ran.err);
    }
    let ran = run_with(
        &["report", "summary", "-", "--format", "json"],
        r#"[{"tier":"x"},{}]"#,
    );
    assert_eq!((ran.code, &ran.json()["bad_records"]), (0, &1.into()));
}

#[test]
fn a_license_that_is_there_twice_counts_once() {
    let twice = REPORT.repeat(2);
    for command in ["summary", "conversions", "churn", "free-starter-tier"] {
        let json = ["report", command, "-", "--format", "json"];
        let (once, twice) = (
            run_with(&json, REPORT).json(),
            run_with(&json, &twice).json(),
        );
        for answer in ["total", "by_month", "cohorts", "licenses"] {
            assert_eq!(once[answer], twice[answer], "{command}");
        }
        assert_eq!(
            (&once["repeated"], &twice["repeated"]),
            (&0.into(), &5.into())
        );
        let shown = run_with(&["report", command, "-"], &REPORT.repeat(2)).out;
        let said = "5 records repeat a license, and each license counts once";
        assert!(shown.contains(said), "{shown}");
        assert!(
            !run_with(&["report", command, "-"], REPORT)
                .out
                .contains("repeat")
        );
    }
}

#[test]
fn tables_fit_80_columns() {
    let long = "a-customer-with-a-rather-long-name-of-the-site.atlassian.net";
    let record = |day: &str, edition: &str, trial: &str| {
        format!(
            r#"{{"appEntitlementNumber":"E-9","cloudSiteHostname":"{long}","licenseType":"LEGACY_FREE","recordCreatedDate":"{day}","appEdition":"{edition}"{trial},"status":"active","tier":"Per Unit Pricing (593 Users)","contactDetails":{{"company":"A Company With A Long Name Incorporated"}}}}"#
        )
    };
    let trial = r#","upgradeEvaluatingEdition":"Advanced""#;
    let paid = |text: String| text.replace("LEGACY_FREE", "COMMERCIAL");
    let history = [
        paid(record("2026-01-01", "Standard", "")),
        paid(record("2026-02-01", "Standard", trial)),
        paid(record("2026-03-01", "Advanced", "")),
        paid(record("2026-04-01", "Standard", trial)),
        paid(record("2026-05-01", "Standard", "")),
    ];
    let history = crate::common::file("wide/history.ndjson", history.join("\n"));
    let free = crate::common::file("wide/free.ndjson", record("2026-06-01", "Standard", ""));
    let installed = format!(
        r#"{{"key":{{"connect":"tenant-1"}},"baseUrl":"https://{long}","capabilitySet":"capabilityAdvanced"}}"#
    );
    let installed = crate::common::file("wide/installed.ndjson", installed);
    let reconcile = [
        "reconcile",
        "--report",
        &history,
        "--installations",
        &installed,
    ];
    for args in [
        &["timeline", "E-9", &history][..],
        &["timeline", "E-9", &history, "--prices", "1200,1800"],
        &["free-starter-tier", &free],
        &["churn", &history],
        &["conversions", &history],
        &reconcile,
    ] {
        let ran = crate::common::run_without_width(&[&["report"], args].concat());
        assert!(ran.out.lines().count() > 3, "{}{}", ran.out, ran.err);
        let widest = ran.out.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{}", ran.out);
    }
}

#[test]
fn prices_that_cannot_be_are_refused() {
    for (prices, said) in [
        ("1200,-1", "a price cannot be below zero"),
        ("-1200,1800", "a price cannot be below zero"),
        ("1800,1200", "Advanced cannot cost less than Standard"),
        ("1200", "expected two amounts"),
    ] {
        let prices = format!("--prices={prices}");
        let ran = report(&["timeline", "E-1", "-", &prices]);
        assert_eq!(ran.code, 3, "{prices}: {}", ran.out);
        assert!(ran.err.contains(said), "{prices}: {}", ran.err);
    }
    assert_eq!(report(&["timeline", "E-1", "-", "--prices", "0,0"]).code, 0);
}
