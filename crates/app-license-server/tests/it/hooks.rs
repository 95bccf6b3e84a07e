//! Hooks are told of everything at least once, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{Connect, Recorder, history};
use crate::hook_turns::happened;
use crate::log::Log;
use app_license::connect::LifecycleKind;
use app_license::{ClientKey, InstallationKey, State};
use app_license_server::{Hook, HookResult, HookRunner, async_trait};
use app_license_store::{HistoryEntry, MemoryStore, Name, Store};
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
