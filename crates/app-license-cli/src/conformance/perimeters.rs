//! Which sites may install, and for which apps and base URLs tokens are.

use app_license::connect::{BaseUrl, Cloud, DescriptorUrls, Expectations, KeyHosts};
use app_license::forge::LicenseApiResponse;
use app_license::{Error, ForgeAppId, KeyId};
use serde_json::{Value, json};

use super::case::body_bytes;
use super::{Case, Checks, Outcome};

/// The base URL of a site, the name of a cloud, perhaps further `site_domains` and `key_hosts`;
/// `expect` is accept or reject, `key_urls` are where the key `kid` is looked for.
pub(super) fn site(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let cloud = case.text("cloud").unwrap_or("commercial");
    let Some(cloud) = checks.need("cloud", Cloud::from_name(cloud)) else {
        return checks.outcome();
    };
    let Some(hosts) = checks.ok("cloud", hosts(cloud, case)) else {
        return checks.outcome();
    };
    if let Some(url) = case.text("site") {
        let found = if hosts.check_site(url).is_ok() {
            "accept"
        } else {
            "reject"
        };
        if let Some(expected) = checks.need("expect", case.get("expect")) {
            checks.same("expect", expected, &json!(found));
        }
    }
    if let Some(expected) = case.get("key_urls") {
        let urls = KeyId::new("kid").map(|kid| hosts.key_urls(&kid).collect::<Vec<_>>());
        if let Some(urls) = checks.ok("key_urls", urls) {
            checks.same("key_urls", expected, &json!(urls));
        }
    }
    checks.outcome()
}

fn hosts(cloud: Cloud, case: &Case<'_>) -> Result<KeyHosts, Error> {
    let list = |name: &str| {
        let items = case.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str)
    };
    let mut hosts = KeyHosts::of(cloud);
    for domain in list("site_domains") {
        hosts = hosts.with_site_domain(domain)?;
    }
    for host in list("key_hosts") {
        hosts = hosts.with_key_host(BaseUrl::new(host)?);
    }
    Ok(hosts)
}

/// A descriptor; `base_urls` are those that its tokens may be for, null when it is refused.
pub(super) fn base_urls(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let read = DescriptorUrls::parse(&body_bytes(case.get("descriptor")));
    let found = match read {
        Err(_) => Value::Null,
        Ok(urls) => {
            let expected = Expectations::from(urls);
            json!(
                expected
                    .base_urls()
                    .map(BaseUrl::as_str)
                    .collect::<Vec<_>>()
            )
        }
    };
    let expected = case.get("base_urls").unwrap_or(&Value::Null);
    checks.same("base_urls", expected, &found);
    checks.outcome()
}

/// An app id as somebody wrote it, and its `ari`, null when it is none; perhaps an answer of the
/// Forge License API and the `state` it states of the app.
pub(super) fn app_id(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let app = ForgeAppId::new(case.text("app").unwrap_or_default());
    let found = app.as_ref().map_or(Value::Null, |app| json!(app.as_str()));
    checks.same("ari", case.get("ari").unwrap_or(&Value::Null), &found);
    if let (Some(answer), Ok(app)) = (case.get("answer"), &app) {
        let license = LicenseApiResponse::parse(&body_bytes(Some(answer)));
        let license = license.and_then(|answer| answer.license(app));
        let found = license.map_or_else(
            |error| json!(error.code()),
            |license| json!(license.state().name()),
        );
        checks.same("state", case.get("state").unwrap_or(&Value::Null), &found);
    }
    checks.outcome()
}
