//! What a case expects of a request or a token: `accept`, `reject`, or null for policy.

use app_license::Error;
use serde_json::Value;

use super::{Checks, Outcome};

/// Compares with `expect`; true where it leaves the question open.
pub(super) fn verdict(
    checks: &mut Checks,
    expect: Option<&Value>,
    found: &Result<(), Error>,
) -> bool {
    let shown = match found {
        Ok(()) => "accepted".to_owned(),
        Err(error) => format!("rejected: {} ({error})", error.code()),
    };
    match expect {
        Some(Value::Null) => return true,
        Some(Value::String(word)) if word == "accept" => {
            checks.holds("expect", found.is_ok(), word, shown);
        }
        Some(Value::String(word)) if word == "reject" => {
            checks.holds("expect", found.is_err(), word, shown);
        }
        Some(other) => checks.unknown("expect", other),
        None => checks.holds("expect", false, "an expectation", "none"),
    }
    false
}

/// Ends a case that may leave its verdict open; what else was checked counts all the same.
pub(super) fn end(checks: Checks, policy: bool) -> Outcome {
    if policy && checks.all_hold() {
        Outcome::Policy
    } else {
        checks.outcome()
    }
}
