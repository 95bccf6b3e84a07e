//! What an invocation costs the store, and what becomes of it where the store fails.

use std::sync::Arc;

use app_license::connect::{KeyHosts, LifecycleBody, LifecycleKind};
use app_license::{AppKey, ClientKey, CloudId, Event, InstallationKey};
use app_license_server::{ConnectApp, ForgeInvocation, ForgeRemote};
use app_license_store::{Delivery, InstallationStore, Store};
use app_license_testkit::{App, Invocation, MockHost, SignedRequest, Tenant};
use axum::Router;
use axum::routing::post;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::common::{APP_ID, APP_KEY, clock, fetcher};
use crate::store_use::BASE_URL;
use crate::watched_store::WatchedStore;

/// A Forge remote with a customer of Connect, whose site is known.
struct OnForge {
    host: MockHost,
    store: Arc<WatchedStore>,
    remote: ForgeRemote,
    router: Router,
    acme: Tenant,
}

impl OnForge {
    async fn new() -> Self {
        let host = MockHost::start().await.unwrap();
        let store = Arc::new(WatchedStore::default());
        let shared: Arc<dyn Store> = store.clone();
        let remote = ForgeRemote::builder(APP_ID)
            .unwrap()
            .shared_store(shared)
            .fetcher(fetcher(&host))
            .clock(clock(&host))
            .build()
            .unwrap();
        let whose = async |invocation: ForgeInvocation| invocation.tenant().to_string();
        let router = Router::new()
            .route("/whose", post(whose))
            .with_state(remote.clone())
            .merge(remote.lifecycle_routes());
        let acme = host
            .tenant(&App::forge(APP_ID, BASE_URL).unwrap(), "acme")
            .unwrap();
        acme.install().unwrap();
        Self {
            host,
            store,
            remote,
            router,
            acme,
        }
    }

    /// Installs the Connect app on a site.
    async fn customer(&self, client_key: &str, more: &str) {
        let body = format!(
            r#"{{"eventType":"installed","key":"{APP_KEY}","clientKey":"{client_key}",{more}
            "sharedSecret":"a-secret-key-not-to-be-lost-0123456789",
            "baseUrl":"https://acme.atlassian.net","productType":"jira"}}"#
        );
        let body = LifecycleBody::parse(body.as_bytes()).unwrap();
        let app = AppKey::new(APP_KEY).unwrap();
        let of = ClientKey::new(client_key).unwrap();
        let event = body.accept(LifecycleKind::Installed, &app, &of, &KeyHosts::default());
        let delivery = Delivery::connect(event.unwrap());
        let now = self.host.clock().now();
        self.store.apply(delivery, now).await.unwrap();
    }

    async fn ask(&self, request: &SignedRequest) -> (u16, String) {
        let answer = self.router.clone().oneshot(request.to_http()).await;
        let answer = answer.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Links the one customer whose installation is not linked yet.
    async fn link_one(&self) {
        let connect = ConnectApp::builder(APP_KEY, BASE_URL)
            .unwrap()
            .shared_store(self.store.clone())
            .build()
            .unwrap();
        assert_eq!(connect.link_installations().await.unwrap(), 1);
    }

    async fn whose(&self) -> (u16, String) {
        let call = self.acme.invoke("POST", "/whose", &Invocation::ui("panel"));
        self.ask(&call.unwrap()).await
    }
}

#[tokio::test]
async fn an_invocation_of_a_known_customer_is_served_while_the_store_cannot_be_written() {
    let on_forge = OnForge::new().await;
    let ari = on_forge.acme.installation_ari().unwrap();
    let named = format!(r#""installationId":"{ari}","#);
    on_forge.customer("tenant-1", &named).await;
    // who it is, is known by the link, and the token names the site, which is news
    on_forge.link_one().await;
    on_forge.store.fail("apply");
    assert_eq!(on_forge.whose().await, (200, "tenant-1".to_owned()));
    // an event is not answered before it is stored
    let installed = on_forge.acme.forge_lifecycle("avi:forge:installed:app");
    let installed = installed.unwrap().remove(0);
    assert_eq!(on_forge.ask(&installed).await.0, 503);
    on_forge.store.heal();
    on_forge.host.clock().advance(6);
    assert_eq!(on_forge.whose().await, (200, "tenant-1".to_owned()));
    let key = InstallationKey::Connect(ClientKey::new("tenant-1").unwrap());
    let learned = on_forge.store.get(&key).await.unwrap().unwrap();
    assert!(learned.cloud_id().is_some());
}

#[tokio::test]
async fn an_event_of_forge_is_looked_up_once() {
    let on_forge = OnForge::new().await;
    let installed = on_forge.acme.forge_lifecycle("avi:forge:installed:app");
    let installed = installed.unwrap().remove(0);
    assert_eq!(on_forge.ask(&installed).await.0, 204);
    on_forge.store.calls("get");
    on_forge.host.clock().advance(1);
    let again = on_forge.acme.forge_lifecycle("avi:forge:installed:app");
    let again = again.unwrap().remove(0);
    assert_eq!(on_forge.ask(&again).await.0, 204);
    assert_eq!(on_forge.store.calls("get"), 1);
}

#[tokio::test]
async fn a_remote_refuses_an_installation_that_its_vendor_blocked_and_a_linked_customer() {
    let on_forge = OnForge::new().await;
    let (remote, store) = (&on_forge.remote, &on_forge.store);
    let ari = on_forge.acme.installation_ari().unwrap();
    let of = app_license::InstallationAri::new(&*ari).unwrap();
    assert!(!remote.block(&of).await.unwrap(), "nobody installed it");
    let installed = on_forge.acme.forge_lifecycle("avi:forge:installed:app");
    assert_eq!(on_forge.ask(&installed.unwrap().remove(0)).await.0, 204);
    assert_eq!(on_forge.whose().await.0, 200);
    assert!(remote.block(&of).await.unwrap());
    assert!(!remote.block(&of).await.unwrap(), "it is");
    let (status, text) = on_forge.whose().await;
    assert!(status == 403 && text.contains("tenant_blocked"), "{text}");

    // it turns out to be a customer of the Connect app, who is blocked with it
    let named = format!(r#""installationId":"{ari}","#);
    on_forge.customer("tenant-1", &named).await;
    let connect = ConnectApp::builder(APP_KEY, BASE_URL)
        .unwrap()
        .shared_store(store.clone())
        .build()
        .unwrap();
    connect.link_installations().await.unwrap();
    on_forge.host.clock().advance(6);
    assert_eq!(on_forge.whose().await.0, 403);
    let customer = InstallationKey::Connect(ClientKey::new("tenant-1").unwrap());
    let record = store.get(&customer).await.unwrap().unwrap();
    assert!(record.is_blocked());
    // by the installation that is a link now
    assert!(remote.unblock(&of).await.unwrap());
    assert_eq!(on_forge.whose().await, (200, "tenant-1".to_owned()));
    assert!(remote.block(&of).await.unwrap());
    assert_eq!(on_forge.whose().await.0, 403);
    assert!(store.get(&customer).await.unwrap().unwrap().is_blocked());

    // a decision that cannot be written is no silent one
    store.fail("apply");
    assert_eq!(remote.unblock(&of).await.unwrap_err().status(), 503);
    let storeless = ForgeRemote::builder(APP_ID).unwrap().build().unwrap();
    assert_eq!(storeless.block(&of).await.unwrap_err().status(), 503);
}

/// The event comes after what was known was taken over, and before there is a link.
#[tokio::test]
async fn an_event_that_is_quicker_than_the_link_is_the_customers() {
    let on_forge = OnForge::new().await;
    let ari = on_forge.acme.installation_ari().unwrap();
    let installed = on_forge.acme.forge_lifecycle("avi:forge:installed:app");
    assert_eq!(on_forge.ask(&installed.unwrap().remove(0)).await.0, 204);
    let named = format!(r#""installationId":"{ari}","#);
    on_forge.customer("tenant-1", &named).await;
    let of = app_license::InstallationAri::new(&*ari).unwrap();
    let block = Delivery::new(InstallationKey::Forge(of), Event::Block);
    on_forge.store.let_happen(1, block);
    on_forge.link_one().await;
    let (status, text) = on_forge.whose().await;
    assert!(status == 403 && text.contains("tenant_blocked"), "{text}");
}

/// Two customers who name one Forge installation and one site.
#[tokio::test]
async fn a_contested_link_stays_where_it_is_and_linking_comes_to_an_end() {
    let on_forge = OnForge::new().await;
    let ari = on_forge.acme.installation_ari().unwrap();
    let cloud_id = CloudId::new("11111111-2222-4333-8444-555555555555").unwrap();
    let named = format!(r#""installationId":"{ari}","cloudId":"{cloud_id}","#);
    for client_key in ["tenant-1", "tenant-2"] {
        on_forge.customer(client_key, &named).await;
    }
    let connect = ConnectApp::builder(APP_KEY, BASE_URL)
        .unwrap()
        .shared_store(on_forge.store.clone())
        .build()
        .unwrap();
    assert_eq!(connect.link_installations().await.unwrap(), 2);
    assert_eq!(connect.link_installations().await.unwrap(), 0);
    let site = InstallationKey::of_site("jira", &cloud_id).unwrap();
    let whose = async |key: &InstallationKey| {
        let link = on_forge.store.get(key).await.unwrap().unwrap();
        link.tenant().unwrap().to_string()
    };
    assert_eq!(whose(&site).await, "tenant-1");

    // the app is in use at the other's alone
    let body = format!(
        r#"{{"eventType":"uninstalled","key":"{APP_KEY}","clientKey":"tenant-1",
        "baseUrl":"https://acme.atlassian.net","productType":"jira"}}"#
    );
    let body = LifecycleBody::parse(body.as_bytes()).unwrap();
    let (app, of) = (
        AppKey::new(APP_KEY).unwrap(),
        ClientKey::new("tenant-1").unwrap(),
    );
    let event = body.accept(LifecycleKind::Uninstalled, &app, &of, &KeyHosts::default());
    let now = on_forge.host.clock().now();
    let gone = Delivery::connect(event.unwrap());
    on_forge.store.apply(gone, now).await.unwrap();
    assert_eq!(connect.link_installations().await.unwrap(), 2);
    assert_eq!(whose(&site).await, "tenant-2");
    assert_eq!(connect.link_installations().await.unwrap(), 0);
}
