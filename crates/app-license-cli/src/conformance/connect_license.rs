//! Answers of the Connect License API: `http_status`, `body`, and what they say.

use app_license::connect::LicenseApiAnswer;
use serde_json::Value;

use super::case::body_bytes;
use super::licenses::{self, INFORMATION};
use super::{Case, Checks, Outcome};

pub(super) fn answer(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let Some(expect) = checks.need("expect", case.get("expect")) else {
        return checks.outcome();
    };
    let status = case.get("http_status").and_then(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    let answer = LicenseApiAnswer::read(status, &body_bytes(case.get("body")));
    if let Some(error) = expect.get("error") {
        checks.holds(
            "error",
            is_said(error, &answer),
            error,
            format_args!("{answer:?}"),
        );
        for (key, value) in expect.as_object().into_iter().flatten() {
            if key != "error" && !INFORMATION.contains(&key.as_str()) {
                checks.unknown(key, value);
            }
        }
        return checks.outcome();
    }
    match answer.license() {
        Some(license) => {
            for (key, expected) in expect.as_object().into_iter().flatten() {
                match key.as_str() {
                    key if INFORMATION.contains(&key) => {}
                    // the app's state, not the licence's
                    "state" if case.get("body").and_then(|b| b.get("state")) == Some(expected) => {}
                    key => licenses::check_one(&mut checks, key, expected, license),
                }
            }
        }
        None => checks.holds(
            "body",
            false,
            "a licence answer",
            format_args!("{answer:?}"),
        ),
    }
    checks.outcome()
}

/// Whether the answer is the error that a case tells in words.
fn is_said(error: &Value, answer: &LicenseApiAnswer) -> bool {
    match error.as_str().unwrap_or_default() {
        "not found" => *answer == LicenseApiAnswer::NotFound,
        _ => answer.license().is_none(),
    }
}
