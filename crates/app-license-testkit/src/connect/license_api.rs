//! The Connect License API: what it answers, and to whom.

use std::sync::PoisonError;

use app_license::State;
use serde_json::{Map, Value, json};

use crate::bytes::{from_base64url, hmac_sha256};
use crate::error::Error;
use crate::qsh::qsh;
use crate::tenant::{Facts, Tenant};

/// The `license` object. The browser's copy is shorter than the API's.
pub(super) fn license(facts: &Facts, api: bool) -> Value {
    let snapshot = &facts.snapshot;
    let mut license = Map::new();
    let mut set = |name: &str, value: Value| license.insert(name.to_owned(), value);
    set("active", json!(snapshot.state == State::Active));
    set("type", json!(snapshot.kind));
    set("evaluation", json!(snapshot.evaluation));
    if let Some(text) = snapshot.capability_text() {
        set("capabilitySet", json!(text));
    }
    if api {
        set("supportEntitlementNumber", json!(facts.support_number));
        set("entitlementId", json!(snapshot.entitlement_id));
        set("entitlementNumber", json!(snapshot.entitlement_number));
    }
    Value::Object(license)
}

impl Tenant {
    /// The answer of the Connect License API (the add-on resource), as the app would get it.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps>
    ///
    /// ```
    /// use app_license::{Edition, License};
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// acme.buy(Edition::Standard)?;
    /// let body = acme.connect_license_api()?.to_string();
    /// assert!(License::from_connect_api(body.as_bytes())?.has_capability("capabilityStandard"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Forge app.
    pub fn connect_license_api(&self) -> Result<Value, Error> {
        let facts = self.facts()?;
        let Some(key) = facts.app.connect_key() else {
            return Err(facts.app.wrong_half("Connect"));
        };
        if !facts.installation.enabled {
            return Ok(json!({"key": key, "version": facts.app.version, "state": "DISABLED"}));
        }
        let itself = format!("{}/rest/atlassian-connect/1/addons/{key}", facts.base_url);
        let mut body = json!({
            "key": key,
            "version": facts.app.version,
            "state": "ENABLED",
            "host": {
                "product": facts.site.product.title(),
                "contacts": [{"name": "Example Contact", "email": "contact@example.com"}],
            },
            "links": {
                "marketplace": [{"href": format!("https://marketplace.atlassian.com/plugins/{key}")}],
                "self": [{"href": itself}],
            },
        });
        if facts.snapshot.speaks()
            && let Some(fields) = body.as_object_mut()
        {
            fields.insert("license".to_owned(), license(&facts, true));
        }
        Ok(body)
    }

    /// Checks a request of the app to the host as the host does: HS256 with the current secret,
    /// `iss` is the app's key, `qsh` is the request's, `exp` is not passed, `iat` is there, and an
    /// `aud` names the tenant. `target` is relative to the site's base URL. Answers what is wrong.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let wrong = acme.check_app_token("GET", "/rest/api/3/myself", &acme.session_token()?)?;
    /// assert_eq!(wrong, Err("the query hash does not match"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn check_app_token(
        &self,
        method: &str,
        target: &str,
        token: &str,
    ) -> Result<Result<(), &'static str>, Error> {
        let facts = self.facts()?;
        Ok(check(&facts, &qsh(method, target, ""), token))
    }
}

const NOT_THE_APP: &str = "the issuer is not the app";

fn check(facts: &Facts, hash: &str, token: &str) -> Result<(), &'static str> {
    let mut segments = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (
        segments.next(),
        segments.next(),
        segments.next(),
        segments.next(),
    ) else {
        return Err("no compact token");
    };
    let json =
        |segment: &str| -> Option<Value> { serde_json::from_slice(&from_base64url(segment)?).ok() };
    let (Some(head), Some(body)) = (json(header), json(claims)) else {
        return Err("no JSON in the token");
    };
    if head.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err("the algorithm is not HS256");
    }
    let signed = format!("{header}.{claims}");
    let expected = hmac_sha256(facts.installation.secret.as_bytes(), signed.as_bytes());
    if from_base64url(signature) != Some(expected) {
        return Err("the signature does not match");
    }
    if body.get("iss").and_then(Value::as_str) != facts.app.connect_key() {
        return Err(NOT_THE_APP);
    }
    let now = facts.token_time.as_seconds();
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let (Some(issued), Some(expires)) = (number("iat"), number("exp")) else {
        return Err("iat or exp is missing");
    };
    if expires <= now || issued > now.saturating_add(60) {
        return Err("the token is not of this time");
    }
    if body.get("qsh").and_then(Value::as_str) != Some(hash) {
        return Err("the query hash does not match");
    }
    let tenant = Some(facts.site.client_key.as_str());
    match body.get("aud") {
        None => Ok(()),
        Some(Value::Array(all)) if all.iter().any(|one| one.as_str() == tenant) => Ok(()),
        Some(one) if one.as_str() == tenant => Ok(()),
        Some(_) => Err("the audience is another tenant"),
    }
}

/// What the endpoint answers: a status and a body.
pub(crate) fn answer(tenant: &Tenant, key: &str, token: Option<&str>) -> (u16, Value) {
    let said =
        |status: u16, message: &str| (status, json!({"status-code": status, "message": message}));
    let Ok(facts) = tenant.facts() else {
        return said(404, "Add-on was not found");
    };
    if facts.app.connect_key() != Some(key) || !facts.installation.installed {
        let text = format!("Add-on with key {key} was not found");
        return said(404, &text);
    }
    let Some(token) = token else {
        return said(401, "Client must be authenticated to access this resource.");
    };
    let target = format!("/rest/atlassian-connect/1/addons/{key}");
    match check(&facts, &qsh("GET", &target, ""), token) {
        Ok(()) => {}
        // an app sees its own key only
        Err(why @ NOT_THE_APP) => return said(403, why),
        Err(why) => return said(401, why),
    }
    match cached(tenant) {
        Ok(body) => (200, body),
        Err(error) => said(500, &error.to_string()),
    }
}

/// What the site answers, or answered a while ago.
fn cached(tenant: &Tenant) -> Result<Value, Error> {
    let cache = tenant.host.shared.license_cache.lock();
    let mut cache = cache.unwrap_or_else(PoisonError::into_inner);
    let now = tenant.host.clock().now();
    let of = (tenant.site.clone(), tenant.app.clone());
    if let Some((at, body)) = cache.answers.get(&of)
        && now.since(*at) < cache.seconds
    {
        return Ok(body.clone());
    }
    let body = tenant.connect_license_api()?;
    cache.answers.insert(of, (now, body.clone()));
    Ok(body)
}
