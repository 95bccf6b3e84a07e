//! Refusals answered in the app's own way, set once.

use std::sync::Arc;

use app_license_server::{
    ConnectApp, ConnectContextRequest, ConnectRequest, Edition, ForgeInvocation, ForgeRemote,
    MemoryStore, RefusedRequest, Rejection,
};
use app_license_testkit::{App, Invocation, MockHost, SignedRequest};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::common::{APP_ID, APP_KEY, clock, fetcher};

const BASE_URL: &str = "https://app.example.com";

/// A page that says what is known of the request.
fn own(refused: RefusedRequest<'_>) -> impl IntoResponse + use<> {
    let rejection = refused.rejection();
    let site = refused.site_url().unwrap_or("nowhere");
    let (path, code) = (refused.parts().uri.path(), rejection.code());
    let known = refused.installation().is_some();
    (
        rejection.status(),
        Html(format!("{path} {code} {site} {known}")),
    )
}

async fn ask(router: &Router, request: &SignedRequest) -> (u16, String) {
    let answer = router.clone().oneshot(request.to_http()).await.unwrap();
    let status = answer.status().as_u16();
    if status >= 400 {
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(answer.extensions().get::<Rejection>().is_some());
    }
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn gates_extractors_and_handlers_of_a_connect_app_answer_alike() {
    let host = MockHost::start().await.unwrap();
    let app = ConnectApp::builder(APP_KEY, BASE_URL)
        .unwrap()
        .store(MemoryStore::new())
        .fetcher(fetcher(&host))
        .clock(clock(&host))
        .respond_with(own)
        .build()
        .unwrap();
    let limit = async |State(app): State<ConnectApp>, request: ConnectRequest| {
        app.limit(&request, "projects")
            .await
            .map(|limit| limit.to_string())
    };
    let by_hand = async |State(app): State<ConnectApp>, request: Request| {
        let (parts, _) = request.into_parts();
        app.verify(&parts).await.map(|_| "let in")
    };
    let call_by_hand = async |State(app): State<ConnectApp>, request: Request| {
        let (parts, _) = request.into_parts();
        app.verify_context(&parts).await.map(|_| "let in")
    };
    let special = app.requires(Edition::Advanced).respond_with(|_| "special");
    let router = Router::new()
        .route(
            "/gate",
            get(|| async {}).layer(app.requires(Edition::Advanced)),
        )
        .route("/special", get(|| async {}).layer(special))
        .route("/extractor", get(async |_: ConnectRequest| "let in"))
        .route("/call", get(async |_: ConnectContextRequest| "let in"))
        .route("/handler", get(limit))
        .route("/by-hand", get(by_hand))
        .route("/call-by-hand", get(call_by_hand))
        .with_state(app.clone())
        .merge(app.lifecycle_routes());
    let acme = host
        .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "acme")
        .unwrap();
    let installed = acme.install().unwrap();
    // the platform's own calls are answered as ever
    let unsigned = installed[0].clone().without_token();
    assert!(
        ask(&router, &unsigned)
            .await
            .1
            .contains(r#""code":"token_missing""#)
    );
    for event in &installed {
        assert_eq!(ask(&router, event).await.0, 204);
    }
    acme.buy(Edition::Standard).unwrap();
    let site = "https://acme.atlassian.net";
    let page = |path: &str| acme.page(path).unwrap();
    assert_eq!(
        ask(&router, &page("/gate")).await,
        (402, format!("/gate capability_missing {site} true"))
    );
    assert_eq!(
        ask(&router, &page("/special")).await,
        (200, "special".to_owned())
    );
    assert_eq!(
        ask(&router, &page("/extractor")).await,
        (200, "let in".to_owned())
    );
    assert_eq!(
        ask(&router, &page("/extractor").without_token()).await,
        (401, "/extractor token_missing nowhere false".to_owned())
    );
    assert_eq!(
        ask(
            &router,
            &acme.front_end_call("GET", "/call").unwrap().without_token()
        )
        .await,
        (401, "/call token_missing nowhere false".to_owned())
    );
    for path in ["/by-hand", "/call-by-hand"] {
        let bare = acme.front_end_call("GET", path).unwrap().without_token();
        let own = (401, format!("{path} token_missing nowhere false"));
        assert_eq!(ask(&router, &bare).await, own);
    }
    // a limit that the feature map does not have is the app's mistake, and the handler answers it
    assert_eq!(
        ask(&router, &page("/handler")).await,
        (500, format!("/handler unknown_limit {site} true"))
    );
}

#[tokio::test]
async fn a_forge_remote_answers_in_its_own_way_too() {
    let host = MockHost::start().await.unwrap();
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .shared_store(Arc::new(MemoryStore::new()))
        .fetcher(fetcher(&host))
        .clock(clock(&host))
        .respond_with(own)
        .build()
        .unwrap();
    let by_hand = async |State(remote): State<ForgeRemote>, request: Request| {
        let (parts, _) = request.into_parts();
        remote.verify(&parts).await.map(|_| "let in")
    };
    let router = Router::new()
        .route(
            "/gate",
            post(|| async {}).layer(remote.requires(Edition::Advanced)),
        )
        .route("/extractor", post(async |_: ForgeInvocation| "let in"))
        .route("/by-hand", post(by_hand))
        .with_state(remote.clone())
        .merge(remote.lifecycle_routes());
    let acme = host
        .tenant(&App::forge(APP_ID, BASE_URL).unwrap(), "acme")
        .unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Standard).unwrap();
    let call = |path: &str| acme.invoke("POST", path, &Invocation::ui("panel")).unwrap();
    let (status, text) = ask(&router, &call("/gate")).await;
    // the token names the site, and nothing is stored
    assert_eq!(status, 402);
    assert!(
        text.starts_with("/gate capability_missing https://acme."),
        "{text}"
    );
    for path in ["/extractor", "/by-hand"] {
        assert_eq!(
            ask(&router, &call(path).without_token()).await,
            (401, format!("{path} token_missing nowhere false"))
        );
    }
}
