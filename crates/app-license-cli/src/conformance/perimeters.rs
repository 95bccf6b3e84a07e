//! Which sites may install, and for which apps and base URLs tokens are.

use app_license::connect::{BaseUrl, Cloud, DescriptorUrls, KeyHosts, RequestVerifierConfig};
use app_license::forge::LicenseApiResponse;
use app_license::{Error, ForgeAppId, KeyId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::suite::{body_bytes, has, or_null, with};
use super::{Checks, Outcome};

/// A site and its cloud, or a descriptor.
pub(super) fn case(case: &Value) -> Outcome {
    if has(case, "descriptor") {
        with(case, base_urls)
    } else {
        with(case, site)
    }
}

/// The base URL of a site, the name of a cloud, perhaps further `site_domains` and `key_hosts`;
/// `expect` is accept or reject, `key_urls` are where the key `kid` is looked for.
#[derive(Deserialize)]
struct SiteCase {
    cloud: String,
    site: Option<String>,
    #[serde(default)]
    site_domains: Vec<String>,
    #[serde(default)]
    key_hosts: Vec<String>,
    expect: Option<Value>,
    key_urls: Option<Value>,
}

fn site(case: &SiteCase) -> Outcome {
    let mut checks = Checks::default();
    let Some(cloud) = checks.need("cloud", Cloud::from_name(&case.cloud)) else {
        return checks.outcome();
    };
    let Some(hosts) = checks.ok("cloud", hosts(cloud, case)) else {
        return checks.outcome();
    };
    if let Some(url) = &case.site {
        let found = if hosts.check_site(url).is_ok() {
            "accept"
        } else {
            "reject"
        };
        if let Some(expected) = checks.need("expect", case.expect.as_ref()) {
            checks.same("expect", expected, &json!(found));
        }
    }
    if let Some(expected) = &case.key_urls {
        let urls = KeyId::new("kid").map(|kid| hosts.key_urls(&kid).collect::<Vec<_>>());
        if let Some(urls) = checks.ok("key_urls", urls) {
            checks.same("key_urls", expected, &json!(urls));
        }
    }
    checks.outcome()
}

fn hosts(cloud: Cloud, case: &SiteCase) -> Result<KeyHosts, Error> {
    let mut hosts = KeyHosts::of(cloud);
    for domain in &case.site_domains {
        hosts = hosts.with_site_domain(domain)?;
    }
    for host in &case.key_hosts {
        hosts = hosts.with_key_host(BaseUrl::new(host)?);
    }
    Ok(hosts)
}

/// A descriptor; `base_urls` are those that its tokens may be for, null when it is refused.
#[derive(Deserialize)]
struct DescriptorCase {
    descriptor: Value,
    #[serde(default, deserialize_with = "or_null")]
    base_urls: Option<Value>,
}

fn base_urls(case: &DescriptorCase) -> Outcome {
    let mut checks = Checks::default();
    let Some(expected) = checks.need("base_urls", case.base_urls.as_ref()) else {
        return checks.outcome();
    };
    let read = DescriptorUrls::parse(&body_bytes(&case.descriptor));
    let found = match read {
        Err(_) => Value::Null,
        Ok(urls) => {
            let expected = RequestVerifierConfig::from(urls);
            json!(
                expected
                    .base_urls()
                    .map(BaseUrl::as_str)
                    .collect::<Vec<_>>()
            )
        }
    };
    checks.same("base_urls", expected, &found);
    checks.outcome()
}

/// An app id as somebody wrote it, and its `ari`, null when it is none; perhaps an answer of the
/// Forge License API and the `state` it states of the app.
#[derive(Deserialize)]
pub(super) struct AppIdCase {
    app: String,
    #[serde(default, deserialize_with = "or_null")]
    ari: Option<Value>,
    #[serde(default, deserialize_with = "or_null")]
    answer: Option<Value>,
    state: Option<Value>,
}

pub(super) fn app_id(case: &AppIdCase) -> Outcome {
    let mut checks = Checks::default();
    let Some(ari) = checks.need("ari", case.ari.as_ref()) else {
        return checks.outcome();
    };
    let app = ForgeAppId::new(&case.app);
    let found = app.as_ref().map_or(Value::Null, |app| json!(app.as_str()));
    checks.same("ari", ari, &found);
    if let (Some(answer), Ok(app)) = (&case.answer, &app) {
        let license = LicenseApiResponse::parse(&body_bytes(answer));
        let license = license.and_then(|answer| answer.license(app));
        let found = license.map_or_else(
            |error| json!(error.code()),
            |license| json!(license.state().name()),
        );
        checks.same("state", case.state.as_ref().unwrap_or(&Value::Null), &found);
    }
    checks.outcome()
}
