//! Licence readings: `lic` together with an answer of the License API, and licence objects.

use app_license::connect::{IframeQuery, LicenseApiAnswer};
use app_license::{License, Touchpoint};
use serde_json::Value;

use super::case::body_bytes;
use super::{Case, Checks, Outcome, licenses, oracle};

/// `lic` of a verified query, and what the License API answered.
pub(super) fn lic_and_rest(case: &Case<'_>) -> Outcome {
    let lic = case
        .text("lic")
        .map(|lic| format!("lic={lic}"))
        .unwrap_or_default();
    let status = case.get("http_status").and_then(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    let rest = LicenseApiAnswer::read(status, &body_bytes(case.get("body")));
    let allowed = rest.resolve(&IframeQuery::parse(&lic).license());
    let mut checks = Checks::default();
    match checks.need("expect_allowed", case.get("expect_allowed")) {
        Some(Value::Null) => return Outcome::Policy,
        Some(expected) => {
            let found = allowed.map_or(Value::Null, Value::Bool);
            checks.same("expect_allowed", expected, &found);
        }
        None => {}
    }
    checks.outcome()
}

/// A licence object as some surface spells it.
pub(super) fn object(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let json = case.get("json").unwrap_or(&Value::Null);
    let surface = touchpoint(case.text("surface").unwrap_or_default());
    let read = License::from_object(json.to_string().as_bytes(), surface);
    if read.is_err() && !json.is_object() {
        // what is no licence object grants nothing, whichever way a case says so
        let active = case.get("expect").and_then(|expect| expect.get("active"));
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
        match case.get("expect") {
            Some(expect) => licenses::check(&mut checks, expect, &license),
            None => checks.holds("expect", false, "an expectation", "none"),
        }
    }
    checks.outcome()
}

/// The touchpoint that the name of a surface means.
pub(super) fn touchpoint(surface: &str) -> Touchpoint {
    let surface = surface.to_ascii_lowercase();
    let says = |word| surface.contains(word);
    if says("connect") && (says("rest") || says("api")) {
        Touchpoint::ConnectLicenseApi
    } else if says("acjs") || says("ap.context") || says("connect") {
        Touchpoint::ConnectContext
    } else if says("fit") || says("invocation") {
        Touchpoint::ForgeInvocationToken
    } else if says("license-api") || says("license api") || says("graphql") {
        Touchpoint::ForgeLicenseApi
    } else if says("appcontext") || says("resolver") || says("function") || says("backend") {
        Touchpoint::ForgeFunctionContext
    } else {
        Touchpoint::ForgeUiContext
    }
}
