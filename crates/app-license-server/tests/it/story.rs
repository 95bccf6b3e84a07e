//! From install to uninstall, with the store's history and the hooks: over real sockets.

use std::sync::Arc;

use crate::common::{Connect, Forge, Recorder, history};
use app_license::{ClientKey, InstallationAri, InstallationKey};
use app_license_server::HookRunner;
use app_license_store::{Name, SqliteStore, Store};
use app_license_testkit::{Edition, Invocation, MockHost, SignedRequest};

async fn sqlite(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    let path = folder.path().join("installations.db");
    Arc::new(SqliteStore::open_plain_text(path).await.unwrap())
}

async fn deliver(host: &MockHost, request: &SignedRequest) -> (u16, String) {
    let answer = host.deliver(request).await.unwrap();
    (answer.status(), answer.text())
}

async fn deliver_events(host: &MockHost, events: Vec<SignedRequest>) {
    for event in events {
        assert_eq!(
            deliver(host, &event).await,
            (204, String::new()),
            "{}",
            event.name()
        );
    }
}

/// The one reason a refusal gives.
fn reason(answer: &(u16, String)) -> (u16, String) {
    let body: serde_json::Value = serde_json::from_str(&answer.1).unwrap();
    (
        answer.0,
        body.pointer("/error/code")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned(),
    )
}

#[tokio::test]
async fn a_connect_app_from_install_to_uninstall() {
    let folder = tempfile::tempdir().unwrap();
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, sqlite(&folder).await).await;
    let recorder = Recorder::default();
    let consumer = Name::new("recorder").unwrap();
    let hooks = HookRunner::new(Arc::clone(&app.store), consumer, recorder.clone());
    let acme = host.tenant(&app.app, "acme").unwrap();
    let export = async || deliver(&host, &acme.page("/export").unwrap()).await;

    deliver_events(&host, acme.install().unwrap()).await;
    hooks.run_once().await.unwrap();
    assert_eq!(recorder.delivered(), ["installed", "enabled"]);

    // a trial of Standard: the page is shown, the feature is not
    deliver_events(&host, acme.start_trial(Edition::Standard, 30).unwrap()).await;
    let page = deliver(&host, &acme.page("/panel").unwrap()).await;
    assert_eq!(page.0, 200);
    assert!(page.1.contains("needs capabilityAdvanced"), "{}", page.1);
    assert_eq!(
        reason(&export().await),
        (402, "capability_missing".to_owned())
    );
    hooks.run_once().await.unwrap();
    // the platform names no edition before the customer first changes it: that is Standard
    assert_eq!(recorder.delivered(), ["license none -> active"]);

    deliver_events(&host, acme.change_edition(Edition::Advanced).unwrap()).await;
    assert_eq!(export().await, (200, "exported".to_owned()));
    hooks.run_once().await.unwrap();
    assert_eq!(recorder.delivered(), ["edition none -> capabilityAdvanced"]);

    host.clock().advance_days(31);
    assert_eq!(reason(&export().await), (402, "trial_ended".to_owned()));
    hooks.run_once().await.unwrap();
    assert_eq!(
        recorder.delivered(),
        ["license active -> inactive", "license ended, a trial"]
    );

    let (panel, export_url) = (acme.page("/panel").unwrap(), acme.page("/export").unwrap());
    deliver_events(&host, acme.uninstall().unwrap()).await;
    for url in [panel, export_url] {
        let refused = reason(&deliver(&host, &url).await);
        assert_eq!(refused, (401, "unknown_tenant".to_owned()));
    }
    hooks.run_once().await.unwrap();
    assert_eq!(recorder.delivered(), ["disabled", "uninstalled"]);
    assert_eq!(
        hooks.run_once().await.unwrap(),
        0,
        "nothing is delivered twice"
    );

    let metrics = reqwest::get(format!("{}/metrics", app.address))
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "app_license_events_total{app=\"com.example.app\",event=\"installed\"} 1",
        "app_license_decisions_total{app=\"com.example.app\",reason=\"granted\"} 1",
        "app_license_refusals_total{app=\"com.example.app\",code=\"trial_ended\",status=\"402\"} 1",
        "app_license_keys{app=\"com.example.app\",keys=\"install_keys\",what=\"fetches\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }

    let client_key = ClientKey::new(acme.site().client_key().unwrap()).unwrap();
    assert_eq!(
        history(&*app.store, &InstallationKey::Connect(client_key)).await,
        [
            "installed: installed",
            "enabled: enabled",
            "connect_iframe_query: license_changed",
            "connect_iframe_query: edition_changed",
            // the page said `none`, and the License API confirmed it
            "connect_license_api: entitlement_changed, license_changed",
            "disabled: disabled",
            "uninstalled: uninstalled",
        ]
    );
}

#[tokio::test]
async fn a_forge_remote_from_install_to_uninstall() {
    let folder = tempfile::tempdir().unwrap();
    let host = MockHost::start().await.unwrap();
    let remote = Forge::serve(&host, sqlite(&folder).await).await;
    let recorder = Recorder::default();
    let consumer = Name::new("recorder").unwrap();
    let hooks = HookRunner::new(Arc::clone(&remote.store), consumer, recorder.clone());
    let acme = host.tenant(&remote.app, "acme").unwrap();
    let invoke = |path: &str| acme.invoke("POST", path, &Invocation::ui("panel")).unwrap();
    let export = async || deliver(&host, &invoke("/export")).await;

    deliver_events(&host, acme.install().unwrap()).await;
    hooks.run_once().await.unwrap();
    assert_eq!(recorder.delivered(), ["installed"]);

    acme.start_trial(Edition::Standard, 30).unwrap();
    let summary = deliver(&host, &invoke("/summary")).await;
    assert_eq!(summary.0, 200);
    assert!(
        summary.1.contains("needs capabilityAdvanced"),
        "{}",
        summary.1
    );
    assert_eq!(
        reason(&export().await),
        (402, "capability_missing".to_owned())
    );

    acme.change_edition(Edition::Advanced).unwrap();
    assert_eq!(export().await, (200, "exported".to_owned()));

    // the platform signs with a new key, and takes the old one away
    host.rotate_jwks(false).unwrap();
    assert_eq!(export().await, (200, "exported".to_owned()));

    host.clock().advance_days(31);
    assert_eq!(reason(&export().await), (402, "trial_ended".to_owned()));
    hooks.run_once().await.unwrap();
    assert_eq!(
        recorder.delivered(),
        [
            "license none -> active",
            "edition none -> capabilityAdvanced",
            "license active -> inactive",
            "license ended, a trial",
        ]
    );

    let before = invoke("/summary");
    assert_eq!(deliver(&host, &before).await.0, 200);
    deliver_events(&host, acme.forge_lifecycle("preUninstall").unwrap()).await;
    let ari = InstallationAri::new(acme.installation_ari().unwrap()).unwrap();
    acme.uninstall().unwrap();
    let refused = reason(&deliver(&host, &before).await);
    assert_eq!(refused, (401, "unknown_tenant".to_owned()));
    hooks.run_once().await.unwrap();
    assert_eq!(recorder.delivered(), ["uninstalled"]);

    assert_eq!(
        history(&*remote.store, &InstallationKey::Forge(ari)).await,
        [
            "avi:forge:installed:app: installed",
            "forge_invocation_token: entitlement_changed, license_changed",
            "forge_invocation_token: edition_changed",
            "forge_invocation_token: license_changed",
            "preUninstall: uninstalled",
        ]
    );
}

/// The event's body is not signed: it must be of the installation that the token proves.
#[tokio::test]
async fn a_forge_event_of_another_installation_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let host = MockHost::start().await.unwrap();
    let remote = Forge::serve(&host, sqlite(&folder).await).await;
    let acme = host.tenant(&remote.app, "acme").unwrap();
    let event = acme.install().unwrap().remove(0);
    let foreign = event
        .clone()
        .with_field("id", "00000000-0000-4000-8000-000000000000");
    let refused = reason(&deliver(&host, &foreign).await);
    assert_eq!(refused, (401, "tenant_mismatch".to_owned()));
    let unsigned = reason(&deliver(&host, &event.clone().without_token()).await);
    assert_eq!(unsigned, (401, "token_missing".to_owned()));
    let nobody = event.clone().without_field("eventType");
    let nobody = nobody.without_field("installerAccountId");
    let nobody = reason(&deliver(&host, &nobody).await);
    assert_eq!(
        nobody,
        (400, "field_missing".to_owned()),
        "nothing says which event it is"
    );
    assert_eq!(remote.store.count().await.unwrap(), 0, "nothing was stored");
    deliver_events(&host, vec![event.clone(), event]).await;
    assert_eq!(remote.store.count().await.unwrap(), 1);
}

/// The platform replaces the key under an id it used before: the app asks again, once a minute.
#[tokio::test]
async fn a_replaced_install_key_is_fetched_again() {
    use app_license_testkit::{InjectedFault, Service};
    let folder = tempfile::tempdir().unwrap();
    let host = MockHost::start().await.unwrap();
    let app = Connect::serve(&host, sqlite(&folder).await).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    host.set_fault(Service::InstallKeys, InjectedFault::Wrong);
    let event = acme.install().unwrap().remove(0);
    for _ in 0..5 {
        let refused = reason(&deliver(&host, &event).await);
        assert_eq!(refused, (401, "signature".to_owned()));
    }
    assert_eq!(host.hits(Service::InstallKeys), 2, "asked again once");
    host.heal(Service::InstallKeys);
    host.clock().advance(60);
    deliver_events(&host, vec![acme.lifecycle_event("installed").unwrap()]).await;
    assert_eq!(host.hits(Service::InstallKeys), 3);
}

/// The same of the key set: a signature that does not match makes it be asked for again, once a
/// minute, however many there are.
#[tokio::test]
async fn a_replaced_forge_key_is_fetched_again() {
    use app_license_testkit::{InjectedFault, Service};
    let folder = tempfile::tempdir().unwrap();
    let host = MockHost::start().await.unwrap();
    let remote = Forge::serve(&host, sqlite(&folder).await).await;
    let acme = host.tenant(&remote.app, "acme").unwrap();
    acme.install().unwrap();
    let summary = async || {
        let invoked = acme.invoke("POST", "/summary", &Invocation::ui("panel"));
        deliver(&host, &invoked.unwrap()).await
    };
    assert_eq!(summary().await.0, 200);

    // a wrong set, learned by the refresh that is due
    host.set_fault(Service::ForgeKeys, InjectedFault::Wrong);
    host.clock().advance(900);
    for _ in 0..20 {
        assert_eq!(reason(&summary().await), (401, "signature".to_owned()));
    }
    assert_eq!(host.hits(Service::ForgeKeys), 3, "asked again once");
    host.heal(Service::ForgeKeys);
    host.clock().advance(60);
    assert_eq!(summary().await.0, 200);
    assert_eq!(host.hits(Service::ForgeKeys), 4);

    // with its turn to ask, one token is enough
    host.set_fault(Service::ForgeKeys, InjectedFault::Wrong);
    host.clock().advance(900);
    assert!(
        remote
            .keys
            .set_with(host.forge_key().unwrap().id())
            .await
            .is_ok()
    );
    host.heal(Service::ForgeKeys);
    assert_eq!(summary().await.0, 200);
    assert_eq!(host.hits(Service::ForgeKeys), 6);
}
