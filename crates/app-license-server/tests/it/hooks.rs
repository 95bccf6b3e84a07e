//! Hooks are told of everything at least once, in order.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{Connect, PATIENCE, Recorder, history};
use crate::log::Log;
use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, Installation, InstallationKey, State, UnixTime};
use app_license_server::{Hook, HookResult, HookRunner, async_trait};
use app_license_store::{Delivery, HistoryEntry, MemoryStore, Name, Store};
use app_license_testkit::{Edition, MockHost};

/// Fails the first time it hears of an uninstall.
#[derive(Clone, Default)]
struct Stumbling {
    calls: Arc<AtomicUsize>,
    recorder: Recorder,
}

#[async_trait]
impl Hook for Stumbling {
    async fn on_uninstalled(&self, entry: &HistoryEntry) -> HookResult {
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err("not now".into());
        }
        self.recorder.on_uninstalled(entry).await
    }

    async fn on_installed(&self, entry: &HistoryEntry) -> HookResult {
        self.recorder.on_installed(entry).await
    }
}

#[tokio::test]
async fn a_failed_hook_is_called_again_before_any_later_change() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let app = Connect::serve(&host, Arc::clone(&store)).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let mut events = acme.install().unwrap();
    // two tokens of one second are the same token, which is good for one body only
    host.clock().advance(1);
    events.extend(acme.reinstall().unwrap());
    for event in &events {
        assert_eq!(
            host.deliver(event).await.unwrap().status(),
            204,
            "{}",
            event.name()
        );
    }
    let hook = Stumbling::default();
    let name = Name::new("stumbling").unwrap();
    let runner = HookRunner::new(Arc::clone(&store), name.clone(), hook.clone());
    let runner = runner.retry_pause(Duration::ZERO);
    assert_eq!(runner.run_once().await.unwrap_err().to_string(), "not now");
    assert_eq!(hook.recorder.delivered(), ["installed"]);
    // another process takes over, under the same name
    let runner = HookRunner::new(store, name, hook.clone());
    runner.run_once().await.unwrap();
    assert_eq!(hook.recorder.delivered(), ["uninstalled", "installed"]);
    assert_eq!(hook.calls.load(Ordering::SeqCst), 2);
}

/// The site agrees with the page: nothing lags, so nothing is waited for.
#[tokio::test]
async fn a_trial_that_ends_moments_after_a_page_is_stored_when_the_app_denies() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let app = Connect::serve(&host, Arc::clone(&store)).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    for event in acme.install().unwrap() {
        assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
    }
    acme.start_trial(Edition::Advanced, 30).unwrap();
    host.clock().advance(1);
    let open = async || {
        let page = acme.page("/export").unwrap();
        host.deliver(&page).await.unwrap().status()
    };
    assert_eq!(open().await, 200);
    acme.expire().unwrap();
    host.clock().advance(2);
    assert_eq!(open().await, 402);
    host.clock().advance(2);
    assert_eq!(open().await, 402);
    let recorder = Recorder::default();
    let runner = HookRunner::new(
        Arc::clone(&store),
        Name::new("it").unwrap(),
        recorder.clone(),
    )
    .clock(host.clock().clone());
    runner.run_once().await.unwrap();
    let delivered = recorder.delivered();
    let ended: Vec<_> = delivered.iter().filter(|it| it.contains("ended")).collect();
    assert_eq!(ended, ["license ended, a trial"], "{delivered:?}");
    let key = InstallationKey::Connect(ClientKey::new(acme.site().client_key().unwrap()).unwrap());
    let kept = store.get(&key).await.unwrap().unwrap();
    assert_eq!(kept.license().unwrap().state(), State::Inactive);
    let history = history(&*store, &key).await;
    let changed = history.iter().filter(|it| it.contains("license_changed"));
    assert_eq!(changed.count(), 2, "{history:?}");
}

/// A failure as libraries answer one: what is wrong stands in the cause alone.
#[derive(Debug, thiserror::Error)]
#[error("the welcome mail is not sent")]
struct NotSent(#[source] std::io::Error);

struct Failing;
#[async_trait]
impl Hook for Failing {
    async fn on_installed(&self, _: &HistoryEntry) -> HookResult {
        Err(NotSent(std::io::Error::other("mailbox full")).into())
    }
}

/// The line of the tenant that stopped, and the one of the runner's turn.
#[tokio::test]
async fn a_failed_hook_is_logged_with_its_causes() {
    let log = Log::capture();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    happened(&*store, LifecycleKind::Installed, "a").await;
    let runner = HookRunner::new(Arc::clone(&store), Name::new("failing").unwrap(), Failing);
    let run = tokio::spawn(runner.run());
    let mut text = String::new();
    while !text.contains("hooks failed") {
        tokio::task::yield_now().await;
        text.push_str(&log.take());
    }
    run.abort();
    for words in ["a hook failed: the tenant's events wait", "hooks failed"] {
        let line = text.lines().find(|line| line.contains(words)).unwrap();
        let causes = "the welcome mail is not sent: mailbox full";
        assert!(line.contains(causes), "{line}");
    }
}

/// Less than a second is one second, and doubled from there.
#[tokio::test]
async fn a_retry_pause_below_a_second_grows_too() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let app = Connect::serve(&host, Arc::clone(&store)).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let installed = acme.install().unwrap();
    assert_eq!(host.deliver(&installed[0]).await.unwrap().status(), 204);
    let runner = HookRunner::new(store, Name::new("failing").unwrap(), Failing)
        .retry_pause(Duration::from_millis(100))
        .clock(host.clock().clone());
    for pause in [1, 2, 4] {
        runner.run_once().await.unwrap_err();
        let stopped = runner.stopped().await.unwrap();
        assert_eq!(stopped[0].retry_at, host.clock().now().plus(pause));
        host.clock().advance(pause);
    }
}

/// A secret that was rotated on one replica verifies on the other at once.
#[tokio::test]
async fn replicas_see_rotated_secrets_at_once() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let one = Connect::serve(&host, Arc::clone(&store)).await;
    let accept =
        |app: app_license_server::ConnectAppBuilder| app.accept_base_url(&one.address).unwrap();
    let other = Connect::serve_as(&host, store, accept, |router| router).await;
    let acme = host.tenant(&one.app, "acme").unwrap();
    for event in acme.install().unwrap() {
        assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
    }
    let page = || acme.page("/panel").unwrap().to(&other.address);
    assert_eq!(host.deliver(&page()).await.unwrap().status(), 200);
    host.clock().advance(1);
    for event in acme.rotate_secret().unwrap() {
        assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
    }
    assert_eq!(host.deliver(&page()).await.unwrap().status(), 200);
}

/// Fails while the tenant is `poisoned`, and waits while it is told to.
#[derive(Clone, Default)]
struct Poisoned {
    poison: Arc<Mutex<Option<String>>>,
    handled: Arc<Mutex<Vec<String>>>,
    hold: Arc<tokio::sync::Mutex<()>>,
}

impl Poisoned {
    fn handled(&self) -> Vec<String> {
        std::mem::take(&mut *self.handled.lock().unwrap())
    }

    fn poison(&self, tenant: Option<&str>) {
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

async fn happened(store: &dyn Store, kind: LifecycleKind, tenant: &str) {
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
fn runner(store: &Arc<dyn Store>, hook: &Poisoned, now: &Arc<AtomicU64>) -> HookRunner {
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
    now.store(1060, Ordering::SeqCst);
    assert_eq!(replicas[1].run_once().await.unwrap(), 1);
    assert_eq!(replicas[0].run_once().await.unwrap(), 0);
    assert_eq!(hook.handled(), ["a installed https://a.atlassian.net"]);
}
