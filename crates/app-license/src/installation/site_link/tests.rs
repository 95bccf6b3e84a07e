use super::ForgeHalf;
use crate::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use crate::delivery::Delivery;
use crate::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use crate::ids::{AppKey, ClientKey, CloudId, ForgeAppId, InstallationAri};
use crate::installation::{Change, Event, Installation, InstallationKey, InstallationStatus};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;

const ARI: &str = "ari:cloud:ecosystem::installation/7ab5a4a1";

fn at(seconds: u64) -> UnixTime {
    UnixTime::EPOCH.plus(seconds)
}

fn tenant() -> ClientKey {
    ClientKey::new("tenant-1").unwrap()
}

fn connect(kind: LifecycleKind, more: &str) -> Event {
    let secret = if kind == LifecycleKind::Installed {
        r#""sharedSecret":"a-secret-key-not-to-be-lost","#
    } else {
        ""
    };
    let body = format!(
        r#"{{"eventType":"{kind}","key":"com.example.app","clientKey":"tenant-1",{secret}{more}
        "baseUrl":"https://example.atlassian.net","productType":"jira"}}"#
    );
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let app = AppKey::new("com.example.app").unwrap();
    body.accept(kind, &app, &tenant(), &KeyHosts::default())
        .unwrap()
        .into()
}

fn on_forge() -> Event {
    connect(
        LifecycleKind::Installed,
        &format!(r#""installationId":"{ARI}","#),
    )
}

fn forge(kind: ForgeLifecycleKind, json: &str) -> Event {
    ForgeLifecycleEvent::parse(kind, json.as_bytes())
        .unwrap()
        .into()
}

fn license(json: &str, source: LicenseSource, seconds: u64) -> Event {
    License::from_object(json.as_bytes(), source)
        .unwrap()
        .at(at(seconds))
        .into()
}

fn half(ari: &str, issued_at: u64) -> ForgeHalf {
    ForgeHalf {
        installation: InstallationAri::new(ari).unwrap(),
        app: ForgeAppId::new("8db33809").unwrap(),
        cloud_id: Some(CloudId::new("cloud-1").unwrap()),
        product: Some("jira".to_owned()),
        is_production: true,
        issued_at: at(issued_at),
    }
}

/// Applies events one second apart.
fn run(key: &InstallationKey, events: &[Event]) -> (Installation, Vec<&'static str>) {
    let (mut stored, mut codes) = (None, Vec::new());
    for (event, seconds) in events.iter().zip(1000..) {
        let delivery = Delivery::new(key.clone(), event.clone());
        let outcome = delivery.apply(stored, None, at(seconds)).unwrap();
        codes.extend(outcome.changes().map(Change::code));
        stored = outcome.after;
    }
    (stored.unwrap(), codes)
}

fn forge_key() -> InstallationKey {
    InstallationKey::Forge(InstallationAri::new(ARI).unwrap())
}

fn connect_key() -> InstallationKey {
    InstallationKey::Connect(tenant())
}

#[test]
fn nothing_happens_under_a_link() {
    let linked = Event::Linked { tenant: tenant() };
    let license = license(r#"{"active":true}"#, LicenseSource::ForgeInvocationToken, 9);
    let installed = forge(
        ForgeLifecycleKind::Installed,
        r#"{"id":"7ab5a4a1","app":{"id":"8db33809","version":"2"}}"#,
    );
    let (link, codes) = run(
        &forge_key(),
        &[linked.clone(), license.clone(), installed, linked],
    );
    assert_eq!(codes, ["linked"]);
    assert_eq!(link.tenant(), Some(&tenant()));
    assert!(!link.status().is_in_use());
    let Event::License(license) = license else {
        panic!("a license")
    };
    assert!(!link.is_news(&license, at(2000)));
    // a Connect record is no link
    let (customer, codes) = run(
        &connect_key(),
        &[on_forge(), Event::Linked { tenant: tenant() }],
    );
    assert_eq!((customer.tenant(), &*codes), (None, &["installed"][..]));
}

#[test]
fn what_was_known_of_the_forge_half_before_is_taken_over_once() {
    let trial = r#"{"active":true,"isEvaluation":true,"capabilitySet":"capabilityAdvanced"}"#;
    let source = LicenseSource::ForgeInvocationToken;
    let installed = forge(
        ForgeLifecycleKind::Installed,
        r#"{"id":"7ab5a4a1","app":{"id":"8db33809","version":"2"}}"#,
    );
    let (before, _) = run(&forge_key(), &[installed, license(trial, source, 1002)]);
    let joined = Event::Joined(Box::new(before.record().clone()));
    let (customer, codes) = run(
        &connect_key(),
        &[on_forge(), joined.clone(), joined.clone()],
    );
    assert_eq!(
        codes,
        [
            "installed",
            "joined",
            "edition_changed",
            "license_changed",
            "details_changed"
        ]
    );
    assert_eq!(customer.license(), before.license());
    assert_eq!(customer.app_version(), Some("2"));
    // an older statement replaces nothing
    let page = license(
        r#"{"active":false}"#,
        LicenseSource::ConnectIframeQuery,
        1003,
    );
    let (customer, _) = run(&connect_key(), &[on_forge(), page, joined]);
    assert_eq!(customer.license().unwrap().as_of(), at(1003));
}

/// What the platform sent before the last event that counted for the Forge half is as old for the customer.
#[test]
fn the_order_of_forge_events_is_taken_over() {
    let json = r#"{"id":"7ab5a4a1","app":{"id":"8db33809","version":"2"}}"#;
    let deliver = |key: InstallationKey, stored, event, issued| {
        let delivery = Delivery::new(key, event).issued(at(issued));
        delivery.apply(stored, None, at(2000)).unwrap().after
    };
    let installed = forge(ForgeLifecycleKind::Installed, json);
    let half = deliver(forge_key(), None, installed, 100).unwrap();
    let joined = Event::Joined(Box::new(half.record().clone()));
    let customer = deliver(connect_key(), None, on_forge(), 50);
    let customer = Delivery::new(connect_key(), joined).apply(customer, None, at(2000));
    let customer = customer.unwrap().after;
    for (issued, status) in [
        (90, InstallationStatus::Installed),
        (110, InstallationStatus::Uninstalled),
    ] {
        let gone = forge(ForgeLifecycleKind::PreUninstall, json);
        let after = deliver(connect_key(), customer.clone(), gone, issued);
        assert_eq!(after.unwrap().status(), status, "{issued}");
    }
}

#[test]
fn what_a_link_was_before_it_became_one_is_found_by_what_changed() {
    let installed = forge(
        ForgeLifecycleKind::Installed,
        r#"{"id":"7ab5a4a1","app":{"id":"8db33809","version":"2"}}"#,
    );
    let linked = || Event::Linked { tenant: tenant() };
    for events in [&[installed, Event::Block, linked()][..], &[linked()]] {
        let (mut stored, mut history) = (None, Vec::new());
        let mut seen = Vec::new();
        for (event, seconds) in events.iter().zip(1000..) {
            let delivery = Delivery::new(forge_key(), event.clone());
            let outcome = delivery.apply(stored, None, at(seconds)).unwrap();
            history.extend(outcome.changes().map(|it| (at(seconds), it.clone())));
            stored = outcome.after;
            let record = stored.as_ref().unwrap().record();
            seen.push((at(seconds), record.status(), record.tenant().cloned()));
        }
        let now = stored.unwrap();
        for (time, status, tenant) in seen {
            let then = now.record().at(time, &history).unwrap();
            assert_eq!((then.status(), then.tenant().cloned()), (status, tenant));
        }
        assert_eq!(now.record().at(at(999), &history), None);
    }
}

#[test]
fn a_block_of_the_forge_half_goes_to_the_customer() {
    let installed = forge(
        ForgeLifecycleKind::Installed,
        r#"{"id":"7ab5a4a1","app":{"id":"8db33809","version":"2"}}"#,
    );
    let (served, _) = run(&forge_key(), std::slice::from_ref(&installed));
    let (blocked, _) = run(&forge_key(), &[installed, Event::Block]);
    let joined = |known: &Installation| Event::Joined(Box::new(known.record().clone()));
    let (customer, codes) = run(&connect_key(), &[on_forge(), joined(&blocked)]);
    assert_eq!(codes, ["installed", "joined", "blocked", "details_changed"]);
    assert_eq!(customer.blocked_at(), blocked.blocked_at());
    assert!(blocked.is_blocked() && customer.refusal().is_some());
    // a customer who is blocked stays so, since when it was
    let (customer, codes) = run(
        &connect_key(),
        &[on_forge(), Event::Block, joined(&served), joined(&blocked)],
    );
    assert_eq!(codes, ["installed", "blocked", "joined", "details_changed"]);
    assert_eq!(customer.blocked_at(), Some(at(1001)));
}

#[test]
fn what_happened_between_the_take_over_and_the_link_is_taken_over_too() {
    let installed = forge(
        ForgeLifecycleKind::Installed,
        r#"{"id":"7ab5a4a1","app":{"id":"8db33809","version":"2"}}"#,
    );
    let paid = license(
        r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#,
        LicenseSource::ForgeInvocationToken,
        1001,
    );
    let (before, _) = run(&forge_key(), std::slice::from_ref(&installed));
    let (after, _) = run(&forge_key(), &[installed, paid, Event::Block]);
    let joined = |known: &Installation| Event::Joined(Box::new(known.record().clone()));
    let (customer, codes) = run(
        &connect_key(),
        &[on_forge(), joined(&before), joined(&after)],
    );
    assert_eq!(
        codes,
        [
            "installed",
            "joined",
            "details_changed",
            "blocked",
            "edition_changed",
            "license_changed"
        ]
    );
    assert_eq!(customer.license(), after.license());
}

#[test]
fn an_uninstalled_connect_half_does_not_end_a_customer_who_is_on_forge() {
    let gone = connect(LifecycleKind::Uninstalled, "");
    let invoked = |ari, seconds| Event::Invoked(Box::new(half(ari, seconds)));
    let (customer, _) = run(&connect_key(), &[on_forge(), gone.clone()]);
    assert_eq!(customer.status(), InstallationStatus::Uninstalled);
    // of before, or of the same moment
    for seconds in [900, 1001, 1061] {
        assert!(!customer.learns_from(&half(ARI, seconds)) || customer.cloud_id().is_none());
        let (same, _) = run(
            &connect_key(),
            &[on_forge(), gone.clone(), invoked(ARI, seconds)],
        );
        assert_eq!(same.status(), InstallationStatus::Uninstalled, "{seconds}");
    }
    assert!(customer.learns_from(&half(ARI, 1062)));
    let (back, codes) = run(&connect_key(), &[on_forge(), gone, invoked(ARI, 1062)]);
    assert_eq!(
        codes,
        ["installed", "uninstalled", "reinstalled", "details_changed"]
    );
    assert!(back.status().is_in_use());
    // the secret of the Connect half stays dead
    assert_eq!(back.secrets(at(5000), u64::MAX).count(), 0);
}

#[test]
fn only_production_of_the_same_site_product_and_app_continues_a_customer() {
    let invoked = Event::Invoked(Box::new(half(ARI, 1001)));
    let (customer, _) = run(&connect_key(), &[on_forge(), invoked]);
    let links: Vec<_> = customer.links().map(|key| key.to_string()).collect();
    assert_eq!(links, [ARI, "ari:cloud:jira::site/cloud-1"]);
    let other = "ari:cloud:ecosystem::installation/another";
    assert!(customer.is_continued_by(&half(other, 2000)));
    let but = |change: fn(&mut ForgeHalf)| {
        let mut half = half(other, 2000);
        change(&mut half);
        customer.is_continued_by(&half)
    };
    assert!(!but(|half| half.is_production = false));
    assert!(!but(
        |half| half.cloud_id = Some(CloudId::new("cloud-2").unwrap())
    ));
    assert!(!but(|half| half.cloud_id = None));
    assert!(!but(|half| half.product = Some("confluence".to_owned())));
    assert!(!but(|half| half.product = None));
    assert!(!but(|half| half.app = ForgeAppId::new("another").unwrap()));
    // where the site is not known, nothing is guessed
    let (unknown, _) = run(&connect_key(), &[on_forge()]);
    assert!(!unknown.is_continued_by(&half(other, 2000)));
    let mut staging = half(other, 2000);
    staging.is_production = false;
    assert_eq!(staging.site_key(), None);
}

#[test]
fn a_link_that_two_name_stays_unless_the_app_is_in_use_at_the_other_alone() {
    let (in_use, _) = run(&connect_key(), &[on_forge()]);
    let off = connect(LifecycleKind::Disabled, "");
    let (off, _) = run(&connect_key(), &[on_forge(), off]);
    let (elsewhere, _) = run(&connect_key(), &[connect(LifecycleKind::Installed, "")]);
    let link = forge_key();
    for (has, other, stays) in [
        (&in_use, &in_use, true),
        (&in_use, &off, true),
        (&off, &off, true),
        (&off, &in_use, false),
        // it names another by now
        (&elsewhere, &off, false),
    ] {
        let found = has.keeps_link(&link, other.record());
        assert_eq!(found, stays, "{} {}", has.status(), other.status());
    }
}
