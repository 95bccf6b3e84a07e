//! Calls of hooks that were begun and not finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use app_license::connect::LifecycleKind::{Disabled, Enabled, Installed};
use app_license::plan::hooks::HookPlan;
use app_license::{Installation, UnixTime};
use app_license_server::{Hook, HookResult, HookRunner, async_trait};
use app_license_store::{
    HistoryEntry, InstallationStore, LeaseStore, MemoryStore, Name, Sequence, Stopped, Store,
};

use crate::hook_turns::{Endless, Poisoned, UNFINISHED, happened, runner, store_key};
use crate::log::Log;
use crate::watched_store::WatchedStore;

/// The process dies in the hook each time, which a future that is dropped stands for.
#[tokio::test(start_paused = true)]
async fn a_hook_that_ends_its_process_is_called_less_and_less_often_and_after_others() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let now = Arc::new(AtomicU64::new(1000));
    for tenant in ["a", "b"] {
        happened(&*store, Installed, tenant).await;
    }
    let hook = Endless::default();
    let run = async |at| {
        now.store(at, Ordering::SeqCst);
        let clock = Arc::clone(&now);
        let clock = move || UnixTime::EPOCH.plus(clock.load(Ordering::SeqCst));
        let name = Name::new("deadly").unwrap();
        let hooks = HookRunner::new(Arc::clone(&store), name, hook.clone()).clock(clock);
        let turn = tokio::time::timeout(Duration::from_secs(10), hooks.run_once());
        let said = match turn.await {
            Ok(Ok(handled)) => handled.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "died".to_owned(),
        };
        let stopped = hooks.stopped().await.unwrap();
        let stopped = stopped.iter().map(|it| {
            let retry_at = it.retry_at.as_seconds();
            (it.key.to_string(), it.at.get(), it.tries, retry_at)
        });
        (said, stopped.collect::<Vec<_>>())
    };
    let waits = |tries, retry_at| vec![("a".to_owned(), 1, tries, retry_at)];
    for (at, said, stopped) in [
        (1000, "died", vec![]),
        (1059, "0", vec![]),
        (1060, UNFINISHED, waits(1, 1061)),
        (1061, "died", waits(1, 1061)),
        (1121, UNFINISHED, waits(2, 1123)),
        (1122, "0", waits(2, 1123)),
        (1123, "died", waits(2, 1123)),
        (1183, UNFINISHED, waits(3, 1187)),
    ] {
        assert_eq!(run(at).await, (said.to_owned(), stopped), "at {at}");
    }
    assert_eq!(
        *hook.handled.lock().unwrap(),
        ["b"],
        "in the first turn after"
    );
    let attempts = Name::of(HookPlan::ATTEMPTS, "deadly");
    assert!(store.stopped(&attempts).await.unwrap().is_empty());
}

/// What waits: tenant, event, tries, and when it is tried again.
async fn waiting(hooks: &HookRunner) -> Vec<(String, u64, u32, u64)> {
    let stopped = hooks.stopped().await.unwrap().into_iter();
    let line = |it: Stopped| {
        let retry_at = it.retry_at.as_seconds();
        (it.key.to_string(), it.at.get(), it.tries, retry_at)
    };
    stopped.map(line).collect()
}

/// The npm package writes the same name into a file that both have.
#[test]
fn attempts_have_a_name_that_no_consumer_can_have() {
    let name = Name::of(HookPlan::ATTEMPTS, "mail");
    let expected =
        " attempts/sha256:00d8d3f11739d2f3537099982b4674c29fc59a8fda350fca1379613adbb09119";
    assert_eq!(name.as_str(), expected);
    assert!(Name::new(expected).is_err());
}

#[tokio::test]
async fn a_consumer_that_is_named_as_attempts_were_shares_nothing_with_another() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    happened(&*store, Installed, "a").await;
    let (bad, good) = (Poisoned::default(), Poisoned::default());
    bad.poison(Some("a"));
    let of = |name, hook: &Poisoned| {
        let clock = || UnixTime::EPOCH.plus(1000);
        let name = Name::new(name).unwrap();
        HookRunner::new(Arc::clone(&store), name, hook.clone()).clock(clock)
    };
    let odd = of("attempts/x", &bad);
    assert_eq!(odd.run_once().await.unwrap_err().to_string(), "poisoned");
    assert_eq!(of("x", &good).run_once().await.unwrap(), 1);
    let expected = ("a".to_owned(), 1, 1, 1001);
    assert_eq!(waiting(&odd).await, [expected], "it is not lost");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_within_a_hook_uses_up_no_last_try() {
    for (tries, counted) in [(0, 0), (1, 0), (2, 1)] {
        let log = Log::capture();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (hook, now) = (Poisoned::default(), Arc::new(AtomicU64::new(1000)));
        let hooks = runner(&store, &hook, &now).tries(tries);
        happened(&*store, Installed, "a").await;
        happened(&*store, Installed, "b").await;
        for at in [1000, 1061] {
            now.store(at, Ordering::SeqCst);
            let held = hook.hold.lock().await;
            let turn = tokio::time::timeout(Duration::from_secs(1), hooks.run_once());
            turn.await.expect_err("it is dropped");
            drop(held);
            assert!(hook.handled().is_empty());
            now.store(at + 60, Ordering::SeqCst);
            assert_eq!(hooks.run_once().await.unwrap_err().to_string(), UNFINISHED);
            let expected = ("a".to_owned(), 1, counted, at + 61);
            assert_eq!(waiting(&hooks).await, [expected]);
            let others: &[&str] = match at {
                1000 => &["b installed https://b.atlassian.net"],
                _ => &[],
            };
            assert_eq!(hook.handled(), others, "{tries}");
        }
        let lines = log.take();
        assert_eq!(
            lines.matches(&format!("tries={counted} left=1")).count(),
            2,
            "{lines}"
        );
        // one that failed does
        now.store(1122, Ordering::SeqCst);
        hook.poison(Some("a"));
        assert_eq!(hooks.run_once().await.unwrap_err().to_string(), "poisoned");
        assert_eq!(waiting(&hooks).await[0].2, counted + 1);
        now.store(9999, Ordering::SeqCst);
        assert_eq!(hooks.run_once().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn an_attempt_of_what_its_tenant_has_behind_it_stops_nobody() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (hook, now) = (Poisoned::default(), Arc::new(AtomicU64::new(1000)));
    let hooks = runner(&store, &hook, &now);
    happened(&*store, Installed, "a").await;
    happened(&*store, Enabled, "a").await;
    assert_eq!(hooks.run_once().await.unwrap(), 2);
    hook.handled();
    // as a process writes it that stood still before its call, while another one had all of the above
    let attempts = Name::of(HookPlan::ATTEMPTS, "poisoned");
    let late = async |at| {
        let attempt = Stopped::new(store_key("a"), Sequence::new(at), 1, UnixTime::EPOCH);
        store.stop(&attempts, &attempt).await.unwrap();
    };
    late(2).await;
    happened(&*store, Installed, "b").await;
    assert_eq!(hooks.run_once().await.unwrap(), 1);
    assert_eq!(hook.handled(), ["b installed https://b.atlassian.net"]);
    assert!(hooks.stopped().await.unwrap().is_empty());
    assert!(store.stopped(&attempts).await.unwrap().is_empty());

    // the other one stopped at a later event
    happened(&*store, Disabled, "a").await;
    hook.poison(Some("a"));
    hooks.run_once().await.unwrap_err();
    late(2).await;
    happened(&*store, Enabled, "b").await;
    assert_eq!(hooks.run_once().await.unwrap(), 1);
    assert_eq!(waiting(&hooks).await, [("a".to_owned(), 4, 1, 1001)]);
    assert!(store.stopped(&attempts).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_call_whose_end_the_store_did_not_take_is_made_again_and_named() {
    let watched = Arc::new(WatchedStore::default());
    let store: Arc<dyn Store> = watched.clone();
    let (hook, now) = (Poisoned::default(), Arc::new(AtomicU64::new(1000)));
    let hooks = runner(&store, &hook, &now);
    happened(&*store, Installed, "a").await;
    watched.fail("resume");
    let error = hooks.run_once().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store could not do what a test forbids"
    );
    watched.heal();
    assert_eq!(hooks.run_once().await.unwrap_err().to_string(), UNFINISHED);
    now.store(1001, Ordering::SeqCst);
    assert_eq!(hooks.run_once().await.unwrap(), 1);
    assert_eq!(hook.handled(), ["a installed https://a.atlassian.net"; 2]);
}

/// Counts its calls, and takes so many of them.
struct Counted(Arc<AtomicUsize>);

#[async_trait]
impl Hook for Counted {
    async fn on_entry(&self, _: &HistoryEntry, _: Option<&Installation>) -> HookResult {
        let calls = self.0.fetch_add(1, Ordering::SeqCst);
        assert!(calls < 9, "it is called for ever");
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_answers_what_was_before_is_not_asked_for_ever_and_is_named() {
    let store = Arc::new(WatchedStore::default());
    for kind in [Installed, Enabled, Disabled] {
        happened(&*store, kind, "a").await;
    }
    store.forget("events_after");
    let calls = Arc::new(AtomicUsize::new(0));
    let as_store: Arc<dyn Store> = store.clone();
    let name = Name::new("mail").unwrap();
    let hooks = HookRunner::new(as_store, name, Counted(Arc::clone(&calls)));
    for _ in 0..2 {
        let error = hooks.run_once().await.unwrap_err().to_string();
        assert!(
            error.starts_with("`events_after` of the store must answer"),
            "{error}"
        );
    }
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let (lease, other) = (Name::of("hooks", "mail"), Name::new("another").unwrap());
    let asked = store.try_lease(&lease, &other, UnixTime::EPOCH, 60).await;
    assert!(asked.unwrap().is_granted(), "the lease is given back");
    // a page of one tenant may be all that there is of it
    store.forget("history");
    let at = Stopped::new(store_key("a"), Sequence::new(1), 0, UnixTime::EPOCH);
    store.stop(&Name::new("mail").unwrap(), &at).await.unwrap();
    store.release_lease(&lease, &other).await.unwrap();
    assert_eq!(hooks.run_once().await.unwrap(), 3);
    assert_eq!(calls.load(Ordering::SeqCst), 6);
}
