//! The rules of verification that only a server can break, over real sockets.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{APP_KEY, Connect, Forge, clock, fetcher};
use app_license::{
    ClientKey, InstallationAri, InstallationKey, InstallationStatus, Leeway, UnixTime,
};
use app_license_server::ConnectApp;
use app_license_store::{MemoryStore, Store};
use app_license_testkit::{Invocation, LifecycleForm, MockHost, SignedRequest, SigningKey, Tenant};
use base64::Engine as _;
use tower::{Layer, Service as _, service_fn};

pub(crate) async fn connect() -> (MockHost, Connect) {
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve_as(
        &host,
        Arc::new(MemoryStore::new()),
        |app| app.tenant_cache(Duration::ZERO),
        |router| router,
    )
    .await;
    (host, app)
}

pub(crate) async fn deliver(host: &MockHost, request: &SignedRequest) -> (u16, String) {
    let answer = host.deliver(request).await.unwrap();
    (answer.status(), answer.text())
}

pub(crate) async fn install(host: &MockHost, tenant: &Tenant) {
    for event in tenant.install().unwrap() {
        assert_eq!(deliver(host, &event).await.0, 204);
    }
}

async fn status(app: &Connect, tenant: &Tenant) -> InstallationStatus {
    let key = ClientKey::new(tenant.site().client_key().unwrap()).unwrap();
    let stored = app.store.get(&InstallationKey::Connect(key)).await.unwrap();
    stored.unwrap().status()
}

#[tokio::test]
async fn dead_secret_revived_the_old_secret_stays_dead_after_a_reinstall() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    install(&host, &acme).await;
    let dead = acme.shared_secret().unwrap();
    for event in acme.uninstall().unwrap() {
        deliver(&host, &event).await;
    }
    host.clock().advance(365 * 86_400);
    for event in acme.reinstall().unwrap() {
        assert_eq!(deliver(&host, &event).await.0, 204);
    }
    assert_ne!(acme.shared_secret().unwrap(), dead);
    let page = acme.page("/panel").unwrap();
    assert_eq!(deliver(&host, &page).await.0, 200);
    // the same claims, signed with the secret that the uninstall ended
    let disabled = acme.lifecycle_event("disabled").unwrap();
    let claims = acme.token_spec().unwrap();
    let qsh = claim_of(disabled.token().unwrap(), "qsh");
    let forged = disabled.with_token(&claims.claim("qsh", qsh).hs256(dead.as_bytes()));
    let (status, text) = deliver(&host, &forged).await;
    assert_eq!(status, 401, "{text}");
    assert!(text.contains("signature"), "{text}");
}

fn claim_of(token: &str, name: &str) -> serde_json::Value {
    let claims: serde_json::Value =
        serde_json::from_slice(&decoded(token.split('.').nth(1).unwrap())).unwrap();
    claims.get(name).cloned().unwrap_or_default()
}

fn decoded(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap()
}

#[tokio::test]
async fn dead_secret_revived_a_leaked_secret_is_forgotten_at_once() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    install(&host, &acme).await;
    let before = acme.page("/panel").unwrap();
    host.clock().advance(1);
    for event in acme.rotate_secret().unwrap() {
        assert_eq!(deliver(&host, &event).await.0, 204);
    }
    assert_eq!(deliver(&host, &before).await.0, 200, "it has its grace");
    let key = ClientKey::new(acme.site().client_key().unwrap()).unwrap();
    assert!(app.served.forget_previous_secret(&key).await.unwrap());
    assert!(!app.served.forget_previous_secret(&key).await.unwrap());
    assert_eq!(deliver(&host, &before).await.0, 401);
    assert_eq!(deliver(&host, &acme.page("/panel").unwrap()).await.0, 200);
}

#[tokio::test]
async fn mark_all_lifecycle_an_old_enabled_changes_nothing() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    install(&host, &acme).await;
    let enabled = acme.enable().unwrap().remove(0);
    assert_eq!(enabled.name(), "enabled");
    assert_eq!(deliver(&host, &enabled).await.0, 204);
    host.clock().advance(20);
    for event in acme.disable().unwrap() {
        assert_eq!(deliver(&host, &event).await.0, 204);
    }
    assert_eq!(status(&app, &acme).await, InstallationStatus::Disabled);
    // `repeated-delivery-inert`: answered as before, until it does not verify any more
    for passed in [10, 100, 70] {
        host.clock().advance(passed);
        let (code, text) = deliver(&host, &enabled).await;
        assert!(matches!(code, 204 | 401), "{code} {text}");
        assert_eq!(status(&app, &acme).await, InstallationStatus::Disabled);
    }
    // with another body it is refused
    let again = acme.enable().unwrap().remove(0);
    assert_eq!(deliver(&host, &again).await.0, 204);
    let other = again.clone().with_field("description", "another");
    let (code, text) = deliver(&host, &other).await;
    assert_eq!(code, 401);
    assert!(text.contains("replayed"), "{text}");
}

/// Between `exp` and `exp` + leeway the token still verifies: the mark must still hold, whatever came
/// between.
#[tokio::test]
async fn replay_mark_outlives_token() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    assert_eq!(installed.name(), "installed");
    assert_eq!(deliver(&host, &installed).await.0, 204);
    let disabled = acme.disable().unwrap().remove(0);
    assert_eq!(deliver(&host, &disabled).await.0, 204);
    let other_secret = installed
        .clone()
        .with_field("sharedSecret", "a-secret-of-somebody-else-0123456789");
    let other_body = disabled.clone().with_field("description", "another");
    let expires = |event: &SignedRequest| {
        let expires = claim_of(event.token().unwrap(), "exp").as_u64().unwrap();
        UnixTime::EPOCH.plus(expires)
    };
    assert_eq!(
        expires(&installed),
        expires(&disabled),
        "one second, one life"
    );
    let expires = expires(&installed).as_seconds();
    let last = expires.saturating_add(Leeway::default().as_seconds());
    let secret = acme.shared_secret().unwrap();
    for (number, (at, codes)) in [
        (expires.saturating_sub(1), ["replayed"; 2]),
        (expires.saturating_add(1), ["replayed"; 2]),
        (last.saturating_sub(1), ["replayed"; 2]),
        (last.saturating_add(1), ["expired"; 2]),
    ]
    .into_iter()
    .enumerate()
    {
        host.clock().set(UnixTime::EPOCH.plus(at));
        // what others send makes a store forget old marks
        let another = host.tenant(&app.app, &format!("other-{number}")).unwrap();
        install(&host, &another).await;
        for (event, code) in [&other_secret, &other_body].into_iter().zip(codes) {
            let (status, text) = deliver(&host, event).await;
            assert_eq!(status, 401, "{} at {at}: {text}", event.name());
            assert!(text.contains(code), "{} at {at}: {text}", event.name());
        }
        let now = status(&app, &acme).await;
        assert_eq!(now, InstallationStatus::Disabled, "still switched off");
    }
    assert_eq!(acme.shared_secret().unwrap(), secret);
    assert_eq!(status(&app, &acme).await, InstallationStatus::Disabled);
    for event in acme.enable().unwrap() {
        assert_eq!(
            deliver(&host, &event).await.0,
            204,
            "the secret is the old one"
        );
    }
}

#[tokio::test]
async fn mark_all_lifecycle_their_tokens_come_in_the_header_only() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    install(&host, &acme).await;
    for event in [acme.disable().unwrap(), acme.enable().unwrap()].concat() {
        let address = format!(
            "{}{}?jwt={}",
            app.address,
            event.target(),
            event.token().unwrap()
        );
        let moved = reqwest::Client::new()
            .post(address)
            .body(event.body().to_vec());
        let answer = moved.send().await.unwrap();
        assert_eq!(answer.status(), 401, "{}", event.name());
        assert!(answer.text().await.unwrap().contains("token_missing"));
    }
}

#[tokio::test]
async fn browser_or_platform_lifecycle_triggers_are_stored_in_both_forms() {
    for form in [LifecycleForm::Received, LifecycleForm::Documented] {
        let host = MockHost::start().await.unwrap();
        let remote = Forge::serve(&host, Arc::new(MemoryStore::new())).await;
        let acme = host.tenant(&remote.app, "acme").unwrap();
        acme.install().unwrap();
        for event in acme
            .forge_lifecycle_as("avi:forge:installed:app", form)
            .unwrap()
        {
            let (code, text) = deliver(&host, &event).await;
            assert_eq!(code, 204, "{form:?}: {text}");
        }
        let ari = InstallationAri::new(acme.installation_ari().unwrap()).unwrap();
        let stored = remote
            .store
            .get(&InstallationKey::Forge(ari))
            .await
            .unwrap();
        assert!(stored.is_some(), "{form:?}");
    }
}

/// A token that names a user is a browser's, whatever it lacks.
#[tokio::test]
async fn browser_or_platform_a_user_without_context_cannot_uninstall() {
    let host = MockHost::start().await.unwrap();
    let remote = Forge::serve(&host, Arc::new(MemoryStore::new())).await;
    let acme = host.tenant(&remote.app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    assert_eq!(deliver(&host, &installed).await.0, 204);
    let key = host.forge_key().unwrap();
    let named = acme
        .invocation_spec(&Invocation::function("panel"))
        .unwrap();
    let anonymous = acme
        .anonymous()
        .invocation_spec(&Invocation::ui("panel"))
        .unwrap();
    for spec in [
        named.claim("principal", "somebody"),
        anonymous.without_claim("context"),
    ] {
        let forged = installed
            .clone()
            .with_field("eventType", "preUninstall")
            .with_token(&spec.rs256(&key));
        let (code, text) = deliver(&host, &forged).await;
        assert_eq!(code, 401);
        assert!(text.contains("user_initiated"), "{text}");
    }
}

#[tokio::test]
async fn gate_of_another_app_verifies_for_itself() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    install(&host, &acme).await;
    // the inner app knows no tenant; what the outer one verified says nothing to it
    let inner = ConnectApp::builder(APP_KEY, &app.address)
        .unwrap()
        .fetcher(fetcher(&host))
        .clock(clock(&host))
        .build()
        .unwrap();
    let service = service_fn(async |_| {
        Ok::<_, std::convert::Infallible>(http::Response::new("inside".to_owned()))
    });
    let mut nested = app.served.verified().layer(inner.verified().layer(service));
    let page = acme.page("/x").unwrap();
    let answer = nested.call(page.to_http()).await.unwrap();
    assert_eq!(answer.status(), 401);
    let mut same = app
        .served
        .verified()
        .layer(app.served.verified().layer(service));
    assert_eq!(same.call(page.to_http()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn base_path_optional_a_path_outside_is_refused_unless_a_proxy_strips_it() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let base = "https://app.example.com/a";
    let mut apps = Vec::new();
    for strips in [false, true] {
        let builder = ConnectApp::builder(APP_KEY, base)
            .unwrap()
            .shared_store(Arc::clone(&store))
            .fetcher(fetcher(&host))
            .clock(clock(&host));
        let builder = if strips {
            builder.proxy_strips_base_path()
        } else {
            builder
        };
        apps.push(builder.build().unwrap());
    }
    let app = app_license_testkit::App::connect(APP_KEY, base).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    for event in acme.install().unwrap() {
        let installed = apps[0].lifecycle_routes();
        let mut request = event.to_http();
        // the routes are below the base URL's path, as in production
        let nested = axum::Router::new().nest("/a", installed);
        let target = format!("/a{}", event.target().trim_start_matches("/a"));
        *request.uri_mut() = target.parse().unwrap();
        let answer = tower::ServiceExt::oneshot(nested, request).await.unwrap();
        assert_eq!(answer.status(), 204, "{}", event.name());
    }
    let page = acme.page("/b/export").unwrap();
    let at = |target: String| {
        let mut request = page.to_http();
        *request.uri_mut() = target.parse().unwrap();
        request.into_parts().0
    };
    let query = page.target().split_once('?').unwrap().1.to_owned();
    let (whole, stripped) = (format!("/a/b/export?{query}"), format!("/b/export?{query}"));
    assert!(apps[0].verify(&at(whole.clone())).await.is_ok());
    let refused = apps[0].verify(&at(stripped.clone())).await.unwrap_err();
    assert_eq!(refused.code(), "outside_base_url");
    assert!(apps[1].verify(&at(stripped)).await.is_ok());
    assert!(apps[1].verify(&at(whole)).await.is_err());
}

/// Only the platform's own key uninstalls: neither a request without a token nor one of the tenant's secret.
#[tokio::test]
async fn unauthenticated_uninstall() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    install(&host, &acme).await;
    host.clock().advance(10);
    let by_secret = acme.disable().unwrap().remove(0);
    let by_secret = by_secret.token().unwrap().to_owned();
    for event in acme.enable().unwrap() {
        assert_eq!(deliver(&host, &event).await.0, 204);
    }
    let before = status(&app, &acme).await;
    let stranger = SigningKey::generate("test-stranger").unwrap();
    let by_stranger = acme.token_spec().unwrap().rs256(&stranger);
    let gone = acme.uninstall().unwrap();
    let gone = gone.iter().find(|event| event.name() == "uninstalled");
    let gone = gone.unwrap();
    for forged in [
        gone.clone().without_token(),
        gone.clone().with_token(&by_secret),
        gone.clone().with_token(&by_stranger),
    ] {
        let (code, text) = deliver(&host, &forged).await;
        assert_eq!(code, 401, "{text}");
        assert_eq!(status(&app, &acme).await, before);
    }
    assert_eq!(deliver(&host, gone).await.0, 204);
    assert_eq!(status(&app, &acme).await, InstallationStatus::Uninstalled);
}

/// A token is held to the bytes of the body that it came with, not to what they say.
#[tokio::test]
async fn raw_body() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    assert_eq!(deliver(&host, &installed).await.0, 204);
    assert_eq!(deliver(&host, &installed).await.0, 204, "the same bytes");
    let spaced = String::from_utf8(installed.body().to_vec()).unwrap();
    let spaced = spaced.replacen('{', "{ ", 1);
    let (code, text) = deliver(&host, &installed.and_body("application/json", spaced)).await;
    assert_eq!(code, 401);
    assert!(text.contains("replayed"), "{text}");
}
