//! The remote as it is served, driven by a mock host platform from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Child, Command};
use std::time::Duration;

use app_license_server::testkit::probe::{Probe, Route, RouteKind};
use app_license_server::testkit::{App, Edition, Invocation, MockHost, SigningKey};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const APP_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

/// How long the program may take until it listens.
const PATIENCE: Duration = Duration::from_secs(60);

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Starts the remote against a mock host platform; `folder` is where its database is.
async fn serve(host: &MockHost, folder: &std::path::Path) -> (Served, String) {
    host.clock().stamp_tokens_by_system(true);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let served = Command::new(env!("CARGO_BIN_EXE_forge-remote"))
        .env("PORT", port.to_string())
        .env("DATABASE", folder.join("installations.db"))
        .env("APP_ID", APP_ID)
        .env("HSTS_SECONDS", "31536000")
        .env("MOCK_HOST", host.gateway().unwrap().to_string())
        .spawn();
    let mut served = Served(served.unwrap());
    let listens = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = served.0.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it listened: {ended:?}");
            sleep(Duration::from_millis(20)).await;
        }
    };
    let listens = timeout(PATIENCE, listens).await;
    assert!(listens.is_ok(), "it does not listen on {port}");
    (served, format!("http://127.0.0.1:{port}"))
}

#[tokio::test]
async fn served_by_environment_variables() {
    let host = MockHost::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_served, address) = serve(&host, folder.path()).await;
    let app = App::forge(APP_ID, &address).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    for event in acme.install().unwrap() {
        let answer = host.deliver(&event).await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text());
    }
    acme.buy(Edition::Advanced).unwrap();
    let page = Invocation::ui("reports-page");
    let call = acme.invoke("POST", "/export", &page).unwrap();
    let answer = host.deliver(&call).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    // the schedule of the manifest
    let schedule = Invocation::function("license-sweep");
    let call = acme
        .invoke("POST", "/forge/license-sweep", &schedule)
        .unwrap();
    assert_eq!(host.deliver(&call).await.unwrap().status(), 204);
}

/// What the platform's security requirement tester checks of a Connect app, of a remote: it reads the URLs in
/// a descriptor, which are those of the manifest here, and the two that the app's pages call. Headers of
/// refusals are looked at too.
///
/// Left out, for the remote is served without TLS here and has no name of its own: TLS versions, the
/// certificate, branding.
#[tokio::test]
async fn passes_the_checks_of_the_security_requirement_tester() {
    let host = MockHost::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_served, address) = serve(&host, folder.path()).await;
    let app = App::forge(APP_ID, &address).unwrap();
    let [acme, other] = ["acme", "other"].map(|site| host.tenant(&app, site).unwrap());
    for event in [acme.install().unwrap(), other.install().unwrap()].concat() {
        assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
    }
    acme.buy(Edition::Advanced).unwrap();
    let page = Invocation::ui("reports-page");
    let call = acme.invoke("POST", "/export", &page).unwrap();
    let base_url = acme.invoke("GET", "/", &page).unwrap().without_token();
    for (request, status) in [
        (call.clone(), 200),
        (call.without_token(), 401),
        (base_url, 404),
    ] {
        let answer = host.deliver(&request).await.unwrap();
        assert_eq!(answer.status(), status, "{}", answer.text());
        let header = |name| answer.header(name).unwrap_or_default();
        let cache: Vec<_> = header("cache-control").split(',').map(str::trim).collect();
        assert!(cache.contains(&"no-store"), "{cache:?}");
        assert!(status >= 400 || cache.contains(&"no-cache"), "{cache:?}");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(
            header("strict-transport-security"),
            "max-age=31536000; includeSubDomains"
        );
        assert_eq!(header("content-security-policy"), "frame-ancestors 'none'");
        assert_eq!(header("set-cookie"), "");
    }

    let manifest = include_str!("../manifest.yml").lines();
    let mut paths: Vec<_> = manifest
        .filter_map(|line| line.trim().strip_prefix("path: "))
        .collect();
    assert_eq!(paths, ["/forge/lifecycle", "/forge/license-sweep"]);
    paths.extend(["/summary", "/export"]);
    let stranger = SigningKey::generate("test-stranger").unwrap();
    let claims = acme.invocation_spec(&page).unwrap();
    for (path, method) in paths
        .iter()
        .flat_map(|path| [(path, "GET"), (path, "POST")])
    {
        let request = acme.invoke(method, path, &page).unwrap();
        for forged in [
            request.clone().without_token(),
            request.clone().with_token(&claims.hs256(b"made-up-secret")),
            request.clone().with_token(&claims.unsigned()),
            request.clone().with_token(&claims.rs256(&stranger)),
        ] {
            let status = host.deliver(&forged).await.unwrap().status();
            assert!((400..500).contains(&status), "{method} {path}: {status}");
        }
    }

    let remote = |path| Route::new(RouteKind::Remote, "POST", path);
    let routes = [
        Route::forge_lifecycle(),
        remote("/summary"),
        remote("/export"),
    ];
    let report = Probe::new(&address)
        .routes(&routes)
        .tenants(&acme, &other)
        .run()
        .await
        .unwrap();
    assert!(
        report.is_clean() && report.header_faults().is_empty(),
        "{report}"
    );
}
