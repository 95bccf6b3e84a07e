//! The headers of pages.

use std::time::Duration;

use app_license_testkit::{App, Edition, MockHost};
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::common::APP_KEY;
use crate::wrong_answers::{BASE_URL, answer, app, install};

#[tokio::test]
async fn page_headers_name_the_hosts_of_base_url_and_display_url_and_keep_what_pages_say() {
    let host = MockHost::start().await.unwrap();
    let app = app(&host).build().unwrap();
    let page = async |_: app_license_server::ConnectRequest| "a page";
    let own = async || {
        let headers = [
            ("referrer-policy", "same-origin"),
            ("content-security-policy", "default-src 'self'"),
        ];
        (headers, "a page")
    };
    let router = Router::new()
        .route("/panel", get(page))
        .route("/export", get(page).layer(app.requires(Edition::Advanced)))
        .route("/own", get(own))
        .layer(app.page_headers().hsts(Duration::from_secs(600)))
        .route(
            "/gated",
            get(async || "a page").layer(
                app.requires(Edition::Advanced)
                    .page_headers(app.page_headers()),
            ),
        )
        .with_state(app.clone())
        .merge(app.lifecycle_routes());
    let acme = host
        .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "acme")
        .unwrap();
    acme.site()
        .custom_domain("https://issues.acme.example")
        .unwrap();
    install(&router, &acme).await;
    acme.buy(Edition::Standard).unwrap();
    let base_url = acme.site().base_url().unwrap();
    let ancestors = format!("frame-ancestors {base_url} https://issues.acme.example");
    let header = |response: &Response, name: &str| -> Vec<String> {
        let all = response.headers().get_all(name).iter();
        all.map(|value| value.to_str().unwrap().to_owned())
            .collect()
    };

    let served = answer(&router, &acme.page("/panel").unwrap()).await;
    assert_eq!(served.status(), 200);
    assert_eq!(header(&served, "cache-control"), ["no-cache, no-store"]);
    assert_eq!(header(&served, "referrer-policy"), ["no-referrer"]);
    assert_eq!(
        header(&served, "content-security-policy"),
        std::slice::from_ref(&ancestors)
    );
    let hsts = header(&served, "strict-transport-security");
    assert_eq!(hsts, ["max-age=600; includeSubDomains"]);

    // a refusal is framed too, by the customer's site alone
    let denied = answer(&router, &acme.page("/export").unwrap()).await;
    assert_eq!(denied.status(), 402);
    assert_eq!(
        header(&denied, "content-security-policy"),
        std::slice::from_ref(&ancestors)
    );
    assert_eq!(header(&denied, "cache-control"), ["no-store"]);
    let forged = answer(&router, &acme.page("/panel").unwrap().without_token()).await;
    assert_eq!(forged.status(), 401);
    let policy = header(&forged, "content-security-policy");
    assert_eq!(policy, ["frame-ancestors 'none'"]);

    // a gate does the same, and changes no answer
    let gated = acme.page("/gated").unwrap();
    for (request, status, policy) in [
        (&gated, 402, ancestors.as_str()),
        (
            &gated.clone().without_token(),
            401,
            "frame-ancestors 'none'",
        ),
    ] {
        let answer = answer(&router, request).await;
        assert_eq!(answer.status(), status);
        assert_eq!(header(&answer, "content-security-policy"), [policy]);
        assert_eq!(header(&answer, "referrer-policy"), ["no-referrer"]);
    }

    let own = answer(&router, &acme.page("/own").unwrap()).await;
    assert_eq!(header(&own, "referrer-policy"), ["same-origin"]);
    let policy = header(&own, "content-security-policy");
    assert_eq!(policy, ["default-src 'self'".to_owned(), ancestors]);
}
