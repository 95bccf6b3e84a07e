//! Answers of the Connect License API: `http_status`, `body`, and what they say.

use app_license::connect::IframeQuery;
use app_license::connect::LicenseApiResponse;
use serde::Deserialize;
use serde_json::Value;

use super::licenses::{self, INFORMATION};
use super::suite::{body_bytes, has, or_null, with};
use super::{Checks, Outcome};

/// An answer, alone or beside the `lic` of a page.
pub(super) fn case(case: &Value) -> Outcome {
    if has(case, "lic") || has(case, "expect_allowed") {
        with(case, beside_lic)
    } else {
        with(case, answer)
    }
}

/// `lic` of a verified query, and what the License API answered.
#[derive(Deserialize)]
struct LicCase {
    lic: Option<String>,
    /// Null: there was no answer.
    http_status: Option<u64>,
    #[serde(default)]
    body: Value,
    /// Null: a question of policy.
    #[serde(default, deserialize_with = "or_null")]
    expect_allowed: Option<Value>,
}

fn beside_lic(case: &LicCase) -> Outcome {
    let mut checks = Checks::default();
    let lic = case.lic.as_deref().map(|lic| format!("lic={lic}"));
    let rest = read(case.http_status, &case.body);
    let allowed = rest.resolve(&IframeQuery::parse(&lic.unwrap_or_default()).license());
    match checks.need("expect_allowed", case.expect_allowed.as_ref()) {
        Some(Value::Null) => return Outcome::Policy,
        Some(expected) => {
            let found = allowed.map_or(Value::Null, Value::Bool);
            checks.same("expect_allowed", expected, &found);
        }
        None => {}
    }
    checks.outcome()
}

fn read(status: Option<u64>, body: &Value) -> LicenseApiResponse {
    let status = status.and_then(|status| u16::try_from(status).ok());
    LicenseApiResponse::read(status, &body_bytes(body))
}

/// An answer, and what it says of the license; `expect.error` where it says nothing.
#[derive(Deserialize)]
struct AnswerCase {
    http_status: Option<u64>,
    #[serde(default)]
    body: Value,
    expect: Value,
}

fn answer(case: &AnswerCase) -> Outcome {
    let mut checks = Checks::default();
    let expect = &case.expect;
    let answer = read(case.http_status, &case.body);
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
                    // the app's state, not the license's
                    "state" if case.body.get("state") == Some(expected) => {}
                    key => licenses::check_one(&mut checks, key, expected, license),
                }
            }
        }
        None => checks.holds(
            "body",
            false,
            "an answer about a license",
            format_args!("{answer:?}"),
        ),
    }
    checks.outcome()
}

/// Whether the answer is the error that a case has in words.
fn is_said(error: &Value, answer: &LicenseApiResponse) -> bool {
    match error.as_str().unwrap_or_default() {
        "not found" => *answer == LicenseApiResponse::NotFound,
        _ => answer.license().is_none(),
    }
}
