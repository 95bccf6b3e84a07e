//! What the testkit's probe finds in a backend with both halves.

use std::sync::Arc;

use app_license_server::{ConnectApp, ForgeRemote};
use app_license_store::{MemoryStore, Store};
use app_license_testkit::{App, MockHost, probe};
use axum::Router;
use axum::routing::{get, post};

use crate::common::{APP_ID, APP_KEY, clock, fetcher, listener};

/// All routes of a backend with both halves, over a socket: no honest request is refused for its order.
#[tokio::test]
async fn a_probe_of_both_halves_is_clean_in_one_run() {
    let host = MockHost::start().await.unwrap();
    let (listener, address) = listener().await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let connect = ConnectApp::builder(APP_KEY, &address)
        .unwrap()
        .shared_store(Arc::clone(&store))
        .fetcher(fetcher(&host))
        .clock(clock(&host))
        .build()
        .unwrap();
    let forge = ForgeRemote::builder(APP_ID)
        .unwrap()
        .shared_store(store)
        .fetcher(fetcher(&host))
        .clock(clock(&host))
        .build()
        .unwrap();
    let router: Router = Router::new()
        .route("/panel", get(async || "a page").layer(connect.verified()))
        .route(
            "/api",
            get(async || "data").layer(connect.context_verified()),
        )
        .route("/forge/api", post(async || "data").layer(forge.verified()))
        .merge(connect.lifecycle_routes())
        .merge(forge.lifecycle_routes());
    tokio::spawn(app_license_server::serve(listener, router).into_future());

    let app = App::connect(APP_KEY, &address).unwrap();
    let app = app.with_forge(APP_ID).unwrap();
    let [acme, other] = ["acme", "other"].map(|site| host.tenant(&app, site).unwrap());
    for event in [acme.install().unwrap(), other.install().unwrap()].concat() {
        let answer = host.deliver(&event).await.unwrap();
        assert_eq!(answer.status(), 204, "{}: {}", event.name(), answer.text());
    }
    let mut routes = probe::Route::lifecycle();
    routes.extend([
        probe::Route::forge_lifecycle(),
        probe::Route::page("/panel"),
        probe::Route::new(probe::RouteKind::FrontEnd, "GET", "/api"),
        probe::Route::new(probe::RouteKind::Remote, "POST", "/forge/api"),
    ]);
    let probe = probe::Probe::new(&address).routes(&routes);
    let probe = probe.tenants(&acme, &other);
    let report = probe.run().await.unwrap();
    assert!(report.is_clean(), "{report}");

    // now it is uninstalled: what is refused says by which code
    let again = probe.run().await.unwrap();
    let refused = "control on GET /panel answered 401, unknown_tenant";
    assert!(again.to_string().contains(refused), "{again}");
    let controls = again.refused_controls();
    let page = controls.iter().find(|it| it.route().target() == "/panel");
    assert_eq!(page.unwrap().code(), Some("unknown_tenant"));
}
