//! Service levels, health, evidence, support, incidents.

use std::sync::Arc;

use app_license_marketplace::fortified::ReliabilityProgram;
use jiff::Timestamp;
use jiff::civil::Date;

mod checklist;
mod events;
mod health;
mod incident;
mod metrics;
mod sli;
mod support;

fn program() -> Arc<ReliabilityProgram> {
    Arc::new(ReliabilityProgram::shipped().unwrap())
}

fn end() -> Timestamp {
    "2026-11-28T00:00:00Z".parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_program_says_that_it_is_being_retired() {
    let program = program();
    assert!(program.retiring && program.notice.contains("retires this program"));
    assert!(ReliabilityProgram::SHIPPED.contains("retiring = true"));
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
