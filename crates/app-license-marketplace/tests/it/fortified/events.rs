//! Lines of events.

use std::sync::Arc;

use app_license_marketplace::fortified::{
    MetricsText, Outcome, ReadError, SliCalculator, SliEvent, read_events,
};

use super::{end, program};

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
fn a_good_status_without_its_time_says_nothing_where_there_is_a_limit() {
    let program = program();
    let of = |rest: &str| {
        let line = format!(r#"{{"time":"2026-11-27T00:00:00Z","sli":"availability",{rest}}}"#);
        let event = SliEvent::from_json(line.as_bytes(), &program);
        event.map(|it| it.outcome).map_err(|it| it.to_string())
    };
    let error = of(r#""status":200"#).unwrap_err();
    assert!(error.contains("`ms` must be there"), "{error}");
    assert_eq!(of(r#""status":200,"ms":1"#), Ok(Outcome::Good));
    assert_eq!(of(r#""status":204"#), Ok(Outcome::Bad));
    assert_eq!(of(r#""status":200,"outcome":"good""#), Ok(Outcome::Good));
    assert_eq!(
        of(r#""status":200,"excluded":"platform_fault""#),
        Ok(Outcome::Excluded)
    );
}

#[test]
fn an_event_is_an_object_and_no_array() {
    let program = program();
    for line in [
        r#"["2026-11-27T00:00:00Z","webhook",null,"good",null,null,null,null,null]"#,
        "[]",
        "1",
        "\"webhook\"",
    ] {
        let error = SliEvent::from_json(line.as_bytes(), &program).unwrap_err();
        assert!(error.to_string().contains("no JSON object"), "{error}");
    }
}

#[test]
fn a_mark_of_the_byte_order_begins_any_file() {
    let program = program();
    let text = "\u{feff}{\"time\":0,\"sli\":\"webhook\",\"outcome\":\"good\"}\n";
    assert_eq!(
        read_events(&mut text.as_bytes(), &program, |_| Ok(())).unwrap(),
        1
    );
    let twice = text.repeat(2);
    assert!(read_events(&mut twice.as_bytes(), &program, |_| Ok(())).is_err());
    let scrape = "\u{feff}app_license_events_total{event=\"installed\"} 1\n";
    assert!(MetricsText::parse(scrape.as_bytes(), &program).is_ok());
}

#[test]
fn one_base_url_is_one_subject_however_it_is_spelled() {
    let program = program();
    let of = |subject: &str| {
        let line =
            format!(r#"{{"time":0,"sli":"webhook","outcome":"good","subject":"{subject}"}}"#);
        let event = SliEvent::from_json(line.as_bytes(), &program).unwrap();
        event.subject.into_owned()
    };
    for subject in [
        "https://a.example",
        "https://a.example/",
        "HTTPS://A.example",
    ] {
        assert_eq!(of(subject), "https://a.example");
    }
    assert_eq!(of("https://a.example/B/"), "https://a.example/B");
    assert_eq!(of("Node 7/"), "Node 7/", "no URL is kept as it is");
}

#[test]
fn an_error_of_a_line_names_one_line_and_no_type_of_rust() {
    let program = program();
    let text = "\n{\"time\":0,\"sli\":\"webhook\",\"status\":\"200\"}\n";
    let error = read_events(&mut text.as_bytes(), &program, |_| Ok(())).unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("line 2: ") && !error.contains("line 1"),
        "{error}"
    );
    assert!(
        error.contains("whole number") && !error.contains("u16"),
        "{error}"
    );
}
