//! The probe finds the holes of an app that has them, and none in one that has not.

use std::net::SocketAddr;
use std::sync::Arc;

use app_license_testkit::probe::{Probe, Route, RouteKind, probe};
use app_license_testkit::{App, Mishap, MockHost};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;

/// An app that decides by a function of the whole request.
async fn app(status: impl Fn(&Request) -> u16 + Send + Sync + 'static) -> SocketAddr {
    type Status = Arc<dyn Fn(&Request) -> u16 + Send + Sync>;
    async fn handler(State(status): State<Status>, request: Request) -> StatusCode {
        StatusCode::from_u16(status(&request)).unwrap()
    }
    let status: Status = Arc::new(status);
    let router = Router::new().fallback(handler).with_state(status);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn token(request: &Request) -> Option<&str> {
    let value = request.headers().get("authorization")?;
    value.to_str().ok()?.strip_prefix("JWT ")
}

fn segment(token: &str, index: usize) -> serde_json::Value {
    use base64::Engine;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let bytes = token
        .split('.')
        .nth(index)
        .and_then(|s| engine.decode(s).ok());
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

fn all_routes() -> Vec<Route> {
    let mut routes = Route::lifecycle();
    routes.push(Route::page("/panel"));
    routes.push(Route::new(RouteKind::FrontEnd, "GET", "/api"));
    routes
}

#[tokio::test]
async fn an_app_that_takes_everybody_fails_every_attack() {
    let address = app(|_| 204).await;
    let url = format!("http://{address}");
    let host = MockHost::offline();
    let app = App::connect("com.example.app", &url).unwrap();
    let (acme, other) = (
        host.tenant(&app, "acme").unwrap(),
        host.tenant(&app, "other").unwrap(),
    );
    acme.install().unwrap();
    other.install().unwrap();
    let report = Probe::new(&url)
        .routes(&all_routes())
        .tenants(&acme, &other)
        .run()
        .await
        .unwrap();
    let attacks: Vec<&str> = report.findings().iter().map(|it| it.attack()).collect();
    for attack in [
        "no-token",
        "empty-token",
        "garbage-token",
        "alg-none",
        "alg-none-mixed-case",
        "hs256-empty-secret",
        "hs256-guessed-secret",
        "rs256-unknown-key",
        "kid-traversal",
        "expired",
        "no-expiry",
        "alg-confusion",
        "critical-header",
        "qsh-of-another-path",
        "no-qsh",
        "context-token",
        "page-token-on-front-end",
        "token-of-another-tenant",
        "hs256-own-secret",
        "foreign-audience",
        "no-audience",
    ] {
        assert!(attacks.contains(&attack), "{attack}");
    }
    assert_eq!(
        report.findings().len() + report.refused_controls().len() + 8,
        report.outcomes().len(),
        "everything but the eight controls went through"
    );
    assert!(report.to_string().starts_with(&format!(
        "{} attacks on 6 routes: {} findings\n  accepted: no-token on GET /panel answered 204",
        report.findings().len(),
        report.findings().len()
    )));
    let json = report.to_json();
    assert_eq!(json["clean"], false);
    assert_eq!(json["findings"][0]["verdict"], "accepted");
}

#[tokio::test]
async fn a_remote_that_takes_everybody_fails_every_attack() {
    let address = app(|_| 200).await;
    let url = format!("http://{address}");
    let host = MockHost::offline();
    let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", &url).unwrap();
    let (acme, other) = (
        host.tenant(&app, "acme").unwrap(),
        host.tenant(&app, "other").unwrap(),
    );
    acme.install().unwrap();
    other.install().unwrap();
    let routes = [Route::new(RouteKind::Remote, "GET", "/report")];
    let probe = Probe::new(&url).routes(&routes).tenants(&acme, &other);
    let report = probe.run().await.unwrap();
    let attacks: Vec<&str> = report.findings().iter().map(|it| it.attack()).collect();
    for attack in [
        "no-token",
        "alg-none",
        "rs256-unknown-key",
        "expired",
        "foreign-audience",
        "foreign-issuer",
        "alg-confusion",
        "contradicting-installation",
    ] {
        assert!(attacks.contains(&attack), "{attack}");
    }
    assert_eq!(report.findings().len() + 2, report.outcomes().len());
}

#[tokio::test]
async fn an_app_that_refuses_everybody_is_not_clean_for_its_controls_fail() {
    let address = app(|_| 401).await;
    let url = format!("http://{address}");
    let report = probe(&url, &all_routes()).await.unwrap();
    assert!(report.is_clean());
    assert!(report.refused_controls().is_empty(), "none without tenants");

    let host = MockHost::offline();
    let app = App::connect("com.example.app", &url).unwrap();
    let (acme, other) = (
        host.tenant(&app, "acme").unwrap(),
        host.tenant(&app, "other").unwrap(),
    );
    acme.install().unwrap();
    other.install().unwrap();
    let probe = Probe::new(&url).routes(&[Route::page("/panel")]);
    let report = probe.tenants(&acme, &other).run().await.unwrap();
    assert!(report.findings().is_empty());
    assert!(!report.is_clean());
    assert_eq!(report.refused_controls().len(), 2, "before and after");
    let text = report.to_string();
    assert!(
        text.contains("no finding\n  control refused: control on GET /panel answered 401"),
        "{text}"
    );
}

#[tokio::test]
async fn single_holes_are_named() {
    // takes unsigned tokens
    let address = app(|request| {
        let none = token(request).is_some_and(|it| segment(it, 0)["alg"] == "none");
        if none { 200 } else { 401 }
    })
    .await;
    let report = probe(&format!("http://{address}"), &[Route::page("/panel")]).await;
    let report = report.unwrap();
    let attacks: Vec<&str> = report.findings().iter().map(|it| it.attack()).collect();
    assert_eq!(attacks, ["alg-none"]);

    // falls over rubbish
    let address = app(|request| {
        if token(request) == Some("a.b.c") {
            500
        } else {
            401
        }
    })
    .await;
    let report = probe(&format!("http://{address}"), &[Route::page("/panel")]).await;
    let report = report.unwrap();
    assert!(report.is_clean());
    assert_eq!(report.crashes().len(), 1);
    assert!(
        report
            .to_string()
            .contains("crashed: garbage-token on GET /panel answered 500")
    );
}

/// Whatever the order of the routes: what switches the victim off is sent when all attacks are over.
#[tokio::test]
async fn lifecycle_comes_last_and_hides_no_hole_of_a_page() {
    use std::sync::atomic::{AtomicBool, Ordering};
    // takes expired tokens on its page, as long as the tenant is there
    let off = AtomicBool::new(false);
    let address = app(move |request| {
        let Some(claims) = token(request).map(|it| segment(it, 1)) else {
            return 401;
        };
        let honest = claims["exp"]
            .as_u64()
            .is_some_and(|exp| exp > 1_800_000_000);
        match request.uri().path() {
            "/disabled" | "/uninstalled" if honest => {
                off.store(true, Ordering::SeqCst);
                204
            }
            "/panel" if !off.load(Ordering::SeqCst) => 200,
            _ => 401,
        }
    })
    .await;
    let url = format!("http://{address}");
    let host = MockHost::offline();
    let app = App::connect("com.example.app", &url).unwrap();
    let (acme, other) = (
        host.tenant(&app, "acme").unwrap(),
        host.tenant(&app, "other").unwrap(),
    );
    acme.install().unwrap();
    other.install().unwrap();
    let mut routes = Route::lifecycle();
    routes.push(Route::page("/panel"));
    let probe = Probe::new(&url).routes(&routes).tenants(&acme, &other);
    let report = probe.run().await.unwrap();
    let on_page: Vec<_> = report
        .findings()
        .iter()
        .filter(|it| it.route().target() == "/panel")
        .map(|it| it.attack())
        .collect();
    assert!(on_page.contains(&"expired"), "{report}");
    let kinds: Vec<_> = report
        .outcomes()
        .iter()
        .map(|it| it.route().kind())
        .collect();
    let last = kinds.iter().rposition(|it| *it == RouteKind::Page).unwrap();
    let controls = report.outcomes().iter().skip(last + 1);
    assert!(controls.clone().count() >= 4 && controls.clone().all(|it| it.attack() == "control"));
}

#[tokio::test]
async fn headers_of_pages_and_refusals_are_looked_at() {
    let address = app(|_| 200).await;
    let report = probe(&format!("http://{address}"), &[Route::page("/panel")]).await;
    assert!(
        report.unwrap().header_faults().is_empty(),
        "no page, no refusal"
    );
    let address = app(|_| 401).await;
    let report = probe(&format!("http://{address}"), &[Route::page("/panel")]).await;
    let report = report.unwrap();
    let faults = report.header_faults();
    assert_eq!(faults.len(), 1, "once a route: {report}");
    assert!(faults[0].1.starts_with("cache-control"), "{report}");
    assert!(
        report
            .to_string()
            .contains("headers of GET /panel: cache-control")
    );
    assert!(report.is_clean(), "headers are apart");
}

/// An app that takes everybody and answers with these headers: what the probe says of them.
async fn faults_of(headers: &'static [(&'static str, &'static str)]) -> Vec<&'static str> {
    let answer = move || async move {
        let headers = headers.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, axum::http::HeaderValue::from_static(value))
        });
        headers.collect::<axum::http::HeaderMap>()
    };
    let router = Router::new().fallback(answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let host = MockHost::offline();
    let app = App::connect("com.example.app", &url).unwrap();
    let [acme, other] = ["acme", "other"].map(|site| host.tenant(&app, site).unwrap());
    acme.install().unwrap();
    other.install().unwrap();
    let routes = [Route::page("/panel")];
    let probe = Probe::new(&url).routes(&routes).tenants(&acme, &other);
    let report = probe.run().await.unwrap();
    let faults = report.header_faults().into_iter();
    faults
        .map(|(route, fault)| {
            assert_eq!(route.target(), "/panel");
            fault.split(':').next().unwrap()
        })
        .collect()
}

#[tokio::test]
async fn headers_of_an_answered_page_are_looked_at() {
    const WELL: [(&str, &str); 2] = [
        ("cache-control", "no-cache, no-store"),
        ("referrer-policy", "no-referrer"),
    ];
    for (headers, faults) in [
        (&[][..], &["cache-control", "referrer-policy"][..]),
        (&WELL, &[]),
        (&[WELL[0]], &["referrer-policy"]),
        (&[WELL[1], ("cache-control", "private")], &["cache-control"]),
        (
            &[WELL[0], ("referrer-policy", "unsafe-url")],
            &["referrer-policy"],
        ),
        (
            &[WELL[0], ("referrer-policy", "no-referrer-when-downgrade")],
            &["referrer-policy"],
        ),
        (
            &[
                WELL[0],
                ("referrer-policy", "unsafe-url, Strict-Origin, new"),
            ],
            &[],
        ),
        (
            &[
                WELL[0],
                WELL[1],
                ("access-control-allow-origin", "*"),
                ("access-control-allow-credentials", "true"),
            ],
            &["access-control-allow-origin"],
        ),
        (
            &[WELL[0], WELL[1], ("access-control-allow-origin", "*")],
            &[],
        ),
    ] {
        assert_eq!(faults_of(headers).await, faults, "{headers:?}");
    }
}

#[tokio::test]
async fn a_forge_lifecycle_route_that_takes_pages_is_found() {
    let address = app(|_| 204).await;
    let url = format!("http://{address}");
    let host = MockHost::offline();
    let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", &url).unwrap();
    let (acme, other) = (
        host.tenant(&app, "acme").unwrap(),
        host.tenant(&app, "other").unwrap(),
    );
    acme.install().unwrap();
    other.install().unwrap();
    let routes = [Route::forge_lifecycle()];
    let probe = Probe::new(&url).routes(&routes).tenants(&acme, &other);
    let report = probe.run().await.unwrap();
    let attacks: Vec<&str> = report.findings().iter().map(|it| it.attack()).collect();
    for attack in [
        "no-token",
        "token-of-a-page",
        "event-of-another-installation",
    ] {
        assert!(attacks.contains(&attack), "{report}");
    }
}

#[tokio::test]
async fn apps_elsewhere_are_left_alone() {
    for url in ["https://app.example.com", "http://192.0.2.1", "nonsense"] {
        let refused = probe(url, &[Route::page("/")]).await.unwrap_err();
        assert_eq!(refused.code(), "invalid", "{url}");
    }
}

#[tokio::test]
async fn events_are_delivered_lost_doubled_and_reordered() {
    let address = app(|request| {
        if request.uri().path() == "/installed" {
            204
        } else {
            200
        }
    })
    .await;
    let host = MockHost::offline();
    let app = App::connect("com.example.app", &format!("http://{address}")).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    let events = acme.install().unwrap();
    let names = |all: Vec<app_license_testkit::Delivery>| -> Vec<String> {
        all.iter()
            .map(|it| format!("{}:{}", it.name(), it.status()))
            .collect()
    };
    for (mishap, want) in [
        (Mishap::None, vec!["installed:204", "enabled:200"]),
        (Mishap::Lost, vec![]),
        (
            Mishap::Twice,
            vec![
                "installed:204",
                "installed:204",
                "enabled:200",
                "enabled:200",
            ],
        ),
        (Mishap::OutOfOrder, vec!["enabled:200", "installed:204"]),
    ] {
        let answers = host.deliver_all(events.clone(), mishap).await.unwrap();
        assert_eq!(names(answers), want);
    }
    let nobody = events[0].clone().to("http://127.0.0.1:1");
    let error = host.deliver(&nobody).await.unwrap_err();
    assert_eq!(error.code(), "network");
    assert!(!error.to_string().contains("eyJ"));
}
