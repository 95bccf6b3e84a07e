//! Rules that stories do not tell: what is refused, what is left out, what is bounded.

use app_license::UnixTime;
use app_license_marketplace::reconcile::{
    Cause, Drift, DriftKind, InstallationRow, JoinedBy, Options, Reconciler,
};
use app_license_testkit::vendor::Vendor;
use serde_json::json;

use super::support::{APP, reconciler, take};

fn installed(reconciler: &mut Reconciler, record: &serde_json::Value) {
    let text = record.to_string();
    let row = InstallationRow::from_json(&text).unwrap();
    reconciler.installation(&row).unwrap();
}

fn bought(n: u32, app: &str) -> serde_json::Value {
    json!({
        "addonKey": app, "appEntitlementNumber": format!("E-{n}"), "cloudId": format!("cloud-{n}"),
        "cloudSiteHostname": format!("site-{n}.atlassian.net"), "appEdition": "Standard",
        "licenseType": "COMMERCIAL", "status": "active", "maintenanceStartDate": "2026-01-01",
        "lastUpdated": "2026-01-01",
    })
}

fn runs(n: u32, app: Option<&str>) -> serde_json::Value {
    json!({
        "key": {"connect": format!("tenant-{n}")}, "status": "enabled", "appKey": app,
        "cloudId": format!("cloud-{n}"), "installedAt": "2026-01-01T00:00:00Z",
        "license": {"state": "active", "asOf": "2026-11-01T00:00:00Z"},
    })
}

#[test]
fn evidence_of_both_sides_is_shown() {
    let mut reconciler = reconciler();
    take(&mut reconciler, &bought(1, APP));
    let mut record = runs(1, Some(APP));
    record["capabilitySet"] = json!("CAPABILITY_ADVANCED");
    installed(&mut reconciler, &record);
    let comparison = reconciler.finish().unwrap();
    let drift: Vec<_> = comparison.drift().collect();
    let shown = serde_json::to_value(&drift).unwrap();
    let expected = json!([{
        "id": "runs_above_bought:tenant-1", "kind": "runs_above_bought", "cause": "unknown",
        "app": APP, "since": "2026-11-01T00:00:00Z", "joinedBy": "cloud_id",
        "bought": {
            "grants": "standard", "entitlementNumber": "E-1", "cloudId": "cloud-1",
            "host": "site-1.atlassian.net", "edition": "Standard", "licenseType": "COMMERCIAL",
            "status": "active", "maintenanceStart": "2026-01-01", "lastUpdated": "2026-01-01",
            "sandbox": false,
        },
        "runs": {
            "grants": "advanced", "tenant": "tenant-1", "platform": "connect", "status": "enabled",
            "cloudId": "cloud-1", "capabilitySet": "CAPABILITY_ADVANCED", "license": "active",
            "asOf": "2026-11-01T00:00:00Z", "installedAt": "2026-01-01T00:00:00Z",
        },
    }]);
    assert_eq!(shown, expected, "{shown:#}");
}

#[test]
fn a_report_of_several_apps_is_compared_app_by_app() {
    let mut reconciler = reconciler();
    for (n, app) in [(1, APP), (1, "com.example.other"), (2, APP)] {
        take(&mut reconciler, &bought(n, app));
    }
    installed(&mut reconciler, &runs(1, Some(APP)));
    installed(&mut reconciler, &runs(2, Some(APP)));
    // the other app's license is of no store that was read
    assert!(reconciler.finish().unwrap().is_empty());
}

#[test]
fn installations_that_do_not_name_their_app_need_it_named() {
    let report = |mut reconciler: Reconciler| {
        take(&mut reconciler, &bought(1, APP));
        take(&mut reconciler, &bought(1, "com.example.other"));
        reconciler
    };
    let record = runs(1, None).to_string();
    let row = InstallationRow::from_json(&record).unwrap();
    let error = report(reconciler()).installation(&row).unwrap_err();
    assert_eq!(error.code(), "ambiguous_app");
    assert_eq!(
        error.to_string(),
        "the report is of 2 apps and the installations do not say of which they are: name it by \
        its key, one of `com.example.app`, `com.example.other`"
    );
    let mut named = report(Reconciler::new(Options::at(Vendor::now()).app(APP)));
    named.installation(&row).unwrap();
    let comparison = named.finish().unwrap();
    assert!(comparison.is_empty());
    assert_eq!(comparison.summary().rows_of_other_apps, 1);
}

#[test]
fn a_report_of_another_app_is_refused() {
    let mut reconciler = reconciler();
    take(&mut reconciler, &bought(1, "com.example.other"));
    installed(&mut reconciler, &runs(1, Some(APP)));
    let error = reconciler.finish().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the report has no license of the app that is installed: expected `com.example.app`, found \
        `com.example.other` in the report"
    );
}

#[test]
fn installations_that_name_nothing_are_no_drift_and_explain_what_seems_missing() {
    let mut reconciler = reconciler();
    take(&mut reconciler, &bought(1, APP));
    let forge =
        json!({"key": {"forge": "ari:cloud:ecosystem::installation/1"}, "status": "installed"});
    installed(&mut reconciler, &forge);
    let comparison = reconciler.finish().unwrap();
    assert_eq!(comparison.summary().installations_without_ids, 1);
    let drift: Vec<_> = comparison.drift().collect();
    assert_eq!(drift.len(), 1);
    assert_eq!(drift[0].kind, DriftKind::NotInstalled);
    assert_eq!(drift[0].cause, Cause::InstallationWithoutIds);
}

#[test]
fn unknown_words_of_the_platform_are_never_guessed() {
    let mut reconciler = reconciler();
    for (n, field, value) in [(1, "status", "paused"), (2, "appEdition", "Ultra")] {
        let mut record = bought(n, APP);
        record[field] = json!(value);
        take(&mut reconciler, &record);
        installed(&mut reconciler, &runs(n, Some(APP)));
    }
    let mut record = runs(3, Some(APP));
    record["capabilitySet"] = json!("capabilityUltra");
    take(&mut reconciler, &bought(3, APP));
    installed(&mut reconciler, &record);
    let comparison = reconciler.finish().unwrap();
    assert!(comparison.is_empty());
    assert_eq!(comparison.summary().not_compared, 3);
}

#[test]
fn environments_named_as_production_leave_the_others_out() {
    let options = Options::at(Vendor::now()).production_environment("prod");
    let mut reconciler = Reconciler::new(options);
    take(&mut reconciler, &bought(1, APP));
    for (n, environment) in [(1, "prod"), (2, "staging")] {
        let mut record = runs(n, Some(APP));
        record["environmentId"] = json!(environment);
        installed(&mut reconciler, &record);
    }
    let comparison = reconciler.finish().unwrap();
    assert!(comparison.is_empty());
    assert_eq!(comparison.summary().not_production, 1);
}

#[test]
fn a_host_name_joins_when_nothing_stronger_does() {
    let mut reconciler = reconciler();
    let mut record = bought(1, APP);
    record["cloudSiteHostname"] = json!("SITE-1.atlassian.net");
    take(&mut reconciler, &record);
    let mut record = runs(2, Some(APP));
    record["baseUrl"] = json!("https://site-1.atlassian.net/wiki");
    record["capabilitySet"] = json!("capabilityAdvanced");
    installed(&mut reconciler, &record);
    let comparison = reconciler.finish().unwrap();
    let drift: Vec<_> = comparison.drift().collect();
    assert_eq!(drift.len(), 1);
    assert_eq!(drift[0].joined_by, Some(JoinedBy::HostName));
    assert_eq!(drift[0].cause, Cause::Migration);
}

#[test]
fn nothing_is_quadratic_in_rows_of_one_site_or_snapshots_of_one_entitlement() {
    // twenty thousand of each end at once; compared pairwise they would take minutes
    let mut reconciler = reconciler();
    for n in 0..20_000 {
        let mut record = bought(n, APP);
        record["cloudId"] = json!("one site");
        take(&mut reconciler, &record);
        let mut record = bought(1_000_000, APP);
        record["cloudId"] = json!(format!("site {n}"));
        record["lastUpdated"] = json!(format!("2026-01-{:02}", n % 28 + 1));
        take(&mut reconciler, &record);
    }
    for n in 0..20_000 {
        let mut record = runs(n, Some(APP));
        record["cloudId"] = json!(if n % 2 == 0 {
            "one site".into()
        } else {
            format!("site {n}")
        });
        installed(&mut reconciler, &record);
    }
    let comparison = reconciler.finish().unwrap();
    assert_eq!(comparison.summary().rows, 40_000);
}

#[test]
fn an_empty_report_and_an_empty_store_differ_in_nothing() {
    let comparison = Reconciler::new(Options::at(UnixTime::EPOCH))
        .finish()
        .unwrap();
    assert!(comparison.is_empty());
}

/// The drift between one record of the report and one installation.
fn drift_between(
    options: Options,
    bought: &serde_json::Value,
    runs: &serde_json::Value,
) -> Vec<Drift> {
    let mut reconciler = Reconciler::new(options);
    take(&mut reconciler, bought);
    installed(&mut reconciler, runs);
    reconciler.finish().unwrap().drift().collect()
}

#[test]
fn drift_begins_when_the_last_of_both_sides_changed() {
    let now = UnixTime::parse("2026-11-29T09:00:00Z").unwrap();
    let since = |changes: serde_json::Value, capability: &str, updated: &str| {
        let mut record = bought(1, APP);
        for (field, value) in changes.as_object().unwrap() {
            record[field] = value.clone();
        }
        let mut runs = runs(1, Some(APP));
        runs["capabilitySet"] = json!(capability);
        runs["updatedAt"] = json!(updated);
        let drift = drift_between(Options::at(now), &record, &runs);
        assert_eq!(drift.len(), 1, "{record}");
        drift[0].since.unwrap().to_string()
    };
    let (standard, early) = ("capabilityStandard", "2026-11-20T00:00:00Z");
    // what was cancelled is paid until its last day
    for status in ["cancelled", "inactive", "expired"] {
        let ended = json!({"status": status, "maintenanceEndDate": "2026-11-28", "lastUpdated": "2026-06-01"});
        assert_eq!(
            since(ended, standard, early),
            "2026-11-29T00:00:00Z",
            "{status}"
        );
    }
    // cancelled after its last day, and one that is cancelled before it
    let ended = json!({"status": "inactive", "maintenanceEndDate": "2026-11-10", "lastUpdated": "2026-11-27"});
    assert_eq!(since(ended, standard, early), "2026-11-27T00:00:00Z");
    let ended = json!({"status": "inactive", "maintenanceEndDate": "2027-01-01", "lastUpdated": "2026-11-26"});
    assert_eq!(since(ended, standard, early), "2026-11-26T00:00:00Z");
    // a trial ends by itself, whatever the report changed later; so does one of a higher edition
    let trial = json!({"licenseType": "EVALUATION", "maintenanceEndDate": "2026-11-24", "lastUpdated": "2026-11-28"});
    assert_eq!(since(trial, standard, early), "2026-11-25T00:00:00Z");
    let trial = json!({"licenseType": "UPGRADE_EVALUATION", "maintenanceEndDate": "2026-11-27"});
    assert_eq!(
        since(trial, "capabilityAdvanced", early),
        "2026-11-28T00:00:00Z"
    );
    // the installation was the last to change
    let late = "2026-11-28T20:00:00Z";
    let trial = json!({"licenseType": "EVALUATION", "maintenanceEndDate": "2026-11-24"});
    assert_eq!(since(trial, standard, late), late);
    assert_eq!(since(json!({}), "capabilityAdvanced", late), late);
}

#[test]
fn licenses_for_development_are_no_drift_by_the_word_of_either_side() {
    let mut developer = bought(1, APP);
    developer["licenseType"] = json!("DEVELOPER");
    let mut advanced = runs(1, Some(APP));
    advanced["capabilitySet"] = json!("capabilityAdvanced");
    let mut reconciler = reconciler();
    take(&mut reconciler, &developer);
    installed(&mut reconciler, &advanced);
    let comparison = reconciler.finish().unwrap();
    assert!(comparison.is_empty());
    assert_eq!(comparison.summary().not_production, 1);

    // nobody must install it
    let mut alone = super::support::reconciler();
    take(&mut alone, &developer);
    take(&mut alone, &bought(2, APP));
    installed(&mut alone, &runs(2, Some(APP)));
    assert!(alone.finish().unwrap().is_empty());

    // the app was told so
    advanced["license"]["type"] = json!("developer");
    let options = || Options::at(Vendor::now());
    let mut stated = Reconciler::new(options());
    installed(&mut stated, &advanced);
    assert_eq!(stated.finish().unwrap().summary().not_production, 1);

    // a license that was bought for the same site counts beside it
    let mut reconciler = Reconciler::new(options());
    take(&mut reconciler, &developer);
    let mut bought = bought(2, APP);
    bought["cloudId"] = json!("cloud-1");
    take(&mut reconciler, &bought);
    advanced["license"]["type"] = json!("COMMERCIAL");
    installed(&mut reconciler, &advanced);
    let comparison = reconciler.finish().unwrap();
    let kinds: Vec<_> = comparison.drift().map(|d| d.kind).collect();
    assert!(kinds.contains(&DriftKind::RunsAboveBought), "{kinds:?}");
}

#[test]
fn an_installation_that_is_there_twice_is_one_case() {
    let mut known = runs(1, Some(APP));
    known["capabilitySet"] = json!("capabilityAdvanced");
    let mut later = known.clone();
    later["updatedAt"] = json!("2026-11-02T00:00:00Z");
    let unknown = runs(7, Some(APP));
    let mut reconciler = reconciler();
    take(&mut reconciler, &bought(1, APP));
    for record in [&later, &known, &known, &unknown, &unknown] {
        installed(&mut reconciler, record);
    }
    let comparison = reconciler.finish().unwrap();
    let drift: Vec<_> = comparison.drift().collect();
    let ids: Vec<_> = drift.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(
        ids,
        ["runs_above_bought:tenant-1", "not_in_report:tenant-7"]
    );
    let updated = drift[0].runs.as_ref().unwrap().updated_at;
    assert_eq!(updated, UnixTime::parse("2026-11-02T00:00:00Z"));
    assert_eq!(comparison.summary().repeated, 3);
}

#[test]
fn what_was_never_installed_is_not_said_to_have_changed_later() {
    let mut reconciler = reconciler();
    take(&mut reconciler, &bought(1, APP));
    take(&mut reconciler, &bought(2, APP));
    installed(&mut reconciler, &runs(2, Some(APP)));
    let comparison = reconciler.finish().unwrap();
    let drift: Vec<_> = comparison.drift().collect();
    assert_eq!(drift.len(), 1);
    assert_eq!(drift[0].cause, Cause::NeverInstalled);
    let explained = drift[0].cause.explanation();
    assert!(
        explained.contains("never had an installation"),
        "{explained}"
    );
}
