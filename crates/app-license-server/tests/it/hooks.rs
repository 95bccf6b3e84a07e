//! Hooks are told of everything at least once, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{Connect, Recorder};
use app_license_server::{Hook, HookResult, HookRunner, async_trait};
use app_license_store::{HistoryEntry, InstallationStore, MemoryStore, Name};
use app_license_testkit::MockHost;

/// Fails the first time it hears of an uninstall.
#[derive(Clone, Default)]
struct Stumbling {
    calls: Arc<AtomicUsize>,
    told: Recorder,
}

#[async_trait]
impl Hook for Stumbling {
    async fn on_uninstalled(&self, entry: &HistoryEntry) -> HookResult {
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err("not now".into());
        }
        self.told.on_uninstalled(entry).await
    }

    async fn on_installed(&self, entry: &HistoryEntry) -> HookResult {
        self.told.on_installed(entry).await
    }
}

#[tokio::test]
async fn a_failed_hook_is_called_again_before_any_later_change() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn InstallationStore> = Arc::new(MemoryStore::new());
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
    assert_eq!(runner.run_once().await.unwrap_err().to_string(), "not now");
    assert_eq!(hook.told.told(), ["installed"]);
    // another process takes over, under the same name
    let runner = HookRunner::new(store, name, hook.clone());
    runner.run_once().await.unwrap();
    assert_eq!(hook.told.told(), ["uninstalled", "installed"]);
    assert_eq!(hook.calls.load(Ordering::SeqCst), 2);
}

/// A secret that was rotated on one replica verifies on the other at once.
#[tokio::test]
async fn replicas_see_rotated_secrets_at_once() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn InstallationStore> = Arc::new(MemoryStore::new());
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
