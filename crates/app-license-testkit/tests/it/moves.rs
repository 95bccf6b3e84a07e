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

#[test]
fn installation_moves_send_what_each_kind_of_app_gets() {
    let names = |events: Vec<app_license_testkit::SignedRequest>| -> Vec<String> {
        events.iter().map(|event| event.name().to_owned()).collect()
    };
    let host = MockHost::offline();
    let connect = App::connect("com.example.app", "https://app.example.com").unwrap();
    let acme = host.tenant(&connect, "acme").unwrap();
    assert_eq!(names(acme.install().unwrap()), ["installed", "enabled"]);
    assert_eq!(acme.install().unwrap_err().code(), "move");
    assert_eq!(names(acme.disable().unwrap()), ["disabled"]);
    assert_eq!(names(acme.enable().unwrap()), ["enabled"]);
    assert_eq!(
        names(acme.upgrade("1.1.0").unwrap()),
        ["installed", "enabled"]
    );
    assert_eq!(names(acme.rotate_secret().unwrap()), ["installed"]);
    assert_eq!(
        names(acme.uninstall().unwrap()),
        ["disabled", "uninstalled"]
    );
    assert_eq!(acme.uninstall().unwrap_err().code(), "move");
    let secret = acme.shared_secret().unwrap();
    assert_eq!(names(acme.reinstall().unwrap()), ["installed", "enabled"]);
    assert_eq!(acme.previous_secret().unwrap(), Some(secret));

    let on_forge = host.tenant(&both_halves(), "globex").unwrap();
    let events = on_forge.install().unwrap();
    assert!(
        events[0].json()["installationId"]
            .as_str()
            .unwrap()
            .starts_with("ari:cloud:ecosystem::installation/")
    );
    assert_eq!(names(events), ["installed", "avi:forge:installed:app"]);
    let before = on_forge.installation_ari().unwrap();
    let renamed = on_forge.site().rename("globex-corp").unwrap();
    assert!(renamed[0].json().get("installationId").is_none());
    assert_eq!(
        renamed[0].json()["baseUrl"],
        "https://globex-corp.atlassian.net"
    );
    assert_eq!(
        names(on_forge.upgrade("2.0.0").unwrap()),
        ["avi:forge:upgraded:app"]
    );
    assert_eq!(
        names(on_forge.reinstall().unwrap()),
        ["uninstalled", "installed", "avi:forge:installed:app"]
    );
    assert_ne!(on_forge.installation_ari().unwrap(), before);
    on_forge.vanish().unwrap();
    assert!(!on_forge.is_installed());
}

#[test]
fn moves_that_make_no_sense_are_refused() {
    let (_, tenant) = tenant_of(&both_halves());
    for (refused, words) in [
        (
            tenant.change_edition(Edition::Advanced),
            "cannot change the edition: nothing is licensed",
        ),
        (tenant.cancel(), "cannot cancel: nothing is licensed"),
        (tenant.expire(), "cannot expire: nothing was ever licensed"),
        (
            tenant.buy(Edition::Free),
            "cannot buy: only Standard and Advanced are sold",
        ),
        (
            tenant.downgrade_at_period_end(Edition::Standard),
            "cannot change the edition at the end of the period: nothing is paid for",
        ),
    ] {
        assert_eq!(refused.unwrap_err().to_string(), words);
    }
    tenant.buy(Edition::Advanced).unwrap();
    assert_eq!(
        tenant
            .start_trial(Edition::Advanced, 30)
            .unwrap_err()
            .to_string(),
        "cannot start the trial: that edition is paid for"
    );
}

#[test]
fn the_same_moves_give_the_same_ids_and_another_seed_gives_others() {
    let run = |seed: u64| {
        let host = MockHost::builder().seed(seed).offline().unwrap();
        let tenant = host.tenant(&both_halves(), "acme").unwrap();
        let events = tenant.reinstall().unwrap();
        (events, tenant.page("/panel").unwrap())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(
        run(1).0[0].json()["clientKey"],
        run(2).0[0].json()["clientKey"]
    );
}

#[test]
fn a_restored_platform_goes_on_where_it_was() {
    let (host, tenant) = tenant_of(&both_halves());
    tenant.start_trial(Edition::Advanced, 30).unwrap();
    host.rotate_install_keys().unwrap();
    let again = MockHost::builder()
        .restore(host.snapshot().unwrap())
        .offline()
        .unwrap();
    let same = again.tenant(&both_halves(), "acme").unwrap();
    assert_eq!(same.snapshot(), tenant.snapshot());
    assert_eq!(same.page("/x").unwrap(), tenant.page("/x").unwrap());
    assert_eq!(
        same.lifecycle_event("installed").unwrap(),
        tenant.lifecycle_event("installed").unwrap()
    );
    assert_eq!(
        MockHost::builder()
            .restore("{}")
            .offline()
            .unwrap_err()
            .code(),
        "snapshot"
    );
}

#[test]
fn no_debug_output_shows_a_secret() {
    let (host, tenant) = tenant_of(&both_halves());
    let event = tenant.lifecycle_event("installed").unwrap();
    let page = tenant.page("/panel").unwrap();
    let shown = format!(
        "{host:?} {tenant:?} {event:?} {page:?} {:?}",
        host.install_key()
    );
    assert!(!shown.contains(&tenant.shared_secret().unwrap()));
    assert!(!shown.contains("eyJ"));
    assert!(!shown.contains("PRIVATE"));
}

#[test]
fn a_lifecycle_event_of_no_name_is_refused_with_those_that_there_are() {
    let (_, tenant) = tenant_of(&both_halves());
    let error = tenant.lifecycle_event("instaled").unwrap_err();
    assert_eq!(error.code(), "invalid");
    assert_eq!(
        error.to_string(),
        "`instaled` is not a valid lifecycle event: there are installed, uninstalled, enabled, disabled"
    );
}
