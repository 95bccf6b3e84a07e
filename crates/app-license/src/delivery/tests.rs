//! Deliveries of any order and number, run through a store in miniature.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers of the tests' own"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Delivery, NewEntry, Outcome, ReplayMark, StoredMark, TokenHash};
use crate::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use crate::error::Error;
use crate::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use crate::ids::{AppKey, ClientKey, ForgeAppId, InstallationAri};
use crate::installation::{Event, ForgeHalf, Installation, InstallationKey};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;

/// Loads, asks and writes: all that a store does.
#[derive(Clone, Default, PartialEq, Debug)]
struct Store {
    record: Option<Installation>,
    entries: Vec<NewEntry>,
    marks: BTreeMap<TokenHash, StoredMark>,
}

impl Store {
    fn deliver(&mut self, delivery: &Delivery, now: UnixTime) -> Result<Outcome, Error> {
        let token = delivery.mark().map(ReplayMark::token_hash);
        let stored_mark = token.and_then(|token| self.marks.get(token));
        let outcome = delivery.apply(self.record.clone(), stored_mark, now)?;
        self.record.clone_from(&outcome.after);
        self.entries.extend(outcome.entries.iter().cloned());
        if let Some(mark) = &outcome.mark {
            self.marks.insert(*mark.token_hash(), mark.stored());
        }
        Ok(outcome)
    }

    fn forget_marks(&mut self, now: UnixTime) {
        self.marks.retain(|_, mark| !mark.is_forgotten(now));
    }
}

const LIFE: u64 = 190;

pub(super) fn at(seconds: u64) -> UnixTime {
    UnixTime::EPOCH.plus(1_000_000).plus(seconds)
}

pub(super) fn key(tenant: &str) -> InstallationKey {
    InstallationKey::Connect(ClientKey::new(tenant).unwrap())
}

pub(super) fn lifecycle(kind: LifecycleKind, tenant: &str, secret: u8) -> Event {
    let body = serde_json::json!({
        "eventType": kind.name(),
        "key": "com.example.app",
        "clientKey": tenant,
        "sharedSecret": format!("0123456789abcdef-{secret}"),
        "baseUrl": "https://example.atlassian.net",
        "productType": "jira",
    });
    LifecycleBody::parse(body.to_string().as_bytes())
        .unwrap()
        .accept(
            kind,
            &AppKey::new("com.example.app").unwrap(),
            &ClientKey::new(tenant).unwrap(),
            &KeyHosts::default(),
        )
        .unwrap()
        .into()
}

fn license(active: bool, as_of: u8) -> Event {
    let json = format!(r#"{{"active":{active}}}"#);
    let license = License::from_object(json.as_bytes(), LicenseSource::ConnectLicenseApi).unwrap();
    license.at(at(as_of.into())).into()
}

fn forge(id: &str) -> Event {
    forge_event(ForgeLifecycleKind::Installed, id)
}

pub(super) fn forge_event(kind: ForgeLifecycleKind, id: &str) -> Event {
    let json = format!(r#"{{"id":"{id}","app":{{"id":"a-1","version":"2"}}}}"#);
    ForgeLifecycleEvent::parse(kind, json.as_bytes())
        .unwrap()
        .into()
}

const INSTALLATION: &str = "i-1";

fn ari(id: &str) -> InstallationAri {
    InstallationAri::new(format!("ari:cloud:ecosystem::installation/{id}")).unwrap()
}

fn invoked(id: &str, issued_at: u8) -> Event {
    Event::Invoked(Box::new(ForgeHalf {
        installation: ari(id),
        app: ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11").unwrap(),
        cloud_id: None,
        product: None,
        is_production: true,
        issued_at: at(issued_at.into()),
    }))
}

/// What was known under an installation of Forge that turns out to be a customer's.
fn joined(uninstalled: bool) -> Event {
    let of_forge = |kind, record| {
        let delivery = Delivery::new(InstallationKey::Forge(ari("i-2")), forge_event(kind, "i-2"));
        delivery.apply(record, None, at(0)).unwrap().after
    };
    let mut known = of_forge(ForgeLifecycleKind::Installed, None);
    if uninstalled {
        known = of_forge(ForgeLifecycleKind::PreUninstall, known);
    }
    Event::Joined(Box::new(known.unwrap().record().clone()))
}

fn forge_kind() -> impl Strategy<Value = ForgeLifecycleKind> {
    prop_oneof![
        Just(ForgeLifecycleKind::Installed),
        Just(ForgeLifecycleKind::Upgraded),
        Just(ForgeLifecycleKind::PreUninstall),
    ]
}

/// What happens to customers of either framework.
fn event_of_any() -> impl Strategy<Value = Event> {
    let id = prop_oneof![Just(INSTALLATION), Just("i-2")];
    prop_oneof![
        2 => (any::<bool>(), 0_u8..9).prop_map(|(active, as_of)| license(active, as_of)),
        2 => (0_u8..9).prop_map(|second| Event::PageOpened { issued_at: at(second.into()) }),
        1 => any::<bool>().prop_map(joined),
        1 => (id, 0_u8..9).prop_map(|(id, second)| invoked(id, second)),
        1 => Just(Event::ForgetPreviousSecret),
        1 => Just(Event::Block),
        1 => Just(Event::Unblock),
    ]
}

/// Under an installation of Forge, which may become a customer's.
fn event_of_forge() -> impl Strategy<Value = Event> {
    let linked = Event::Linked {
        tenant: ClientKey::new("a").unwrap(),
    };
    prop_oneof![
        6 => forge_kind().prop_map(|kind| forge_event(kind, INSTALLATION)),
        1 => Just(linked),
        3 => event_of_any(),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let id = prop_oneof![Just(INSTALLATION), Just("i-2")];
    prop_oneof![
        3 => (0_u8..3).prop_map(|secret| lifecycle(LifecycleKind::Installed, "a", secret)),
        1 => Just(lifecycle(LifecycleKind::Enabled, "a", 0)),
        1 => Just(lifecycle(LifecycleKind::Disabled, "a", 0)),
        2 => Just(lifecycle(LifecycleKind::Uninstalled, "a", 0)),
        // a Connect-on-Forge app hears of its Forge half too
        2 => (forge_kind(), id).prop_map(|(kind, id)| forge_event(kind, id)),
        5 => event_of_any(),
    ]
}

/// Deliveries with a token each, as the platform sends them; of some it is known when it was issued.
fn history_of(
    key: InstallationKey,
    event: impl Strategy<Value = Event>,
) -> impl Strategy<Value = Vec<Delivery>> {
    let issued = proptest::option::of(0_u8..9);
    let delivery = (proptest::collection::vec(event, 1..3), issued);
    proptest::collection::vec(delivery, 1..12).prop_map(move |deliveries| {
        let marked = |(number, (events, issued)): (usize, (Vec<Event>, Option<u8>))| {
            let mut events = events.into_iter();
            let first = Delivery::new(key.clone(), events.next().unwrap());
            let body = number.to_string();
            let mark = ReplayMark::new(&format!("token {number}"), body.as_bytes(), at(LIFE));
            let delivery = events.fold(first, Delivery::and).marked(mark);
            match issued {
                Some(second) => delivery.issued(at(second.into())),
                None => delivery,
            }
        };
        deliveries.into_iter().enumerate().map(marked).collect()
    })
}

fn connect_history() -> impl Strategy<Value = Vec<Delivery>> {
    history_of(key("a"), event())
}

fn history() -> impl Strategy<Value = Vec<Delivery>> {
    let forge = history_of(InstallationKey::Forge(ari(INSTALLATION)), event_of_forge());
    prop_oneof![connect_history(), forge]
}

/// Delivers all, a second apart.
fn deliver_all(store: &mut Store, deliveries: &[Delivery], from: u64) -> Vec<Outcome> {
    let times = from..;
    let one = |(delivery, now)| store.deliver(delivery, at(now)).unwrap();
    deliveries.iter().zip(times).map(one).collect()
}

proptest! {
    #[test]
    fn repeated_delivery_inert_a_history_applied_twice_gives_the_same_record(
        deliveries in history(), later in 20..=LIFE - 12,
    ) {
        let mut store = Store::default();
        let first = deliver_all(&mut store, &deliveries, 0);
        prop_assert!(first.iter().all(|outcome| !outcome.repeated));
        let once = store.clone();
        let again = deliver_all(&mut store, &deliveries, later);
        prop_assert!(again.iter().all(|outcome| outcome.repeated && outcome.is_unchanged()));
        prop_assert_eq!(store, once);
    }

    #[test]
    fn a_delivery_repeated_at_any_later_place_changes_nothing(
        deliveries in history(), one in any::<prop::sample::Index>(),
        later in any::<prop::sample::Index>(), wait in 0_u64..LIFE - 30,
    ) {
        let mut wanted = Store::default();
        deliver_all(&mut wanted, &deliveries, 0);
        let one = one.index(deliveries.len());
        let later = one + 1 + later.index(deliveries.len() - one);
        let (before, after) = deliveries.split_at(later);
        let mut store = Store::default();
        deliver_all(&mut store, before, 0);
        let outcome = store.deliver(&deliveries[one], at(later as u64 + wait)).unwrap();
        prop_assert!(outcome.repeated && outcome.changes().next().is_none());
        deliver_all(&mut store, after, later as u64);
        prop_assert_eq!(store, wanted);
    }

    /// Clocks of replicas differ by up to the grace, which is more than a day, and marks are forgotten at any time. A
    /// token is presented while it verifies by the clock of whoever presents it.
    #[test]
    fn no_order_of_marks_lets_a_token_act_twice(
        tries in proptest::collection::vec(
            (0_u8..3, 0_u8..3, 0..=LIFE, any::<bool>(), 0..=ReplayMark::GRACE), 1..40,
        ),
    ) {
        let mut store = Store::default();
        let mut acted: BTreeMap<u8, u8> = BTreeMap::new();
        for (token, body, now, forget, ahead) in tries {
            let secret = lifecycle(LifecycleKind::Installed, "a", body);
            let mark = ReplayMark::new(&token.to_string(), &[body], at(LIFE));
            let delivery = Delivery::new(key("a"), secret).marked(mark);
            if forget {
                store.forget_marks(at(now + ahead));
            }
            match store.deliver(&delivery, at(now)) {
                Ok(outcome) if outcome.repeated => prop_assert_eq!(acted.get(&token), Some(&body)),
                Ok(_) => prop_assert_eq!(acted.insert(token, body), None),
                Err(error) => {
                    prop_assert_eq!(error.code(), "replayed");
                    prop_assert!(acted.get(&token).is_some_and(|first| *first != body));
                }
            }
        }
    }

    #[test]
    fn a_refused_delivery_changes_nothing(
        deliveries in connect_history(), place in any::<prop::sample::Index>(), stranger in 0_usize..4,
    ) {
        let mut wanted = Store::default();
        deliver_all(&mut wanted, &deliveries, 0);
        let place = place.index(deliveries.len() + 1);
        let (before, after) = deliveries.split_at(place);
        let mut store = Store::default();
        deliver_all(&mut store, before, 0);
        let kept = store.clone();
        let other = lifecycle(LifecycleKind::Installed, "b", 0);
        let mine = lifecycle(LifecycleKind::Uninstalled, "a", 0);
        let again = |body: &[u8]| ReplayMark::new("token 0", body, at(LIFE));
        let (refused, code) = match stranger {
            0 => (Delivery::new(key("a"), other), "tenant_mismatch"),
            1 => (Delivery::new(key("a"), mine).and(other), "tenant_mismatch"),
            // a refused delivery leaves no mark, so its token is good for the genuine one
            2 => (
                Delivery::new(key("a"), other).marked(again(if place == 0 { b"x" } else { b"0" })),
                if place == 0 { "tenant_mismatch" } else { "" },
            ),
            _ => (Delivery::new(key("a"), mine).marked(again(b"x")), "replayed"),
        };
        match store.deliver(&refused, at(place as u64)) {
            Err(error) => prop_assert_eq!(error.code(), code),
            Ok(outcome) if code.is_empty() => prop_assert!(outcome.repeated),
            // before the genuine one, a stranger's body is the first of its token
            Ok(_) => {
                prop_assert_eq!((place, stranger), (0, 3));
                return Ok(());
            }
        }
        prop_assert_eq!(&store, &kept);
        deliver_all(&mut store, after, place as u64);
        prop_assert_eq!(store, wanted);
    }
}

#[test]
fn the_grace_of_a_mark_is_a_day_and_what_clocks_differ_by() {
    assert_eq!(ReplayMark::GRACE, 86_400 + crate::Evidence::MAX_AHEAD);
}

#[test]
fn a_mark_outlives_its_token_by_the_grace() {
    let delivery = |body: &[u8]| {
        let mark = ReplayMark::new("token", body, at(LIFE));
        Delivery::new(key("a"), lifecycle(LifecycleKind::Installed, "a", 0)).marked(mark)
    };
    let mut store = Store::default();
    store.deliver(&delivery(b"1"), at(0)).unwrap();
    for now in [0, LIFE, LIFE + 1, LIFE + ReplayMark::GRACE] {
        assert!(store.deliver(&delivery(b"1"), at(now)).unwrap().repeated);
        let replayed = store.deliver(&delivery(b"2"), at(now)).unwrap_err();
        assert_eq!(replayed.code(), "replayed", "{now}");
        assert_eq!(replayed.class().http_status(), 401);
    }
    // a mark that nobody removed counts no longer: its token verified for the last time long ago
    let now = at(LIFE + ReplayMark::GRACE + 1);
    assert!(!store.deliver(&delivery(b"2"), now).unwrap().repeated);
}

#[test]
fn events_of_one_delivery_apply_together_and_in_order() {
    let mut store = Store::default();
    let delivery = Delivery::new(key("a"), lifecycle(LifecycleKind::Installed, "a", 0))
        .and(license(true, 1))
        .and(lifecycle(LifecycleKind::Enabled, "a", 0))
        .and(lifecycle(LifecycleKind::Enabled, "a", 0));
    store.deliver(&delivery, at(0)).unwrap();
    let events: Vec<_> = store.entries.iter().map(|entry| entry.event).collect();
    // what changes nothing leaves no entry
    assert_eq!(events, ["installed", "connect_license_api", "enabled"]);
    let payloads: Vec<_> = store.entries.iter().map(|e| e.payload.as_deref()).collect();
    assert!(payloads[0].unwrap().contains(r#""clientKey":"a""#));
    assert!(!payloads[0].unwrap().contains("0123456789abcdef"));
    assert_eq!(payloads[1], Some(r#"{"active":true}"#));
}

#[test]
fn an_event_of_another_tenant_is_refused() {
    let ari = |id| InstallationKey::Forge(ari(id));
    let connect = lifecycle(LifecycleKind::Installed, "b", 0);
    for (key, event, refused) in [
        (key("a"), connect.clone(), Some("clientKey")),
        (key("b"), connect.clone(), None),
        (key("a"), forge("i-1"), None),
        (ari("i-1"), forge("i-1"), None),
        (ari("i-2"), forge("i-1"), Some("id")),
        (ari("b"), connect, Some("clientKey")),
        (ari("i-1"), license(true, 1), None),
        (key("a"), Event::ForgetPreviousSecret, None),
        (key("a"), Event::Block, None),
    ] {
        let outcome = Delivery::new(key, event).apply(None, None, at(0));
        let Some(field) = refused else {
            assert_eq!(outcome.err(), None);
            continue;
        };
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), "tenant_mismatch");
        assert!(error.to_string().starts_with(&format!("`{field}` names")));
    }
}

#[test]
fn a_delivery_without_a_mark_is_applied_each_time_and_needs_none() {
    let mut store = Store::default();
    let delivery = Delivery::new(key("a"), lifecycle(LifecycleKind::Installed, "a", 0));
    assert!(store.deliver(&delivery, at(0)).unwrap().mark.is_none());
    let again = store.deliver(&delivery, at(9)).unwrap();
    assert!(again.is_unchanged() && !again.repeated);
    assert!(store.marks.is_empty());
}
