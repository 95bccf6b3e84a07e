//! Whole requests at a simulated app: endpoints, tenants, key server, clock.

use std::collections::BTreeMap;

use app_license::connect::{
    BaseUrl, LifecycleKind, RequestLine, RequestVerifierConfig, TenantKeys, UnverifiedContextToken,
    UnverifiedEvent, UnverifiedRequestToken, UnverifiedSessionToken, Verifier, jwt_from_headers,
    token_from_request,
};
use app_license::{
    AppKey, ClientKey, Error, ErrorKind, HmacKey, Installation, InstallationRecord,
    InstallationSecrets, InstallationStatus, KeyId, RsaPublicKey, SharedSecret, State, UnixTime,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::suite::{Fields, Suite, body_bytes, or_null, time, with};
use super::verdict::{end, verdict};
use super::{Checks, Outcome};

type Store = BTreeMap<String, Installation>;

/// The simulated app, the tenants it may know, the key server, and the clock.
#[derive(Deserialize)]
struct World {
    now: Option<u64>,
    app: Option<App>,
    #[serde(default)]
    tenants: BTreeMap<String, Tenant>,
    #[serde(default)]
    keys_by_kid: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct App {
    key: Option<String>,
    base_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tenant {
    key: Option<String>,
    base_url: Option<String>,
    product_type: Option<String>,
    shared_secret: Option<String>,
}

/// A request at an endpoint, and the tenants that are installed before it.
#[derive(Deserialize)]
struct RequestCase {
    endpoint: String,
    request: Incoming,
    #[serde(default)]
    store: Vec<String>,
    now: Option<u64>,
    #[serde(default, deserialize_with = "or_null")]
    expect: Option<Value>,
}

#[derive(Deserialize)]
struct Incoming {
    method: Option<String>,
    target: Option<String>,
    /// A value each, or a list of them.
    headers: Option<Fields>,
    #[serde(default)]
    body: Value,
}

/// What the app learned from an accepted request.
struct Accepted {
    /// The state of the license that the query states, where a query was verified.
    license: Option<State>,
}

/// What a request is checked with.
struct Checker<'a> {
    case: &'a RequestCase,
    world: &'a World,
    verifier: Verifier,
    now: UnixTime,
}

/// Takes the cases of a file of requests.
pub(super) fn plan(suite: &mut Suite<'_>) -> Result<(), String> {
    let world: World = suite.settings()?;
    suite.lists(&["requests"], move |case| {
        with(case, |case: &RequestCase| case.run(&world))
    });
    Ok(())
}

impl RequestCase {
    fn run(&self, world: &World) -> Outcome {
        let mut checks = Checks::default();
        let Some(before) = checks.ok("store", self.installed(world)) else {
            return checks.outcome();
        };
        // without these everything would be refused, for no reason of the case
        let checker = checks.ok("app", self.checker(world));
        let now = checks.need("now", time(self.now, world.now));
        let (Some(checker), Some(_)) = (checker, now) else {
            return checks.outcome();
        };
        let mut after = before.clone();
        let Some(result) = checker.at_endpoint(&mut after) else {
            checks.unknown("endpoint", &Value::from(self.endpoint.as_str()));
            return checks.outcome();
        };
        if result.is_err() {
            checks.holds(
                "a rejected request leaves the store as it was",
                before == after,
                "the same store",
                "a changed store",
            );
        }
        let license = result.as_ref().ok().and_then(|accepted| accepted.license);
        let accepted = result.is_ok();
        let policy = verdict(&mut checks, self.expect.as_ref(), &result.map(drop));
        if let Some(license) = license {
            let expected = state_of_query(self.target());
            checks.holds(
                "license of the query",
                license == expected,
                expected.name(),
                license.name(),
            );
        }
        if accepted {
            self.stored(&mut checks, &before, &after);
        }
        end(checks, policy)
    }

    /// The installations before the request.
    fn installed(&self, world: &World) -> Result<Store, String> {
        let mut store = Store::new();
        for name in &self.store {
            let tenant = world
                .tenants
                .get(name)
                .ok_or_else(|| format!("`tenants` lacks `{name}`"))?;
            let record = json!({
                "key": {"connect": name},
                "status": "enabled",
                "statusSince": "2026-01-01T00:00:00Z",
                "firstInstalledAt": "2026-01-01T00:00:00Z",
                "installedAt": "2026-01-01T00:00:00Z",
                "updatedAt": "2026-01-01T00:00:00Z",
                "appKey": tenant.key,
                "baseUrl": tenant.base_url,
                "productType": tenant.product_type,
            });
            let record: InstallationRecord =
                serde_json::from_value(record).map_err(|e| e.to_string())?;
            // a secret too short to prove anything is no secret
            let secret = tenant.shared_secret.as_deref();
            let secret = secret.and_then(|s| SharedSecret::new(s).ok());
            let secrets = InstallationSecrets::new(secret, None);
            store.insert(name.clone(), Installation::from_parts(record, secrets));
        }
        Ok(store)
    }

    fn checker<'a>(&'a self, world: &'a World) -> Result<Checker<'a>, Error> {
        let app = world.app.as_ref();
        let base = app.and_then(|app| app.base_url.as_deref());
        let key = app.and_then(|app| app.key.as_deref());
        Ok(Checker {
            case: self,
            world,
            verifier: Verifier::new(
                AppKey::new(key.unwrap_or_default())?,
                RequestVerifierConfig::new(BaseUrl::new(base.unwrap_or_default())?),
            ),
            now: time(self.now, world.now).unwrap_or(UnixTime::EPOCH),
        })
    }

    fn target(&self) -> &str {
        self.request.target.as_deref().unwrap_or_default()
    }

    /// What an accepted lifecycle event must have left in the store.
    fn stored(&self, checks: &mut Checks, before: &Store, after: &Store) {
        let body = body_bytes(&self.request.body);
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let says = |name: &str| body.get(name).and_then(Value::as_str);
        let tenant = says("clientKey").unwrap_or_default();
        let others = |store: &Store| {
            let mut others = store.clone();
            others.remove(tenant);
            others
        };
        let installation = after.get(tenant);
        match self.endpoint.as_str() {
            "install" | "installed" => {
                let secret = installation.and_then(|i| i.stored_secrets().current());
                checks.holds(
                    "the secret of the body is stored",
                    secret.map(SharedSecret::expose) == says("sharedSecret"),
                    "the new secret",
                    "another secret or none",
                );
            }
            "uninstall" | "uninstalled" if before.contains_key(tenant) => {
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
}

impl Checker<'_> {
    /// What the app answers at the endpoint; `None` for an endpoint that it does not have.
    fn at_endpoint(&self, store: &mut Store) -> Option<Result<Accepted, Error>> {
        Some(match self.case.endpoint.as_str() {
            "qsh" => self.bound(store),
            "context" => self.context(store),
            "session" => self.session(store),
            "install" | "installed" => self.event(LifecycleKind::Installed, store),
            "uninstall" | "uninstalled" => self.event(LifecycleKind::Uninstalled, store),
            "enable" | "enabled" => self.event(LifecycleKind::Enabled, store),
            "disable" | "disabled" => self.event(LifecycleKind::Disabled, store),
            _ => return None,
        })
    }

    /// The values of every `Authorization` header.
    fn authorization(&self) -> Vec<&str> {
        let headers = self.case.request.headers.iter().flatten();
        headers
            .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .flat_map(|(_, value)| match value {
                Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect::<Vec<_>>(),
            })
            .collect()
    }

    fn request(&self) -> RequestLine<'_> {
        let method = self.case.request.method.as_deref().unwrap_or("GET");
        RequestLine::new(method, self.case.target())
    }

    fn keys_of(&self, store: &Store, tenant: &ClientKey) -> Result<TenantKeys, Error> {
        let secret = store
            .get(tenant.as_str())
            .and_then(|installation| installation.secrets(self.now, 0).next());
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
    fn bound(&self, store: &Store) -> Result<Accepted, Error> {
        let request = self.request();
        let text = token_from_request(self.authorization(), request.query())?;
        let token = UnverifiedRequestToken::parse(&text)?;
        let keys = self.keys_of(store, token.issuer())?;
        let token = token.verify(&keys, &request, self.verifier.config(), self.now)?;
        let license = Some(token.license().state());
        Ok(Accepted { license })
    }

    /// An endpoint for context tokens only.
    fn context(&self, store: &Store) -> Result<Accepted, Error> {
        let text = token_from_request(self.authorization(), self.request().query())?;
        let token = UnverifiedContextToken::parse(&text)?;
        let keys = self.keys_of(store, token.issuer())?;
        token.verify(&keys, self.verifier.config(), self.now)?;
        Ok(Accepted { license: None })
    }

    /// An endpoint for the app's own session tokens only.
    fn session(&self, store: &Store) -> Result<Accepted, Error> {
        let text = token_from_request(self.authorization(), self.request().query())?;
        let token = UnverifiedSessionToken::parse(&text)?;
        let keys = self.keys_of(store, token.tenant())?;
        let (app, config) = (self.verifier.app_key(), self.verifier.config());
        token.verify(&keys, app, config, self.now)?;
        Ok(Accepted { license: None })
    }

    /// A lifecycle event: verify first, store last.
    fn event(&self, kind: LifecycleKind, store: &mut Store) -> Result<Accepted, Error> {
        let token = jwt_from_headers(self.authorization())?;
        let body = body_bytes(&self.case.request.body);
        let (tenant, delivery) = match self.verifier.event(kind, token)? {
            UnverifiedEvent::OfPlatform(event) => {
                let event = event.receive(&body, &self.request(), self.now)?;
                let received = event.verify(&self.platform_key(event.kid())?)?;
                (event.issuer().clone(), received.into_delivery())
            }
            UnverifiedEvent::OfTenant(event) => {
                let keys = self.keys_of(store, event.issuer())?;
                let sender = event.verify(&keys, &self.request(), self.now)?;
                let received = sender.receive(&body)?;
                (event.issuer().clone(), received.into_delivery())
            }
        };
        let current = store.get(tenant.as_str()).cloned();
        let outcome = delivery.apply(current, None, self.now)?;
        if let Some(after) = outcome.after {
            store.insert(tenant.to_string(), after);
        }
        Ok(Accepted { license: None })
    }

    fn platform_key(&self, kid: &KeyId) -> Result<RsaPublicKey, Error> {
        match self.world.keys_by_kid.get(kid.as_str()) {
            Some(Some(pem)) => RsaPublicKey::from_pem(pem),
            _ => {
                let kid = kid.to_string();
                Err(ErrorKind::UnknownKey { kid }.into())
            }
        }
    }
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
