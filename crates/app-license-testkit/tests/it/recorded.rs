//! Overrides, lifecycle bodies and pages as they were recorded.

use app_license::{Edition, License, State, UnixTime};
use app_license_testkit::{App, Environment, Invocation, MockHost, Override, Product, TriggerForm};
use serde_json::{Value, json};

use crate::moves::{ADVANCED, STANDARD, both_halves, tenant_of};

/// What one vendor recorded of `forge install --license active` and `trial`.
#[test]
fn overrides_look_as_they_were_recorded() {
    let (host, tenant) = tenant_of(&both_halves().environment(Environment::Development));
    tenant.override_license(Override::Active).unwrap();
    let recorded = serde_json::json!({
        "active": true, "billingPeriod": "MONTHLY", "state": "active",
        "supportEntitlementNumber": null, "type": "commercial", "isActive": true,
    });
    let app = tenant.app_context("m").unwrap();
    assert_eq!(app["license"], recorded);
    assert_eq!(tenant.function_context().unwrap()["license"], recorded);
    assert_eq!(tenant.ui_context("m").unwrap()["license"], recorded);
    assert_eq!(
        tenant.workflow_arguments().unwrap()["context"]["license"],
        recorded
    );
    for key in [
        "appAri",
        "appVersion",
        "environmentAri",
        "environmentType",
        "installationAri",
        "invocationId",
        "moduleKey",
        "license",
        "installation",
        "permissions",
    ] {
        assert!(app.get(key).is_some(), "{key}");
    }
    tenant.override_license(Override::Trial).unwrap();
    let license = &tenant.app_context("m").unwrap()["license"];
    assert_eq!(license["state"], "trial");
    assert_eq!(license.get("isEvaluation"), None);
    let end = UnixTime::parse(license["trialEndDate"].as_str().unwrap()).unwrap();
    assert_eq!(end, host.clock().now().plus(30 * 86_400));
    let read = License::from_object(
        license.to_string().as_bytes(),
        app_license::LicenseSource::ForgeFunctionContext,
    );
    assert_eq!(read.unwrap().is_evaluation(), Some(true));
}

#[test]
fn forge_lifecycle_bodies_come_in_every_form_that_was_recorded() {
    use app_license::forge::ForgeLifecycleEvent;
    use app_license_testkit::LifecycleForm;
    let (_, tenant) = tenant_of(&both_halves());
    for form in [
        LifecycleForm::Received,
        LifecycleForm::Documented,
        LifecycleForm::Retried,
    ] {
        for name in ["avi:forge:installed:app", "avi:forge:upgraded:app"] {
            let event = tenant.forge_lifecycle_as(name, form).unwrap().remove(0);
            let body = event.json();
            let read = ForgeLifecycleEvent::parse_any(body.to_string().as_bytes()).unwrap();
            assert_eq!(read.kind().name(), name, "{body}");
            assert!(
                read.installation_id().is_some() && read.app_id().is_some(),
                "{body}"
            );
        }
    }
}

/// The token of a lifecycle event: nobody made the call, and its context says so.
#[test]
fn tokens_of_triggers_claim_what_was_recorded() {
    let (_, tenant) = tenant_of(&both_halves());
    let claims = |form| {
        let trigger = Invocation::trigger("on-install", form);
        claims_of(&tenant.invocation_token(&trigger).unwrap())
    };
    let (recorded, documented) = (
        claims(TriggerForm::Recorded),
        claims(TriggerForm::Documented),
    );
    for claims in [&recorded, &documented] {
        let module = json!({"type": "core:trigger", "key": "on-install"});
        assert_eq!(claims["app"]["module"], module);
        assert_eq!(claims.get("principal"), None);
    }
    let cloud = tenant.site().cloud_id().unwrap();
    let context = json!({
        "cloudId": cloud, "moduleKey": "on-install", "userAccess": {"enabled": false},
    });
    assert_eq!(recorded["context"], context);
    assert_eq!(documented.get("context"), None);
    let product = |claims: &Value| claims["app"]["installation"]["contexts"][0].clone();
    assert_eq!(product(&recorded)["name"], "jira");
    assert_eq!(product(&recorded).get("cloudId"), None);
    assert_eq!(product(&documented)["cloudId"], *cloud);
}

/// Jira's iframe URLs hold 900 s, Confluence's 180 s, as real URLs show.
#[test]
fn pages_hold_as_long_as_the_products_say() {
    let host = MockHost::offline();
    let app = App::connect("com.example.app", "https://app.example.com").unwrap();
    for (product, life) in [(Product::Jira, 900), (Product::Confluence, 180)] {
        let site = host.site(product.name(), product).unwrap();
        drop(site);
        let tenant = host.tenant(&app, product.name()).unwrap();
        tenant.install().unwrap();
        for request in [
            tenant.page("/panel").unwrap(),
            tenant.signed("webhook", "POST", "/hook").unwrap(),
        ] {
            let token = request.token().unwrap().to_owned();
            let claims = claims_of(&token);
            let lives = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
            assert_eq!(lives, life, "{product:?}");
        }
    }
}

fn claims_of(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn overrides_are_heard_outside_production_only() {
    for (value, says) in [
        (None, (State::Absent, None, None)),
        (Some(Override::Active), (State::Active, None, None)),
        (Some(Override::Standard), (State::Active, STANDARD, None)),
        (Some(Override::Advanced), (State::Active, ADVANCED, None)),
        (Some(Override::Inactive), (State::Inactive, None, None)),
        (Some(Override::Trial), (State::Active, None, Some(true))),
    ] {
        for environment in [Environment::Development, Environment::Staging] {
            let (_, tenant) = tenant_of(&both_halves().environment(environment));
            // nothing that is sold counts here
            tenant.buy(Edition::Advanced).unwrap();
            if let Some(value) = value {
                tenant.override_license(value).unwrap();
            }
            let (state, capability, trial) = says;
            let read = License::from_forge_app_context(
                tenant.app_context("m").unwrap().to_string().as_bytes(),
            )
            .unwrap();
            assert_eq!(read.state(), state, "{value:?}");
            assert_eq!(
                read.capability_set().map(|c| c.as_str().to_owned()),
                capability.map(str::to_owned)
            );
            assert_eq!(read.is_evaluation(), trial);
        }
    }
    let (_, tenant) = tenant_of(&both_halves());
    let refused = tenant.override_license(Override::Advanced).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "cannot override the license: the environment is production"
    );
}
