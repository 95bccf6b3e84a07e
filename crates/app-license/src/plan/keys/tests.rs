//! The bounds of the key plans, for any sequence of tokens and of what key hosts answer.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers of the tests' own"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use proptest::prelude::*;

use super::{InstallKeyCache, InstallKeyPlan, InstallKeyResult, InstallKeyStep, KeyRefusal};
use super::{KeySetCache, KeySetPlan, KeySetStep, Lane, LaneSizes, Need, UnknownKeyBudget};
use crate::ids::{ClientKey, KeyId};
use crate::jwt::Jwks;
use crate::time::UnixTime;

fn at(seconds: u64) -> UnixTime {
    UnixTime::EPOCH.plus(1_000_000).plus(seconds)
}

fn set(kids: &[&str]) -> Arc<Jwks> {
    let modulus = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode([0xc1; 256]);
    let keys = kids
        .iter()
        .map(|kid| serde_json::json!({"kty": "RSA", "kid": kid, "n": modulus, "e": "AQAB"}));
    let json = serde_json::json!({ "keys": keys.collect::<Vec<_>>() });
    let set = Jwks::parse(json.to_string().as_bytes()).unwrap();
    assert_eq!(set.kids().count(), kids.len());
    Arc::new(set)
}

type Fetched = Result<Arc<Jwks>, &'static str>;
type Keys = KeySetCache<&'static str>;

const PLAN: KeySetPlan = KeySetPlan::FORGE;

fn with(kids: &[&str], fetched_at: u64) -> Keys {
    let mut keys = Keys::default();
    keys.fetched(&Ok(set(kids)), at(fetched_at));
    keys
}

fn name(step: &KeySetStep<&'static str>) -> &'static str {
    match step {
        KeySetStep::Use {
            refresh: false,
            expired: false,
            ..
        } => "use",
        KeySetStep::Use {
            refresh: true,
            expired: false,
            ..
        } => "use, refresh",
        KeySetStep::Use {
            refresh: false,
            expired: true,
            ..
        } => "use expired",
        KeySetStep::Use {
            refresh: true,
            expired: true,
            ..
        } => "use expired, refresh",
        KeySetStep::Fetch { stale: None } => "fetch",
        KeySetStep::Fetch { stale: Some(_) } => "fetch or stale",
        KeySetStep::Refuse(KeyRefusal::Unknown) => "unknown",
        KeySetStep::Refuse(KeyRefusal::TestKey) => "test key",
        KeySetStep::CouldNotCheck(_) => "could not check",
    }
}

proptest! {
    /// However many tokens name made-up ids or do not match: what they cause is one fetch in the
    /// cooldown, and age causes no more.
    #[test]
    fn a_key_set_is_never_fetched_more_often_than_the_bound(
        tokens in proptest::collection::vec(
            (
                prop_oneof![0_u64..3, 0_u64..400, 0_u64..90_000],
                prop_oneof![Just("a"), Just("b"), Just("made up")],
                prop_oneof![Just(Need::Key), Just(Need::FresherKey)],
                prop_oneof![
                    3 => Just(Some(vec!["a"])), 1 => Just(Some(vec!["b"])),
                    1 => Just(Some(vec![])), 2 => Just(None),
                ],
            ),
            1..80,
        ),
    ) {
        let mut keys = Keys::default();
        let mut now = at(0);
        let (mut of_tokens, mut of_age, mut cold) = (None, None, None);
        let mut newest: Option<Arc<Jwks>> = None;
        for (wait, kid, need, answer) in tokens {
            now = now.plus(wait);
            let age = keys.age(now);
            let known = newest.as_ref().is_some_and(|set| set.find(kid).next().is_some());
            let step = keys.next(&PLAN, kid, need, now, false);
            let (fetch, stale) = match step.clone() {
                KeySetStep::Use { set, refresh, .. } => {
                    prop_assert!(set.find(kid).next().is_some());
                    prop_assert!(age.unwrap() < PLAN.expire + PLAN.outage);
                    (refresh, None)
                }
                KeySetStep::Fetch { stale } => (true, stale),
                KeySetStep::Refuse(_) => {
                    prop_assert!(!known);
                    (false, None)
                }
                KeySetStep::CouldNotCheck(_) => (false, None),
            };
            if !fetch {
                continue;
            }
            let (last, pause) = match age {
                None => (&mut cold, PLAN.back_off),
                Some(age) if known && age >= PLAN.refresh => (&mut of_age, PLAN.cooldown),
                Some(_) => (&mut of_tokens, PLAN.cooldown),
            };
            let too_soon = last.is_some_and(|last| now.since(last) < pause);
            prop_assert!(!too_soon, "{} at {now}", name(&step));
            *last = Some(now);
            let fetched: Fetched = answer.map(|kids| set(&kids)).ok_or("down");
            let fetched = match fetched {
                Ok(set) if keys.is_unusable(&set) => Err("unusable"),
                fetched => fetched,
            };
            if let Ok(set) = &fetched {
                newest = Some(Arc::clone(set));
            }
            keys.fetched(&fetched, now);
            if matches!(step, KeySetStep::Fetch { .. }) {
                let after = keys.after(&PLAN, kid, fetched, stale, now);
                let settled = !matches!(after, KeySetStep::Fetch { .. });
                prop_assert!(settled);
            }
        }
    }

    /// One id is asked about no more often than what was said of it last allows.
    #[test]
    fn an_install_key_is_never_fetched_more_often_than_the_bound(
        tokens in proptest::collection::vec(
            (0_u64..100, 0_usize..3, any::<bool>(), 0_u8..4), 1..120,
        ),
    ) {
        let plan = InstallKeyPlan::CONNECT;
        let mut keys = InstallKeyCache::<u8, &str>::new(plan, 2);
        let ids = ["a", "b", "c"].map(|id| KeyId::new(id).unwrap());
        let mut now = at(0);
        let mut next_fetch = [at(0); 3];
        let mut known = [false; 3];
        for (wait, id, refresh, answer) in tokens {
            now = now.plus(wait);
            let kid = &ids[id];
            let result = match answer {
                0 | 1 => InstallKeyResult::Key(answer),
                2 => InstallKeyResult::Refused("no key"),
                _ => InstallKeyResult::Failed("down"),
            };
            if refresh && keys.may_refresh(kid, now) {
                prop_assert!(known[id] && now >= next_fetch[id]);
                next_fetch[id] = now.plus(60);
                keys.refreshed(kid, result);
                let kept = matches!(keys.next(kid, now), InstallKeyStep::Use(_));
                prop_assert!(kept, "a refresh took a key away");
                continue;
            }
            match keys.next(kid, now) {
                InstallKeyStep::Use(_) => prop_assert!(known[id]),
                InstallKeyStep::Fetch => {
                    prop_assert!(!known[id] && now >= next_fetch[id]);
                    known[id] = answer < 2;
                    next_fetch[id] = match answer {
                        0 | 1 => now,
                        2 => now.plus(60),
                        _ => now.plus(5),
                    };
                    keys.fetched(kid, result, now);
                }
                InstallKeyStep::Failed(_) => prop_assert!(!known[id] && now < next_fetch[id]),
                InstallKeyStep::Refuse(_) => prop_assert!(false, "no test key was named"),
            }
        }
    }

    /// What is remembered is bounded, whatever is asked.
    #[test]
    fn made_up_ids_take_no_room_from_keys(ids in proptest::collection::vec("[a-f]{1,3}", 1..60)) {
        let plan = InstallKeyPlan { keys: 2, misses: 3, ..InstallKeyPlan::CONNECT };
        let mut keys = InstallKeyCache::<u8, &str>::new(plan, 1);
        let real = KeyId::new("real").unwrap();
        keys.fetched(&real, InstallKeyResult::Key(1), at(0));
        for id in ids {
            let kid = KeyId::new(id).unwrap();
            if keys.next(&kid, at(0)) == InstallKeyStep::Fetch {
                keys.fetched(&kid, InstallKeyResult::Refused("no key"), at(0));
            }
            prop_assert!(keys.kept().0 == 1 && keys.kept().1 <= 3);
        }
        prop_assert_eq!(keys.next(&real, at(90_000)), InstallKeyStep::Use(1));
    }

    /// In a minute, a caller is in the reserved lane as often as is allowed, and a tenant in the named
    /// one.
    #[test]
    fn no_caller_and_no_tenant_spends_more_than_its_own(
        asked in proptest::collection::vec((0_u8..3, 0_u8..3, 0_u64..20), 1..60),
    ) {
        const LIMIT: u32 = 3;
        let mut budget = UnknownKeyBudget::new(LIMIT);
        let mut now = at(0);
        let mut reserved: BTreeMap<u8, Vec<UnixTime>> = BTreeMap::new();
        for (caller, tenant, wait) in asked {
            now = now.plus(wait);
            let tenant = ClientKey::new(tenant.to_string()).unwrap();
            if budget.lane(caller, Some(&tenant), now) == Lane::Reserved {
                let times = reserved.entry(caller).or_default();
                times.push(now);
                // two windows of a minute may touch
                let recent = times.iter().filter(|at| now.since(**at) < 60).count();
                prop_assert!(recent <= 2 * LIMIT as usize);
            }
        }
    }

    #[test]
    fn the_lanes_together_run_what_is_said(running in 0_usize..200, waiting in 0_usize..2000) {
        let sizes = LaneSizes::of(running, waiting);
        prop_assert_eq!(sizes.reserved + sizes.named + sizes.shared, running.max(1));
        prop_assert!(sizes.reserved >= 1 && sizes.reserved >= sizes.named + sizes.shared);
        prop_assert!(sizes.waiting_reserved >= 1 && sizes.waiting_others >= 1);
    }
}

#[test]
fn what_comes_of_a_key_id_by_the_age_of_the_set() {
    for (age, kid, step) in [
        (299, "a", "use"),
        (300, "a", "use, refresh"),
        (899, "a", "use, refresh"),
        (900, "a", "fetch or stale"),
        (900 + 86_399, "a", "fetch or stale"),
        (900 + 86_400, "a", "fetch"),
        (0, "b", "fetch"),
        (0, "", "unknown"),
        (0, "test-1", "test key"),
    ] {
        let found = with(&["a"], 0).next(&PLAN, kid, Need::Key, at(age), false);
        assert_eq!(name(&found), step, "{age} {kid}");
    }
    let allowed = KeySetPlan {
        test_keys: true,
        ..PLAN
    };
    let found = with(&["test-1"], 0).next(&allowed, "test-1", Need::Key, at(0), false);
    assert_eq!(name(&found), "use");
}

#[test]
fn a_flood_of_made_up_ids_causes_one_fetch_in_the_cooldown() {
    let mut keys = with(&["a"], 0);
    let mut next = |kid, need, now, open| name(&keys.next(&PLAN, kid, need, at(now), open));
    assert_eq!(next("b", Need::Key, 0, false), "fetch");
    // who comes meanwhile waits for the same fetch
    assert_eq!(next("c", Need::Key, 0, true), "fetch");
    assert_eq!(next("c", Need::Key, 59, false), "unknown");
    // ids that do not match have the same turn
    assert_eq!(next("a", Need::FresherKey, 59, false), "use");
    assert_eq!(next("a", Need::FresherKey, 60, false), "fetch or stale");
    assert_eq!(next("c", Need::Key, 60, false), "unknown");
    assert_eq!(next("c", Need::Key, 120, false), "fetch");
}

proptest! {
    /// A stranger may have the turn that a replaced key needs: whatever he asks, the key is refused for
    /// one cooldown after it was published, and no longer.
    #[test]
    fn a_replaced_key_is_refused_for_one_cooldown_at_most(
        strangers in proptest::collection::vec(
            (0_u64..90, prop_oneof![Just("a"), Just("made up")],
                prop_oneof![Just(Need::Key), Just(Need::FresherKey)], any::<bool>()),
            1..60,
        ),
        published in 0_u64..900,
    ) {
        let mut keys = with(&["a"], 0);
        let mut now = 0;
        let mut ask = |kid, need, now, up: bool| {
            let step = keys.next(&PLAN, kid, need, at(now), false);
            if matches!(step, KeySetStep::Fetch { .. } | KeySetStep::Use { refresh: true, .. }) {
                let of_then = if now < published { set(&["a"]) } else { set(&["a", "b"]) };
                keys.fetched(&up.then_some(of_then).ok_or("down"), at(now));
            }
            step
        };
        for (wait, kid, need, up) in strangers {
            now += wait;
            ask(kid, need, now, up);
            if now >= published + PLAN.cooldown {
                let step = ask("b", Need::Key, now, up);
                prop_assert!(!matches!(step, KeySetStep::Refuse(_)), "{} at {now}", name(&step));
            }
        }
    }
}

#[test]
fn an_outage_takes_no_key_away_for_a_day_and_is_known_to_all() {
    let mut keys = with(&["a"], 0);
    assert!(keys.is_unusable(&Jwks::default()));
    keys.fetched(&Err("down"), at(900));
    let mut next = |kid, now| name(&keys.next(&PLAN, kid, Need::Key, at(now), false));
    assert_eq!(next("a", 900), "use expired");
    assert_eq!(next("a", 959), "use expired");
    assert_eq!(next("a", 960), "use expired, refresh");
    assert_eq!(next("b", 959), "could not check");
    assert_eq!(next("a", 900 + 86_399), "use expired, refresh");
    assert_eq!(next("a", 900 + 86_400), "fetch");
    keys.fetched(&Err("down"), at(90_000));
    assert_eq!(
        name(&keys.next(&PLAN, "a", Need::Key, at(90_059), false)),
        "could not check"
    );
    // an empty set is no fault where there was no key
    assert!(!Keys::default().is_unusable(&Jwks::default()));
    let after = |result, stale| name(&keys.after(&PLAN, "a", result, stale, at(90_000)));
    assert_eq!(after(Ok(set(&["a"])), None), "use");
    assert_eq!(after(Ok(set(&["b"])), Some(set(&["a"]))), "unknown");
    assert_eq!(after(Err("down"), Some(set(&["a"]))), "use expired");
    assert_eq!(after(Err("down"), None), "could not check");
}

#[test]
fn a_host_out_of_reach_is_left_alone_for_all_ids() {
    let mut keys = InstallKeyCache::<u8, &str>::new(InstallKeyPlan::CONNECT, 2);
    keys.host_unreachable(0, "down", at(0));
    assert_eq!(keys.host_fault(0, at(4)), Some("down"));
    assert_eq!(keys.host_fault(0, at(5)), None);
    assert_eq!(keys.host_fault(1, at(0)), None);
    assert_eq!(keys.host_fault(2, at(0)), None);
}

#[test]
fn test_keys_are_refused_before_anybody_is_asked() {
    let kid = KeyId::new("test-1").unwrap();
    let mut keys = InstallKeyCache::<u8, &str>::new(InstallKeyPlan::CONNECT, 1);
    keys.loaded([(kid.clone(), 1)]);
    assert_eq!(
        keys.next(&kid, at(0)),
        InstallKeyStep::Refuse(KeyRefusal::TestKey)
    );
    let plan = InstallKeyPlan {
        test_keys: true,
        ..InstallKeyPlan::CONNECT
    };
    let mut keys = InstallKeyCache::<u8, &str>::new(plan, 1);
    assert_eq!(keys.next(&kid, at(0)), InstallKeyStep::Fetch);
}

#[test]
fn keys_of_the_store_end_a_refusal_and_replace_none() {
    let mut keys = InstallKeyCache::<u8, &str>::new(InstallKeyPlan::CONNECT, 1);
    let ids = ["a", "b"].map(|id| KeyId::new(id).unwrap());
    keys.fetched(&ids[0], InstallKeyResult::Refused("no key"), at(0));
    keys.fetched(&ids[1], InstallKeyResult::Key(2), at(0));
    keys.loaded([(ids[0].clone(), 7), (ids[1].clone(), 7)]);
    assert_eq!(keys.next(&ids[0], at(1)), InstallKeyStep::Use(7));
    assert_eq!(keys.next(&ids[1], at(1)), InstallKeyStep::Use(2));
}

#[test]
fn flood_shuts_out_platform_a_new_address_goes_ahead() {
    let mut budget = UnknownKeyBudget::new(3);
    for _ in 0..3 {
        assert_eq!(budget.lane(1, None, at(0)), Lane::Reserved);
    }
    assert_eq!(budget.lane(1, None, at(0)), Lane::Shared);
    assert_eq!(budget.lane(2, None, at(0)), Lane::Reserved);
    // a key that was found costs nothing, and a minute later all is forgotten
    budget.refund(&1, None);
    assert_eq!(budget.lane(1, None, at(0)), Lane::Reserved);
    assert_eq!(budget.lane(1, None, at(59)), Lane::Shared);
    assert_eq!(budget.lane(1, None, at(60)), Lane::Reserved);
}

#[test]
fn flood_shuts_out_platform_behind_one_address_a_new_tenant_goes_ahead() {
    let mut budget = UnknownKeyBudget::new(3);
    let tenant = |name: &str| ClientKey::new(name).unwrap();
    let mut of = |name: &str, now| budget.lane(1, Some(&tenant(name)), at(now));
    for _ in 0..3 {
        assert_eq!(of("flooded", 0), Lane::Reserved);
    }
    assert_eq!(of("flooded", 0), Lane::Shared);
    for _ in 0..3 {
        assert_eq!(of("new", 0), Lane::Named);
    }
    assert_eq!(of("new", 0), Lane::Shared);
    budget.refund(&2, Some(&tenant("new")));
    let mut of = |name: &str, now| budget.lane(1, Some(&tenant(name)), at(now));
    assert_eq!(of("new", 0), Lane::Named);
    assert_eq!(of("flooded", 60), Lane::Reserved);
}
