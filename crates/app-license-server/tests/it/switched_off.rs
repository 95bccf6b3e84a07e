//! An app that is switched off on a site, and on again.

use std::sync::Arc;

use crate::common::Connect;
use app_license_store::MemoryStore;
use app_license_testkit::{MockHost, SignedRequest};

#[tokio::test]
async fn disabled_tenant_served_not_and_served_again_when_it_is_switched_on() {
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    // two events of one second are one token: the second is the first one repeated
    let deliver = async |request: SignedRequest| {
        let status = host.deliver(&request).await.unwrap().status();
        host.clock().advance(1);
        status
    };
    let page = || acme.page("/panel").unwrap();
    for event in acme.install().unwrap() {
        assert_eq!(deliver(event).await, 204);
    }
    assert_eq!(deliver(page()).await, 200);
    for event in acme.disable().unwrap() {
        assert_eq!(deliver(event).await, 204);
    }
    assert_eq!(deliver(page()).await, 401);
    // the platform sends `disabled` twice: nothing is wrong with that
    for event in acme.disable().unwrap() {
        assert_eq!(deliver(event).await, 204);
    }
    for event in acme.enable().unwrap() {
        assert_eq!(deliver(event).await, 204);
    }
    assert_eq!(deliver(page()).await, 200);
    // only `installed` brings back what was removed
    let enabled = acme.lifecycle_event("enabled").unwrap();
    for event in acme.uninstall().unwrap() {
        assert_eq!(deliver(event).await, 204);
    }
    assert_eq!(deliver(enabled).await, 401);
    assert_eq!(deliver(page()).await, 401);
}
