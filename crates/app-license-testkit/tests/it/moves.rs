//! What every move does at every license source.

use app_license::{Edition, License, State};
use app_license_testkit::{AccessToken, App, Billing, Invocation, MockHost, Stage, Tenant};
use serde_json::Value;

const FORGE_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

pub(super) fn both_halves() -> App {
    App::connect("com.example.app", "https://app.example.com")
        .unwrap()
        .with_forge(FORGE_ID)
        .unwrap()
}

pub(super) fn tenant_of(app: &App) -> (MockHost, Tenant) {
    let host = MockHost::offline();
    let tenant = host.tenant(app, "acme").unwrap();
    tenant.install().unwrap();
    (host, tenant)
}

/// What a row of the table says: state, capability set on the wire, trial.
type Says = (State, Option<&'static str>, Option<bool>);

pub(super) const STANDARD: Option<&str> = Some("capabilityStandard");
pub(super) const ADVANCED: Option<&str> = Some("capabilityAdvanced");

/// Every license source says the same, each in its spelling.
fn assert_everywhere(case: &str, tenant: &Tenant, want: Says) {
    let (state, capability, trial) = want;
    let license_of = |name: &str, license: &License, tells_trial: bool| {
        assert_eq!(license.state(), state, "{case}: state by {name}");
        let named = license.capability_set().map(|c| c.as_str().to_owned());
        assert_eq!(named.as_deref(), capability, "{case}: capability by {name}");
        if tells_trial {
            assert_eq!(license.is_evaluation(), trial, "{case}: trial by {name}");
        }
    };
    let bytes = |value: Value| value.to_string().into_bytes();

    let read = License::from_connect_api(&bytes(tenant.connect_license_api().unwrap())).unwrap();
    license_of("Connect License API", &read, true);
    let context = bytes(tenant.browser_context().unwrap());
    license_of(
        "ACJS context",
        &License::from_connect_context(&context).unwrap(),
        true,
    );
    let context = bytes(tenant.ui_context("panel").unwrap());
    license_of(
        "Forge UI context",
        &License::from_forge_ui_context(&context).unwrap(),
        true,
    );
    let context = bytes(tenant.function_context().unwrap());
    license_of(
        "Forge function context",
        &License::from_forge_function_context(&context).unwrap(),
        true,
    );
    let context = bytes(tenant.app_context("panel").unwrap());
    license_of(
        "getAppContext",
        &License::from_forge_app_context(&context).unwrap(),
        true,
    );
    let fit = tenant
        .invocation_spec(&Invocation::ui("panel"))
        .unwrap()
        .get("app")
        .unwrap()
        .clone();
    license_of(
        "invocation token",
        &License::from_forge_function_context(&bytes(fit)).unwrap(),
        true,
    );
    let record = tenant.forge_license_record().unwrap();
    if state == State::Absent {
        assert_eq!(record, serde_json::json!({}), "{case}: License API");
    } else {
        let read = bytes(serde_json::json!({ "license": record }));
        license_of(
            "Forge License API",
            &License::from_forge_function_context(&read).unwrap(),
            true,
        );
    }

    // the query and the lifecycle body cannot tell absent from inactive
    let page = tenant.page("/panel").unwrap();
    let lic = if state == State::Active {
        "&lic=active&"
    } else {
        "&lic=none&"
    };
    assert!(page.target().contains(lic), "{case}: {}", page.target());
    let named = capability.map_or_else(String::new, |c| format!("&capSet={c}&"));
    assert_eq!(
        page.target().contains("capSet"),
        capability.is_some(),
        "{case}"
    );
    assert!(page.target().contains(&named), "{case}: {}", page.target());
    let body = tenant.lifecycle_event("installed").unwrap().json();
    assert_eq!(
        body.get("capabilitySet").and_then(Value::as_str),
        capability,
        "{case}"
    );
    assert_eq!(
        body.get("entitlementId").is_some(),
        state != State::Absent
            && !matches!(
                tenant.snapshot().stage,
                Stage::Overridden | Stage::NeverLicensed
            ),
        "{case}"
    );
}

#[test]
fn every_move_shows_in_every_license_source() {
    type Story = fn(&MockHost, &Tenant);
    let table: Vec<(&str, Story, Says)> = vec![
        ("never licensed", |_, _| {}, (State::Absent, None, None)),
        (
            "trial of Standard",
            |_, t| drop(t.start_trial(Edition::Standard, 30).unwrap()),
            (State::Active, None, Some(true)),
        ),
        (
            "trial of Advanced",
            |_, t| drop(t.start_trial(Edition::Advanced, 30).unwrap()),
            (State::Active, ADVANCED, Some(true)),
        ),
        (
            "the last second of a trial",
            |h, t| {
                t.start_trial(Edition::Advanced, 30).unwrap();
                h.clock().advance(30 * 86_400 - 1);
            },
            (State::Active, ADVANCED, Some(true)),
        ),
        (
            "a trial that the clock ended",
            |h, t| {
                t.start_trial(Edition::Advanced, 30).unwrap();
                h.clock().advance_days(30);
            },
            (State::Inactive, ADVANCED, Some(true)),
        ),
        (
            "Standard, never changed",
            |_, t| drop(t.buy(Edition::Standard).unwrap()),
            (State::Active, None, Some(false)),
        ),
        (
            "Standard, renewed for a year",
            |h, t| {
                t.buy(Edition::Standard).unwrap();
                h.clock().advance_days(365);
            },
            (State::Active, None, Some(false)),
        ),
        (
            "Advanced",
            |_, t| drop(t.buy(Edition::Advanced).unwrap()),
            (State::Active, ADVANCED, Some(false)),
        ),
        (
            "Standard, changed to Advanced",
            |_, t| {
                t.buy(Edition::Standard).unwrap();
                t.change_edition(Edition::Advanced).unwrap();
            },
            (State::Active, ADVANCED, Some(false)),
        ),
        (
            "back to Standard: named ever after",
            |_, t| {
                t.buy(Edition::Advanced).unwrap();
                t.change_edition(Edition::Standard).unwrap();
            },
            (State::Active, STANDARD, Some(false)),
        ),
        (
            "trial of Advanced beside Standard",
            |_, t| {
                t.buy(Edition::Standard).unwrap();
                t.start_trial(Edition::Advanced, 14).unwrap();
            },
            (State::Active, ADVANCED, Some(true)),
        ),
        (
            "that trial has ended",
            |h, t| {
                t.buy(Edition::Standard).unwrap();
                t.start_trial(Edition::Advanced, 14).unwrap();
                h.clock().advance_days(14);
            },
            (State::Active, STANDARD, Some(false)),
        ),
        (
            "downgrade ordered",
            |_, t| {
                t.buy(Edition::Advanced).unwrap();
                t.downgrade_at_period_end(Edition::Standard).unwrap();
            },
            (State::Active, ADVANCED, Some(false)),
        ),
        (
            "downgrade come",
            |h, t| {
                t.buy(Edition::Advanced).unwrap();
                t.downgrade_at_period_end(Edition::Standard).unwrap();
                h.clock().advance_days(30);
            },
            (State::Active, STANDARD, Some(false)),
        ),
        (
            "cancelled, period left",
            |h, t| {
                t.buy_billed(Edition::Advanced, Billing::Annual).unwrap();
                t.cancel().unwrap();
                h.clock().advance_days(364);
            },
            (State::Active, ADVANCED, Some(false)),
        ),
        (
            "cancelled and over",
            |h, t| {
                t.buy_billed(Edition::Advanced, Billing::Annual).unwrap();
                t.cancel().unwrap();
                h.clock().advance_days(365);
            },
            (State::Inactive, ADVANCED, Some(false)),
        ),
        (
            "expired by hand",
            |_, t| {
                t.buy(Edition::Standard).unwrap();
                t.expire().unwrap();
            },
            (State::Inactive, None, Some(false)),
        ),
        (
            "bought again after the end",
            |_, t| {
                t.start_trial(Edition::Advanced, 30).unwrap();
                t.expire().unwrap();
                t.buy(Edition::Standard).unwrap();
            },
            (State::Active, STANDARD, Some(false)),
        ),
        (
            "suspended",
            |_, t| {
                t.buy(Edition::Advanced).unwrap();
                t.suspend().unwrap();
            },
            (State::Inactive, ADVANCED, Some(false)),
        ),
        (
            "resumed",
            |_, t| {
                t.buy(Edition::Advanced).unwrap();
                t.suspend().unwrap();
                t.resume().unwrap();
            },
            (State::Active, ADVANCED, Some(false)),
        ),
        (
            "switched off",
            |_, t| {
                t.buy(Edition::Standard).unwrap();
                t.deactivate().unwrap();
            },
            (State::Inactive, None, Some(false)),
        ),
        (
            "access token: unlicensed",
            |_, t| drop(t.use_access_token(AccessToken::Unlicensed).unwrap()),
            (State::Absent, None, None),
        ),
        (
            "access token: inactive trial",
            |_, t| drop(t.use_access_token(AccessToken::InactiveTrial).unwrap()),
            (State::Inactive, None, Some(true)),
        ),
        (
            "access token: cancelled subscription",
            |_, t| {
                drop(
                    t.use_access_token(AccessToken::CancelledSubscription)
                        .unwrap(),
                )
            },
            (State::Active, None, Some(false)),
        ),
    ];
    for (case, story, says) in table {
        let (host, tenant) = tenant_of(&both_halves());
        story(&host, &tenant);
        assert_everywhere(case, &tenant, says);
    }
}

#[test]
fn free_apps_and_apps_without_editions() {
    let (_, tenant) = tenant_of(&both_halves().free());
    tenant.buy(Edition::Advanced).unwrap();
    assert_everywhere("free", &tenant, (State::Absent, None, None));
    assert_eq!(tenant.snapshot().stage, Stage::Free);

    let (_, tenant) = tenant_of(&both_halves().without_editions());
    tenant.buy(Edition::Advanced).unwrap();
    assert_everywhere("no editions", &tenant, (State::Active, None, Some(false)));
}

#[test]
fn types_and_dates_are_spelled_as_each_surface_does() {
    let (_, tenant) = tenant_of(&both_halves());
    tenant.set_kind("ACADEMIC").unwrap();
    tenant
        .buy_billed(Edition::Standard, Billing::Annual)
        .unwrap();
    let ui = tenant.ui_context("panel").unwrap();
    assert_eq!(ui["license"]["type"], "academic");
    assert_eq!(ui["license"]["billingPeriod"], "ANNUAL");
    assert_eq!(
        ui["license"]["subscriptionEndDate"],
        "2028-01-15T08:00:00.000Z"
    );
    assert_eq!(ui["license"]["trialEndDate"], Value::Null);
    assert!(ui["license"].get("isActive").is_none());
    assert_eq!(
        tenant.function_context().unwrap()["license"]["isActive"],
        true
    );
    assert_eq!(
        tenant.connect_license_api().unwrap()["license"]["type"],
        "ACADEMIC"
    );
    assert!(
        tenant.scheduled_context().unwrap().get("license").is_none(),
        "scheduled triggers say nothing"
    );
}
