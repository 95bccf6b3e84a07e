//! The whole way over real sockets: the mock host platform on one side, an app on the other.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use app_license::forge::KeySetUrl;
use app_license::{Capability, UnixTime};
use app_license_client::{Fetcher, ForgeKeys, InstallKeys};
use app_license_server::{ConnectApp, ConnectRequest, ForgeInvocation, ForgeRemote};
use app_license_store::SqliteStore;
use app_license_testkit::{App, Edition, Fault, Invocation, MockHost, Service, probe};
use axum::Router;
use axum::routing::{get, post};

const APP_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

struct Setting {
    host: MockHost,
    app: App,
    address: String,
    folder: tempfile::TempDir,
}

/// An app of one panel that everybody sees and one export that is Advanced.
async fn connect_setting() -> Setting {
    let host = MockHost::start().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let fetcher = Fetcher::rerouted_for_tests(host.gateway().unwrap()).unwrap();
    let clock = host.clock().clone();
    let now = move || clock.now();
    let hosts = app_license::connect::KeyHosts::default();
    let keys = InstallKeys::builder(fetcher, hosts)
        .clock(now.clone())
        .build()
        .unwrap();
    let app = ConnectApp::builder("com.example.app", &address)
        .unwrap()
        .store(
            SqliteStore::open(folder.path().join("installations.db"))
                .await
                .unwrap(),
        )
        .install_keys(keys)
        .clock(now)
        .build()
        .unwrap();
    let router = Router::new()
        .route("/panel", get(panel))
        .route(
            "/export",
            get(|| async { "exported" }).layer(app.requires(Capability::ADVANCED)),
        )
        .with_state(app.clone())
        .merge(app.lifecycle_routes())
        .merge(app.metrics_route());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let app = App::connect("com.example.app", &address).unwrap();
    Setting {
        host,
        app,
        address,
        folder,
    }
}

async fn panel(request: ConnectRequest) -> String {
    format!(
        "{}: {}",
        request.client_key(),
        request.license().state().name()
    )
}

#[tokio::test]
async fn a_connect_app_from_install_to_uninstall() {
    let Setting {
        host,
        app,
        address,
        folder,
    } = connect_setting().await;
    let acme = host.tenant(&app, "acme").unwrap();
    let status = async |request| host.deliver(&request).await.unwrap().status();

    assert_eq!(status(page_of_another_host(&app)).await, 401);
    for event in acme.install().unwrap() {
        let answer = host.deliver(&event).await.unwrap();
        assert_eq!(answer.status(), 204, "{}: {}", event.name(), answer.text());
    }
    acme.buy(Edition::Standard).unwrap();
    let seen = host.deliver(&acme.page("/panel").unwrap()).await.unwrap();
    assert_eq!(seen.status(), 200, "{}", seen.text());
    assert!(seen.text().ends_with(": active"));

    let refused = host.deliver(&acme.page("/export").unwrap()).await.unwrap();
    assert_eq!(refused.status(), 402);
    assert!(
        refused.text().contains("capability_missing"),
        "{}",
        refused.text()
    );

    acme.change_edition(Edition::Advanced).unwrap();
    assert_eq!(status(acme.page("/export").unwrap()).await, 200);

    acme.cancel().unwrap();
    host.clock().advance_days(400);
    let ended = host.deliver(&acme.page("/export").unwrap()).await.unwrap();
    assert_eq!(ended.status(), 402);
    assert!(ended.text().contains("inactive"), "{}", ended.text());

    let page = acme.page("/panel").unwrap();
    for event in acme.uninstall().unwrap() {
        assert_eq!(status(event).await, 204);
    }
    assert_eq!(status(page).await, 401);

    // nothing that was written down holds a secret
    let metrics = http_text(&format!("{address}/metrics")).await;
    assert!(
        metrics.contains("app_license_events_total{event=\"installed\"} 1"),
        "{metrics}"
    );
    let secret = acme.shared_secret().unwrap();
    assert!(!metrics.contains(&secret));
    drop(folder);
}

/// Before the install there is nothing to sign with: a tenant the app never heard of.
fn page_of_another_host(app: &App) -> app_license_testkit::SignedRequest {
    let other = MockHost::offline().tenant(app, "elsewhere").unwrap();
    other.install().unwrap();
    other.page("/panel").unwrap()
}

#[tokio::test]
async fn a_key_server_that_is_down_is_503_and_refuses_nobody_for_good() {
    let Setting { host, app, .. } = connect_setting().await;
    let acme = host.tenant(&app, "acme").unwrap();
    let both = [Service::InstallKeys, Service::InstallKeysFallback];
    for service in both {
        host.set_fault(service, Fault::Down);
    }
    let events = acme.install().unwrap();
    assert_eq!(host.deliver(&events[0]).await.unwrap().status(), 503);
    for service in both {
        host.heal(service);
    }
    host.clock().advance(60);
    for event in acme.reinstall().unwrap() {
        let answer = host.deliver(&event).await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text());
    }
}

/// RS256 always, also the first time.
#[tokio::test]
async fn unauthenticated_install() {
    let Setting { host, app, .. } = connect_setting().await;
    let acme = host.tenant(&app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    let unsigned = host
        .deliver(&installed.clone().without_token())
        .await
        .unwrap();
    assert_eq!(unsigned.status(), 401);
    assert!(
        unsigned.text().contains("token_missing"),
        "{}",
        unsigned.text()
    );
    let page = host.deliver(&acme.page("/panel").unwrap()).await.unwrap();
    assert_eq!(page.status(), 401, "nothing was stored");
    assert!(page.text().contains("unknown_tenant"), "{}", page.text());
    assert_eq!(host.deliver(&installed).await.unwrap().status(), 204);
}

#[tokio::test]
async fn what_a_stranger_tries_is_refused_everywhere() {
    let Setting {
        host, app, address, ..
    } = connect_setting().await;
    let (acme, other) = (
        host.tenant(&app, "acme").unwrap(),
        host.tenant(&app, "other").unwrap(),
    );
    for event in acme
        .install()
        .unwrap()
        .into_iter()
        .chain(other.install().unwrap())
    {
        host.deliver(&event).await.unwrap();
    }
    let mut routes = vec![probe::Route::page("/panel"), probe::Route::page("/export")];
    routes.extend(probe::Route::lifecycle());
    let report = probe::Probe::new(&address)
        .routes(&routes)
        .tenants(&acme, &other)
        .run()
        .await
        .unwrap();
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn a_forge_remote_from_trial_to_end() {
    let host = MockHost::start().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let fetcher = Fetcher::rerouted_for_tests(host.gateway().unwrap()).unwrap();
    let clock = host.clock().clone();
    let now = move || -> UnixTime { clock.now() };
    let keys = ForgeKeys::builder(fetcher, KeySetUrl::COMMERCIAL)
        .clock(now.clone())
        .build()
        .unwrap();
    let remote = ForgeRemote::builder(APP_ID, keys)
        .unwrap()
        .clock(now)
        .build();
    let router = Router::new()
        .route("/summary", post(summary))
        .route(
            "/export",
            post(|| async { "exported" }).layer(remote.requires(Capability::ADVANCED)),
        )
        .with_state(remote);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let app = App::forge(APP_ID, &address).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    let call = async |path: &str| {
        let request = acme.invoke("POST", path, &Invocation::ui("panel")).unwrap();
        let answer = host.deliver(&request).await.unwrap();
        (answer.status(), answer.text())
    };
    acme.buy(Edition::Standard).unwrap();
    assert_eq!(call("/summary").await, (200, "active".to_owned()));
    assert_eq!(call("/export").await.0, 402);
    acme.change_edition(Edition::Advanced).unwrap();
    assert_eq!(call("/export").await, (200, "exported".to_owned()));
    host.rotate_jwks(false).unwrap();
    assert_eq!(call("/export").await.0, 200, "a new key is fetched once");
    acme.cancel().unwrap();
    host.clock().advance_days(400);
    assert_eq!(call("/export").await.0, 402);

    let unsigned = acme
        .invoke("POST", "/export", &Invocation::ui("panel"))
        .unwrap()
        .without_token();
    assert_eq!(host.deliver(&unsigned).await.unwrap().status(), 401);
}

async fn summary(invocation: ForgeInvocation) -> String {
    invocation.license().state().name().to_owned()
}

async fn http_text(url: &str) -> String {
    reqwest::get(url).await.unwrap().text().await.unwrap()
}
