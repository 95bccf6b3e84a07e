//! `app-license fortified`

use super::both;
use super::probe::{OK, server};
use crate::common::{file, run};

pub(super) const NOW: &str = "2026-11-28T00:00:00Z";

fn event(good: u64, bad: u64) -> String {
    let line = |outcome, count| {
        format!(
            r#"{{"time":"2026-11-27T12:00:00Z","sli":"availability","subject":"https://app.example.com","outcome":"{outcome}","count":{count}}}"#
        )
    };
    format!("{}\n{}\n", line("good", good), line("bad", bad))
}

#[test]
fn the_boundary_of_99_9_percent_is_met() {
    let events = file("programs/exact.ndjson", event(999_000, 1_000));
    let (human, json) = both(&["fortified", "sli", "--events", &events, "--end", NOW]);
    assert_eq!(human.code, 0, "{}", human.err);
    assert!(
        human.out.contains("met: 99.9000 % of 99.9 %"),
        "{}",
        human.out
    );
    assert_eq!(json["results"][0]["burn_rate"], "1.000");

    let events = file("programs/below.ndjson", event(998_999, 1_001));
    let (human, json) = both(&["fortified", "sli", "--events", &events, "--end", NOW]);
    assert_eq!(human.code, 2);
    assert_eq!(json["results"][0]["state"], "breached");
}

#[test]
fn no_events_are_no_objective_met() {
    let events = file("programs/none.ndjson", "");
    let (human, json) = both(&["fortified", "sli", "--events", &events, "--end", NOW]);
    assert_eq!((human.code, &json["met"]), (2, &false.into()));
    let events = file("programs/one.ndjson", event(1, 0));
    let asked = run(&[
        "fortified",
        "sli",
        "--events",
        &events,
        "--end",
        NOW,
        "--sli",
        "installation",
    ]);
    assert_eq!(
        asked.code, 2,
        "an indicator that is asked for must have events"
    );
    assert_eq!(run(&["fortified", "sli"]).code, 3);
}

#[test]
fn counters_of_two_scrapes_and_of_a_range_query_are_read() {
    let scrape = |name: &str, count: u64| {
        let text = format!("app_license_events_total{{event=\"installed\"}} {count}\n# EOF\n");
        file(name, text)
    };
    let (one, two) = (scrape("programs/1.txt", 5), scrape("programs/2.txt", 105));
    let (human, json) = both(&["fortified", "sli", "--metrics", &one, &two, "--end", NOW]);
    assert_eq!((human.code, &json["results"][0]["good"]), (0, &100.into()));
    assert_eq!(run(&["fortified", "sli", "--metrics", &one]).code, 3);

    let range = file(
        "programs/range.json",
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"app_license_events_total","event":"installed"},"values":[[1795823000,"1"],[1795823900,"8"]]}]}}"#,
    );
    let (human, json) = both(&["fortified", "sli", "--range", &range, "--end", NOW]);
    assert_eq!((human.code, &json["results"][0]["good"]), (0, &7.into()));
}

#[test]
fn a_checklist_is_ready_or_says_what_is_missing() {
    let evidence = file(
        "programs/evidence.toml",
        "app = 'com.example.app'\napproved = 2025-03-14\n[evidence.alerting]\nlink = 'https://x'\ndate = 2026-11-01\n",
    );
    let (human, json) = both(&["fortified", "checklist", &evidence, "--now", NOW]);
    assert_eq!((human.code, &json["ready"]), (2, &false.into()));
    assert_eq!(json["review"]["first_day"], "2027-03-25");
    assert!(
        human
            .out
            .contains("annual review: 2027-03-25 to 2027-03-31")
    );
    let wrong = file(
        "programs/wrong.toml",
        "app = 'a'\n[evidence.x]\nlink='y'\ndate=2026-01-01\n",
    );
    assert_eq!(run(&["fortified", "checklist", &wrong]).code, 3);
}

#[test]
fn the_support_deadline_crosses_the_change_of_clocks() {
    let (human, json) = both(&[
        "fortified",
        "deadline",
        "2026-04-03T17:00",
        "--zone",
        "Australia/Sydney",
    ]);
    assert_eq!(human.code, 0, "{}", human.err);
    assert_eq!(json["due"], "2026-04-06T17:00:00+10:00[Australia/Sydney]");
    assert!(
        human.out.contains("Monday, 6 April 2026, 17:00:00 +10:00"),
        "{}",
        human.out
    );
    let instant = run(&[
        "fortified",
        "deadline",
        "2026-04-03T06:00:00Z",
        "--zone",
        "Australia/Sydney",
        "--format",
        "json",
    ]);
    assert_eq!(instant.json()["due"], json["due"]);
    for (time, zone) in [
        ("2026-04-05T02:30", "Australia/Sydney"), // twice
        ("2026-10-04T02:30", "Australia/Sydney"), // never
        ("2026-04-03", "Australia/Sydney"),
        ("2026-13-03T00:00", "Australia/Sydney"),
        ("tomorrow", "Australia/Sydney"),
        ("", "Australia/Sydney"),
        ("2026-04-03T17:00", "Australia/Atlantis"),
        ("2026-04-03T17:00", ""),
        ("9999-12-31T17:00", "UTC"),
    ] {
        let ran = run(&["fortified", "deadline", time, "--zone", zone]);
        assert_eq!(ran.code, 3, "{time} {zone}: {}", ran.out);
    }
}

#[test]
fn the_e_mail_of_a_breach_becomes_json() {
    let mail = file(
        "programs/breach.eml",
        "From: no-reply@am.atlassian.com\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<script id=3D\"incident-data\" type=3D\"application/json\">{\"appKey\":\"com.example.app\",\"incidentId\":\"F=\r\n1\",\"incidentStatus\":\"ANOMALOUS\",\"time\":\"2022-03-24T15:40:00Z\",\"metricName\":\"Jira Installation Callback Success Rate\",\"metricUnit\":\"PERCENT\",\"measurementDurationSeconds\":86400,\"sliValue\":60.0,\"sloValue\":99.0}</script>\r\n",
    );
    let (human, json) = both(&["fortified", "incident", &mail]);
    assert_eq!(human.code, 0, "{}", human.err);
    assert_eq!(
        (&json["id"], &json["status"]),
        (&"F1".into(), &"ANOMALOUS".into())
    );
    let none = file("programs/none.eml", "Subject: hello\r\n\r\nhello\r\n");
    assert_eq!(run(&["fortified", "incident", &none]).code, 3);
}

#[test]
fn the_synthetic_test_passes_and_fails_when_the_mock_drops_the_capability_set() {
    let (human, json) = both(&["fortified", "synthetic"]);
    assert_eq!(human.code, 0, "{}{}", human.out, human.err);
    assert_eq!(json["steps"].as_array().unwrap().len(), 7);
    let (human, json) = both(&["fortified", "synthetic", "--mock-without", "capabilitySet"]);
    assert_eq!(human.code, 2, "{}", human.out);
    let failed: Vec<_> = json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["state"] == "failed")
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        failed,
        ["edition changed to Advanced, as the License API says"]
    );
    let ran = run(&["fortified", "synthetic", "--mock-without", "active"]);
    assert_eq!(ran.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_synthetic_test_runs_against_a_site() {
    use app_license_testkit::{App, Edition, InjectedFault, MockHost, Service};
    let app_url = server(OK);
    let closed_url =
        server("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let host = MockHost::start().await.unwrap();
    let app = App::connect("com.example.app", &app_url).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0).json();
    let text = |name: &str| installed[name].as_str().unwrap().to_owned();
    let secret = file("programs/t.secret", text("sharedSecret"));
    let state = file("programs/last.json", "{\"edition\":\"standard\"}");
    let site = format!("{}/acme", host.sites_url().unwrap());
    let (client_key, now) = (text("clientKey"), host.clock().now().to_string());
    let run_site = async |extra: &[&str]| {
        let base = [
            "fortified",
            "synthetic",
            "--format",
            "json",
            "--site",
            &site,
            "--app-key",
            "com.example.app",
            "--client-key",
            &client_key,
            "--secret-file",
            &secret,
            "--now",
            &now,
        ];
        let args: Vec<String> = base
            .iter()
            .chain(extra)
            .map(|it| (*it).to_owned())
            .collect();
        tokio::task::spawn_blocking(move || {
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            run(&args)
        })
        .await
        .unwrap()
    };
    // nothing bought: no license that is active
    let ran = run_site(&[]).await;
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);

    acme.buy(Edition::Standard).unwrap();
    acme.change_edition(Edition::Advanced).unwrap();
    let full = [
        "--expect",
        "advanced",
        "--app-url",
        &app_url,
        "--granted",
        "/export",
        "--state",
        &state,
        "--changed",
    ];
    let ran = run_site(&full).await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = run_site(&full).await;
    assert_eq!(
        ran.code, 2,
        "the edition has not changed since: {}",
        ran.out
    );
    // the state of one site and app is not that of another, and stays as it was
    let other = |site: &str, app: &str| {
        format!(r#"{{"edition":"standard","site":"{site}","app":"{app}"}}"#)
    };
    for (name, text) in [
        (
            "site",
            other("https://other.atlassian.net", "com.example.app"),
        ),
        ("app", other(&site, "com.example.other")),
    ] {
        let state = file(&format!("programs/other-{name}.json"), &text);
        let ran = run_site(&["--state", &state]).await;
        assert_eq!(ran.code, 3, "{name}: {}{}", ran.out, ran.err);
        let error = ran.json()["error"]["message"].to_string();
        assert!(error.contains("of another site or app"), "{error}");
        assert_eq!(std::fs::read_to_string(&state).unwrap(), text);
    }
    let ran = run_site(&["--app-url", &closed_url, "--denied", "/export"]).await;
    assert_eq!(ran.code, 0, "{}", ran.out);
    let ran = run_site(&["--app-url", &app_url, "--denied", "/export"]).await;
    assert_eq!(ran.code, 2, "an open door is no denial: {}", ran.out);

    host.set_fault(
        Service::Sites,
        InjectedFault::WithoutField("capabilitySet".to_owned()),
    );
    let ran = run_site(&["--expect", "advanced"]).await;
    assert_eq!(ran.code, 2, "{}", ran.out);
}

#[test]
fn the_rules_are_a_file_that_can_be_replaced() {
    let shipped = run(&["fortified", "program"]);
    assert_eq!(shipped.code, 0);
    assert!(shipped.out.contains("retiring = true"));
    let ours = file(
        "programs/ours.toml",
        shipped
            .out
            .replace("objective = \"99.9\"", "objective = \"50\""),
    );
    let events = file("programs/half.ndjson", event(1, 1));
    let args = ["fortified", "sli", "--events", &events, "--end", NOW];
    assert_eq!(run(&args).code, 2);
    assert_eq!(run(&[&args[..], &["--program", &ours]].concat()).code, 0);
}

#[test]
fn restarts_and_indicators_without_data_are_said_aloud() {
    let scrape = |name: &str, count: u64| {
        let text = format!("app_license_events_total{{event=\"installed\"}} {count}\n");
        file(name, text)
    };
    let (one, two) = (
        scrape("programs/r1.txt", 500),
        scrape("programs/r2.txt", 100),
    );
    let empty = file("programs/r0.txt", "");
    let (human, json) = both(&["fortified", "sli", "--metrics", &one, &two, "--end", NOW]);
    assert_eq!(json["counter_restarts"], 1);
    assert!(human.out.contains("lower than before"), "{}", human.out);
    assert_eq!(
        json["not_measured"],
        serde_json::json!(["availability", "webhook"])
    );
    assert!(human.out.contains("availability, webhook"), "{}", human.out);
    assert!(human.out.contains("objectives: met"), "{}", human.out);
    for files in [[&one, &empty, &two], [&empty, &one, &two]] {
        let ran = run(&[
            "fortified",
            "sli",
            "--metrics",
            files[0],
            files[1],
            files[2],
        ]);
        assert_eq!(ran.code, 3, "an empty scrape: {}", ran.out);
    }
}

#[test]
fn credentials_of_a_site_are_never_shown() {
    let secret = file(
        "programs/s.secret",
        "a-shared-secret-of-some-length-0123456789",
    );
    for site in [
        "http://user:hunter2@127.0.0.1",
        "https://user:hunter2@x.atlassian.net",
    ] {
        let ran = run(&[
            "fortified",
            "synthetic",
            "--site",
            site,
            "--app-key",
            "a",
            "--client-key",
            "c",
            "--secret-file",
            &secret,
        ]);
        assert_eq!(ran.code, 3);
        assert!(
            !ran.err.contains("hunter2") && !ran.out.contains("hunter2"),
            "{}",
            ran.err
        );
    }
    let ran = run(&["fortified", "probe", "http://user:hunter2@app.example.com"]);
    assert!(ran.code == 3 && !ran.err.contains("hunter2"), "{}", ran.err);
}

#[test]
fn a_field_that_no_license_has_cannot_be_left_out() {
    let ran = run(&["fortified", "synthetic", "--mock-without", "nothing"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(ran.err.contains("capabilitySet"), "{}", ran.err);
}

#[test]
fn text_of_an_e_mail_cannot_begin_a_line_of_its_own() {
    let mail = file(
        "programs/lines.eml",
        "Content-Type: text/html\r\n\r\n<script id=\"incident-data\" type=\"application/json\">{\"appKey\":\"a\\nforged line\",\"incidentId\":\"1\\nforged line\",\"incidentStatus\":\"OK\\nforged line\",\"time\":\"2022-03-24T15:40:00Z\",\"metricName\":\"m\\nforged line\",\"metricUnit\":\"p\\nforged line\",\"sliValue\":60.0,\"sloValue\":99.0}</script>",
    );
    let (human, _) = both(&["fortified", "incident", &mail]);
    assert_eq!(human.code, 0, "{}", human.err);
    assert!(!human.out.contains("\nforged"), "{}", human.out);
}

#[test]
fn a_deadline_heeds_a_zone_in_brackets_and_no_impossible_offset() {
    let due = |time: &str, zone: &str| {
        let ran = run(&[
            "fortified",
            "deadline",
            time,
            "--zone",
            zone,
            "--format",
            "json",
        ]);
        assert_eq!(ran.code, 0, "{time}: {}", ran.out);
        ran.json()["received"].as_str().unwrap().to_owned()
    };
    let received = due("2026-04-03T17:00[Europe/Berlin]", "UTC");
    assert_eq!(received, "2026-04-03T15:00:00+00:00[UTC]");
    let received = due("2026-04-03T17:00+14:00", "UTC");
    assert_eq!(received, "2026-04-03T03:00:00+00:00[UTC]");
    for (time, why) in [
        ("2026-04-03T17:00+25:00", "no zone has"),
        ("2026-04-03T17:00+18:01", "no zone has"),
        ("2026-04-03T17:00[Europe/Atlantis]", "no time"),
        ("2026-10-04T02:30", "does not exist"),
        ("2026-04-05T02:30", "twice"),
    ] {
        let ran = run(&["fortified", "deadline", time, "--zone", "Australia/Sydney"]);
        assert_eq!(ran.code, 3, "{time}: {}", ran.out);
        assert!(ran.err.contains(why), "{time}: {}", ran.err);
    }
}

#[test]
fn the_file_that_is_wrong_is_named() {
    let good = file("programs/named-good.ndjson", event(1, 0));
    let bad = file("programs/named-bad.ndjson", "{}");
    let ran = run(&[
        "fortified",
        "sli",
        "--events",
        &good,
        "--events",
        &bad,
        "--end",
        NOW,
    ]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("named-bad.ndjson"), "{}", ran.err);
    // any of the three is enough
    let ran = run(&["fortified", "sli"]);
    assert!(
        ran.err.contains("--range") && ran.err.contains("--metrics"),
        "{}",
        ran.err
    );
}
