//! License readings: queries, answers of the License API, and license objects.

use app_license::{License, LicenseSource};
use serde::Deserialize;
use serde_json::Value;

use super::suite::{has, unknown, with};
use super::{Checks, Outcome, connect_license, iframe, licenses, oracle};

/// A case of a reading, which one of its fields names.
pub(super) fn case(case: &Value) -> Outcome {
    if has(case, "query") {
        iframe::case(case)
    } else if has(case, "http_status") {
        connect_license::case(case)
    } else if has(case, "json") {
        with(case, object)
    } else {
        unknown(case, "query, http_status, json")
    }
}

/// A license object as some surface spells it.
#[derive(Deserialize)]
struct ObjectCase {
    json: Value,
    surface: Option<String>,
    expect: Option<Value>,
}

fn object(case: &ObjectCase) -> Outcome {
    let mut checks = Checks::default();
    let json = &case.json;
    let surface = source(case.surface.as_deref().unwrap_or_default());
    let read = License::from_object(json.to_string().as_bytes(), surface);
    if read.is_err() && !json.is_object() {
        // what is no license object grants nothing, whichever way a case says so
        let active = case.expect.as_ref().and_then(|expect| expect.get("active"));
        let silent = matches!(active, Some(Value::Null | Value::Bool(false)));
        checks.holds(
            "json",
            silent,
            "active false or null",
            active.unwrap_or(&Value::Null),
        );
        return checks.outcome();
    }
    if let Some(license) = checks.ok("json", read) {
        oracle::check(&mut checks, Some(json), &license);
        match &case.expect {
            Some(expect) => licenses::check(&mut checks, expect, &license),
            None => checks.holds("expect", false, "an expectation", "none"),
        }
    }
    checks.outcome()
}

/// The license source that the name of a surface means.
pub(super) fn source(surface: &str) -> LicenseSource {
    let surface = surface.to_ascii_lowercase();
    let says = |word| surface.contains(word);
    if says("connect") && (says("rest") || says("api")) {
        LicenseSource::ConnectLicenseApi
    } else if says("acjs") || says("ap.context") || says("connect") {
        LicenseSource::ConnectContext
    } else if says("fit") || says("invocation") {
        LicenseSource::ForgeInvocationToken
    } else if says("license-api") || says("license api") || says("graphql") {
        LicenseSource::ForgeLicenseApi
    } else if says("appcontext") || says("resolver") || says("function") || says("backend") {
        LicenseSource::ForgeFunctionContext
    } else {
        LicenseSource::ForgeUiContext
    }
}
