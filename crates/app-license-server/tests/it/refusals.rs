//! What is refused, and what cannot be checked: over real sockets.

use std::convert::Infallible;
use std::sync::Arc;

use crate::common::{Connect, Forge};
use app_license_client::Fetcher;
use app_license_server::{ConnectAppBuilder, RefusedRequest, Rejection};
use app_license_store::MemoryStore;
use app_license_testkit::{Edition, InjectedFault, Invocation, MockHost, Service, probe};
use axum::body::Body;
use http::{Response, StatusCode};
use tower::{Layer, Service as _, service_fn};

async fn setting() -> (MockHost, Connect) {
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    (host, app)
}

#[tokio::test]
async fn a_key_server_that_is_down_is_503_and_refuses_nobody_for_good() {
    let (host, app) = setting().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let both = [Service::InstallKeys, Service::InstallKeysFallback];
    for service in both {
        host.set_fault(service, InjectedFault::Down);
    }
    let events = acme.install().unwrap();
    assert_eq!(host.deliver(&events[0]).await.unwrap().status(), 503);
    for service in both {
        host.heal(service);
    }
    host.clock().advance(60);
    for event in acme.reinstall().unwrap() {
        if event.name() == "disabled" {
            continue; // of a tenant that nobody ever heard of
        }
        let answer = host.deliver(&event).await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text());
    }
}

/// RS256 always, also the first time.
#[tokio::test]
async fn unauthenticated_install() {
    let (host, app) = setting().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
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
    let (host, app) = setting().await;
    let (acme, other) = (
        host.tenant(&app.app, "acme").unwrap(),
        host.tenant(&app.app, "other").unwrap(),
    );
    for event in acme
        .install()
        .unwrap()
        .into_iter()
        .chain(other.install().unwrap())
    {
        host.deliver(&event).await.unwrap();
    }
    acme.buy(Edition::Advanced).unwrap();
    // in the worst order
    let mut routes = probe::Route::lifecycle();
    routes.extend([probe::Route::page("/panel"), probe::Route::page("/export")]);
    routes.push(probe::Route::new(
        probe::RouteKind::FrontEnd,
        "GET",
        "/data",
    ));
    let report = probe::Probe::new(&app.address)
        .routes(&routes)
        .tenants(&acme, &other)
        .run()
        .await
        .unwrap();
    assert!(report.is_clean(), "{report}");
    let of_refusals = report.header_faults();
    let of_refusals = of_refusals.iter().filter(|(_, it)| it.contains("refusal"));
    assert_eq!(of_refusals.count(), 0, "{report}");
}

#[tokio::test]
async fn what_a_stranger_tries_on_a_remote_is_refused_everywhere() {
    let host = MockHost::start().await.unwrap();
    let remote = Forge::serve(&host, Arc::new(MemoryStore::new())).await;
    let [acme, other] = ["acme", "other"].map(|site| host.tenant(&remote.app, site).unwrap());
    for event in [acme.install().unwrap(), other.install().unwrap()].concat() {
        host.deliver(&event).await.unwrap();
    }
    acme.buy(Edition::Advanced).unwrap();
    let remote_route = |path| probe::Route::new(probe::RouteKind::Remote, "POST", path);
    let routes = [
        probe::Route::forge_lifecycle(),
        remote_route("/summary"),
        remote_route("/export"),
    ];
    let probe = probe::Probe::new(&remote.address).routes(&routes);
    let report = probe.tenants(&acme, &other).run().await.unwrap();
    assert!(report.is_clean(), "{report}");
}

/// Without a setting for tests, keys of a mock host platform prove nothing, and nobody is asked.
#[tokio::test]
async fn test_keys_are_refused_in_production() {
    let host = MockHost::start().await.unwrap();
    let store = Arc::new(MemoryStore::new());
    let genuine = |app: ConnectAppBuilder| app.fetcher(Fetcher::new().unwrap());
    let app = Connect::serve_as(&host, store, genuine, |router| router).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    let refused = host.deliver(&installed).await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(refused.text().contains("test_key"), "{}", refused.text());
    assert_eq!(host.hits(Service::InstallKeys), 0);
}

/// A gate is a plain tower layer: any service, any body that a text can be made into.
#[tokio::test]
async fn a_gate_works_without_a_router() {
    let (host, app) = setting().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    for event in acme.install().unwrap() {
        host.deliver(&event).await.unwrap();
    }
    acme.buy(Edition::Standard).unwrap();
    let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new("inside".to_owned())));
    let gate = app.served.requires("capabilityAdvanced").unwrap();
    let mut gated = gate.layer(inner);
    let answer = gated
        .call(acme.page("/x").unwrap().to_http())
        .await
        .unwrap();
    assert_eq!(answer.status(), 402);
    let rejection = answer.extensions().get::<Rejection>().unwrap();
    assert_eq!(rejection.code(), "capability_missing");
    let inner = service_fn(async |_| Ok::<_, Infallible>(Response::new(Body::from("inside"))));
    let teapot = |_: RefusedRequest<'_>| StatusCode::IM_A_TEAPOT;
    let mut gated = app
        .served
        .requires("capabilityAdvanced")
        .unwrap()
        .respond_with(teapot)
        .layer(inner);
    let answer = gated
        .call(acme.page("/x").unwrap().to_http())
        .await
        .unwrap();
    assert_eq!(answer.status(), 418);
    assert!(answer.extensions().get::<Rejection>().is_some());
    acme.change_edition(Edition::Advanced).unwrap();
    let answer = gated
        .call(acme.page("/x").unwrap().to_http())
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

/// A browser may send anything to any path of a remote, and its token is genuine.
#[tokio::test]
async fn a_user_cannot_uninstall_the_app_of_a_remote() {
    let host = MockHost::start().await.unwrap();
    let remote = Forge::serve(&host, Arc::new(MemoryStore::new())).await;
    let acme = host.tenant(&remote.app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    let users = acme.invocation_token(&Invocation::ui("panel")).unwrap();
    let forged = installed.clone().with_token(&users);
    let answer = host.deliver(&forged).await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(
        answer.text().contains("user_initiated"),
        "{}",
        answer.text()
    );
    assert_eq!(host.deliver(&installed).await.unwrap().status(), 204);
}
