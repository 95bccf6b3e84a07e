//! Whole requests at a simulated app: endpoints, tenants, key server, clock.

use std::collections::BTreeMap;

use app_license::connect::{
    BaseUrl, Cloud, Expectations, KeyHosts, LifecycleBody, LifecycleEvent, LifecycleKind, Request,
    TenantKeys, UnverifiedContextToken, UnverifiedInstallToken, UnverifiedRequestToken,
    UnverifiedSessionToken, token_from_header, token_from_request,
};
use app_license::{
    AppKey, ClientKey, Error, ErrorKind, Event, HmacKey, Installation, InstallationRecord,
    InstallationSecrets, InstallationStatus, RsaPublicKey, SharedSecret, State, UnixTime,
};
use serde_json::{Value, json};

use super::case::body_bytes;
use super::tokens::{end, verdict};
use super::{Case, Checks, Outcome};

type Store = BTreeMap<String, Installation>;

/// What the app answered, and what it learnt from an accepted request.
struct Answer {
    /// The state of the licence that the query states, where a query was verified.
    license: Option<State>,
}

pub(super) fn request(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let Some(before) = checks.ok("store", store(case)) else {
        return checks.outcome();
    };
    // without these everything would be refused, for no reason of the case
    let about = checks.ok("app", app(case));
    if about.is_none() || checks.need("now", case.time("now")).is_none() {
        return checks.outcome();
    }
    let mut after = before.clone();
    let answer = match case.text("endpoint") {
        Some(endpoint) => answer(case, endpoint, &mut after),
        None => None,
    };
    let Some(answer) = answer else {
        checks.unknown("endpoint", case.get("endpoint").unwrap_or(&Value::Null));
        return checks.outcome();
    };
    if answer.is_err() {
        checks.holds(
            "a rejected request leaves the store as it was",
            before == after,
            "the same store",
            "a changed store",
        );
    }
    let license = answer.as_ref().ok().and_then(|answer| answer.license);
    let accepted = answer.is_ok();
    let policy = verdict(&mut checks, case, &answer.map(drop));
    if let Some(license) = license {
        let expected = state_of_query(target(case));
        checks.holds(
            "licence of the query",
            license == expected,
            expected.name(),
            license.name(),
        );
    }
    if accepted {
        stored(&mut checks, case, &before, &after);
    }
    end(checks, policy)
}

/// The installations before the request.
fn store(case: &Case<'_>) -> Result<Store, String> {
    let tenants = case.file.get("tenants").and_then(Value::as_object);
    let names = case.get("store").and_then(Value::as_array);
    let mut store = Store::new();
    for name in names.into_iter().flatten() {
        let name = name.as_str().ok_or("a name in `store` is no string")?;
        let tenant = tenants
            .and_then(|tenants| tenants.get(name))
            .ok_or_else(|| format!("`tenants` lacks `{name}`"))?;
        let record = json!({
            "key": {"connect": name},
            "status": "enabled",
            "statusSince": "2026-01-01T00:00:00Z",
            "firstInstalledAt": "2026-01-01T00:00:00Z",
            "installedAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z",
            "appKey": tenant.get("key"),
            "baseUrl": tenant.get("baseUrl"),
            "productType": tenant.get("productType"),
        });
        let record: InstallationRecord =
            serde_json::from_value(record).map_err(|e| e.to_string())?;
        // a secret too short to prove anything is no secret
        let secret = tenant.get("sharedSecret").and_then(Value::as_str);
        let secret = secret.and_then(|s| SharedSecret::new(s).ok());
        let installation = Installation::from_parts(record, InstallationSecrets::new(secret, None));
        store.insert(name.to_owned(), installation);
    }
    Ok(store)
}

fn target<'a>(case: &Case<'a>) -> &'a str {
    let target = case.get("request").and_then(|r| r.get("target"));
    target.and_then(Value::as_str).unwrap_or_default()
}

/// The values of every `Authorization` header.
fn authorization<'a>(case: &Case<'a>) -> Vec<&'a str> {
    let headers = case.get("request").and_then(|r| r.get("headers"));
    let fields = headers.and_then(Value::as_object).into_iter().flatten();
    fields
        .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .flat_map(|(_, value)| match value {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        })
        .collect()
}

fn answer(case: &Case<'_>, endpoint: &str, store: &mut Store) -> Option<Result<Answer, Error>> {
    Some(match endpoint {
        "qsh" => bound(case, store),
        "context" => context(case, store),
        "session" => session(case, store),
        "install" | "installed" => signed(case, LifecycleKind::Installed, store),
        "uninstall" | "uninstalled" => signed(case, LifecycleKind::Uninstalled, store),
        "enable" | "enabled" => shared(case, LifecycleKind::Enabled, store),
        "disable" | "disabled" => shared(case, LifecycleKind::Disabled, store),
        _ => return None,
    })
}

fn app(case: &Case<'_>) -> Result<(AppKey, Expectations, UnixTime), Error> {
    let app = case.file.get("app");
    let says = |name: &str| app.and_then(|a| a.get(name)).and_then(Value::as_str);
    let base = BaseUrl::new(says("baseUrl").unwrap_or_default())?;
    let key = AppKey::new(says("key").unwrap_or_default())?;
    let now = case.time("now").unwrap_or(UnixTime::EPOCH);
    Ok((key, Expectations::new(base), now))
}

fn request_of<'a>(case: &Case<'a>) -> Request<'a> {
    let method = case.get("request").and_then(|r| r.get("method"));
    Request::new(
        method.and_then(Value::as_str).unwrap_or("GET"),
        target(case),
    )
}

fn keys_of(store: &Store, tenant: &ClientKey, now: UnixTime) -> Result<TenantKeys, Error> {
    let secret = store
        .get(tenant.as_str())
        .and_then(|installation| installation.secrets(now, 0).next());
    match secret {
        Some(secret) => Ok(TenantKeys::new(tenant.clone(), HmacKey::new(secret))),
        None => Err(ErrorKind::Issuer {
            expected: "an installed tenant".to_owned(),
            found: tenant.to_string(),
        }
        .into()),
    }
}

/// A normal endpoint: only a token bound to this very URL.
fn bound(case: &Case<'_>, store: &Store) -> Result<Answer, Error> {
    let (_, expected, now) = app(case)?;
    let request = request_of(case);
    let text = token_from_request(authorization(case), request.query())?;
    let token = UnverifiedRequestToken::parse(&text)?;
    let keys = keys_of(store, token.issuer(), now)?;
    let token = token.verify(&keys, &request, &expected, now)?;
    let license = Some(token.license().state());
    Ok(Answer { license })
}

/// An endpoint for context tokens only.
fn context(case: &Case<'_>, store: &Store) -> Result<Answer, Error> {
    let (_, expected, now) = app(case)?;
    let request = request_of(case);
    let text = token_from_request(authorization(case), request.query())?;
    let token = UnverifiedContextToken::parse(&text)?;
    let keys = keys_of(store, token.issuer(), now)?;
    token.verify(&keys, &expected, now)?;
    Ok(Answer { license: None })
}

/// An endpoint for the app's own session tokens only.
fn session(case: &Case<'_>, store: &Store) -> Result<Answer, Error> {
    let (key, expected, now) = app(case)?;
    let request = request_of(case);
    let text = token_from_request(authorization(case), request.query())?;
    let token = UnverifiedSessionToken::parse(&text)?;
    let keys = keys_of(store, token.tenant(), now)?;
    token.verify(&keys, &key, &expected, now)?;
    Ok(Answer { license: None })
}

/// `installed` and `uninstalled`: signed by the platform. Verify first, store last.
fn signed(case: &Case<'_>, kind: LifecycleKind, store: &mut Store) -> Result<Answer, Error> {
    let (_, expected, now) = app(case)?;
    let text = token_from_header(authorization(case))?;
    let token = UnverifiedInstallToken::parse(text)?;
    let keys = case.file.get("keys_by_kid");
    let pem = keys
        .and_then(|k| k.get(token.kid().as_str()))
        .and_then(Value::as_str);
    let Some(pem) = pem else {
        let kid = token.kid().to_string();
        return Err(ErrorKind::UnknownKey { kid }.into());
    };
    let key = RsaPublicKey::from_pem(pem)?;
    let body = body(case)?;
    let tenant = body.client_key().clone();
    let token = token.verify(&key, &request_of(case), &tenant, &expected, now)?;
    accept(case, kind, body, token.issuer(), store)
}

/// `enabled` and `disabled`: signed with the shared secret.
fn shared(case: &Case<'_>, kind: LifecycleKind, store: &mut Store) -> Result<Answer, Error> {
    let (_, expected, now) = app(case)?;
    let text = token_from_header(authorization(case))?;
    let token = UnverifiedRequestToken::parse(text)?;
    let keys = keys_of(store, token.issuer(), now)?;
    let token = token.verify(&keys, &request_of(case), &expected, now)?;
    accept(case, kind, body(case)?, token.issuer(), store)
}

fn body(case: &Case<'_>) -> Result<LifecycleBody, Error> {
    LifecycleBody::parse(&body_bytes(case.get("request").and_then(|r| r.get("body"))))
}

fn accept(
    case: &Case<'_>,
    kind: LifecycleKind,
    body: LifecycleBody,
    issuer: &ClientKey,
    store: &mut Store,
) -> Result<Answer, Error> {
    let (app, _, now) = app(case)?;
    let hosts = KeyHosts::of(Cloud::Commercial);
    let is_a_site = |host: &str| hosts.check_site(&format!("https://{host}")).is_ok();
    let event: LifecycleEvent = body.accept(kind, &app, issuer, &is_a_site)?;
    let current = store.get(issuer.as_str()).cloned();
    let (after, _) = Installation::apply(current, &Event::from(event), now);
    if let Some(after) = after {
        store.insert(issuer.to_string(), after);
    }
    Ok(Answer { license: None })
}

/// What an accepted lifecycle event must have left in the store.
fn stored(checks: &mut Checks, case: &Case<'_>, before: &Store, after: &Store) {
    let body = body_bytes(case.get("request").and_then(|r| r.get("body")));
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let says = |name: &str| body.get(name).and_then(Value::as_str);
    let tenant = says("clientKey").unwrap_or_default();
    let others = |store: &Store| {
        let mut others = store.clone();
        others.remove(tenant);
        others
    };
    let installation = after.get(tenant);
    match case.text("endpoint") {
        Some("install" | "installed") => {
            let secret = installation.and_then(|i| i.stored_secrets().current());
            checks.holds(
                "the secret of the body is stored",
                secret.map(SharedSecret::expose) == says("sharedSecret"),
                "the new secret",
                "another secret or none",
            );
        }
        Some("uninstall" | "uninstalled") if before.contains_key(tenant) => {
            let status = installation.map(|i| i.record().status());
            checks.holds(
                "an uninstalled tenant is kept, marked",
                status == Some(InstallationStatus::Uninstalled),
                "uninstalled",
                status.map_or("no record", InstallationStatus::name),
            );
        }
        _ => return,
    }
    checks.holds(
        "no other tenant is touched",
        others(before) == others(after),
        "the same",
        "a change",
    );
}

/// The state that a query states, read the slow way.
fn state_of_query(target: &str) -> State {
    let query = target.split_once('#').map_or(target, |(before, _)| before);
    let query = query.split_once('?').map_or("", |(_, query)| query);
    let said: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "lic")
        .map(|(_, value)| value)
        .collect();
    if said.is_empty() {
        State::Absent
    } else if said.iter().all(|value| value == "active") {
        State::Active
    } else {
        State::Inactive
    }
}
