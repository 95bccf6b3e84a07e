//! An app that is switched off on a site, and on again.

use std::sync::Arc;

use crate::common::{Connect, history};
use app_license::InstallationKey;
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
    assert_eq!(deliver(page()).await, 403);
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

#[tokio::test]
async fn disabled_tenant_has_a_code_of_its_own_for_those_who_prove_themselves() {
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let answer = async |request: &SignedRequest| {
        let answer = host.deliver(request).await.unwrap();
        (answer.status(), answer.text().to_owned())
    };
    for event in acme.install().unwrap() {
        assert_eq!(answer(&event).await.0, 204);
    }
    for event in acme.disable().unwrap() {
        assert_eq!(answer(&event).await.0, 204);
    }
    let api = acme.front_end_call("GET", "/data").unwrap();
    for request in [acme.page("/panel").unwrap(), api] {
        let (status, text) = answer(&request).await;
        assert_eq!(status, 403, "{text}");
        assert!(text.contains("tenant_disabled"), "{text}");
        assert!(text.contains("switched off"), "{text}");
        // a stranger does not learn it
        let claims = acme.token_spec().unwrap();
        let forged = request.with_token(&claims.hs256(b"a-secret-that-is-not-the-tenants"));
        let (status, text) = answer(&forged).await;
        assert_eq!(status, 401, "{text}");
        assert!(!text.contains("disabled"), "{text}");
    }
}

/// A stranger who sends `disabled` learns nothing about who is installed.
#[tokio::test]
async fn tokenless_disabled_is_401_for_everybody() {
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let tenants = ["installed", "disabled", "uninstalled", "stranger"]
        .map(|site| host.tenant(&app.app, site).unwrap());
    let mut answers = Vec::new();
    for (at, tenant) in tenants.iter().enumerate() {
        let mut events = tenant.install().unwrap();
        let bare = tenant.lifecycle_event("disabled").unwrap().without_token();
        match at {
            1 => events.extend(tenant.disable().unwrap()),
            2 => events.extend(tenant.uninstall().unwrap()),
            3 => events.clear(),
            _ => {}
        }
        for event in events {
            assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
        }
        let answer = host.deliver(&bare).await.unwrap();
        answers.push((answer.status(), answer.text().to_owned()));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers[0].1.contains("token_missing"), "{}", answers[0].1);
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
}

/// The platform opens no page of an app that is switched off, so a later page says that `enabled` got
/// lost; a token of the moment, and one of a page that was open before, do not.
#[tokio::test]
async fn lost_enabled_is_made_good_by_a_later_page_and_by_nothing_else() {
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let status = async |request: &SignedRequest| host.deliver(request).await.unwrap().status();
    for event in acme.install().unwrap() {
        assert_eq!(status(&event).await, 204);
    }
    let before = acme.page("/panel").unwrap();
    for event in acme.disable().unwrap() {
        assert_eq!(status(&event).await, 204);
    }
    let lost = acme.enable().unwrap();
    host.clock().advance(60);
    assert_eq!(status(&acme.page("/panel").unwrap()).await, 403);
    host.clock().advance(1);
    let token = acme.front_end_call("GET", "/data").unwrap();
    assert_eq!(status(&token).await, 403, "a context token may be renewed");
    assert_eq!(status(&before).await, 403, "it was issued before");
    assert_eq!(status(&acme.page("/panel").unwrap()).await, 200);
    assert_eq!(status(&token).await, 200);
    let key = app_license::ClientKey::new(acme.site().client_key().unwrap()).unwrap();
    let history = history(&*app.store, &InstallationKey::Connect(key)).await;
    assert!(
        history.contains(&"page_opened: enabled".to_owned()),
        "{history:?}"
    );
    // the event, should it come after all, is no mistake
    assert_eq!(status(&lost[0]).await, 204);
}

/// The test clock stands still between two moves: they are two events all the same.
#[tokio::test]
async fn two_moves_in_one_second_are_no_replay() {
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let key = app_license::ClientKey::new(acme.site().client_key().unwrap()).unwrap();
    let key = InstallationKey::Connect(key);
    let state = async || app.store.get(&key).await.unwrap().unwrap().status().name();
    let deliver = async |events: Vec<SignedRequest>| {
        for event in events {
            let answer = host.deliver(&event).await.unwrap();
            assert_eq!(answer.status(), 204, "{}: {}", event.name(), answer.text());
        }
    };
    deliver(acme.install().unwrap()).await;
    deliver(acme.disable().unwrap()).await;
    deliver(acme.enable().unwrap()).await;
    assert_eq!(state().await, "enabled");
    deliver(acme.disable().unwrap()).await;
    assert_eq!(state().await, "disabled");
    deliver(acme.enable().unwrap()).await;
    deliver(acme.reinstall().unwrap()).await;
    assert_eq!(state().await, "enabled");
    assert_eq!(
        host.deliver(&acme.page("/panel").unwrap())
            .await
            .unwrap()
            .status(),
        200
    );
    deliver(acme.uninstall().unwrap()).await;
    assert_eq!(state().await, "uninstalled");
}
