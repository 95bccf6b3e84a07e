//! A customer who is denied, and a vendor who asks why.

use std::sync::Arc;

use app_license_client::Fetcher;
use app_license_server::{
    ConnectApp, ConnectAppBuilder, FeatureMap, ForgeRemote, MemoryStore, RefusedRequest, Rejection,
};
use app_license_testkit::{App, Edition, Invocation, MockHost, SignedRequest, Tenant};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use tower::ServiceExt;

use crate::common::{APP_ID, APP_KEY, Connect, Forge, clock, fetcher};
use crate::log::Log;

pub(crate) const BASE_URL: &str = "https://app.example.com";

pub(crate) fn app(host: &MockHost) -> ConnectAppBuilder {
    ConnectApp::builder(APP_KEY, BASE_URL)
        .unwrap()
        .store(MemoryStore::new())
        .fetcher(fetcher(host))
        .clock(clock(host))
}

pub(crate) async fn answer(router: &Router, request: &SignedRequest) -> Response {
    router.clone().oneshot(request.to_http()).await.unwrap()
}

pub(crate) async fn install(router: &Router, tenant: &Tenant) {
    for event in tenant.install().unwrap() {
        assert_eq!(answer(router, &event).await.status(), 204);
    }
}

fn said(response: &Response) -> (u16, &str, Option<&str>, Option<&str>) {
    let rejection = response.extensions().get::<Rejection>().unwrap();
    let status = response.status().as_u16();
    (
        status,
        rejection.code(),
        rejection.route(),
        rejection.tenant(),
    )
}

#[tokio::test]
async fn denied_request_names_route_tenant_and_code_in_log_and_extensions() {
    let log = Log::capture();
    let host = MockHost::start().await.unwrap();
    let app = app(&host)
        .confirm_with_license_api(|api| api)
        .build()
        .unwrap();
    let router = Router::new()
        .route(
            "/issues/{id}/export",
            get(|| async { "exported" }).layer(app.requires(Edition::Advanced)),
        )
        .with_state(app.clone())
        .merge(app.lifecycle_routes());
    let acme = host
        .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "acme")
        .unwrap();
    let route = Some("/issues/{id}/export");
    let page = |tenant: &Tenant| tenant.page("/issues/7/export").unwrap();

    install(&router, &acme).await;
    let key = acme.site().client_key().unwrap();
    acme.buy(Edition::Standard).unwrap();
    let denied = answer(&router, &page(&acme)).await;
    assert_eq!(
        said(&denied),
        (402, "capability_missing", route, Some(&*key))
    );
    let lines = log.rejected();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        r#"route="/issues/{id}/export""#,
        &format!("tenant=\"{key}\""),
        "capability_missing",
        "needs capabilityAdvanced, has capabilityStandard",
    ] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }

    // a token of another secret, and none
    let forged = page(&acme).with_token(
        &acme
            .token_spec()
            .unwrap()
            .hs256(b"another-secret-of-the-attacker"),
    );
    let refused = answer(&router, &forged).await;
    assert_eq!(said(&refused).2, route);
    assert_eq!(said(&refused).3, Some(&*key));
    let bare = answer(&router, &page(&acme).without_token()).await;
    assert_eq!(said(&bare), (401, "token_missing", route, None));
    let event = acme.lifecycle_event("disabled").unwrap().without_token();
    let event = answer(&router, &event).await;
    assert_eq!(
        said(&event),
        (401, "token_missing", Some("/disabled"), None)
    );
    assert_eq!(log.rejected().len(), 3, "one line each");
}

#[tokio::test]
async fn denied_invocation_names_route_installation_and_code() {
    let log = Log::capture();
    let host = MockHost::start().await.unwrap();
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .fetcher(fetcher(&host))
        .clock(clock(&host))
        .build()
        .unwrap();
    let router = Router::new()
        .route(
            "/export",
            axum::routing::post(|| async {}).layer(remote.requires("advanced").unwrap()),
        )
        .with_state(remote);
    let app = App::forge(APP_ID, BASE_URL).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Standard).unwrap();
    let invoke = acme
        .invoke("POST", "/export", &Invocation::ui("panel"))
        .unwrap();
    let denied = answer(&router, &invoke).await;
    let ari = acme.installation_ari().unwrap();
    let want = (402, "capability_missing", Some("/export"), Some(&*ari));
    assert_eq!(said(&denied), want);
    let lines = log.rejected();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        r#"route="/export""#,
        &format!("tenant=\"{ari}\""),
        "capability_missing",
    ] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
}

#[tokio::test]
async fn respond_with_keeps_no_store_and_retry_after() {
    let host = MockHost::start().await.unwrap();
    let app = app(&host)
        .confirm_with_license_api(|api| api)
        .build()
        .unwrap();
    let own = |refused: RefusedRequest<'_>| (refused.rejection().status(), "<h1>Not for you</h1>");
    let cached = |_: RefusedRequest<'_>| {
        (
            StatusCode::PAYMENT_REQUIRED,
            [("cache-control", "private")],
            "",
        )
    };
    let gate = app.requires(Edition::Advanced);
    let router = Router::new()
        .route("/a", get(|| async {}).layer(gate.clone().respond_with(own)))
        .route("/b", get(|| async {}).layer(gate.respond_with(cached)))
        .with_state(app.clone())
        .merge(app.lifecycle_routes());
    let acme = host
        .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "acme")
        .unwrap();
    install(&router, &acme).await;
    acme.buy(Edition::Standard).unwrap();
    let denied = answer(&router, &acme.page("/a").unwrap()).await;
    assert_eq!(denied.status(), 402);
    assert_eq!(denied.headers()["cache-control"], "no-store");
    assert!(denied.headers().get("retry-after").is_none());
    assert!(denied.headers()["content-type"] != "application/json");
    // what the function sets stays
    let denied = answer(&router, &acme.page("/b").unwrap()).await;
    assert_eq!(denied.headers()["cache-control"], "private");
    // the site cannot be asked, and the request says nothing
    host.set_fault(
        app_license_testkit::Service::Sites,
        app_license_testkit::InjectedFault::Down,
    );
    let silent = acme.signed("status", "GET", "/a").unwrap();
    let unchecked = answer(&router, &silent).await;
    assert_eq!(unchecked.status(), 503);
    assert_eq!(unchecked.headers()["retry-after"], "5");
    assert_eq!(unchecked.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_server_that_accepts_test_keys_says_so_at_the_start() {
    let log = Log::capture();
    let host = MockHost::start().await.unwrap();
    app(&host).build().unwrap();
    ForgeRemote::builder(APP_ID)
        .unwrap()
        .fetcher(fetcher(&host))
        .build()
        .unwrap();
    let text = log.take();
    let warned: Vec<_> = text
        .lines()
        .filter(|line| line.contains("test keys are accepted"))
        .collect();
    assert_eq!(warned.len(), 2, "{text}");
    for (line, app) in warned.iter().zip([APP_KEY, APP_ID]) {
        assert!(line.contains(" app=") && line.contains(app), "{line}");
    }
    app(&host).fetcher(Fetcher::new().unwrap()).build().unwrap();
    assert_eq!(log.take(), "");
}

#[tokio::test]
async fn a_user_without_access_by_the_testkit_is_denied_on_both_platforms() {
    let host = MockHost::start().await.unwrap();
    let connect = Connect::serve(&host, Arc::new(MemoryStore::new())).await;
    let forge = Forge::serve(&host, Arc::new(MemoryStore::new())).await;
    for half in [&connect.app, &forge.app] {
        let acme = host.tenant(half, "acme").unwrap();
        for event in acme.install().unwrap() {
            assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
        }
        acme.buy(Edition::Advanced).unwrap();
        for (has_access, status) in [(true, 200), (false, 403)] {
            let user = acme.user_access(has_access);
            let request = match half.connect_key() {
                Some(_) => user.page("/export").unwrap(),
                None => user
                    .invoke("POST", "/export", &Invocation::ui("panel"))
                    .unwrap(),
            };
            let response = host.deliver(&request).await.unwrap();
            assert_eq!(response.status(), status, "{}", response.text());
            assert_eq!(response.text().contains("no_user_access"), !has_access);
        }
    }
}

/// Decisions, limits and service levels, of every kind of verified request.
#[tokio::test]
async fn every_kind_of_request_has_decision_limit_and_service_level() {
    let features = || {
        let toml = "[features]\nexport = \"advanced\"\n[limits]\nrows = { none = 1, standard = 10 }\n\
            [service-levels]\nsupport = { standard = \"48 h\" }";
        FeatureMap::from_toml(toml).unwrap()
    };
    let host = MockHost::start().await.unwrap();
    let app = app(&host)
        .features(features())
        .confirm_with_license_api(|api| api)
        .build()
        .unwrap();
    let router = Router::new().merge(app.lifecycle_routes());
    let acme = host
        .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "acme")
        .unwrap();
    install(&router, &acme).await;
    acme.buy(Edition::Standard).unwrap();
    let parts = |request: SignedRequest| request.to_http().into_parts().0;
    let page = app.verify(&parts(acme.page("/a").unwrap())).await.unwrap();
    let call = acme.front_end_call("GET", "/b").unwrap();
    let call = app.verify_context(&parts(call)).await.unwrap();
    let of_page = app.feature_decision(&page, "export").await.unwrap();
    let of_call = app.feature_decision(&call, "export").await.unwrap();
    assert_eq!(
        (of_page.code(), of_call.code()),
        ("capability_missing", "capability_missing")
    );
    assert!(
        app.decision(&call, Edition::Standard)
            .await
            .unwrap()
            .is_allowed()
    );
    for rows in [
        app.limit(&page, "rows").await,
        app.limit(&call, "rows").await,
    ] {
        assert_eq!(rows.unwrap().count(), Some(10));
    }
    assert_eq!(
        app.service_level(&page, "support").await.unwrap(),
        Some("48 h")
    );
    assert_eq!(
        app.service_level(&call, "support").await.unwrap(),
        Some("48 h")
    );
    let unknown = app.limit(&call, "columns").await.unwrap_err();
    assert_eq!(
        (unknown.status().as_u16(), unknown.code()),
        (500, "unknown_limit")
    );

    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .fetcher(fetcher(&host))
        .features(features())
        .clock(clock(&host))
        .build()
        .unwrap();
    let acme = host
        .tenant(&App::forge(APP_ID, BASE_URL).unwrap(), "acme")
        .unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Advanced).unwrap();
    let invoke = acme.invoke("POST", "/c", &Invocation::ui("panel")).unwrap();
    let invocation = remote.verify(&parts(invoke)).await.unwrap();
    assert!(
        remote
            .feature_decision(&invocation, "export")
            .await
            .unwrap()
            .is_allowed()
    );
    assert_eq!(
        remote.limit(&invocation, "rows").await.unwrap().count(),
        Some(10)
    );
    assert_eq!(
        remote.service_level(&invocation, "support").await.unwrap(),
        Some("48 h")
    );
}
