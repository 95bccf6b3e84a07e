//! What a Connect token is held to, and where the platform is.

use std::cell::RefCell;
use std::rc::Rc;

use app_license::connect::{BaseUrl, Cloud, KeyHosts, RequestVerifierConfig, TenantKeys};
use app_license::{ClientKey, Error, HmacKey, Leeway, SharedSecret};
use wasm_bindgen::prelude::*;

use crate::call::{Input, missing};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A request as it arrived, and what its token is held to. */
export interface Arrival {
  /** The values of every `Authorization` header, with NUL between them. */
  authorization: string | undefined;
  method: string;
  /** Path and query of the request line, as sent. */
  target: string;
  /** The base URLs of the app, a line each. */
  baseUrl: string;
  proxyStripsBasePath: boolean | undefined;
  /** How much clocks may differ, in seconds. */
  leeway: number | undefined;
  /** Seconds since 1970. */
  now: number;
}

/** The secrets of one installation. */
export interface TenantSecrets {
  clientKey: string;
  secret: string | undefined;
  /** The one before, for a while after a rotation. */
  previous: string | undefined;
}

/** Which cloud of the platform it is. */
export interface CloudPlaces {
  /** The name of a cloud that is known by name, empty for another one, and the base URLs under which
   * keys are published besides, a line each. */
  cloud: string;
  /** Domains whose subdomains are sites besides, a line each. */
  sites?: string | undefined;
}
"#;

/// The values of every `Authorization` header, with NUL between them: none of them has one in it.
pub(crate) fn headers(authorization: Option<&str>) -> impl Iterator<Item = &str> {
    authorization.into_iter().flat_map(|all| all.split('\0'))
}

/// `urls` has a line each.
pub(crate) fn expectations(
    urls: &str,
    proxy_strips_base_path: bool,
    leeway: Option<Leeway>,
) -> Result<RequestVerifierConfig, Error> {
    let mut urls = urls.split('\n');
    let mut expected = RequestVerifierConfig::new(base_url(urls.next().unwrap_or_default())?);
    for url in urls {
        expected = expected.accept_base_url(base_url(url)?);
    }
    if proxy_strips_base_path {
        expected = expected.proxy_strips_base_path();
    }
    Ok(match leeway {
        Some(leeway) => expected.leeway(leeway),
        None => expected,
    })
}

thread_local! {
    /// What the last request was held to: that of an app is the same again and again.
    static LAST: RefCell<Option<Rc<LastExpected>>> = const { RefCell::new(None) };
}

/// What a request is held to, and what that was made of.
pub(crate) struct LastExpected {
    urls: String,
    proxy_strips_base_path: bool,
    leeway: Option<Leeway>,
    pub(crate) config: RequestVerifierConfig,
}

/// As [`expectations`], and remembered until others are asked for.
pub(crate) fn last_expectations(
    urls: String,
    proxy_strips_base_path: bool,
    leeway: Option<Leeway>,
) -> Result<Rc<LastExpected>, Error> {
    let same = |last: &&Rc<LastExpected>| {
        last.urls == urls
            && last.proxy_strips_base_path == proxy_strips_base_path
            && last.leeway == leeway
    };
    if let Some(last) = LAST.with_borrow(|last| last.as_ref().filter(same).cloned()) {
        return Ok(last);
    }
    let config = expectations(&urls, proxy_strips_base_path, leeway)?;
    let made = Rc::new(LastExpected {
        urls,
        proxy_strips_base_path,
        leeway,
        config,
    });
    LAST.set(Some(Rc::clone(&made)));
    Ok(made)
}

/// `http` is for this machine only, which the core sees to.
pub(crate) fn base_url(text: &str) -> Result<BaseUrl, Error> {
    if text.starts_with("http://") {
        BaseUrl::http_loopback(text)
    } else {
        BaseUrl::new(text)
    }
}

/// The keys of one tenant: the current secret, then the one before.
pub(crate) fn tenant_keys(
    client_key: Option<&str>,
    secret: Option<&str>,
    previous: Option<&str>,
) -> Result<TenantKeys, Error> {
    let client_key = ClientKey::new(client_key.ok_or_else(|| missing("clientKey"))?)?;
    let key = |secret: &str| SharedSecret::new(secret).map(|secret| HmacKey::new(&secret));
    let keys = TenantKeys::new(client_key, key(secret.ok_or_else(|| missing("secret"))?)?);
    Ok(match previous {
        Some(previous) => keys.with_previous(key(previous)?),
        None => keys,
    })
}

/// Whether there is a cloud of the name that is given, if one is.
pub(crate) fn knows_cloud(input: &Input) -> bool {
    let places = input.text("cloud").unwrap_or_default();
    let name = places.split('\n').next();
    name.is_none_or(|name| name.is_empty() || Cloud::from_name(name).is_some())
}

/// The key hosts and sites of a cloud: those of its name, and further ones.
pub(crate) fn key_hosts(input: &Input) -> Result<KeyHosts, Error> {
    let places = input.text("cloud").unwrap_or_default();
    let mut places = places.split('\n');
    let cloud = places.next().unwrap_or_default();
    let keys = places.filter(|host| !host.is_empty()).map(base_url);
    let sites = input.text("sites").unwrap_or_default();
    let sites = sites.split('\n');
    if cloud.is_empty() {
        let keys: Result<Vec<_>, _> = keys.collect();
        return Ok(KeyHosts::custom(keys?, sites));
    }
    let cloud = Cloud::from_name(cloud).ok_or_else(|| missing("cloud"))?;
    let mut hosts = KeyHosts::of(cloud);
    for key_host in keys {
        hosts = hosts.with_key_host(key_host?);
    }
    for site in sites.filter(|site| !site.is_empty()) {
        hosts = hosts.with_site_domain(site)?;
    }
    Ok(hosts)
}
