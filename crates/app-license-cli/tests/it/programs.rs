//! The programs around editions: `fortified`, `trust`, `partner`.

mod fortified;
mod hostile;
mod partner;
mod probe;
mod trust;

use crate::common::{Ran, run};

/// Runs for people, and as JSON: the same answer, and no line wider than 80 columns.
fn both(args: &[&str]) -> (Ran, serde_json::Value) {
    let human = run(args);
    narrow(&human);
    let json = run(&[args, &["--format", "json"]].concat());
    assert_eq!(human.code, json.code, "{args:?}: {}{}", human.err, json.out);
    let value = json.json();
    (human, value)
}

fn narrow(ran: &Ran) {
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }
}
