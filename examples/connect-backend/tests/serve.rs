//! The app as it is served, driven by a mock host platform from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Child, Command};
use std::time::Duration;

use app_license_server::testkit::probe::{Probe, Route, RouteKind};
use app_license_server::testkit::{App, Edition, MockHost, SigningKey, query_hash};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// How long the program may take until it listens.
const PATIENCE: Duration = Duration::from_secs(60);

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Starts the app against a mock host platform; `folder` is where its database is.
async fn serve(host: &MockHost, folder: &std::path::Path) -> (Served, String) {
    host.clock().stamp_tokens_by_system(true);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let served = Command::new(env!("CARGO_BIN_EXE_connect-backend"))
        .env("PORT", port.to_string())
        .env("DATABASE", folder.join("installations.db"))
        .env("HSTS_SECONDS", "31536000")
        .env(
            "ENCRYPTION_KEY",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        )
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
    let app = App::connect("com.example.reports", &address).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    for event in acme.install().unwrap() {
        let answer = host.deliver(&event).await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text());
    }
    acme.buy(Edition::Advanced).unwrap();
    let page = host.deliver(&acme.page("/reports").unwrap()).await.unwrap();
    assert!(page.text().contains("id=\"export\""), "{}", page.text());
}

/// The URLs of modules, wherever they stand in one.
fn urls_of(module: &Value, urls: &mut Vec<String>) {
    match module {
        Value::Array(all) => all.iter().for_each(|module| urls_of(module, urls)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(url) if name == "url" => urls.push(url.to_owned()),
                    _ => urls_of(value, urls),
                }
            }
        }
        _ => {}
    }
}

/// What the platform's security requirement tester checks: proof of who calls on every URL of the descriptor,
/// by GET and POST; cache control, referrer policy and cookies; HSTS of the base URL. It looks at no
/// header of a refusal and sees no real page; both are looked at here.
///
/// Left out, for the app is served without TLS here and has no name of its own: TLS versions, the
/// certificate, branding. The tester's check of admin pages has nothing to check: there is none.
#[tokio::test]
async fn passes_the_checks_of_the_security_requirement_tester() {
    let host = MockHost::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_served, address) = serve(&host, folder.path()).await;
    let app = App::connect("com.example.reports", &address).unwrap();
    let [acme, other] = ["acme", "other"].map(|site| host.tenant(&app, site).unwrap());
    for event in [acme.install().unwrap(), other.install().unwrap()].concat() {
        assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
    }
    acme.buy(Edition::Advanced).unwrap();
    let plain = |method: &'static str, target: &str| {
        let request = acme.signed("tester", method, target).unwrap();
        request.without_token()
    };
    let page = acme.page("/reports").unwrap();
    for (request, status, ancestors) in [
        (page.clone(), 200, "https://acme.atlassian.net"),
        (page.without_token(), 401, "'none'"),
        (
            acme.front_end_call("GET", "/api/export").unwrap(),
            200,
            "'none'",
        ),
        (
            acme.lifecycle_event("installed").unwrap().without_token(),
            401,
            "'none'",
        ),
        (plain("GET", "/atlassian-connect.json"), 200, "'none'"),
        (plain("GET", "/"), 404, "'none'"),
    ] {
        let answer = host.deliver(&request).await.unwrap();
        let name = request.target();
        assert_eq!(answer.status(), status, "{name}: {}", answer.text());
        let header = |name| answer.header(name).unwrap_or_default();
        let cache: Vec<_> = header("cache-control").split(',').map(str::trim).collect();
        assert!(cache.contains(&"no-store"), "{name}: {cache:?}");
        assert!(
            status >= 400 || cache.contains(&"no-cache"),
            "{name}: {cache:?}"
        );
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(
            header("strict-transport-security"),
            "max-age=31536000; includeSubDomains"
        );
        assert_eq!(header("set-cookie"), "");
        let policies = answer
            .headers()
            .filter(|(name, _)| *name == "content-security-policy");
        let ancestors = format!("frame-ancestors {ancestors}");
        assert!(
            policies.into_iter().any(|(_, value)| value == ancestors),
            "{name}: {ancestors}"
        );
    }

    let descriptor = host.deliver(&plain("GET", "/atlassian-connect.json")).await;
    let descriptor: Value = serde_json::from_str(&descriptor.unwrap().text()).unwrap();
    let mut urls = Vec::new();
    urls_of(&descriptor["modules"], &mut urls);
    let events = descriptor["lifecycle"].as_object().unwrap();
    urls.extend(events.values().map(|url| url.as_str().unwrap().to_owned()));
    urls.sort();
    assert_eq!(
        urls,
        [
            "/disabled",
            "/enabled",
            "/installed",
            "/reports",
            "/uninstalled"
        ]
    );
    let stranger = SigningKey::generate("test-stranger").unwrap();
    let client_key = acme.site().client_key().unwrap();
    for (url, method, issuer) in urls.iter().flat_map(|url| {
        let methods = ["GET", "POST"].into_iter();
        methods.flat_map(move |method| [(url, method, "nobody"), (url, method, "acme")])
    }) {
        let issuer = if issuer == "acme" {
            &client_key
        } else {
            issuer
        };
        let claims = acme.token_spec().unwrap().claim("iss", issuer);
        let claims = claims.claim("qsh", query_hash(method, url, ""));
        let request = match (method, url.strip_prefix('/')) {
            ("POST", Some(event)) if event != "reports" => acme.lifecycle_event(event).unwrap(),
            _ => acme.signed("tester", method, url).unwrap(),
        };
        for forged in [
            request.clone().without_token(),
            request.clone().with_token(&claims.hs256(b"made-up-secret")),
            request.clone().with_token(&claims.unsigned()),
            request.clone().with_token(&claims.rs256(&stranger)),
        ] {
            let status = host.deliver(&forged).await.unwrap().status();
            assert!((400..500).contains(&status), "{method} {url}: {status}");
        }
    }

    let mut routes = Route::lifecycle();
    routes.push(Route::page("/reports"));
    routes.push(Route::new(RouteKind::FrontEnd, "GET", "/api/export"));
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
