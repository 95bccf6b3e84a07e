#![expect(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test may panic, and says how much it asked"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::time::Instant;

use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{
    AppKey, ClientKey, ConnectCall, Event, ForgeAppId, ForgeHalf, Installation, InstallationAri,
    InstallationKey, License, LicenseSource, UnixTime, Verified,
};
use app_license_store::{CachedLicense, Delivery, MemoryStore, Sequence, Store};

use super::LicenseSweep;
use crate::connect_app::ConnectApp;
use crate::connect_request::VerifiedRequest;
use crate::decider::{news, note};

const APP: &str = "com.example.app";
const TENANTS: u64 = 10_000;
const DAY: u64 = 86_400;
const START: u64 = 1_790_000_000;

/// A clock that is set, shared by the app and the platform of the test.
#[derive(Clone, Default)]
struct Time(Arc<AtomicU64>);

impl Time {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(START + self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn seconds(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn key(tenant: u64) -> ClientKey {
    ClientKey::new(format!("tenant-{tenant:05}")).unwrap()
}

async fn install(store: &dyn Store, tenants: u64, now: UnixTime) {
    let app = AppKey::new(APP).unwrap();
    for tenant in 0..tenants {
        let key = key(tenant);
        let body = format!(
            r#"{{"eventType":"installed","key":"{APP}","clientKey":"{key}",
            "sharedSecret":"a-secret-key-not-to-be-lost","baseUrl":"https://site-{tenant}.atlassian.net",
            "productType":"jira"}}"#
        );
        let body = LifecycleBody::parse(body.as_bytes()).unwrap();
        let event = body.accept(LifecycleKind::Installed, &app, &key, &KeyHosts::default());
        store
            .apply(Delivery::connect(event.unwrap()), now)
            .await
            .unwrap();
    }
}

/// What the platform states of a tenant at a time. Of each hundred, one downgrades, one ends, one
/// comes back, all at moments of their own.
fn stated(tenant: u64, seconds: u64) -> &'static str {
    let moment = (tenant / 100 % 22 + 2) * DAY + tenant;
    match tenant % 100 {
        1 if seconds >= moment => r#"{"active":true,"capabilitySet":"capabilityStandard"}"#,
        2 if seconds >= moment => r#"{"active":false,"capabilitySet":"capabilityAdvanced"}"#,
        3 if seconds < moment => r#"{"active":false,"capabilitySet":"capabilityAdvanced"}"#,
        _ => r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#,
    }
}

/// Three replicas sweep for 30 days: every change is in the history within a quarter more than
/// `every`, at an even pace, and nobody is asked twice by two of them.
#[tokio::test]
async fn thirty_days_of_ten_thousand_tenants_without_a_page_view() {
    const EVERY: u64 = 4 * DAY;
    let began = Instant::now();
    let time = Time::default();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    install(&*store, TENANTS, time.now()).await;
    let app = |time: Time| {
        ConnectApp::builder(APP, "https://app.example.com")
            .unwrap()
            .shared_store(Arc::clone(&store))
            .confirm_with_license_api(|api| api)
            .clock(move || time.now())
            .build()
            .unwrap()
    };
    let sweep = || {
        app(time.clone())
            .license_sweep()
            .unwrap()
            .every(Duration::from_secs(EVERY))
    };
    let mut replicas: Vec<LicenseSweep> = vec![sweep(), sweep(), sweep()];
    let calls = Arc::new(AtomicU64::new(0));
    let turn_seconds = EVERY / 360;
    let mut turns = 0_u64;
    while time.seconds() < 30 * DAY {
        // the one at work is replaced now and then, and the last two come when it has begun
        turns += 1;
        if turns.is_multiple_of(500) {
            drop(replicas.remove(0));
            replicas.push(sweep());
        }
        let mut asked = 0;
        for replica in &mut replicas {
            let (calls, time) = (Arc::clone(&calls), time.clone());
            let ask = move |app: ConnectApp, installation: Installation| {
                calls.fetch_add(1, Ordering::Relaxed);
                let seconds = time.seconds();
                async move { answer(&app, installation, seconds).await }
            };
            asked += replica.turn(ask).await.unwrap().asked as u64;
        }
        // twice the even pace; the one that takes over begins within the same turn at most
        assert!(asked <= 2 * 56, "{asked}");
        time.0.fetch_add(turn_seconds, Ordering::Relaxed);
    }
    let calls = calls.load(Ordering::Relaxed);
    // an installation is asked about after three quarters of the time at the earliest
    assert!((TENANTS * 7..=TENANTS * 11).contains(&calls), "{calls}");

    let mut late = BTreeMap::new();
    let mut noticed = 0;
    for tenant in 0..TENANTS {
        let moment = (tenant / 100 % 22 + 2) * DAY + tenant;
        let code = match tenant % 100 {
            1 => "edition_changed",
            2 | 3 => "license_changed",
            _ => continue,
        };
        let of = InstallationKey::Connect(key(tenant));
        let history = store.history(&of, Sequence::START, 100).await.unwrap();
        let is_it = |change: &app_license::Change| change.code() == code;
        let entry = history
            .iter()
            .rev()
            .find(|entry| entry.changes.iter().any(is_it))
            .unwrap();
        let at = entry.at.as_seconds() - START;
        assert!(at >= moment, "{tenant}: {entry:?}");
        noticed += 1;
        if at > moment + EVERY + EVERY / 4 {
            late.insert(tenant, at - moment);
        }
        // first what it was, then what it became: nothing in between
        assert_eq!(history.len(), 3, "{tenant}: {history:?}");
    }
    assert_eq!((noticed, late), (300, BTreeMap::new()));
    println!("{calls} questions in {turns} turns, {:?}", began.elapsed());
}

/// What the real one does with the platform's answer, but for the way to the platform.
async fn answer(app: &ConnectApp, installation: Installation, seconds: u64) -> bool {
    let key = installation.key().clone();
    let tenant: u64 = key.as_str()["tenant-".len()..].parse().unwrap();
    let json = format!(r#"{{"key":"{APP}","license":{}}}"#, stated(tenant, seconds));
    let license = License::from_connect_api(json.as_bytes()).unwrap();
    let now = app.now();
    let license = Verified::dangerous_assume(license.at(now));
    let tenant = app
        .0
        .tenants
        .of(installation, ConnectCall::Page, app.now())
        .unwrap();
    let cached = CachedLicense::new(&license, app.now());
    app.0.store.put_license(&key, &cached).await.unwrap();
    let question = (app, VerifiedRequest::of_nobody(&tenant));
    note(&question, news(&question, &license, now), now).await;
    true
}

/// A store with so many tenants, and an app on it.
async fn app_of(tenants: u64, time: &Time) -> (Arc<dyn Store>, ConnectApp) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    install(&*store, tenants, time.now()).await;
    let clock = time.clone();
    let app = ConnectApp::builder(APP, "https://app.example.com")
        .unwrap()
        .shared_store(Arc::clone(&store))
        .confirm_with_license_api(|api| api)
        .clock(move || clock.now())
        .build()
        .unwrap();
    (store, app)
}

/// Each turn is taken by a process of its own, as by a function that a schedule calls.
#[tokio::test]
async fn sweeps_of_one_turn_each_ask_everybody() {
    const TENANTS: u64 = 300;
    let time = Time::default();
    let (store, app) = app_of(TENANTS, &time).await;
    for _ in 0..1440 {
        let mut sweep = app.license_sweep().unwrap();
        sweep
            .once(|app, installation| async move { answer(&app, installation, 0).await })
            .await
            .unwrap();
        time.0.fetch_add(60, Ordering::Relaxed);
    }
    for tenant in 0..TENANTS {
        let key = InstallationKey::Connect(key(tenant));
        let source = LicenseSource::ConnectLicenseApi;
        let kept = store.license(&key, source).await.unwrap();
        assert!(kept.is_some(), "{tenant} was never asked");
    }
}

/// A schedule that calls twice, or in two processes at once, asks no more than one that calls once.
#[tokio::test]
async fn of_two_turns_at_once_one_asks() {
    let time = Time::default();
    let (_, app) = app_of(1000, &time).await;
    let mut asked = Vec::new();
    for wait in [0, 1, 44, 15] {
        time.0.fetch_add(wait, Ordering::Relaxed);
        let mut sweep = app.license_sweep().unwrap();
        let turn = sweep
            .once(|app, installation| async move { answer(&app, installation, 0).await })
            .await
            .unwrap();
        asked.push(turn.asked > 0);
    }
    assert_eq!(asked, [true, false, true, false]);
}

/// A customer who moved to Forge has no secret that their site could be asked with.
#[tokio::test]
async fn customers_who_moved_to_forge_are_not_asked_and_starve_nobody() {
    let time = Time::default();
    let (store, app) = app_of(8, &time).await;
    let happened = async |tenant: u64, event: Event| {
        let of = InstallationKey::Connect(key(tenant));
        let delivery = Delivery::new(of, event);
        store.apply(delivery, time.now()).await.unwrap()
    };
    for tenant in 0..7 {
        let of = key(tenant);
        let body = format!(
            r#"{{"eventType":"uninstalled","key":"{APP}","clientKey":"{of}",
            "baseUrl":"https://site-{tenant}.atlassian.net","productType":"jira"}}"#
        );
        let body = LifecycleBody::parse(body.as_bytes()).unwrap();
        let app = AppKey::new(APP).unwrap();
        let gone = body.accept(LifecycleKind::Uninstalled, &app, &of, &KeyHosts::default());
        happened(tenant, gone.unwrap().into()).await;
        time.0.fetch_add(100, Ordering::Relaxed);
        let ari = format!("ari:cloud:ecosystem::installation/{tenant}");
        let half = ForgeHalf {
            installation: InstallationAri::new(ari).unwrap(),
            app: ForgeAppId::new("8db33809").unwrap(),
            cloud_id: None,
            product: None,
            is_production: true,
            issued_at: time.now(),
        };
        let back = happened(tenant, Event::Invoked(Box::new(half))).await;
        assert!(back.after.unwrap().status().is_in_use());
    }
    let mut sweep = app.license_sweep().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..60 {
        let asked = Arc::clone(&asked);
        let turn = sweep.turn(move |app, installation| {
            asked.lock().unwrap().push(installation.key().to_string());
            async move { answer(&app, installation, 0).await }
        });
        turn.await.unwrap();
        time.0.fetch_add(60, Ordering::Relaxed);
    }
    assert_eq!(*asked.lock().unwrap(), ["tenant-00007"]);
}

/// What a refused token ended is no answer.
#[tokio::test]
async fn an_ended_license_is_asked_about_again() {
    let time = Time::default();
    let (store, app) = app_of(1, &time).await;
    let key = InstallationKey::Connect(key(0));
    let ended = CachedLicense::ended(LicenseSource::ConnectLicenseApi, time.now());
    store.put_license(&key, &ended).await.unwrap();
    let mut sweep = app.license_sweep().unwrap();
    let turn = sweep.turn(|app, installation| async move { answer(&app, installation, 0).await });
    let turn = turn.await.unwrap();
    assert_eq!((turn.asked, turn.answered), (1, 1));
}

#[tokio::test]
async fn a_question_that_panics_is_one_without_an_answer() {
    let time = Time::default();
    let (_, app) = app_of(1000, &time).await;
    let mut sweep = app.license_sweep().unwrap();
    let calls = Arc::new(AtomicU64::new(0));
    let turn = sweep.turn(move |app, installation| {
        let panics = calls.fetch_add(1, Ordering::Relaxed) == 1;
        async move {
            assert!(!panics, "on purpose");
            answer(&app, installation, 0).await
        }
    });
    let turn = turn.await.unwrap();
    assert_eq!((turn.asked, turn.answered), (6, 5));
}

/// The platform is not well: the pause grows beyond the lease of a turn, and no other replica asks
/// meanwhile.
#[tokio::test]
async fn the_lease_is_held_through_a_long_pause() {
    let time = Time::default();
    let (_, app) = app_of(1000, &time).await;
    let (mut one, mut other) = (app.license_sweep().unwrap(), app.license_sweep().unwrap());
    let silent = |_: ConnectApp, _: Installation| std::future::ready(false);
    for _ in 0..6 {
        let turn = one.turn(silent).await.unwrap();
        assert!(turn.asked >= 5 && turn.answered == 0, "{turn:?}");
        let mut left = turn.pause.as_secs();
        while left > 0 {
            let step = left.min(60);
            time.0.fetch_add(step, Ordering::Relaxed);
            left -= step;
            assert_eq!(other.turn(silent).await.unwrap().asked, 0, "{left}");
        }
    }
    // nor does one that a schedule calls give it back
    let turn = one.once(silent).await.unwrap();
    assert!(turn.pause.as_secs() > 600, "{turn:?}");
    time.0.fetch_add(600, Ordering::Relaxed);
    assert_eq!(other.once(silent).await.unwrap().asked, 0);
}

/// Neither replicas nor the sweeps of different apps ask in step.
#[tokio::test]
async fn pauses_between_turns_are_spread() {
    let (_, app) = app_of(1, &Time::default()).await;
    let sweep = app.license_sweep().unwrap();
    let (within, pauses) = (sweep.sweep.pause(), [(); 20].map(|()| sweep.pause()));
    let longest = within.at_least + within.jitter;
    assert!(
        pauses
            .iter()
            .all(|pause| (within.at_least..=longest).contains(pause))
    );
    assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
}
