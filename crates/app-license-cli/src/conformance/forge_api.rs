//! The Forge License API: requests, and what each status and body says.

use app_license::forge::{LicenseApiError, LicenseApiRequest, LicenseApiResponse};
use app_license::{ForgeAppId, License, State};
use serde::Deserialize;
use serde_json::Value;

use super::suite::{Fields, body_bytes, has, with};
use super::{Checks, Outcome, oracle};

/// A request, or an answer.
pub(super) fn case(case: &Value) -> Outcome {
    if has(case, "status") {
        with(case, response)
    } else {
        with(case, request)
    }
}

/// A request: the path that the library makes is the documented one.
#[derive(Deserialize)]
struct RequestCase {
    method: String,
    path: Option<String>,
    url: Option<String>,
}

fn request(case: &RequestCase) -> Outcome {
    let mut checks = Checks::default();
    let url = case.path.as_deref().or(case.url.as_deref());
    let Some(url) = checks.need("path", url) else {
        return checks.outcome();
    };
    let path = url.strip_prefix(LicenseApiRequest::ORIGIN).unwrap_or(url);
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let apps: Result<Vec<_>, _> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "appId")
        .map(|(_, id)| ForgeAppId::new(&id))
        .collect();
    let made = apps
        .and_then(|apps| LicenseApiRequest::of_apps(&apps))
        .map(|request| request.older_path(path.starts_with("/forge/installation/")));
    if let Some(made) = checks.ok("appId", made) {
        checks.holds("path", made.path() == path, path, made.path());
    }
    checks.holds("method", case.method == "GET", "GET", &case.method);
    checks.outcome()
}

/// An answer: a license an app for 200, and for anything else an error of the right kind.
#[derive(Deserialize)]
struct ResponseCase {
    status: u16,
    headers: Option<Fields>,
    #[serde(default)]
    body: Value,
}

fn response(case: &ResponseCase) -> Outcome {
    let mut checks = Checks::default();
    let status = case.status;
    let retry = case
        .headers
        .iter()
        .flatten()
        .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
        .and_then(|(_, value)| value.as_str());
    let body = body_bytes(&case.body);
    match LicenseApiResponse::read(status, retry, &body) {
        Ok(answer) => {
            checks.holds("status", status == 200, "a fault", "an answer");
            results(&mut checks, case, &answer);
        }
        Err(fault) => {
            checks.holds("status", status != 200, "an answer", &fault);
            checks.holds(
                "kind of fault",
                is_right(status, retry, &fault),
                status,
                format_args!("{fault:?}"),
            );
        }
    }
    checks.outcome()
}

fn results(checks: &mut Checks, case: &ResponseCase, answer: &LicenseApiResponse) {
    let results = case.body.get("results").and_then(Value::as_array);
    for result in checks.need("body.results", results).into_iter().flatten() {
        let id = result
            .get("appId")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let license = ForgeAppId::new(id).and_then(|id| answer.license(&id));
        let not_found = result.pointer("/error/type") == Some(&Value::from("NOT_FOUND"));
        match (result.get("data"), license) {
            (Some(data), Ok(license)) => oracle::check(checks, Some(data), &license),
            (None, Ok(license)) => {
                let silent = not_found && license.state() == State::Absent;
                checks.holds(
                    id,
                    silent && grants_nothing(&license),
                    "absent",
                    license.state().name(),
                );
            }
            (Some(_), Err(error)) => checks.holds(id, false, "a license", error),
            (None, Err(error)) => checks.holds(id, !not_found, "absent", error),
        }
    }
    let count = answer.results().count();
    let expected = results.map_or(0, Vec::len);
    checks.holds("number of results", count == expected, expected, count);
}

fn grants_nothing(license: &License) -> bool {
    !license.has_capability("capabilityFree") && !license.has_capability("capabilityStandard")
}

fn is_right(status: u16, retry: Option<&str>, fault: &LicenseApiError) -> bool {
    match fault {
        LicenseApiError::RateLimited { retry_after } => {
            status == 429 && *retry_after == retry.and_then(|seconds| seconds.parse().ok())
        }
        LicenseApiError::Unavailable { .. } => status >= 500 || status == 408 || status < 400,
        LicenseApiError::Refused { .. } => (400..500).contains(&status) && status != 429,
        _ => false,
    }
}
