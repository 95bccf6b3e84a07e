//! What strangers and users cannot use up: the turn at the License API, and the fetches of keys.

use std::sync::Arc;

use crate::common::{APP_ID, Connect, clock, fetcher, forge_api};
use crate::security_rules::{connect, deliver, install};
use app_license::{Capability, InstallationAri, Policy};
use app_license_client::{ForgeKeys, SystemToken};
use app_license_server::ForgeRemote;
use app_license_store::{MemoryStore, Store};
use app_license_testkit::{
    Edition, InjectedFault, Invocation, MockHost, Service, SignedRequest, SigningKey,
};

#[tokio::test]
async fn user_spends_shared_turn_no_system_token_is_taken_from_a_browser() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let keys = ForgeKeys::builder(fetcher(&host), app_license::forge::JwksUrl::COMMERCIAL)
        .clock(clock(&host))
        .build()
        .unwrap();
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .keys(keys)
        .license_api(forge_api(&host, &store))
        .policy(Policy::new().confirmed_only(true))
        .clock(clock(&host))
        .build()
        .unwrap();
    let app = app_license_testkit::App::forge(APP_ID, "http://127.0.0.1:1").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Advanced).unwrap();
    let verified = async |request: &SignedRequest| {
        let (parts, _) = request.to_http().into_parts();
        remote.verify(&parts).await.unwrap()
    };
    // a page's own call is confirmed by its token, and nobody is asked
    let by_page = acme.invoke("POST", "/x", &Invocation::ui("panel")).unwrap();
    let invocation = verified(&by_page).await;
    assert!(invocation.system_token().is_none());
    assert!(invocation.unproved_system_token().is_some());
    let decision = remote
        .decision(&invocation, Capability::ADVANCED)
        .await
        .unwrap();
    assert!(decision.is_allowed(), "{decision}");
    assert_eq!(host.hits(Service::ForgeApi), 0);
    // where the token confirms nothing, the browser's made-up header is not tried
    let key = host.forge_key().unwrap();
    let mut spec = acme.invocation_spec(&Invocation::ui("panel")).unwrap();
    let mut claims = spec.get("app").unwrap().clone();
    claims["license"]
        .as_object_mut()
        .unwrap()
        .remove("ccpEntitlementId");
    claims["license"]
        .as_object_mut()
        .unwrap()
        .remove("ccpEntitlementSlug");
    spec = spec.claim("app", claims.clone());
    let unconfirmed = by_page.clone().with_token(&spec.rs256(&key));
    let invocation = verified(&unconfirmed).await;
    let decision = remote
        .decision(&invocation, Capability::ADVANCED)
        .await
        .unwrap();
    assert_eq!(decision.code(), "unconfirmed");
    assert_eq!(host.hits(Service::ForgeApi), 0);
    // the platform's own call has the turn that was not spent
    let mut spec = acme.invocation_spec(&Invocation::function("job")).unwrap();
    let mut own = spec.get("app").unwrap().clone();
    own["license"] = claims["license"].clone();
    spec = spec.claim("app", own);
    let by_platform = acme
        .invoke("POST", "/x", &Invocation::function("job"))
        .unwrap();
    let invocation = verified(&by_platform.with_token(&spec.rs256(&key))).await;
    let decision = remote
        .decision(&invocation, Capability::ADVANCED)
        .await
        .unwrap();
    assert!(decision.is_allowed(), "{decision}");
    assert_eq!(host.hits(Service::ForgeApi), 1);
}

#[tokio::test]
async fn user_spends_shared_turn_a_refused_token_leaves_the_turn_free() {
    let host = MockHost::start().await.unwrap();
    let app = app_license_testkit::App::forge(APP_ID, "http://127.0.0.1:1").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Advanced).unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let api = forge_api(&host, &store);
    let ari = InstallationAri::new(acme.installation_ari().unwrap()).unwrap();
    let bad = SystemToken::new("made-up").unwrap();
    let good = SystemToken::new(acme.system_token().unwrap()).unwrap();
    let error = api.get(&ari, &bad).await.unwrap_err();
    assert!(error.is_token_refused(), "{error}");
    let answer = api.get(&ari, &good).await.unwrap();
    assert!(answer.fault().is_none());
    // failed tries are bounded, over and over
    host.clock().advance(7200);
    for _ in 0..20 {
        assert!(api.get(&ari, &bad).await.is_err());
    }
    assert_eq!(host.hits(Service::ForgeApi), 2 + 3);
    host.clock().advance(400);
    assert!(api.get(&ari, &good).await.unwrap().fault().is_none());
}

/// After a deployment, no key is unknown that was known before.
#[tokio::test]
async fn flood_shuts_out_platform_not_after_a_deployment() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let app = Connect::serve(&host, Arc::clone(&store)).await;
    install(&host, &host.tenant(&app.app, "acme").unwrap()).await;
    let asked = host.hits(Service::InstallKeys);
    // the key host is out of reach for the next process
    for service in [Service::InstallKeys, Service::InstallKeysFallback] {
        host.set_fault(service, InjectedFault::Down);
    }
    let next = Connect::serve(&host, Arc::clone(&store)).await;
    let other = host.tenant(&next.app, "other").unwrap();
    let installed = other.install().unwrap().remove(0).to(&next.address);
    let (code, text) = deliver(&host, &installed).await;
    assert_eq!(code, 204, "{text}");
    assert_eq!(host.hits(Service::InstallKeys), asked);
}

/// What cannot be right costs no fetch.
#[tokio::test]
async fn flood_shuts_out_platform_a_token_that_cannot_be_right_costs_no_fetch() {
    let (host, app) = connect().await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    let stranger = SigningKey::generate("test-stranger").unwrap();
    let spec = acme.token_spec().unwrap();
    for forged in [
        spec.clone().claim("exp", 1).rs256(&stranger),
        spec.clone()
            .claim("aud", "https://other.example.com")
            .rs256(&stranger),
        spec.claim("iss", "nobody").rs256(&stranger),
    ] {
        let (code, _) = deliver(&host, &installed.clone().with_token(&forged)).await;
        assert_eq!(code, 401);
    }
    assert_eq!(host.hits(Service::InstallKeys), 0);
}
