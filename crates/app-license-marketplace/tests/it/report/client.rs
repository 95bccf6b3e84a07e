//! The client against the mock, which behaves as the live API does.

use std::time::Duration;

use app_license_marketplace::report::client::{Account, Client, Credentials, Progress, Query};
use app_license_marketplace::report::{Completeness, Format, LicenseReader};
use app_license_testkit::{MockReports, ReportFault};
use serde_json::json;

async fn mock(licenses: usize) -> MockReports {
    let mock = MockReports::start().await.unwrap();
    for n in 0..licenses {
        let cloud = ["commercial", "fedramp_moderate", "isolated_cloud"][n % 3];
        mock.add(
            json!({"appEntitlementNumber": format!("E-{n}"), "status": "active",
            "maintenanceStartDate": format!("2026-01-{:02}", n % 28 + 1),
            "productId": format!("app-{}", n % 2), "cloudComplianceBoundaries": [cloud]}),
        );
    }
    mock
}

fn client(mock: &MockReports, account: Account) -> Client {
    let credentials = Credentials::new(MockReports::EMAIL, MockReports::TOKEN);
    let client = Client::at(account, credentials, &mock.v3_url(), &mock.v2_url()).unwrap();
    client.with_pauses(Duration::from_millis(1), Duration::from_millis(1))
}

fn developer(mock: &MockReports) -> Client {
    client(mock, Account::developer(MockReports::DEVELOPER))
}

fn keys(path: &std::path::Path, format: Format) -> Vec<String> {
    let mut reader = LicenseReader::new(std::fs::File::open(path).unwrap());
    let mut keys = Vec::new();
    while let Some(license) = reader.next() {
        keys.push(license.unwrap().key().unwrap().into_owned());
    }
    assert_eq!(reader.completeness(), Completeness::Complete);
    assert_eq!(reader.format(), Some(format));
    keys
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("E-{n}")).collect()
}

#[tokio::test]
async fn an_export_is_made_waited_for_and_downloaded_from_all_clouds() {
    let mock = mock(120).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenses.json");
    let mut seen = Vec::new();
    let client = developer(&mock);
    client
        .export(&Query::new(), &path, |progress| {
            seen.push(progress.to_string())
        })
        .await
        .unwrap();
    assert_eq!(
        keys(&path, Format::Array),
        numbers(120),
        "government clouds too"
    );
    assert_eq!(
        seen.iter()
            .filter(|seen| seen.contains("prepares"))
            .collect::<Vec<_>>(),
        [
            "the host prepares the export: QUEUED",
            "the host prepares the export: IN_PROGRESS"
        ]
    );
    let requests = mock.requests();
    assert!(requests[0].starts_with("POST /marketplace/rest/3/reporting/developer-space/"));
    for cloud in ["commercial", "fedramp_moderate", "isolated_cloud"] {
        assert!(requests[0].contains(&format!("cloudComplianceBoundaries={cloud}&")));
    }
}

#[tokio::test]
async fn pages_follow_by_offset_and_several_values_are_several_parameters() {
    let mock = mock(120).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.json");
    let query = Query::new()
        .with("productId", "app-0")
        .with("productId", "app-1");
    let mut last = None;
    let client = developer(&mock);
    client
        .pages(&query, &path, |progress| last = Some(progress.clone()))
        .await
        .unwrap();
    assert_eq!(keys(&path, Format::Page), numbers(120));
    let done = Progress::Paging {
        records: 120,
        of: Some(120),
    };
    assert_eq!(last, Some(done));
    assert_eq!(mock.requests().len(), 3);
}

#[tokio::test]
async fn a_list_without_records_is_a_report_without_records() {
    let mock = mock(0).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pages.json");
    developer(&mock)
        .pages(&Query::new(), &path, |_| {})
        .await
        .unwrap();
    assert_eq!(keys(&path, Format::Page), numbers(0));
}

#[tokio::test]
async fn a_vendor_id_finds_version_3_and_falls_back_to_version_2() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenses.json");
    let mock = mock(3).await;
    let vendor = client(&mock, Account::vendor(MockReports::VENDOR));
    vendor.export(&Query::new(), &path, |_| {}).await.unwrap();
    assert!(
        mock.requests()
            .iter()
            .any(|request| request.contains("/rest/3/reporting/"))
    );

    mock.without_v3();
    vendor.export(&Query::new(), &path, |_| {}).await.unwrap();
    assert_eq!(keys(&path, Format::Array), numbers(3));
    let last = mock.requests().pop().unwrap();
    assert!(
        last.starts_with("GET /rest/2/vendors/1212980/reporting/licenses/async/export/"),
        "{last}"
    );
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_broke() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenses.json");
    for ranges in [true, false] {
        let mock = mock(50).await;
        if !ranges {
            mock.without_ranges();
        }
        mock.fail_once(ReportFault::BreakAfter(1000));
        mock.fail_once(ReportFault::BreakAfter(500));
        let mut resumed = 0;
        developer(&mock)
            .export(&Query::new(), &path, |progress| {
                resumed += u32::from(matches!(progress, Progress::Resuming { .. }));
            })
            .await
            .unwrap();
        assert_eq!(keys(&path, Format::Array), numbers(50), "ranges {ranges}");
        assert_eq!(resumed, 2);
        assert!(
            mock.requests()
                .iter()
                .any(|request| request.ends_with("bytes=1000-"))
        );
    }
}

#[tokio::test]
async fn busy_hosts_are_asked_again() {
    let mock = mock(1).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenses.json");
    for status in [429, 502, 503, 504] {
        mock.fail_once(ReportFault::Status(status, None));
    }
    mock.fail_once(ReportFault::Status(429, Some(0)));
    developer(&mock)
        .export(&Query::new(), &path, |_| {})
        .await
        .unwrap();
    let asked = mock.requests();
    let posts = asked.iter().filter(|request| request.starts_with("POST "));
    assert_eq!(posts.count(), 6, "{asked:?}");
    assert_eq!(keys(&path, Format::Array), numbers(1));
}

/// The clock is tokio's own and goes on by itself when everybody waits: nobody waits for half a minute.
#[tokio::test(start_paused = true)]
async fn a_host_that_names_a_time_is_left_alone_that_long() {
    let mock = mock(1).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenses.json");
    let waited = async || {
        let began = tokio::time::Instant::now();
        let client = developer(&mock);
        client.export(&Query::new(), &path, |_| {}).await.unwrap();
        began.elapsed()
    };
    let without = waited().await;
    assert!(without < Duration::from_secs(5), "{without:?}");
    mock.fail_once(ReportFault::Status(429, Some(30)));
    let with = waited().await;
    let range = Duration::from_secs(30)..Duration::from_secs(35);
    assert!(range.contains(&with), "{with:?}");
    assert_eq!(keys(&path, Format::Array), numbers(1));
}

#[tokio::test]
async fn refusals_are_told_and_never_show_the_token() {
    let mock = mock(1).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenses.json");
    let wrong = Credentials::new(MockReports::EMAIL, "hunter2-token");
    let account = Account::developer(MockReports::DEVELOPER);
    let client = Client::at(account, wrong, &mock.v3_url(), &mock.v2_url()).unwrap();
    let error = client
        .export(&Query::new(), &path, |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.code(), "report_unauthorized");
    assert!(!format!("{client:?} {error:?} {error}").contains("hunter2"));

    let query = Query::new().with("startDate", "yesterday");
    let error = developer(&mock)
        .export(&query, &path, |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the reporting API answered 400: Must be a date"
    );

    mock.fail_exports();
    let error = developer(&mock)
        .export(&Query::new(), &path, |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.code(), "report_failed");
}

#[test]
fn only_https_and_this_machine_get_the_token() {
    for (base, fine) in [
        ("https://api.atlassian.com/marketplace/", true),
        ("http://127.0.0.1:1/", true),
        ("http://[::1]:1/", true),
        ("http://api.atlassian.com/", false),
        ("http://127.0.0.1.example.com/", false),
        ("ftp://127.0.0.1/", false),
        ("nonsense", false),
    ] {
        let credentials = Credentials::new("a@example.com", "t");
        let client = Client::at(Account::vendor(1), credentials, base, base);
        assert_eq!(client.is_ok(), fine, "{base}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_with_a_token_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    std::fs::write(&path, "vendor@example.com:hunter2\n").unwrap();
    let set =
        |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o620] {
        set(mode);
        let error = Credentials::from_file(&path).unwrap_err();
        assert_eq!(error.code(), "report_credentials_open");
        assert!(error.to_string().ends_with("chmod 600 it"), "{error}");
    }
    set(0o600);
    assert!(Credentials::from_file(&path).is_ok());
    std::fs::write(&path, "hunter2\n").unwrap();
    let error = Credentials::from_file(&path).unwrap_err();
    assert!(error.to_string().contains("has no line `email:token`"));
    assert!(!error.to_string().contains("hunter2"));
}

#[tokio::test]
async fn insights_are_asked_for_from_july_2018_on_and_nothing_is_there_twice() {
    let mock = MockReports::start().await.unwrap();
    for (n, day) in ["2017-03-01", "2018-06-30", "2018-07-01", "2026-01-01"]
        .into_iter()
        .enumerate()
    {
        mock.add(json!({"appEntitlementNumber": format!("E-{n}"), "maintenanceStartDate": day}));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenses.json");
    let client = developer(&mock);
    let query = Query::new().with_insights();
    client.export(&query, &path, |_| {}).await.unwrap();
    assert_eq!(keys(&path, Format::Array), numbers(4));
    client.pages(&query, &path, |_| {}).await.unwrap();
    assert_eq!(keys(&path, Format::Page), numbers(4));
    let asked = mock.requests();
    let of = |text: &str| {
        asked
            .iter()
            .filter(|request| request.contains(text))
            .count()
    };
    assert_eq!(of("endDate=2018-06-30"), 2);
    assert_eq!(of("startDate=2018-07-01"), 2);
    assert_eq!(of("withDataInsights=true"), 2, "not of earlier licenses");

    // the second file breaks off: the first one stays
    mock.fail_once(ReportFault::BreakAfter(100_000));
    mock.fail_once(ReportFault::BreakAfter(40));
    client.export(&query, &path, |_| {}).await.unwrap();
    assert_eq!(keys(&path, Format::Array), numbers(4));
}

#[tokio::test]
async fn the_free_starter_tier_of_a_day_is_an_export_of_its_own() {
    let mock = MockReports::start().await.unwrap();
    for (n, kind) in ["STARTER", "COMMERCIAL", "LEGACY_FREE"]
        .into_iter()
        .enumerate()
    {
        mock.add(json!({"appEntitlementNumber": format!("E-{n}"), "licenseType": kind}));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("free.json");
    let day = jiff::civil::date(2026, 11, 1);
    let client = developer(&mock);
    client.free_starter_tier(day, &path, |_| {}).await.unwrap();
    assert_eq!(keys(&path, Format::Array), ["E-0", "E-2"]);
    let asked = mock.requests().pop().unwrap();
    assert!(
        asked.contains("/sales/freeStarterTier/export?date=2026-11-01&accept=json"),
        "{asked}"
    );
}
