//! Queries of iframe URLs.

use app_license::connect::{BaseUrl, CanonicalRequest, IframeQuery, RequestLine};
use app_license::{Capability, Edition};
use serde::Deserialize;
use serde_json::{Value, json};

use super::suite::{Fields, with_all};
use super::{Checks, Outcome, licenses};

/// What the names of expectations begin with; any other unknown key describes the case.
const EXPECTATIONS: [&str; 6] = ["expect", "grants", "has", "canonical", "qsh", "effective"];

/// A query and what it says: `lic`, `active`, `capSet`, `edition`; `expect_state`,
/// `grants_access`, `canonical_tail`, `qsh_for_…`.
#[derive(Deserialize)]
pub(super) struct QueryCase {
    query: String,
    #[serde(flatten)]
    says: Fields,
}

/// A case of a query.
pub(super) fn case(case: &Value) -> Outcome {
    with_all(case, query)
}

fn query(case: &QueryCase) -> Outcome {
    let mut checks = Checks::default();
    let text = case.query.as_str();
    let query = IframeQuery::parse(text);
    let license = query.license();
    for (key, expected) in &case.says {
        match key.as_str() {
            // words of those who made the case: where it is from, say
            "kind" => {}
            "lic" => checks.same(key, expected, &json!(query.lic())),
            "capSet" | "capability_set" => {
                checks.same(key, expected, &json!(query.capability_set()));
            }
            "edition" => {
                let named = query.capability_set();
                let edition = named
                    .as_ref()
                    .and_then(Capability::edition)
                    .map(Edition::name);
                checks.same(key, expected, &json!(edition));
            }
            "expect_state" => match expected.as_str().and_then(licenses::state) {
                Some(state) => checks.holds(
                    key,
                    license.state() == state,
                    expected,
                    license.state().name(),
                ),
                None => checks.unknown(key, expected),
            },
            "canonical_tail" => {
                let made = canonical(text, "GET", "/");
                let tail =
                    made.map(|c| c.as_str().split('&').skip(2).collect::<Vec<_>>().join("&"));
                if let Some(tail) = checks.ok(key, tail) {
                    checks.same(key, expected, &Value::from(tail));
                }
            }
            key if key.starts_with("qsh_for_") => {
                let place = key.trim_start_matches("qsh_for_");
                let (method, path) = place.split_once('_').unwrap_or(("GET", place));
                if let Some(made) = checks.ok(key, canonical(text, method, path)) {
                    checks.same(key, expected, &Value::from(made.qsh().as_str()));
                }
            }
            key if licenses::knows(key) || EXPECTATIONS.iter().any(|e| key.starts_with(e)) => {
                licenses::check_one(&mut checks, key, expected, &license);
            }
            _ => {}
        }
    }
    checks.outcome()
}

fn canonical(
    query: &str,
    method: &str,
    path: &str,
) -> Result<CanonicalRequest, app_license::Error> {
    let target = format!("{path}?{query}");
    CanonicalRequest::new(
        &RequestLine::new(method, &target),
        &BaseUrl::new("https://app.example")?,
    )
}
