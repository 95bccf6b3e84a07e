//! What the platform sends when an app is installed, what it refuses, and what a snapshot of it keeps.

use app_license::Edition;
use app_license_testkit::{App, MockHost};

use crate::moves::{both_halves, tenant_of};

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
