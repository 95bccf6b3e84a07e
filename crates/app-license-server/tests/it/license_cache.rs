//! The Forge License API is asked once in five minutes an installation, over all replicas.

use std::sync::Arc;

use crate::common::{APP_ID, forge_api};
use app_license::{InstallationAri, InstallationKey, LicenseSource, State};
use app_license_client::{Lease, LicenseCache, SystemToken};
use app_license_server::StoreLicenseCache;
use app_license_store::{InstallationStore, SqliteStore};
use app_license_testkit::{App, Edition, InjectedFault, MockHost, Service};

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
        let store: Arc<dyn InstallationStore> =
            Arc::new(SqliteStore::open_plain_text(&path).await.unwrap());
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

#[tokio::test]
async fn only_the_holder_prolongs_its_turn() {
    let store: Arc<dyn InstallationStore> = Arc::new(app_license_store::MemoryStore::new());
    let (one, other) = (
        StoreLicenseCache::new(Arc::clone(&store)),
        StoreLicenseCache::new(store),
    );
    let now = app_license::UnixTime::EPOCH;
    // too long for a name of the store as it is
    let ari = InstallationAri::new("a".repeat(250)).unwrap();
    assert!(one.try_lease(&ari, now, 330).await.unwrap().is_granted());
    let until = now.plus(330);
    assert_eq!(
        other.try_lease(&ari, now, 330).await.unwrap(),
        Lease::Held { until }
    );
    other.prolong(&ari, now, 900).await.unwrap();
    assert_eq!(
        one.try_lease(&ari, now, 330).await.unwrap(),
        Lease::Held { until }
    );
    one.prolong(&ari, now, 900).await.unwrap();
    let until = now.plus(900);
    assert_eq!(
        other.try_lease(&ari, now, 330).await.unwrap(),
        Lease::Held { until }
    );
    assert!(one.get(&ari).await.unwrap().is_none());
}
