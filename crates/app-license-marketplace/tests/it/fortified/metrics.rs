//! Counters: scrapes and range queries.

use std::sync::Arc;

use app_license_marketplace::fortified::{
    AlertState, MetricsText, RangeSamples, SliCalculator, SliState,
};

use super::{end, program};

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
    let mut samples = RangeSamples::new();
    samples.read(answer.as_bytes(), &program()).unwrap();
    samples.count(&mut calculator).unwrap();
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
        let mut samples = RangeSamples::new();
        let read = samples.read(text.as_bytes(), &program());
        let error = read.and_then(|()| samples.count(&mut calculator));
        let error = error.unwrap_err();
        assert_eq!(error.code(), code, "{text}: {error}");
    }
}

/// A metric, a label, and samples: their ages and counts.
type Series<'a> = (&'a str, &'a str, &'a [(i64, &'a str)]);

/// An answer to a range query.
fn range(series: &[Series<'_>]) -> String {
    let end = end().as_second();
    let series: Vec<_> = series
        .iter()
        .map(|(name, label, samples)| {
            let samples: Vec<_> = samples
                .iter()
                .map(|(age, count)| format!("[{},\"{count}\"]", end - age))
                .collect();
            let samples = samples.join(",");
            format!(r#"{{"metric":{{"__name__":"{name}",{label}}},"values":[{samples}]}}"#)
        })
        .collect();
    let series = series.join(",");
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#)
}

const INSTALLED: (&str, &str) = ("app_license_events_total", r#""event":"installed""#);
const REFUSED: (&str, &str) = ("app_license_refusals_total", r#""status":"503""#);

fn measured(answers: &[String]) -> (u64, u64, u64) {
    let program = program();
    let mut samples = RangeSamples::new();
    for answer in answers {
        samples.read(answer.as_bytes(), &program).unwrap();
    }
    let mut calculator = SliCalculator::new(program, end());
    samples.count(&mut calculator).unwrap();
    let report = calculator.report(&["installation"]);
    let result = &report.results[0];
    (result.good, result.bad, report.counter_restarts)
}

#[test]
fn bad_events_of_a_series_that_appears_within_a_range_all_count() {
    let (good, bad) = (INSTALLED, REFUSED);
    let appears = range(&[
        (good.0, good.1, &[(300, "0"), (200, "50"), (100, "100")]),
        (bad.0, bad.1, &[(200, "5"), (100, "5")]),
    ]);
    assert_eq!(measured(&[appears]), (100, 5, 0));
    // from the beginning on, its first sample is where counting begins
    let there = range(&[
        (good.0, good.1, &[(300, "0"), (100, "100")]),
        (bad.0, bad.1, &[(300, "5"), (100, "6")]),
    ]);
    assert_eq!(measured(&[there]), (100, 1, 0));
    // good events that were there before are not counted into the window
    let late = range(&[
        (good.0, good.1, &[(200, "9000"), (100, "9001")]),
        (bad.0, bad.1, &[(300, "5"), (100, "6")]),
    ]);
    assert_eq!(measured(&[late]), (1, 1, 0));
}

#[test]
fn range_queries_that_follow_each_other_are_one() {
    let (good, bad) = (INSTALLED, REFUSED);
    let first = range(&[
        (good.0, good.1, &[(400, "0"), (300, "50")]),
        (bad.0, bad.1, &[(400, "7"), (300, "7")]),
    ]);
    let second = range(&[
        (good.0, good.1, &[(200, "60"), (100, "100")]),
        (bad.0, bad.1, &[(200, "8"), (100, "8")]),
    ]);
    for answers in [[first.clone(), second.clone()], [second, first]] {
        assert_eq!(measured(&answers), (100, 1, 0));
    }
}

#[test]
fn a_scrape_without_a_counter_of_the_program_is_no_reading_of_zero() {
    let program = program();
    for text in ["", "\n", "# EOF\n", "up 1\n"] {
        let error = MetricsText::parse(text.as_bytes(), &program).unwrap_err();
        assert!(
            error.to_string().contains("none of the counters"),
            "{error}"
        );
    }
}

#[test]
fn a_restart_of_a_counter_is_said() {
    let program = program();
    let scrape = |installed: u64, refused: u64| {
        let text = format!(
            "app_license_events_total{{event=\"installed\"}} {installed}\n\
             app_license_refusals_total{{status=\"500\"}} {refused}\n"
        );
        MetricsText::parse(text.as_bytes(), &program).unwrap()
    };
    let restarts = |before: &MetricsText, after: &MetricsText| {
        let mut calculator = SliCalculator::new(Arc::clone(&program), end());
        after.since(before, &mut calculator).unwrap();
        calculator.report(&[]).counter_restarts
    };
    assert_eq!(restarts(&scrape(1, 1), &scrape(2, 1)), 0);
    // a restart, or files in the wrong order
    assert_eq!(restarts(&scrape(200, 5), &scrape(100, 3)), 2);
    let restarted = range(&[(
        INSTALLED.0,
        INSTALLED.1,
        &[(300, "9"), (200, "1"), (100, "2")],
    )]);
    assert_eq!(measured(&[restarted]), (2, 0, 1));
}
