//! Sites, regions and apps beyond the one that everybody has.

use std::sync::Arc;

use crate::common::{APP_ID, APP_KEY, clock, fetcher, listener};
use app_license::forge::JwksUrl;
use app_license_client::ForgeKeys;
use app_license_server::{ConnectApp, Descriptor, ForgeInvocation, ForgeRemote};
use app_license_store::MemoryStore;
use app_license_testkit::{App, Invocation, MockHost};
use axum::Router;
use axum::routing::post;

const OTHER_ID: &str = "11111111-1F69-42A5-8E40-8B6E0B3F8D11";

/// `regionBaseUrls`: a signed install of a site in a region is for the region's URL.
#[tokio::test]
async fn tokens_may_be_for_any_region_of_the_descriptor() {
    let host = MockHost::start().await.unwrap();
    let (listener, address) = listener().await;
    let descriptor: Descriptor = serde_json::from_value(serde_json::json!({
        "key": APP_KEY, "baseUrl": "https://app.example.com",
        "regionBaseUrls": {"EU": address},
    }))
    .unwrap();
    let app = |descriptor: Option<Descriptor>| {
        let builder = ConnectApp::builder(APP_KEY, "https://app.example.com").unwrap();
        let builder = builder
            .store(MemoryStore::new())
            .fetcher(fetcher(&host))
            .clock(clock(&host));
        match descriptor {
            Some(descriptor) => builder.descriptor(descriptor),
            None => builder,
        }
    };
    let served = app(Some(descriptor)).build().unwrap();
    let server = app_license_server::serve(listener, served.lifecycle_routes());
    tokio::spawn(server.into_future());
    // the platform knows the app by the region's URL
    let acme = host
        .tenant(&App::connect(APP_KEY, &address).unwrap(), "acme")
        .unwrap();
    for event in acme.install().unwrap() {
        assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
    }

    let wrong: Descriptor = serde_json::from_value(serde_json::json!({
        "key": APP_KEY, "baseUrl": "https://app.example.com",
        "regionBaseUrls": {"EU": "ftp://eu.app.example.com"},
    }))
    .unwrap();
    let error = app(Some(wrong)).build().unwrap_err().to_string();
    assert!(error.contains("region EU"), "{error}");
}

/// Several apps behind one backend: each is told which of them invoked it.
#[tokio::test]
async fn a_remote_of_several_apps_is_told_which_one_it_is() {
    let host = MockHost::start().await.unwrap();
    let (listener, address) = listener().await;
    let keys = ForgeKeys::builder(fetcher(&host), JwksUrl::COMMERCIAL)
        .clock(clock(&host))
        .build()
        .unwrap();
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .keys(keys)
        .accept_app_id(OTHER_ID)
        .unwrap()
        .shared_store(Arc::new(MemoryStore::new()))
        .clock(clock(&host))
        .build()
        .unwrap();
    let which = |invocation: ForgeInvocation| async move { invocation.app_id().uuid().to_owned() };
    let router = Router::new()
        .route("/which", post(which))
        .with_state(remote);
    tokio::spawn(app_license_server::serve(listener, router).into_future());
    for (id, want) in [
        (APP_ID, Some(APP_ID.to_owned())),
        (&OTHER_ID.to_lowercase(), Some(OTHER_ID.to_lowercase())),
        ("22222222-1f69-42a5-8e40-8b6e0b3f8d11", None),
    ] {
        let app = App::forge(id, &address).unwrap();
        let acme = host.tenant(&app, "acme").unwrap();
        acme.install().unwrap();
        let call = acme
            .invoke("POST", "/which", &Invocation::ui("panel"))
            .unwrap();
        let answer = host.deliver(&call).await.unwrap();
        match want {
            Some(want) => assert_eq!(answer.text(), want),
            None => assert_eq!(answer.status(), 401),
        }
    }
}

/// The label that a token names is the configured one, or the token is refused.
#[tokio::test]
async fn a_remote_in_an_isolated_cloud_takes_the_tokens_of_that_cloud() {
    for (configured, label, status) in [
        (Some("orange"), Some("orange"), 200),
        (Some("orange"), Some("green"), 401),
        (Some("orange"), None, 401),
        (None, Some("orange"), 401),
        (None, None, 200),
    ] {
        let host = MockHost::start().await.unwrap();
        let (listener, address) = listener().await;
        let keys = ForgeKeys::builder(fetcher(&host), JwksUrl::COMMERCIAL)
            .clock(clock(&host))
            .build()
            .unwrap();
        let mut remote = ForgeRemote::builder(APP_ID).unwrap();
        if let Some(label) = configured {
            remote = remote.isolated_cloud(label).unwrap();
        }
        let remote = remote.keys(keys).clock(clock(&host)).build().unwrap();
        let whose = async |invocation: ForgeInvocation| invocation.app_id().uuid().to_owned();
        let router = Router::new()
            .route("/whose", post(whose))
            .with_state(remote);
        tokio::spawn(app_license_server::serve(listener, router).into_future());
        let app = App::forge(APP_ID, &address).unwrap();
        let acme = host.tenant(&app, "acme").unwrap();
        acme.install().unwrap();
        let panel = Invocation::ui("panel");
        let mut spec = acme.invocation_spec(&panel).unwrap();
        if let Some(label) = label {
            spec = spec.claim("icLabel", label);
        }
        let token = spec.rs256(&host.forge_key().unwrap());
        let call = acme.invoke("POST", "/whose", &panel).unwrap();
        let answer = host.deliver(&call.with_token(&token)).await.unwrap();
        assert_eq!(answer.status(), status, "{configured:?} {label:?}");
    }
    assert!(
        ForgeRemote::builder(APP_ID)
            .unwrap()
            .isolated_cloud("no label")
            .is_err()
    );
}

/// A perimeter without a name here: its sites and its key host are named in settings.
#[tokio::test]
async fn further_sites_and_key_hosts_are_named() {
    let builder = || ConnectApp::builder(APP_KEY, "https://app.example.com").unwrap();
    let app = builder()
        .accept_site_domain("sites.example")
        .unwrap()
        .accept_key_host("https://keys.sites.example")
        .unwrap()
        .build();
    assert!(app.is_ok());
    for domain in ["https://sites.example", "example", ""] {
        let error = builder().accept_site_domain(domain).unwrap_err();
        assert_eq!(error.code(), "invalid_base_url", "{domain}");
    }
    let error = builder()
        .accept_key_host("http://keys.sites.example")
        .unwrap_err();
    assert_eq!(error.code(), "invalid_base_url");
}
