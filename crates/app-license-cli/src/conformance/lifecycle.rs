//! Bodies of Connect lifecycle events.

use app_license::Edition;
use app_license::connect::{Cloud, KeyHosts, LifecycleBody, LifecycleKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::licenses::INFORMATION;
use super::suite::{Fields, body_bytes};
use super::{Checks, Outcome};

/// A body, perhaps the endpoint that it is sent to, and what it says; `expect.error` where it is
/// refused.
#[derive(Deserialize)]
pub(super) struct BodyCase {
    body: Value,
    endpoint: Option<String>,
    expect: Fields,
}

pub(super) fn body(case: &BodyCase) -> Outcome {
    let mut checks = Checks::default();
    let expect = &case.expect;
    let read = LifecycleBody::parse(&body_bytes(&case.body)).map_err(|e| e.to_string());
    let accepted = read.and_then(|body| match case.endpoint.as_deref() {
        None => Ok(body),
        Some(endpoint) => at_endpoint(body, endpoint),
    });
    if let Some(wanted) = expect.get("error") {
        match accepted {
            Ok(_) => checks.holds("error", false, wanted, "the body was read"),
            Err(found) => {
                let field = wanted.as_str().and_then(|wanted| {
                    let missing = wanted.strip_prefix("missing ");
                    missing.or_else(|| wanted.strip_suffix(" does not match endpoint"))
                });
                let named = field.is_none_or(|field| found.contains(field));
                checks.holds("error", named, wanted, found);
            }
        }
    } else if let Some(body) = checks.ok("body", accepted) {
        for (key, expected) in expect {
            one(&mut checks, case, &body, key, expected);
        }
        let kept: Option<Value> = serde_json::from_str(body.raw()).ok();
        let sent: Option<Value> = serde_json::from_slice(&body_bytes(&case.body)).ok();
        checks.holds("raw text kept", kept == sent, "the body", body.raw());
    }
    checks.outcome()
}

/// The body, where the event of an endpoint comes of it: its own app and tenant sent it.
fn at_endpoint(body: LifecycleBody, endpoint: &str) -> Result<LifecycleBody, String> {
    let kind = LifecycleKind::from_name(endpoint);
    let kind = kind.ok_or_else(|| format!("no endpoint is called `{endpoint}`"))?;
    let (app, tenant) = (body.app_key().clone(), body.client_key().clone());
    let event = body
        .clone()
        .accept(kind, &app, &tenant, &KeyHosts::of(Cloud::Commercial));
    event.map(|_| body).map_err(|error| error.to_string())
}

fn one(checks: &mut Checks, case: &BodyCase, body: &LifecycleBody, key: &str, expected: &Value) {
    let wire = |name: &str| case.body.get(name);
    let capability = body.capability_set();
    let found = match key {
        "edition" => json!(capability.and_then(|c| c.edition()).map(Edition::name)),
        "capability_set" | "capabilitySet" | "raw_capability_set" => json!(capability),
        "has_secret" => json!(body.has_secret()),
        "event_type" | "eventType" | "kind" => json!(body.kind().name()),
        "key" | "app_key" => json!(body.app_key()),
        "client_key" | "clientKey" => json!(body.client_key()),
        "base_url" | "baseUrl" => json!(body.base_url()),
        "display_url" | "displayUrl" => json!(body.display_url()),
        "product_type" | "productType" => json!(body.product_type()),
        "description" => json!(body.description()),
        "forge_installation_id" | "installation_id" | "installationId" => {
            json!(body.installation_id())
        }
        "cloud_id" | "cloudId" => json!(body.cloud_id()),
        "account_id" | "accountId" => json!(body.account_id()),
        "oauth_client_id" | "oauthClientId" => json!(body.oauth_client_id()),
        "entitlement_id" | "entitlementId" => json!(body.entitlement_id()),
        "entitlement_number" | "entitlementNumber" => json!(body.entitlement_number()),
        "service_entitlement_number" | "serviceEntitlementNumber" => {
            json!(body.service_entitlement_number())
        }
        "display_url_falls_back_to_base_url" => {
            let said = wire("displayUrl").is_some_and(|url| *url != "");
            json!(!said && body.display_url() == body.base_url())
        }
        "empty_string_means_absent" => json!(empty_is_absent(body, &wire)),
        key if INFORMATION.contains(&key) => return,
        key => return checks.unknown(key, expected),
    };
    checks.same(key, expected, &found);
}

/// Whether every optional field that is `""` on the wire reads as absent.
fn empty_is_absent<'a>(body: &LifecycleBody, wire: &dyn Fn(&str) -> Option<&'a Value>) -> bool {
    [
        ("description", body.description().is_none()),
        (
            "serviceEntitlementNumber",
            body.service_entitlement_number().is_none(),
        ),
        ("entitlementId", body.entitlement_id().is_none()),
        ("entitlementNumber", body.entitlement_number().is_none()),
        ("oauthClientId", body.oauth_client_id().is_none()),
        ("accountId", body.account_id().is_none()),
        ("capabilitySet", body.capability_set().is_none()),
        ("installationId", body.installation_id().is_none()),
        ("cloudId", body.cloud_id().is_none()),
        ("displayUrl", body.display_url() == body.base_url()),
    ]
    .into_iter()
    .all(|(name, absent)| absent || wire(name).is_none_or(|value| *value != ""))
}
