//! Answers of the Connect License API: `http_status`, `body`, and what they say.

use app_license::License;
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
    let read = License::from_connect_api(&body_bytes(case.get("body")));
    if let Some(error) = expect.get("error") {
        let refused = status != Some(200) || read.is_err();
        checks.holds("error", refused, error, "a licence was read");
        for (key, value) in expect.as_object().into_iter().flatten() {
            if key != "error" && !INFORMATION.contains(&key.as_str()) {
                checks.unknown(key, value);
            }
        }
        return checks.outcome();
    }
    checks.holds(
        "http_status",
        status == Some(200),
        200,
        format_args!("{status:?}"),
    );
    if let Some(license) = checks.ok("body", read) {
        licenses::check(&mut checks, expect, &license);
    }
    checks.outcome()
}
