//! Objectives over windows.

use app_license_marketplace::fortified::{
    AlertState, Outcome, SliCalculator, SliEvent, SliReport, SliState,
};

use super::{end, program};

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
fn an_indicator_of_which_nothing_was_measured_is_named() {
    let mut calculator = SliCalculator::new(program(), end());
    let now = end().as_millisecond();
    let good = SliEvent::new(now, "availability", Outcome::Good);
    calculator.add(&good).unwrap();
    let report = calculator.report(&[]);
    assert!(report.is_met());
    assert_eq!(report.not_measured, ["installation", "webhook"]);
    // asked for by name, it is required
    let report = calculator.report(&["availability", "webhook"]);
    assert!(!report.is_met() && report.not_measured.is_empty());
}

#[test]
fn a_burn_rate_of_one_is_never_a_breach() {
    let result = &counted(998_999, 1_001).results[0];
    assert_eq!(result.state, SliState::Breached);
    assert_eq!(result.burn_rate.as_deref(), Some("1.001"));
    assert_eq!(
        counted(10, 0).results[0].burn_rate.as_deref(),
        Some("0.000")
    );
}
