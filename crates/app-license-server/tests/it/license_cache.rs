//! The Forge License API is asked once in five minutes an installation, over all replicas.

use std::sync::Arc;

use crate::common::{APP_ID, clock, fetcher, forge_api};
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind, JwksUrl};
use app_license::{Capability, InstallationAri, InstallationKey, LicenseSource, Policy, State};
use app_license_client::{ForgeKeys, SystemToken};
use app_license_server::ForgeRemote;
use app_license_store::{Delivery, MemoryStore, SqliteStore, Store};
use app_license_testkit::{App, Edition, InjectedFault, Invocation, MockHost, Service};

#[tokio::test]
async fn replicas_share_answers_and_turns_through_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("installations.db");
    let host = MockHost::start().await.unwrap();
    let app = App::forge(APP_ID, "http://127.0.0.1:1").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Advanced).unwrap();
    let ari = InstallationAri::new(acme.installation_ari().unwrap()).unwrap();
    let token = SystemToken::new(acme.system_token().unwrap()).unwrap();
    let id = app_license::ForgeAppId::new(APP_ID).unwrap();

    // three replicas: each its own connection to the store, its own memory
    let mut replicas = Vec::new();
    for _ in 0..3 {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open_plain_text(&path).await.unwrap());
        replicas.push((forge_api(&host, &store), store));
    }
    let asks = replicas.iter().map(|(api, _)| {
        let (api, ari, token) = (api.clone(), ari.clone(), token.clone());
        tokio::spawn(async move { api.get(&ari, &token).await })
    });
    for ask in asks.collect::<Vec<_>>() {
        let license = ask.await.unwrap().unwrap().license(&id).unwrap();
        assert!(license.has_capability("capabilityAdvanced"));
    }
    assert_eq!(host.hits(Service::ForgeApi), 1);

    // what the store keeps is read as a license, with its age
    let key = InstallationKey::Forge(ari.clone());
    let store = &replicas[0].1;
    let kept = store
        .license(&key, LicenseSource::ForgeLicenseApi)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.license().unwrap().state(), State::Active);

    // an hour later the answer is old; the platform is down: one call, last known good for all
    host.clock().advance(3600);
    host.set_fault(Service::ForgeApi, InjectedFault::Status(500));
    for (api, _) in &replicas {
        let answer = api.get(&ari, &token).await.unwrap();
        assert!(answer.fault().is_some());
        assert!(
            answer
                .license(&id)
                .unwrap()
                .has_capability("capabilityAdvanced")
        );
    }
    assert_eq!(host.hits(Service::ForgeApi), 2);
}

/// An hour has not passed, but the installation that the answer was about ended.
#[tokio::test]
async fn what_was_said_before_an_uninstall_does_not_count_after_it() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let keys = ForgeKeys::builder(fetcher(&host), JwksUrl::COMMERCIAL)
        .clock(clock(&host))
        .build()
        .unwrap();
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .keys(keys)
        .shared_store(Arc::clone(&store))
        .license_api(forge_api(&host, &store))
        .policy(Policy::new().confirmed_only(true))
        .clock(clock(&host))
        .build()
        .unwrap();
    let app = App::forge(APP_ID, "http://127.0.0.1:1").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Advanced).unwrap();
    let happen = async |kind| {
        let id = acme.installation_ari().unwrap();
        let body = format!(r#"{{"id":"{id}","app":{{"id":"{APP_ID}","version":"3"}}}}"#);
        let event = ForgeLifecycleEvent::parse(kind, body.as_bytes()).unwrap();
        let delivery = Delivery::forge(event).unwrap();
        store.apply(delivery, host.clock().now()).await.unwrap();
    };
    let decide = async || {
        let call = Invocation::function("job");
        let mut spec = acme.invocation_spec(&call).unwrap();
        let mut claims = spec.get("app").unwrap().clone();
        claims.as_object_mut().unwrap().remove("license");
        spec = spec.claim("app", claims);
        let key = host.forge_key().unwrap();
        let request = acme.invoke("POST", "/x", &call).unwrap();
        let (parts, _) = request.with_token(&spec.rs256(&key)).to_http().into_parts();
        let invocation = remote.verify(&parts).await.unwrap();
        let decision = remote.decision(&invocation, Capability::ADVANCED).await;
        decision.unwrap().is_allowed()
    };
    happen(ForgeLifecycleKind::Installed).await;
    assert!(decide().await);
    host.clock().advance(400);
    assert!(decide().await);
    assert_eq!(host.hits(Service::ForgeApi), 1);

    happen(ForgeLifecycleKind::PreUninstall).await;
    host.clock().advance(10);
    // it is asked again
    assert!(decide().await);
    assert_eq!(host.hits(Service::ForgeApi), 2);
}
