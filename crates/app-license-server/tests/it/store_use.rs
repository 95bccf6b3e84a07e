//! What a request costs the store, and what becomes of it where the store fails.

use std::sync::Arc;
use std::time::Duration;

use app_license::{ClientKey, InstallationKey, LicenseSource, Policy};
use app_license_server::{ConnectApp, ConnectRequest, Edition};
use app_license_store::{InstallationStore, LicenseStore, Store};
use app_license_testkit::{App, InjectedFault, MockHost, Service, SignedRequest, Tenant};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use tower::ServiceExt;

use crate::common::{APP_KEY, PATIENCE, clock, fetcher, history};
use crate::watched_store::WatchedStore;

pub(crate) const BASE_URL: &str = "https://app.example.com";

/// A Connect app whose store is watched, which remembers no tenant unless it says so.
struct Watched {
    host: MockHost,
    store: Arc<WatchedStore>,
    app: ConnectApp,
    router: Router,
    acme: Tenant,
}

impl Watched {
    async fn new(tenant_cache: u64) -> Self {
        let host = MockHost::start().await.unwrap();
        let store = Arc::new(WatchedStore::default());
        let shared: Arc<dyn Store> = store.clone();
        let app = ConnectApp::builder(APP_KEY, BASE_URL)
            .unwrap()
            .shared_store(shared)
            .fetcher(fetcher(&host))
            .confirm_with_license_api(|api| api)
            .policy(Policy::new().confirmed_only(true))
            .tenant_cache(Duration::from_secs(tenant_cache))
            .clock(clock(&host))
            .build()
            .unwrap();
        let router = Router::new()
            .route("/panel", get(async |_: ConnectRequest| "a page"))
            .route("/open", get(async || "a page"))
            .route(
                "/export",
                get(async || "exported").layer(app.requires(Edition::Advanced)),
            )
            .with_state(app.clone())
            .merge(app.lifecycle_routes())
            .layer(app.page_headers());
        let acme = host
            .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "acme")
            .unwrap();
        Self {
            host,
            store,
            app,
            router,
            acme,
        }
    }

    async fn installed(tenant_cache: u64) -> Self {
        let watched = Self::new(tenant_cache).await;
        for event in watched.acme.install().unwrap() {
            assert_eq!(watched.ask(&event).await.status(), 204);
        }
        watched
    }

    async fn ask(&self, request: &SignedRequest) -> Response {
        let answer = self.router.clone().oneshot(request.to_http()).await;
        answer.unwrap()
    }

    async fn export(&self) -> u16 {
        let page = self.acme.page("/export").unwrap();
        self.ask(&page).await.status().as_u16()
    }

    fn key(&self) -> InstallationKey {
        let key = self.acme.site().client_key().unwrap();
        InstallationKey::Connect(ClientKey::new(key).unwrap())
    }
}

fn ancestors(answer: &Response) -> &str {
    answer.headers()["content-security-policy"]
        .to_str()
        .unwrap()
}

/// What was read before an event, or before a decision of the app, is not kept after it.
#[tokio::test]
async fn a_tenant_that_was_read_before_it_changed_is_not_kept() {
    let watched = Watched::installed(60).await;
    watched.host.clock().advance(100);
    let (there, go) = watched.store.hold("get");
    let page = watched.acme.page("/panel").unwrap();
    let asking = tokio::spawn(watched.router.clone().oneshot(page.to_http()));
    let asked = tokio::time::timeout(PATIENCE, there.notified()).await;
    asked.expect("the page makes the store be asked");
    let key = watched.acme.site().client_key().unwrap();
    let blocked = watched.app.block(&ClientKey::new(key).unwrap()).await;
    assert!(blocked.unwrap());
    go.notify_one();
    let answer = asking.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200, "it was asked before");
    assert_eq!(watched.ask(&page).await.status(), 403);
}

/// However many requests an answer or a refusal of the License API is given to.
#[tokio::test]
async fn an_answer_is_stored_once_and_so_is_a_refused_token() {
    let watched = Watched::installed(0).await;
    watched.acme.buy(Edition::Advanced).unwrap();
    for _ in 0..5 {
        assert_eq!(watched.export().await, 200);
    }
    assert_eq!(watched.store.calls("put_license"), 1);

    watched.host.clock().advance(400);
    watched
        .host
        .set_fault(Service::Sites, InjectedFault::Status(403));
    let refused_at = watched.host.clock().now();
    for _ in 0..5 {
        assert_eq!(watched.export().await, 503);
        watched.host.clock().advance(2);
    }
    assert_eq!(watched.store.calls("put_license"), 1);
    let source = LicenseSource::ConnectLicenseApi;
    let ended = watched.store.license(&watched.key(), source).await;
    let ended = ended.unwrap().unwrap();
    assert!(ended.is_ended());
    assert_eq!(ended.fetched_at(), refused_at, "dated by the refusal");
    // a fault that says nothing about the license ends nothing, and writes nothing
    watched.host.clock().advance(400);
    watched
        .host
        .set_fault(Service::Sites, InjectedFault::Status(500));
    assert_eq!(watched.export().await, 503);
    assert_eq!(watched.store.calls("put_license"), 0);
}

#[tokio::test]
async fn an_answer_that_cannot_be_stored_counts_all_the_same() {
    let watched = Watched::installed(5).await;
    watched.acme.buy(Edition::Advanced).unwrap();
    watched.store.fail("put_license");
    assert_eq!(watched.export().await, 200);
    assert_eq!(watched.export().await, 200);
    assert_eq!(watched.store.calls("put_license"), 1);
}

/// By the gate or the extractor, or by the layer where neither looks at it.
#[tokio::test]
async fn page_headers_do_not_verify_what_the_route_verifies() {
    let watched = Watched::new(0).await;
    // nobody installed it: the store is asked once, not by the route and by the layer
    let stranger = watched
        .host
        .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "stranger")
        .unwrap();
    stranger.install().unwrap();
    for path in ["/panel", "/export"] {
        let answer = watched.ask(&stranger.page(path).unwrap()).await;
        assert_eq!(answer.status(), 401);
        assert_eq!(ancestors(&answer), "frame-ancestors 'none'");
        assert_eq!(watched.store.calls("get"), 1, "{path}");
    }
    for event in watched.acme.install().unwrap() {
        assert_eq!(watched.ask(&event).await.status(), 204);
    }
    watched.store.calls("get");
    let site = watched.acme.site().base_url().unwrap();
    for path in ["/panel", "/open"] {
        let answer = watched.ask(&watched.acme.page(path).unwrap()).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(ancestors(&answer), format!("frame-ancestors {site}"));
        assert_eq!(watched.store.calls("get"), 1, "{path}");
    }
    // a page that nobody verifies brings no tenant back
    for event in watched.acme.disable().unwrap() {
        assert_eq!(watched.ask(&event).await.status(), 204);
    }
    watched.host.clock().advance(100);
    let answer = watched.ask(&watched.acme.page("/open").unwrap()).await;
    assert_eq!(ancestors(&answer), "frame-ancestors 'none'");
    let off = watched.store.get(&watched.key()).await.unwrap().unwrap();
    assert!(!off.status().is_in_use());
}

/// A layer around a gate with page headers, and one inside of a gate.
#[tokio::test]
async fn page_headers_inside_of_others_verify_no_second_time() {
    let watched = Watched::installed(0).await;
    let app = &watched.app;
    let router = Router::new()
        .route("/open", get(async || "a page"))
        .layer(app.page_headers())
        .route(
            "/gated",
            get(async || "a page")
                .layer(app.page_headers())
                .layer(app.requires(Edition::Standard)),
        )
        .layer(app.page_headers());
    watched.acme.buy(Edition::Advanced).unwrap();
    let site = watched.acme.site().base_url().unwrap();
    // the License API's answer is known before
    assert_eq!(watched.export().await, 200);
    watched.store.calls("get");
    for path in ["/open", "/gated"] {
        let page = watched.acme.page(path).unwrap();
        let answer = router.clone().oneshot(page.to_http()).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(ancestors(&answer), format!("frame-ancestors {site}"));
        assert_eq!(watched.store.calls("get"), 1, "{path}");
    }
}

/// An event is signed as a page is.
#[tokio::test]
async fn page_headers_take_no_event_for_a_page() {
    let watched = Watched::installed(0).await;
    for event in watched.acme.disable().unwrap() {
        assert_eq!(watched.ask(&event).await.status(), 204);
    }
    watched.host.clock().advance(100);
    for event in watched.acme.enable().unwrap() {
        assert_eq!(watched.ask(&event).await.status(), 204);
    }
    let delivered = history(&*watched.store, &watched.key()).await;
    let expected = ["enabled: enabled", "disabled: disabled", "enabled: enabled"];
    assert_eq!(delivered[1..], expected);
}

#[tokio::test]
async fn pages_of_a_blocked_site_are_refused_from_memory() {
    let watched = Watched::installed(5).await;
    let of = ClientKey::new(watched.acme.site().client_key().unwrap()).unwrap();
    assert!(watched.app.block(&of).await.unwrap());
    watched.store.calls("get");
    for _ in 0..10 {
        assert_eq!(watched.export().await, 403);
    }
    assert_eq!(watched.store.calls("get"), 1);
    assert!(watched.app.unblock(&of).await.unwrap());
    assert_ne!(watched.export().await, 403);
}
