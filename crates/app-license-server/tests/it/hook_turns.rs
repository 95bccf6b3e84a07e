//! Turns of runners of hooks: who stopped waits alone, and one replica calls at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::PATIENCE;
use crate::log::Log;
use crate::watched_store::WatchedStore;
use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, Installation, InstallationKey, UnixTime};
use app_license_server::{Hook, HookResult, HookRunner, async_trait};
use app_license_store::{Delivery, HistoryEntry, LeaseStore, MemoryStore, Name, Store};

pub(crate) const UNFINISHED: &str = "a call of the hook was not finished: its process ended, lost its turn, or could not reach the store";

/// Fails while the tenant is `poisoned`, and waits while it is told to.
#[derive(Clone, Default)]
pub(crate) struct Poisoned {
    poison: Arc<Mutex<Option<String>>>,
    handled: Arc<Mutex<Vec<String>>>,
    pub(crate) hold: Arc<tokio::sync::Mutex<()>>,
}

impl Poisoned {
    pub(crate) fn handled(&self) -> Vec<String> {
        std::mem::take(&mut *self.handled.lock().unwrap())
    }

    pub(crate) fn poison(&self, tenant: Option<&str>) {
        *self.poison.lock().unwrap() = tenant.map(str::to_owned);
    }
}

#[async_trait]
impl Hook for Poisoned {
    async fn on_entry(&self, entry: &HistoryEntry, now: Option<&Installation>) -> HookResult {
        drop(self.hold.lock().await);
        if self.poison.lock().unwrap().as_deref() == Some(entry.key.as_str()) {
            return Err("poisoned".into());
        }
        let site = now.and_then(|it| it.base_url()).unwrap_or("nobody");
        let said = format!("{} {} {site}", entry.key, entry.event);
        self.handled.lock().unwrap().push(said);
        Ok(())
    }
}

pub(crate) async fn happened(store: &dyn Store, kind: LifecycleKind, tenant: &str) {
    let name = kind.name();
    let body = format!(
        r#"{{"key":"com.example.app","clientKey":"{tenant}","eventType":"{name}",
        "sharedSecret":"0123456789abcdef-secret","baseUrl":"https://{tenant}.atlassian.net","productType":"jira"}}"#
    );
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let (app, of) = (
        AppKey::new("com.example.app").unwrap(),
        ClientKey::new(tenant).unwrap(),
    );
    let event = body.accept(kind, &app, &of, &KeyHosts::default()).unwrap();
    let applied = store.apply(Delivery::connect(event), UnixTime::EPOCH).await;
    assert!(applied.unwrap().sequence.is_some());
}

/// A clock that is set, for leases and pauses.
pub(crate) fn runner(store: &Arc<dyn Store>, hook: &Poisoned, now: &Arc<AtomicU64>) -> HookRunner {
    let (now, name) = (Arc::clone(now), Name::new("poisoned").unwrap());
    let clock = move || UnixTime::EPOCH.plus(now.load(Ordering::SeqCst));
    HookRunner::new(Arc::clone(store), name, hook.clone()).clock(clock)
}

#[tokio::test]
async fn a_poisoned_entry_stops_its_tenant_alone_and_is_listed_and_retried() {
    use LifecycleKind::{Disabled, Enabled, Installed};
    let log = Log::capture();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (hook, now) = (Poisoned::default(), Arc::new(AtomicU64::new(1000)));
    let hooks = runner(&store, &hook, &now).tries(3);
    for tenant in ["a", "b"] {
        happened(&*store, Installed, tenant).await;
    }
    hook.poison(Some("a"));
    assert_eq!(hooks.run_once().await.unwrap_err().to_string(), "poisoned");
    assert_eq!(hook.handled(), ["b installed https://b.atlassian.net"]);
    let lines = log.take();
    assert_eq!(lines.matches("a hook failed").count(), 1, "{lines}");
    let said =
        "consumer=poisoned tenant=a sequence=1 event=installed tries=1 left=2 error=poisoned";
    assert!(lines.contains(said), "{lines}");
    let waiting = hooks.stopped().await.unwrap();
    assert_eq!(
        (
            waiting[0].key.as_str(),
            waiting[0].at.get(),
            waiting[0].tries
        ),
        ("a", 1, 1)
    );

    // later events of the tenant wait, those of others do not
    for tenant in ["a", "b"] {
        happened(&*store, Enabled, tenant).await;
    }
    assert_eq!(hooks.run_once().await.unwrap(), 1);
    assert_eq!(hook.handled(), ["b enabled https://b.atlassian.net"]);
    // it is tried again when its pause is over, twice more: 1 s, 2 s
    for (seconds, tries) in [(1001, 2), (1002, 2), (1003, 3), (99_999, 3)] {
        now.store(seconds, Ordering::SeqCst);
        let failed = hooks.run_once().await.is_err();
        assert_eq!(failed, seconds != 1002 && seconds != 99_999, "{seconds}");
        assert_eq!(hooks.stopped().await.unwrap()[0].tries, tries, "{seconds}");
    }
    happened(&*store, Disabled, "a").await;
    hook.poison(None);
    assert_eq!(hooks.run_once().await.unwrap(), 0);

    // a person looked into it: all that waited comes, in order, by another process
    let key = hooks.stopped().await.unwrap()[0].key.clone();
    assert!(hooks.retry(&key).await.unwrap());
    assert_eq!(runner(&store, &hook, &now).run_once().await.unwrap(), 3);
    let expected = ["installed", "enabled", "disabled"];
    assert_eq!(
        hook.handled(),
        expected.map(|it| format!("a {it} https://a.atlassian.net"))
    );
    assert!(hooks.stopped().await.unwrap().is_empty());
    assert!(!hooks.retry(&key).await.unwrap());
    assert_eq!(hooks.run_once().await.unwrap(), 0);
}

#[tokio::test]
async fn one_replica_calls_at_a_time_and_another_goes_on_when_it_died() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (hook, now) = (Poisoned::default(), Arc::new(AtomicU64::new(1000)));
    let replicas = [(); 2].map(|()| runner(&store, &hook, &now));
    happened(&*store, LifecycleKind::Installed, "a").await;
    let held = hook.hold.lock().await;
    let first = tokio::spawn({
        let replica = replicas[0].clone();
        async move { replica.run_once().await.unwrap() }
    });
    // it is in the hook once the lease is taken
    let lease = Name::of("hooks", "poisoned");
    let other = Name::new("nobody").unwrap();
    let taken = async {
        loop {
            let asked = store
                .renew_lease(&lease, &other, UnixTime::EPOCH, 1)
                .await
                .unwrap();
            if asked.until() > UnixTime::EPOCH {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    let taken = tokio::time::timeout(PATIENCE, taken).await;
    taken.expect("the first replica takes the lease");
    assert_eq!(replicas[1].run_once().await.unwrap(), 0);
    // the process dies within the hook: the other one goes on when the lease is over
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    drop(held);
    now.store(1059, Ordering::SeqCst);
    assert_eq!(replicas[1].run_once().await.unwrap(), 0);
    // what it died in may be what it died of: others come first
    happened(&*store, LifecycleKind::Installed, "b").await;
    now.store(1060, Ordering::SeqCst);
    let error = replicas[1].run_once().await.unwrap_err();
    assert_eq!(error.to_string(), UNFINISHED);
    assert_eq!(hook.handled(), ["b installed https://b.atlassian.net"]);
    now.store(1061, Ordering::SeqCst);
    assert_eq!(replicas[1].run_once().await.unwrap(), 1);
    assert_eq!(replicas[0].run_once().await.unwrap(), 0);
    assert_eq!(hook.handled(), ["a installed https://a.atlassian.net"]);
}

/// Lets another replica have its turn within its own call for an event: its process stands still meanwhile.
struct Frozen {
    at: &'static str,
    now: Arc<AtomicU64>,
    store: Arc<dyn Store>,
    other: HookRunner,
}

#[async_trait]
impl Hook for Frozen {
    async fn on_entry(&self, entry: &HistoryEntry, _: Option<&Installation>) -> HookResult {
        if entry.event == self.at {
            self.now.fetch_add(61, Ordering::SeqCst);
            happened(&*self.store, LifecycleKind::Disabled, "a").await;
            self.other.run_once().await.unwrap_err();
        }
        Ok(())
    }
}

#[tokio::test]
async fn two_replicas_catching_up_the_one_that_stood_still_lets_nobody_go_on() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (hook, now) = (Poisoned::default(), Arc::new(AtomicU64::new(1000)));
    let hooks = runner(&store, &hook, &now);
    happened(&*store, LifecycleKind::Installed, "a").await;
    happened(&*store, LifecycleKind::Enabled, "a").await;
    hook.poison(Some("a"));
    hooks.run_once().await.unwrap_err();
    now.store(1001, Ordering::SeqCst);
    let named = |now: &Arc<AtomicU64>| {
        let now = Arc::clone(now);
        move || UnixTime::EPOCH.plus(now.load(Ordering::SeqCst))
    };
    let name = || Name::new("poisoned").unwrap();
    let other = HookRunner::new(Arc::clone(&store), name(), hook.clone());
    let frozen = Frozen {
        at: "enabled",
        now: Arc::clone(&now),
        store: Arc::clone(&store),
        other: other.clock(named(&now)),
    };
    let frozen = HookRunner::new(Arc::clone(&store), name(), frozen).clock(named(&now));
    let error = frozen.run_once().await.unwrap_err();
    assert_eq!(error.to_string(), "the lease of the hooks was lost");
    let stopped = hooks.stopped().await.unwrap();
    let stopped: Vec<_> = stopped.iter().map(|it| (it.at.get(), it.tries)).collect();
    assert_eq!(stopped, [(2, 1)]);
    now.fetch_add(1, Ordering::SeqCst);
    hook.poison(None);
    assert_eq!(hooks.run_once().await.unwrap(), 2);
    let handled = ["enabled", "disabled"].map(|it| format!("a {it} https://a.atlassian.net"));
    assert_eq!(hook.handled(), handled, "it is not lost");
}

/// Takes 110 seconds, in which the store is away for a moment.
struct Slow(Arc<AtomicU64>, Arc<WatchedStore>);

#[async_trait]
impl Hook for Slow {
    async fn on_entry(&self, _: &HistoryEntry, _: Option<&Installation>) -> HookResult {
        for ten in 1..=11 {
            tokio::time::sleep(Duration::from_secs(10)).await;
            self.0.fetch_add(10, Ordering::SeqCst);
            match ten {
                1 => self.1.fail("renew_lease"),
                3 => self.1.heal(),
                _ => {}
            }
            let (name, lease) = (Name::new("another").unwrap(), Name::of("hooks", "slow"));
            let now = UnixTime::EPOCH.plus(self.0.load(Ordering::SeqCst));
            let asked = self.1.try_lease(&lease, &name, now, 60).await.unwrap();
            assert!(!asked.is_granted(), "after {ten}0 seconds");
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_held_while_a_hook_runs_also_where_the_store_fails_between() {
    let store = Arc::new(WatchedStore::default());
    let now = Arc::new(AtomicU64::new(1000));
    happened(&*store, LifecycleKind::Installed, "a").await;
    let slow = Slow(Arc::clone(&now), Arc::clone(&store));
    let as_store: Arc<dyn Store> = store.clone();
    let clock = move || UnixTime::EPOCH.plus(now.load(Ordering::SeqCst));
    let hooks = HookRunner::new(as_store, Name::new("slow").unwrap(), slow)
        .time_limit(Duration::from_secs(111))
        .clock(clock);
    assert_eq!(hooks.run_once().await.unwrap(), 1);
    assert!(store.calls("renew_lease") >= 5);
}

/// Waits for ever for one tenant, and says when it was dropped there.
#[derive(Clone, Default)]
pub(crate) struct Endless {
    pub(crate) handled: Arc<Mutex<Vec<String>>>,
    held: Arc<()>,
}

#[async_trait]
impl Hook for Endless {
    async fn on_entry(&self, entry: &HistoryEntry, _: Option<&Installation>) -> HookResult {
        if entry.key.as_str() == "a" {
            let _held = Arc::clone(&self.held);
            std::future::pending::<()>().await;
        }
        self.handled.lock().unwrap().push(entry.key.to_string());
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_never_ends_failed_when_its_time_is_over_and_holds_up_its_tenant_alone() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for tenant in ["a", "b"] {
        happened(&*store, LifecycleKind::Installed, tenant).await;
    }
    let hook = Endless::default();
    let name = || Name::new("endless").unwrap();
    let hooks = HookRunner::new(Arc::clone(&store), name(), hook.clone());
    for (hooks, limit) in [
        (hooks.clone(), Duration::from_secs(30)),
        (
            hooks.time_limit(Duration::from_micros(1500)),
            Duration::from_millis(2),
        ),
    ] {
        let begun = tokio::time::Instant::now();
        let turn = tokio::time::timeout(Duration::from_secs(3600), hooks.run_once());
        let error = turn.await.expect("it ends").unwrap_err();
        let said = format!("the hook did not end within {limit:?}");
        assert_eq!(error.to_string(), said);
        assert_eq!(begun.elapsed(), limit);
        assert_eq!(Arc::strong_count(&hook.held), 2, "it is dropped");
        let stopped = hooks.stopped().await.unwrap();
        let stopped: Vec<_> = stopped.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(stopped, ["a"]);
        assert!(hooks.retry(&store_key("a")).await.unwrap());
    }
    assert_eq!(*hook.handled.lock().unwrap(), ["b"]);
}

pub(crate) fn store_key(tenant: &str) -> InstallationKey {
    InstallationKey::Connect(ClientKey::new(tenant).unwrap())
}

#[tokio::test]
async fn an_event_is_tried_when_it_is_asked_for_also_where_none_is_tried_by_itself() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (hook, now) = (Poisoned::default(), Arc::new(AtomicU64::new(1000)));
    let hooks = runner(&store, &hook, &now).tries(0);
    happened(&*store, LifecycleKind::Installed, "a").await;
    hook.poison(Some("a"));
    hooks.run_once().await.unwrap_err();
    now.store(2000, Ordering::SeqCst);
    assert_eq!(hooks.run_once().await.unwrap(), 0);
    hook.poison(None);
    let key = hooks.stopped().await.unwrap()[0].key.clone();
    assert!(hooks.retry(&key).await.unwrap());
    assert_eq!(hooks.run_once().await.unwrap(), 1);
    assert!(hooks.stopped().await.unwrap().is_empty());
}
