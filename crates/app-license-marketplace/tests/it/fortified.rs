//! Service levels, health, evidence, support, incidents.

use std::sync::Arc;
use std::time::Duration;

use app_license_marketplace::fortified::{
    AlertState, Evidence, HealthAnswer, Incident, ItemState, MetricsText, Outcome, ReadError,
    ReliabilityProgram, SliCalculator, SliEvent, SliReport, SliState, count_range, health_url,
    read_events,
};
use jiff::Timestamp;
use jiff::civil::Date;

fn program() -> Arc<ReliabilityProgram> {
    Arc::new(ReliabilityProgram::shipped().unwrap())
}

fn end() -> Timestamp {
    "2026-11-28T00:00:00Z".parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn counted(good: u64, bad: u64) -> SliReport {
    let mut calculator = SliCalculator::new(program(), end());
    let now = end().as_millisecond();
    for (outcome, count) in [(Outcome::Good, good), (Outcome::Bad, bad)] {
        let mut event = SliEvent::new(now, "availability", outcome);
        event.count = count;
        calculator.add(&event).unwrap();
    }
    calculator.report(&["availability"])
}

#[test]
fn the_program_says_that_it_is_being_retired() {
    let program = program();
    assert!(program.retiring && program.notice.contains("retires this program"));
    assert!(ReliabilityProgram::SHIPPED.contains("retiring = true"));
}

#[test]
fn exactly_99_9_percent_meets_99_9_percent_and_one_event_less_does_not() {
    let exact = counted(999_000, 1_000);
    let result = &exact.results[0];
    assert_eq!(result.state, SliState::Met);
    assert_eq!(result.ratio_percent.as_deref(), Some("99.9000"));
    assert_eq!(result.budget_left_events.as_deref(), Some("0.000"));
    assert_eq!(result.burn_rate.as_deref(), Some("1.000"));
    assert!(exact.is_met());

    // 99.8999999… %: floating point would round it to 99.9
    let below = counted(999_000_000_000 - 1, 1_000_000_000 + 1);
    let result = &below.results[0];
    assert_eq!(result.state, SliState::Breached);
    assert_eq!(result.ratio_percent.as_deref(), Some("99.8999"));
    assert_eq!(result.budget_left_events.as_deref(), Some("-1.000"));
    assert!(!below.is_met());
}

#[test]
fn nothing_measured_is_never_met() {
    for report in [
        counted(0, 0),
        SliCalculator::new(program(), end()).report(&[]),
    ] {
        assert!(!report.is_met());
        assert!(report.results.iter().all(|it| it.ratio_percent.is_none()));
    }
}

#[test]
fn the_platforms_own_faults_count_neither_way() {
    let lines = r#"
        {"time":"2026-11-27T00:00:00Z","sli":"installation","status":204}
        {"time":"2026-11-27T00:00:01Z","sli":"installation","status":500,"excluded":"platform_fault"}
        {"time":"2026-11-27T00:00:02Z","sli":"installation","outcome":"bad","excluded":"ecoscanner"}
        {"time":1795651203000,"sli":"installation","status":200,"excluded":"declared_instance"}
    "#;
    let program = program();
    let mut calculator = SliCalculator::new(Arc::clone(&program), end());
    read_events(&mut lines.as_bytes(), &program, |event| {
        calculator.add(event)
    })
    .unwrap();
    let report = calculator.report(&[]);
    let result = &report.results[0];
    assert_eq!((result.good, result.bad, result.excluded), (1, 0, 3));
    assert!(report.is_met());
}

#[test]
fn an_event_goes_by_the_rule_of_its_indicator() {
    let program = program();
    let of = |json: &str| {
        let event = SliEvent::from_json(json.as_bytes(), &program);
        event.map(|it| it.outcome).map_err(|it| it.code())
    };
    let at = |rest: &str| format!(r#"{{"time":"2026-11-27T00:00:00Z",{rest}}}"#);
    for (rest, expected) in [
        (
            r#""sli":"availability","status":200,"ms":3000"#,
            Ok(Outcome::Good),
        ),
        (
            r#""sli":"availability","status":200,"ms":3001"#,
            Ok(Outcome::Bad),
        ),
        (
            r#""sli":"availability","status":204,"ms":1"#,
            Ok(Outcome::Bad),
        ),
        (r#""sli":"availability","status":301"#, Ok(Outcome::Bad)),
        (
            r#""sli":"availability","error":"no route""#,
            Ok(Outcome::Bad),
        ),
        (r#""sli":"installation","status":204"#, Ok(Outcome::Good)),
        (r#""sli":"installation","status":202"#, Ok(Outcome::Bad)),
        (
            r#""sli":"installation","outcome":"good","status":500"#,
            Err("contradiction"),
        ),
        (r#""sli":"installation""#, Err("value")),
        (r#""sli":"installation","outcome":"excluded""#, Err("value")),
        (
            r#""sli":"installation","outcome":"bad","excluded":"my_mistake""#,
            Err("value"),
        ),
        (r#""sli":"installation","outcome":"fine""#, Err("syntax")),
        (r#""sli":"weather","outcome":"good""#, Err("value")),
        (
            r#""sli":"installation","outcome":"good","exclude":"ecoscanner""#,
            Err("syntax"),
        ),
        (
            r#""sli":"installation","outcome":"good","count":-1"#,
            Err("syntax"),
        ),
        (
            r#""sli":"installation","outcome":"good","count":1.5"#,
            Err("syntax"),
        ),
        (r#""sli":"installation","status":"200""#, Err("syntax")),
    ] {
        assert_eq!(of(&at(rest)), expected, "{rest}");
    }
}

#[test]
fn each_base_url_counts_by_itself() {
    let mut calculator = SliCalculator::new(program(), end());
    let now = end().as_millisecond();
    for (subject, outcome) in [
        ("https://eu.app.example.com", Outcome::Good),
        ("https://us.app.example.com", Outcome::Bad),
    ] {
        let mut event = SliEvent::new(now, "availability", outcome);
        event.subject = subject.into();
        event.count = 10_000;
        calculator.add(&event).unwrap();
    }
    let report = calculator.report(&["availability"]);
    let states: Vec<_> = report.results.iter().map(|it| it.state).collect();
    assert_eq!(states, [SliState::Met, SliState::Breached]);
    assert!(!report.is_met());
}

#[test]
fn the_window_holds_its_end_and_not_its_beginning() {
    let day = 86_400_000;
    let mut calculator = SliCalculator::new(program(), end());
    let end_ms = end().as_millisecond();
    for age in [-1, 0, 28 * day - 1, 28 * day, 29 * day] {
        calculator
            .add(&SliEvent::new(end_ms - age, "webhook", Outcome::Good))
            .unwrap();
    }
    let report = calculator.report(&[]);
    assert_eq!(report.results[0].good, 2);
    assert_eq!((report.events_after, report.events_before), (1, 2));
}

#[test]
fn an_alert_slides_over_its_short_window() {
    let mut calculator = SliCalculator::new(program(), end());
    let end_ms = end().as_millisecond();
    for minute in 0..600 {
        // bad from the 100th to the 104th minute before the end
        let outcome = if (100..105).contains(&minute) {
            Outcome::Bad
        } else {
            Outcome::Good
        };
        let event = SliEvent::new(end_ms - minute * 60_000, "availability", outcome);
        calculator.add(&event).unwrap();
    }
    let report = calculator.report(&["availability"]);
    let alert = &report.results[0].alerts[0];
    assert_eq!(alert.now, AlertState::Quiet);
    // 15 minutes see the bad ones from the first to the last: 5 + 14
    assert_eq!(alert.minutes_raised, 19);
    assert_eq!(
        alert.last_raised.unwrap().to_string(),
        "2026-11-27T22:34:00Z"
    );
    assert_eq!(report.results[0].bad, 5);
}

#[test]
fn an_indicator_that_was_removed_is_shown_and_not_required() {
    let mut calculator = SliCalculator::new(program(), end());
    let now = end().as_millisecond();
    let iframe = SliEvent::new(now, "iframe", Outcome::Bad);
    calculator.add(&iframe).unwrap();
    assert!(!calculator.report(&[]).is_met(), "it alone proves nothing");
    let webhook = SliEvent::new(now, "webhook", Outcome::Good);
    calculator.add(&webhook).unwrap();
    let report = calculator.report(&[]);
    assert!(report.is_met());
    assert!(
        report
            .results
            .iter()
            .any(|it| it.state == SliState::Removed)
    );
}

#[test]
fn a_wrong_line_is_named_and_nothing_is_passed_over() {
    let program = program();
    let text = "{\"time\":0,\"sli\":\"webhook\",\"outcome\":\"good\"}\n\nnot json\n";
    let error = read_events(&mut text.as_bytes(), &program, |_| Ok(())).unwrap_err();
    assert!(matches!(error, ReadError::Input(_)));
    assert!(error.to_string().starts_with("line 3: "), "{error}");

    let long = format!("{{\"time\":0,\"sli\":\"{}\"}}", "a".repeat(70_000));
    let error = read_events(&mut long.as_bytes(), &program, |_| Ok(())).unwrap_err();
    assert!(
        error.to_string().contains("more than 65536 bytes"),
        "{error}"
    );
}

#[test]
fn counters_of_the_server_are_events() {
    let program = program();
    let before = "\
# TYPE app_license_events counter
app_license_events_total{event=\"installed\"} 100
app_license_events_total{event=\"uninstalled\"} 7
app_license_refusals_total{code=\"store\",status=\"503\"} 1
# EOF
";
    let after = "\
app_license_events_total{event=\"installed\"} 300
app_license_events_total{event=\"uninstalled\"} 9
app_license_refusals_total{code=\"signature\",status=\"401\"} 50
app_license_refusals_total{code=\"store\",status=\"503\"} 3
app_license_key_set_age_seconds 12 # an exemplar
";
    let scrape = |text: &str| MetricsText::parse(text.as_bytes(), &program).unwrap();
    let mut calculator = SliCalculator::new(Arc::clone(&program), end());
    scrape(after)
        .since(&scrape(before), &mut calculator)
        .unwrap();
    let report = calculator.report(&["installation"]);
    let result = &report.results[0];
    // 401 is the sender's fault, and counts neither way
    assert_eq!((result.good, result.bad), (200, 2));
    assert_eq!(result.state, SliState::Met, "200 of 202 is 99.0099 %");
    // nobody knows in which minute they were
    assert_eq!(result.alerts[0].now, AlertState::NoData);
}

#[test]
fn a_counter_that_begins_again_loses_nothing() {
    let program = program();
    let scrape = |count: u64| {
        let text = format!("app_license_events_total{{event=\"installed\"}} {count}");
        MetricsText::parse(text.as_bytes(), &program).unwrap()
    };
    let mut calculator = SliCalculator::new(Arc::clone(&program), end());
    scrape(40).since(&scrape(1_000), &mut calculator).unwrap();
    assert_eq!(calculator.report(&[]).results[0].good, 40);
}

#[test]
fn metrics_that_cannot_be_read_are_refused() {
    let program = program();
    for (text, code) in [
        ("app_license_events_total{event=\"installed\"} NaN", "value"),
        ("app_license_events_total{event=\"installed\"} -1", "value"),
        ("app_license_events_total{event=\"installed\"} 1.5", "value"),
        (
            "app_license_events_total{event=\"installed\"} 1e300",
            "value",
        ),
        ("app_license_events_total{event=\"installed\"}", "syntax"),
        ("app_license_events_total{event=\"installed\" 1", "syntax"),
        ("app_license_events_total{event=installed} 1", "syntax"),
        ("<html>", "syntax"),
        ("x 1 2 3", "syntax"),
        ("9x 1", "syntax"),
        (
            "app_license_events_total{event=\"installed\"} 1\napp_license_events_total{event=\"installed\"} 2",
            "contradiction",
        ),
    ] {
        let error = MetricsText::parse(text.as_bytes(), &program).unwrap_err();
        assert_eq!(error.code(), code, "{text}: {error}");
    }
}

#[test]
fn a_range_query_has_events_at_their_times() {
    let mut calculator = SliCalculator::new(program(), end());
    let end = end().as_second();
    let answer = format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[
        {{"metric":{{"__name__":"app_license_events_total","event":"installed"}},
          "values":[[{},"10"],[{},"20"],[{},"1010"]]}},
        {{"metric":{{"__name__":"up"}},"values":[[1,"x"]]}}]}}}}"#,
        end - 40 * 86_400,
        end - 39 * 86_400,
        end - 60
    );
    assert_eq!(count_range(answer.as_bytes(), &mut calculator).unwrap(), 1);
    let report = calculator.report(&[]);
    assert_eq!(report.results[0].good, 990);
    assert_eq!(report.events_before, 10);
    assert_eq!(report.results[0].alerts[0].now, AlertState::Quiet);
}

#[test]
fn another_answer_of_prometheus_is_refused() {
    let metric = r#""metric":{"__name__":"app_license_events_total","event":"installed"}"#;
    let matrix = |values: &str| {
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{{metric},"values":{values}}}]}}}}"#
        )
    };
    for (text, code) in [
        (
            r#"{"status":"error","error":"query timed out"}"#.to_owned(),
            "value",
        ),
        (
            r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#.to_owned(),
            "value",
        ),
        (matrix(r#"[[1,"5"],[1,"6"]]"#), "contradiction"),
        (matrix(r#"[[2,"5"],[1,"6"]]"#), "contradiction"),
        (matrix(r#"[[1,5]]"#), "value"),
        (matrix(r#"[[1,"NaN"]]"#), "value"),
        (matrix(r#"[[1,"+Inf"]]"#), "value"),
        (matrix(r#"[[1e300,"1"]]"#), "value"),
        (matrix(r#"{"1":2}"#), "value"),
        (String::new(), "syntax"),
    ] {
        let mut calculator = SliCalculator::new(program(), end());
        let error = count_range(text.as_bytes(), &mut calculator).unwrap_err();
        assert_eq!(error.code(), code, "{text}: {error}");
    }
}

#[test]
fn the_checker_takes_200_within_three_seconds_and_no_redirect() {
    let rules = program().probe.clone();
    let codes = |answer: HealthAnswer| -> Vec<&'static str> {
        rules.check(&answer).iter().map(|it| it.code()).collect()
    };
    let answer = |status, ms| HealthAnswer::new(status, Duration::from_millis(ms));
    assert!(codes(answer(200, 0)).is_empty());
    assert!(codes(answer(200, 3_000)).is_empty());
    assert_eq!(codes(answer(200, 3_100)), ["slow"]);
    assert_eq!(codes(answer(204, 1)), ["status"]);
    assert_eq!(codes(answer(301, 1)), ["redirect"]);
    assert_eq!(codes(answer(503, 3_100)), ["status", "slow"]);
    let late = HealthAnswer::new(200, Duration::from_micros(3_000_001));
    assert_eq!(codes(late), ["slow"], "3.000001 s is over 3 s");
    assert_eq!(
        codes(HealthAnswer::none(Duration::ZERO, "dns")),
        ["no_answer"]
    );
}

#[test]
fn a_path_is_relative_to_the_base_url() {
    let base = "https://app.example.com/connect/";
    assert_eq!(
        health_url(base, "health").unwrap(),
        "https://app.example.com/connect/health"
    );
    for path in [
        "/health",
        "//elsewhere.example.com/health",
        "https://elsewhere.example.com/health",
        "../health",
        "a/../../health",
        "%2e%2e/health",
        "a\\..\\health",
        "health#x",
        "he alth",
        "health\0",
    ] {
        assert_eq!(
            health_url(base, path).unwrap_err().code(),
            "value",
            "{path:?}"
        );
    }
    for base in [
        "http://app.example.com",
        "ftp://app.example.com",
        "app.example.com",
        "https://user:pass@app.example.com",
        "https://app.example.com?x=1",
        "",
    ] {
        let error = health_url(base, "health").unwrap_err();
        assert_eq!(error.code(), "value", "{base}");
        assert!(!error.to_string().contains("pass"), "{error}");
    }
}

#[test]
fn friday_17_00_in_sydney_is_due_on_monday_17_00_across_the_change_of_clocks() {
    let support = program().support.clone();
    let due = |text: &str| {
        let due = support.deadline(&text.parse().unwrap()).unwrap();
        due.to_string()
    };
    for (received, expected) in [
        // an ordinary week
        (
            "2026-05-08T17:00[Australia/Sydney]",
            "2026-05-11T17:00:00+10:00[Australia/Sydney]",
        ),
        // clocks go back on Sunday, 5 April 2026
        (
            "2026-04-03T17:00[Australia/Sydney]",
            "2026-04-06T17:00:00+10:00[Australia/Sydney]",
        ),
        // clocks go forward on Sunday, 4 October 2026
        (
            "2026-10-02T17:00[Australia/Sydney]",
            "2026-10-05T17:00:00+11:00[Australia/Sydney]",
        ),
        // a weekend does not count
        (
            "2026-10-03T10:00[Australia/Sydney]",
            "2026-10-06T00:00:00+11:00[Australia/Sydney]",
        ),
        (
            "2026-10-05T00:00[Australia/Sydney]",
            "2026-10-06T00:00:00+11:00[Australia/Sydney]",
        ),
        // a whole Tuesday
        (
            "2026-10-06T09:30[Australia/Sydney]",
            "2026-10-07T09:30:00+11:00[Australia/Sydney]",
        ),
        // clocks go forward at midnight of a working day: Friday, 24 April 2026 has no 00:00
        (
            "2026-04-23T12:00[Africa/Cairo]",
            "2026-04-24T13:00:00+03:00[Africa/Cairo]",
        ),
    ] {
        assert_eq!(due(received), expected, "{received}");
    }
}

#[test]
fn the_end_of_the_calendar_is_an_error() {
    let received = "9999-12-30T17:00[UTC]".parse().unwrap();
    assert_eq!(
        program().support.deadline(&received).unwrap_err().code(),
        "value"
    );
}

#[test]
fn a_checklist_says_what_is_missing_and_why() {
    let program = program();
    let text = "\
app = \"com.example.app\"
approved = 2025-03-14
[evidence.privacy_security_tab]
link = \"https://marketplace.example.com\"
date = 2026-11-01
[evidence.bug_bounty]
link = \"https://bounty.example.com\"
date = 2026-01-01
expires = \"2026-11-27\"
[evidence.health_check]
link = \"run 7\"
date = 2026-10-27
[evidence.alerting]
link = \" \"
date = 2026-11-01
[evidence.support_hours]
link = \"page\"
date = 2026-12-01
";
    let list = program
        .checklist(&Evidence::from_toml(text).unwrap(), date("2026-11-28"))
        .unwrap();
    assert!(!list.ready);
    let state = |id: &str| list.items.iter().find(|it| it.id == id).unwrap().state;
    assert_eq!(state("privacy_security_tab"), ItemState::Met);
    assert_eq!(state("bug_bounty"), ItemState::Expired);
    assert_eq!(
        state("health_check"),
        ItemState::Outdated,
        "32 days old, 31 allowed"
    );
    assert_eq!(
        state("alerting"),
        ItemState::Missing,
        "an empty link is none"
    );
    assert_eq!(state("support_hours"), ItemState::InFuture);
    assert_eq!(state("restoration_plan"), ItemState::Missing);
}

#[test]
fn everything_shown_is_ready() {
    let program = program();
    let mut text = "app = \"com.example.app\"\n".to_owned();
    for requirement in &program.requirements {
        let id = &requirement.id;
        text.push_str(&format!(
            "[evidence.{id}]\nlink = \"https://wiki.example.com/{id}\"\ndate = 2026-11-28\n"
        ));
    }
    let evidence = Evidence::from_toml(&text).unwrap();
    let list = program.checklist(&evidence, date("2026-11-28")).unwrap();
    assert!(list.ready, "{list:?}");
    assert_eq!(list.review, None, "there is none before the approval");
}

#[test]
fn evidence_that_cannot_be_is_refused() {
    let program = program();
    for (text, code) in [
        ("", "syntax"),
        ("app = 1", "syntax"),
        ("app = 'a'\nextra = 1", "syntax"),
        ("app = 'a'\napproved = 'soon'", "syntax"),
        ("app = 'a'\napproved = 2026-02-30", "syntax"),
        ("app = 'a'\napproved = 2026-11-29", "value"),
        (
            "app = 'a'\n[evidence.weather]\nlink='x'\ndate=2026-01-01",
            "value",
        ),
        (
            "app = 'a'\n[evidence.alerting]\nlink='x'\ndate=2026-02-01\nexpires=2026-01-01",
            "contradiction",
        ),
    ] {
        let found = Evidence::from_toml(text)
            .and_then(|it| program.checklist(&it, date("2026-11-28")))
            .unwrap_err();
        assert_eq!(found.code(), code, "{text}: {found}");
    }
}

#[test]
fn the_review_is_in_the_last_week_of_the_month_of_approval() {
    let rules = program().review.clone();
    let days = |approved: &str, today: &str| {
        let review = rules.next(date(approved), date(today)).unwrap();
        (review.first_day.to_string(), review.last_day.to_string())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    // not in the month of the approval itself
    assert_eq!(
        days("2026-03-14", "2026-03-20"),
        pair("2027-03-25", "2027-03-31")
    );
    assert_eq!(
        days("2025-03-14", "2026-03-31"),
        pair("2026-03-25", "2026-03-31")
    );
    assert_eq!(
        days("2025-03-14", "2026-04-01"),
        pair("2027-03-25", "2027-03-31")
    );
    // a leap year
    assert_eq!(
        days("2025-02-28", "2028-01-01"),
        pair("2028-02-23", "2028-02-29")
    );
    let review = rules.next(date("2025-03-14"), date("2026-01-01")).unwrap();
    assert_eq!(review.notice_from.to_string(), "2026-03-11");
    assert_eq!(review.fix_until.to_string(), "2026-04-28");
}

#[test]
fn a_requirement_binds_after_six_months_of_notice() {
    let with = |announced: &str, binding: &str| {
        let text = format!(
            "{}\n[[requirement]]\nid = \"new\"\narea = \"security\"\ntitle = \"New\"\nannounced = {announced}\nbinding = {binding}\n",
            ReliabilityProgram::SHIPPED
        );
        ReliabilityProgram::from_toml(&text)
    };
    assert_eq!(
        with("2026-06-01", "2026-11-30").unwrap_err().code(),
        "contradiction"
    );
    let program = with("2026-06-01", "2026-12-01").unwrap();
    let evidence = Evidence::from_toml("app = 'a'").unwrap();
    let state = |today: &str| {
        let list = program.checklist(&evidence, date(today)).unwrap();
        list.items.last().unwrap().state
    };
    assert_eq!(state("2026-11-30"), ItemState::NotBinding);
    assert_eq!(state("2026-12-01"), ItemState::Missing);
}

const INCIDENT: &str = r#"{"appKey":"com.example.appkey","appDetails":{"name":"AppName","partnerName":"Example"},"incidentId":"FOotlQrY5ZQ","incidentStatus":"ANOMALOUS","time":"2022-03-24T15:40:00Z","metricName":"Jira Installation Callback Success Rate","metricUnit":"PERCENT","measurementDurationSeconds":86400,"sliValue":60.0,"sloValue":99.0}"#;

fn html(json: &str) -> String {
    format!(
        "<html><head><script>var x = '<script id=\"incident-data\">';</script>\n\
         <script type=\"application/ld+json\" id=\"incident-data\">{{\"appKey\":\"other\"}}</script>\n\
         <script type=\"application/json\" id=\"incident-data\">{json}</script></head>\n\
         <body><p>60 &lt; 99</p></body></html>"
    )
}

fn quoted_printable(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for byte in text.bytes() {
        let piece = match byte {
            b'=' => "=3D".to_owned(),
            b'\n' => {
                width = 0;
                lines.push_str("\r\n");
                continue;
            }
            byte => char::from(byte).to_string(),
        };
        if width + piece.len() > 70 {
            lines.push_str("=\r\n");
            width = 0;
        }
        width += piece.len();
        lines.push_str(&piece);
    }
    lines
}

#[test]
fn the_e_mail_of_a_breach_is_read_in_any_encoding() {
    let mail = format!(
        "From: no-reply@am.atlassian.com\r\nSubject: breach\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\n<script type=\"application/json\" id=\"incident-data\">{{}}</script>\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n--b--\r\n",
        quoted_printable(&html(INCIDENT))
    );
    let quoted = Incident::from_mail(mail.as_bytes()).unwrap();
    assert_eq!(quoted.app_key, "com.example.appkey");
    assert_eq!(quoted.sli_value.to_string(), "60.0");
    assert_eq!(quoted.window_seconds, Some(86_400));
    assert_eq!(quoted.other["appDetails"]["name"], "AppName");

    // the same in base64, as one part
    let encoded = base64(html(INCIDENT).as_bytes());
    let mail = format!(
        "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
    );
    assert_eq!(Incident::from_mail(mail.as_bytes()).unwrap(), quoted);
}

#[test]
fn an_unknown_status_of_an_incident_is_kept() {
    let mail = format!(
        "Content-Type: text/html\r\n\r\n{}",
        html(&INCIDENT.replace("ANOMALOUS", "RECOVERED_MAYBE"))
    );
    assert_eq!(
        Incident::from_mail(mail.as_bytes()).unwrap().status,
        "RECOVERED_MAYBE"
    );
}

#[test]
fn an_e_mail_without_an_incident_is_refused() {
    let wrap = |html: &str| format!("Content-Type: text/html\r\n\r\n{html}").into_bytes();
    let two = format!(
        "{}{}",
        html(INCIDENT),
        html(&INCIDENT.replace("60.0", "61.0"))
    );
    for (mail, code) in [
        (Vec::new(), "syntax"),
        (b"\0\0\0".to_vec(), "syntax"),
        (wrap("<p>hello</p>"), "syntax"),
        (wrap(&html("{}")), "syntax"),
        (wrap(&html("")), "syntax"),
        (wrap(&html(&INCIDENT.replace("60.0", "\"60\""))), "syntax"),
        (wrap(&html(&INCIDENT.replace("60.0", "NaN"))), "syntax"),
        (
            wrap(&html(&INCIDENT.replace("2022-03-24T15:40:00Z", "today"))),
            "value",
        ),
        (wrap(&two), "contradiction"),
        (vec![b'a'; 5 << 20], "too_large"),
    ] {
        let error = Incident::from_mail(&mail).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = (bits << 8) | u32::from(group.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            if place <= group.len() {
                let letter = (bits >> (18 - 6 * place)) & 63;
                text.push(char::from(LETTERS[letter as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text.as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect::<Vec<_>>()
        .join("\r\n")
}

#[test]
fn a_program_file_that_cannot_be_is_refused() {
    let shipped = ReliabilityProgram::SHIPPED;
    for (from, to, code) in [
        ("window_days = 28", "window_days = 0", "value"),
        ("window_days = 28", "window_days = 4000000000", "value"),
        ("objective = \"99.9\"", "objective = \"100.1\"", "syntax"),
        ("objective = \"99.9\"", "objective = 99.9", "syntax"),
        ("id = \"webhook\"", "id = \"availability\"", "value"),
        ("sli = \"installation\"", "sli = \"weather\"", "value"),
        ("minutes = 15", "minutes = 0", "value"),
        (
            "statuses = [200]\nlimit_ms = 3000",
            "statuses = []\nlimit_ms = 3000",
            "value",
        ),
        ("hours = 24", "hours = 0", "value"),
        ("\"monday\"", "\"someday\"", "syntax"),
        ("retiring = true", "retired = true", "syntax"),
        ("last_days_of_month = 7", "last_days_of_month = 0", "value"),
    ] {
        assert!(shipped.contains(from), "{from}");
        let error = ReliabilityProgram::from_toml(&shipped.replace(from, to)).unwrap_err();
        assert_eq!(error.code(), code, "{to}: {error}");
    }
}
