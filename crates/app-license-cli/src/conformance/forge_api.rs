//! The Forge License API: what is asked, and what each status and body says.

use app_license::forge::{LicenseApiFault, LicenseApiRequest, LicenseApiResponse};
use app_license::{ForgeAppId, License};
use serde_json::Value;

use super::case::body_bytes;
use super::{Case, Checks, Outcome, licenses, oracle};

/// A request: the path that the library makes is the documented one.
pub(super) fn request(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let url = case.text("path").or_else(|| case.text("url"));
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
    checks.same(
        "method",
        &Value::from("GET"),
        case.get("method").unwrap_or(&Value::Null),
    );
    checks.outcome()
}

/// An answer: a licence an app for 200, and for anything else a fault of the right kind.
pub(super) fn response(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let status = case.get("status").and_then(Value::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    let Some(status) = checks.need("status", status) else {
        return checks.outcome();
    };
    let headers = case.get("headers").and_then(Value::as_object);
    let retry = headers
        .into_iter()
        .flatten()
        .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
        .and_then(|(_, value)| value.as_str());
    let body = body_bytes(case.get("body"));
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
    if let Some(expect) = case.get("expect") {
        checks.unknown("expect", expect);
    }
    checks.outcome()
}

fn results(checks: &mut Checks, case: &Case<'_>, answer: &LicenseApiResponse) {
    let results = case.get("body").and_then(|body| body.get("results"));
    let results = results.and_then(Value::as_array);
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
                let silent = not_found
                    && license.state() == licenses::state("absent").unwrap_or(license.state());
                checks.holds(
                    id,
                    silent && grants_nothing(&license),
                    "absent",
                    license.state().name(),
                );
            }
            (Some(_), Err(error)) => checks.holds(id, false, "a licence", error),
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

fn is_right(status: u16, retry: Option<&str>, fault: &LicenseApiFault) -> bool {
    match fault {
        LicenseApiFault::RateLimited { retry_after } => {
            status == 429 && *retry_after == retry.and_then(|seconds| seconds.parse().ok())
        }
        LicenseApiFault::Unavailable { .. } => status >= 500 || status == 408 || status < 400,
        LicenseApiFault::Refused { .. } => (400..500).contains(&status) && status != 429,
        _ => false,
    }
}
