mod clocks;
mod secrets;

use proptest::prelude::*;

use super::{Change, Event, Installation, InstallationRecord, InstallationStatus};
use crate::Evidence;
use crate::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use crate::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use crate::gate::facts::State;
use crate::ids::{AppKey, ClientKey, InstallationAri};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;

const SECRET: &str = "0123456789abcdef-first";

fn connect(kind: LifecycleKind, fields: &[(&str, &str)]) -> Event {
    let mut body = serde_json::json!({
        "eventType": kind.name(),
        "key": "com.example.app",
        "clientKey": "tenant-1",
        "sharedSecret": SECRET,
        "baseUrl": "https://example.atlassian.net",
        "productType": "jira",
    });
    for (name, value) in fields {
        body[*name] = (*value).into();
    }
    LifecycleBody::parse(body.to_string().as_bytes())
        .unwrap()
        .accept(
            kind,
            &AppKey::new("com.example.app").unwrap(),
            &ClientKey::new("tenant-1").unwrap(),
            &KeyHosts::default(),
        )
        .unwrap()
        .into()
}

fn installed(fields: &[(&str, &str)]) -> Event {
    connect(LifecycleKind::Installed, fields)
}

fn enabled() -> Event {
    connect(LifecycleKind::Enabled, &[])
}

fn disabled() -> Event {
    connect(LifecycleKind::Disabled, &[])
}

fn uninstalled() -> Event {
    connect(LifecycleKind::Uninstalled, &[])
}

fn license(json: &str, as_of: Option<u64>) -> Event {
    let license =
        License::from_object(json.as_bytes(), LicenseSource::ForgeFunctionContext).unwrap();
    match as_of {
        Some(seconds) => license.at(UnixTime::EPOCH.plus(seconds)).into(),
        None => license.into(),
    }
}

fn forge(kind: ForgeLifecycleKind, version: &str) -> Event {
    let json = format!(r#"{{"id":"i-1","app":{{"id":"a-1","version":"{version}"}}}}"#);
    ForgeLifecycleEvent::parse(kind, json.as_bytes())
        .unwrap()
        .into()
}

/// Applies events one second apart; the codes of all changes, and the end.
fn run(events: &[Event]) -> (Option<Installation>, String) {
    let mut current = None;
    let mut codes = Vec::new();
    for (at, event) in (1..).zip(events) {
        let now = UnixTime::EPOCH.plus(at);
        let (next, changes) = Installation::apply(current, event, now);
        codes.extend(changes.iter().map(Change::code));
        current = next;
    }
    (current, codes.join(" "))
}

#[test]
fn the_usual_life() {
    let events = [
        installed(&[("capabilitySet", "capabilityStandard")]),
        enabled(),
        installed(&[("sharedSecret", "0123456789abcdef-other")]),
        installed(&[
            ("sharedSecret", "0123456789abcdef-other"),
            ("baseUrl", "https://renamed.atlassian.net"),
        ]),
        disabled(),
        enabled(),
        disabled(),
        uninstalled(),
        installed(&[("capabilitySet", "capabilityAdvanced")]),
    ];
    let (end, codes) = run(&events);
    assert_eq!(
        codes,
        "installed enabled secret_rotated site_renamed disabled enabled disabled uninstalled \
         reinstalled secret_rotated site_renamed edition_changed"
    );
    let end = end.unwrap();
    assert_eq!(end.status(), InstallationStatus::Installed);
    assert_eq!(end.first_installed_at(), UnixTime::EPOCH.plus(1));
    assert_eq!(end.installed_at(), UnixTime::EPOCH.plus(9));
    assert_eq!(end.uninstalled_at(), None);
    // what the uninstall ended is not accepted again
    assert_eq!(end.stored_secrets().previous(), None);
}

#[test]
fn rotation_and_rename_keep_an_app_enabled() {
    let (end, codes) = run(&[
        installed(&[]),
        enabled(),
        installed(&[("displayUrl", "https://x.y")]),
    ]);
    assert_eq!(codes, "installed enabled details_changed");
    assert_eq!(end.unwrap().status(), InstallationStatus::Enabled);
}

#[test]
fn nothing_comes_from_nothing() {
    for event in [
        enabled(),
        disabled(),
        uninstalled(),
        license(r#"{"active":true}"#, None),
        forge(ForgeLifecycleKind::PreUninstall, "1"),
    ] {
        assert_eq!(run(&[event]), (None, String::new()));
    }
}

#[test]
fn an_uninstalled_app_is_only_brought_back_by_installed() {
    let (end, codes) = run(&[installed(&[]), uninstalled(), disabled(), enabled()]);
    assert_eq!(codes, "installed uninstalled");
    assert_eq!(end.unwrap().status(), InstallationStatus::Uninstalled);
    let (end, codes) = run(&[
        forge(ForgeLifecycleKind::Installed, "1"),
        forge(ForgeLifecycleKind::PreUninstall, "1"),
        forge(ForgeLifecycleKind::Upgraded, "2"),
    ]);
    assert_eq!(codes, "installed uninstalled upgraded");
    assert_eq!(end.unwrap().status(), InstallationStatus::Uninstalled);
}

#[test]
fn the_order_of_disabled_and_uninstalled_does_not_matter() {
    let now = UnixTime::EPOCH.plus(9);
    let (start, _) = run(&[installed(&[]), enabled()]);
    let both = |first: &Event, second: &Event| {
        let (one, _) = Installation::apply(start.clone(), first, now);
        Installation::apply(one, second, now).0
    };
    assert_eq!(
        both(&disabled(), &uninstalled()),
        both(&uninstalled(), &disabled())
    );
}

#[test]
fn an_absent_installation_id_erases_nothing() {
    let ari = "ari:cloud:ecosystem::installation/1";
    let (end, codes) = run(&[
        installed(&[
            ("installationId", ari),
            ("entitlementId", "e-1"),
            ("cloudId", "c-1"),
        ]),
        installed(&[]),
        installed(&[("installationId", ""), ("entitlementId", "")]),
    ]);
    let end = end.unwrap();
    assert_eq!(codes, "installed");
    assert_eq!(
        end.installation_id(),
        Some(&InstallationAri::new(ari).unwrap())
    );
    assert_eq!(end.entitlement().id(), Some("e-1"));
    let (_, codes) = run(&[
        installed(&[("installationId", ari)]),
        installed(&[("installationId", "ari:cloud:ecosystem::installation/2")]),
    ]);
    assert_eq!(codes, "installed installation_id_changed");
}

#[test]
fn readings_of_the_license() {
    let (end, codes) = run(&[
        installed(&[]),
        license(
            r#"{"active":true,"isEvaluation":true,"capabilitySet":"capabilityAdvanced"}"#,
            Some(100),
        ),
        // another license source: nothing about a trial, no edition
        license(r#"{"active":true}"#, Some(110)),
        // says nothing
        license("{}", Some(115)),
        // late: older than what is known
        license(r#"{"active":false}"#, Some(105)),
        license(
            r#"{"active":true,"isEvaluation":false,"ccpEntitlementId":"e"}"#,
            Some(120),
        ),
        license(
            r#"{"active":false,"capabilitySet":"capabilityStandard"}"#,
            Some(130),
        ),
    ]);
    assert_eq!(
        codes,
        "installed edition_changed license_changed entitlement_changed license_changed \
         edition_changed license_changed"
    );
    let end = end.unwrap();
    let known = end.license().unwrap();
    assert_eq!(known.to_string(), "inactive");
    assert_eq!(known.as_of(), UnixTime::EPOCH.plus(130));
}

#[test]
fn an_event_of_another_installation_changes_nothing() {
    let (start, _) = run(&[forge(ForgeLifecycleKind::Installed, "1")]);
    let (end, changes) = Installation::apply(start.clone(), &installed(&[]), UnixTime::EPOCH);
    assert_eq!((end, changes), (start, vec![]));
    let (start, _) = run(&[installed(&[])]);
    let upgraded = forge(ForgeLifecycleKind::Upgraded, "2");
    let (end, changes) = Installation::apply(start.clone(), &upgraded, UnixTime::EPOCH);
    assert_eq!((end, changes), (start, vec![]));
}

fn any_event() -> impl Strategy<Value = Event> {
    let value = |values: &'static [&'static str]| prop::sample::select(values);
    let fields = (
        value(&["", "ari:1", "ari:2"]),
        value(&["", "capabilityStandard", "capabilityAdvanced"]),
        value(&[SECRET, "0123456789abcdef-other"]),
        value(&["https://a.atlassian.net", "https://b.atlassian.net"]),
        value(&["", "e-1", "e-2"]),
    );
    prop_oneof![
        3 => fields.prop_map(|(id, capability, secret, base_url, entitlement)| installed(&[
            ("installationId", id),
            ("capabilitySet", capability),
            ("sharedSecret", secret),
            ("baseUrl", base_url),
            ("entitlementId", entitlement),
        ])),
        1 => Just(enabled()),
        1 => Just(disabled()),
        1 => Just(uninstalled()),
        1 => Just(Event::Block),
        1 => Just(Event::Unblock),
        1 => (value(&["{}", r#"{"active":true}"#, r#"{"active":false,"isEvaluation":true}"#]),
              prop::option::of(0_u64..50)).prop_map(|(json, at)| license(json, at)),
    ]
}

proptest! {
    #[test]
    fn every_event_delivered_twice_equals_once(events in prop::collection::vec(any_event(), 0..12)) {
        let (mut once, mut twice) = (None, None);
        for (at, event) in (0..).step_by(10).zip(&events) {
            let now = UnixTime::EPOCH.plus(at);
            once = Installation::apply(once, event, now).0;
            twice = Installation::apply(twice, event, now).0;
            let (again, changes) = Installation::apply(twice.clone(), event, now.plus(5));
            prop_assert_eq!(&changes, &vec![]);
            prop_assert_eq!(&again, &twice);
            twice = again;
        }
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn what_is_known_is_never_erased(events in prop::collection::vec(any_event(), 0..12)) {
        let mut current: Option<Installation> = None;
        for (at, event) in (0..).zip(&events) {
            let (next, _) = Installation::apply(current.clone(), event, UnixTime::EPOCH.plus(at));
            if let Some(before) = current {
                let after = next.as_ref().expect("never deleted");
                prop_assert!(before.installation_id().is_none() || after.installation_id().is_some());
                prop_assert!(before.capability_set().is_none() || after.capability_set().is_some());
                prop_assert!(before.entitlement().id().is_none() || after.entitlement().id().is_some());
                prop_assert!(before.license().is_none() || after.license().is_some());
                prop_assert!(after.stored_secrets().current().is_some());
                prop_assert_eq!(before.first_installed_at(), after.first_installed_at());
            }
            current = next;
        }
    }

    #[test]
    fn the_record_of_an_earlier_time_is_found_by_what_changed(
        events in prop::collection::vec(any_event(), 1..14), at in 0_u64..14,
    ) {
        let (mut current, mut history) = (None::<Installation>, Vec::new());
        let mut then = None;
        for (seconds, event) in (0_u64..).zip(&events) {
            let now = UnixTime::EPOCH.plus(seconds);
            let (next, changes) = Installation::apply(current, event, now);
            history.extend(changes.into_iter().map(|change| (now, change)));
            current = next;
            if seconds <= at {
                then.clone_from(&current);
            }
        }
        let time = UnixTime::EPOCH.plus(at);
        let found = current.and_then(|now| now.record().at(time, &history));
        let seen = |record: &InstallationRecord| {
            let license = record.license().map(|l| (l.state(), l.is_evaluation(), l.source()));
            let times = (record.status_since(), record.first_installed_at(), record.installed_at());
            let ended = (record.uninstalled_at(), record.blocked_at());
            let ids = (record.entitlement().clone(), record.installation_id().cloned());
            let site = record.base_url().map(str::to_owned);
            (record.status(), record.capability_set().cloned(), license, times, ended, ids, site)
        };
        prop_assert_eq!(found.as_ref().map(seen), then.map(|it| seen(it.record())));
    }

    #[test]
    fn a_pair_that_arrives_in_parallel_may_arrive_in_any_order(
        events in prop::collection::vec(any_event(), 0..8),
    ) {
        let (start, _) = run(&events);
        let now = UnixTime::EPOCH.plus(1000);
        let both = |a: &Event, b: &Event| {
            let (one, _) = Installation::apply(start.clone(), a, now);
            Installation::apply(one, b, now).0
        };
        prop_assert_eq!(both(&disabled(), &uninstalled()), both(&uninstalled(), &disabled()));
    }
}

/// The platform opens no page of an app that is switched off, so a later one says that it is on.
#[test]
fn a_page_that_is_opened_later_brings_a_disabled_tenant_back_and_no_other() {
    let opened = |at| Event::PageOpened {
        issued_at: UnixTime::EPOCH.plus(at),
    };
    let codes = |events: &[Event]| run(events).1;
    // `disabled` is applied in second 2
    let off = [installed(&[]), disabled()];
    let after = |at| codes(&[&off[..], &[opened(at)]].concat());
    assert_eq!(after(1), "installed disabled");
    assert_eq!(after(62), "installed disabled");
    assert_eq!(after(63), "installed disabled enabled");
    // what is gone stays gone, what is on stays as it is, and nobody is made up
    assert_eq!(
        codes(&[installed(&[]), uninstalled(), opened(900)]),
        "installed uninstalled"
    );
    assert_eq!(codes(&[installed(&[]), opened(900)]), "installed");
    assert_eq!(codes(&[opened(900)]), "");
}

/// A block is the vendor's own: no event of the platform ends it, and nothing the platform says gets lost.
#[test]
fn a_blocked_tenant_stays_blocked_whatever_the_platform_says() {
    let events = [
        Event::Block,
        installed(&[]),
        Event::Block,
        Event::Block,
        disabled(),
        enabled(),
        uninstalled(),
        installed(&[("capabilitySet", "capabilityAdvanced")]),
        license(r#"{"active":true}"#, Some(9)),
    ];
    let (blocked, codes) = run(&events);
    assert_eq!(
        codes,
        "installed blocked disabled enabled uninstalled reinstalled edition_changed license_changed"
    );
    let blocked = blocked.unwrap();
    assert_eq!(blocked.refusal().unwrap().code(), "tenant_blocked");
    let stored = blocked.stored_license();
    assert!(!stored.has_capability("capabilityStandard"));
    let (served, changes) = Installation::apply(Some(blocked), &Event::Unblock, UnixTime::EPOCH);
    assert_eq!(changes, [Change::Unblocked]);
    let served = served.unwrap();
    assert!(served.refusal().is_none());
    assert!(served.stored_license().has_capability("capabilityAdvanced"));
    let (gone, _) = Installation::apply(Some(served), &uninstalled(), UnixTime::EPOCH.plus(99));
    let gone = gone.unwrap();
    assert_eq!(gone.refusal().unwrap().code(), "unknown_tenant");
    assert_eq!(gone.stored_license().state().name(), "inactive");
}
