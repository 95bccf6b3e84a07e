//! One customer before, while and after their app moves from Connect to Forge.

use std::sync::Arc;

use app_license::{ClientKey, Event, InstallationAri, InstallationKey, InstallationStatus};
use app_license_server::{
    ConnectApp, Edition, ForgeInvocation, ForgeRemote, HookRunner, customer_history,
};
use app_license_store::{Delivery, MemoryStore, Name, Sequence, Store};
use app_license_testkit::{App, Invocation, MockHost, SignedRequest, Tenant};
use axum::Router;
use axum::routing::{get, post};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::common::{APP_ID, APP_KEY, Recorder, clock, fetcher};

const BASE_URL: &str = "https://app.example.com";

/// One backend with both halves, as the documentation has it.
struct Backend {
    host: MockHost,
    router: Router,
    connect: ConnectApp,
    store: Arc<dyn Store>,
    hooks: HookRunner,
    recorder: Recorder,
}

impl Backend {
    async fn new() -> Self {
        let host = MockHost::start().await.unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let connect = ConnectApp::builder(APP_KEY, BASE_URL)
            .unwrap()
            .shared_store(Arc::clone(&store))
            .fetcher(fetcher(&host))
            .confirm_with_license_api(|api| api)
            .clock(clock(&host))
            .build()
            .unwrap();
        let forge = ForgeRemote::builder(APP_ID)
            .unwrap()
            .shared_store(Arc::clone(&store))
            .fetcher(fetcher(&host))
            .clock(clock(&host))
            .build()
            .unwrap();
        let whose = async |invocation: ForgeInvocation| invocation.tenant().to_string();
        let router = Router::new()
            .route(
                "/export",
                get(|| async { "exported" }).layer(connect.requires(Edition::Advanced)),
            )
            .with_state(connect.clone())
            .merge(connect.lifecycle_routes())
            .merge(
                Router::new()
                    .route(
                        "/forge/export",
                        post(whose).layer(forge.requires(Edition::Advanced)),
                    )
                    .route("/forge/whose", post(whose))
                    .with_state(forge.clone())
                    .merge(forge.lifecycle_routes()),
            );
        let recorder = Recorder::default();
        let name = Name::new("recorder").unwrap();
        let hooks = HookRunner::new(Arc::clone(&store), name, recorder.clone());
        Self {
            host,
            router,
            connect,
            store,
            hooks,
            recorder,
        }
    }

    fn customer(&self, site: &str) -> Tenant {
        let app = App::connect(APP_KEY, BASE_URL).unwrap();
        self.host.tenant(&app, site).unwrap()
    }

    async fn ask(&self, request: &SignedRequest) -> (u16, String) {
        let answer = self
            .router
            .clone()
            .oneshot(request.to_http())
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn deliver(&self, events: &[SignedRequest]) {
        for event in events {
            let answer = self.ask(event).await;
            assert_eq!(answer, (204, String::new()), "{}", event.name());
            self.host.clock().advance(6);
        }
    }

    async fn delivered(&self) -> Vec<String> {
        self.hooks.run_once().await.unwrap();
        self.recorder.delivered()
    }

    /// The decisions of a page and of an invocation.
    async fn decisions(&self, acme: &Tenant) -> (u16, u16) {
        let invocation = acme.invoke("POST", "/forge/export", &Invocation::ui("panel"));
        let on_forge = self.ask(&invocation.unwrap()).await.0;
        (self.ask(&acme.page("/export").unwrap()).await.0, on_forge)
    }

    async fn whose(&self, acme: &Tenant) -> (u16, String) {
        let call = acme.invoke("POST", "/forge/whose", &Invocation::ui("panel"));
        self.ask(&call.unwrap()).await
    }
}

fn key_of(tenant: &Tenant) -> InstallationKey {
    let key = tenant.site().client_key().unwrap();
    InstallationKey::Connect(ClientKey::new(key).unwrap())
}

fn ari_of(tenant: &Tenant) -> InstallationKey {
    InstallationKey::Forge(InstallationAri::new(tenant.installation_ari().unwrap()).unwrap())
}

#[tokio::test]
async fn one_customer_and_the_same_decision_before_while_and_after() {
    for forge_first in [false, true] {
        let backend = Backend::new().await;
        let acme = backend.customer("acme");
        let key = key_of(&acme);
        backend.deliver(&acme.install().unwrap()).await;
        acme.buy(Edition::Advanced).unwrap();
        assert_eq!(backend.ask(&acme.page("/export").unwrap()).await.0, 200);
        let before = backend.delivered().await;
        assert_eq!(before.len(), 4, "{before:?}");

        // the administrator approves the version on Forge: the events come in any order
        let mut events = acme.migrate_to_forge(APP_ID).unwrap();
        if forge_first {
            events.reverse();
        }
        backend.deliver(&events).await;
        assert_eq!(backend.decisions(&acme).await, (200, 200));
        assert_eq!(backend.whose(&acme).await, (200, key.to_string()));
        // nothing is told again but that an event of Forge came first, before it was known whose it is
        let expected: &[&str] = if forge_first { &["installed"] } else { &[] };
        assert_eq!(backend.delivered().await, expected);
        assert_eq!(
            backend
                .store
                .get(&ari_of(&acme))
                .await
                .unwrap()
                .unwrap()
                .status(),
            InstallationStatus::Linked
        );

        // a downgrade is one change, whichever half sees it first
        acme.change_edition(Edition::Standard).unwrap();
        backend.host.clock().advance(301);
        assert_eq!(backend.decisions(&acme).await, (402, 402));
        // an invocation also states that it is no trial, which a page does not
        assert_eq!(
            backend.delivered().await,
            [
                "edition capabilityAdvanced -> capabilityStandard",
                "license active -> active"
            ]
        );
        acme.change_edition(Edition::Advanced).unwrap();
        backend.host.clock().advance(301);

        // the version without Connect modules: that half goes, the customer stays
        let gone = [acme.lifecycle_event("uninstalled").unwrap()];
        backend.deliver(&gone).await;
        backend.host.clock().advance(61);
        assert_eq!(backend.decisions(&acme).await, (401, 200));
        let record = backend.store.get(&key).await.unwrap().unwrap();
        assert!(record.status().is_in_use(), "{record:?}");
        assert_eq!(backend.whose(&acme).await, (200, key.to_string()));

        // one history, under either key, in the order of what happened
        let history = customer_history(&*backend.store, &ari_of(&acme), 100)
            .await
            .unwrap();
        assert_eq!(
            history,
            customer_history(&*backend.store, &key, 100).await.unwrap()
        );
        assert!(history.is_sorted_by_key(|entry| entry.sequence));
        let names: Vec<_> = history.iter().map(|entry| &*entry.event).collect();
        assert!(names.contains(&"avi:forge:installed:app"), "{names:?}");
        let in_use = backend.store.list(None, 100).await.unwrap();
        let in_use = in_use.iter().filter(|it| it.status().is_in_use()).count();
        assert_eq!(in_use, 1, "one customer, once");
    }
}

#[tokio::test]
async fn a_history_is_no_longer_than_was_asked_for_and_misses_nothing_that_was_taken_over() {
    let backend = Backend::new().await;
    let acme = backend.customer("acme");
    backend.deliver(&acme.install().unwrap()).await;
    let mut events = acme.migrate_to_forge(APP_ID).unwrap();
    events.reverse();
    backend.deliver(&events).await;
    let (key, ari) = (key_of(&acme), ari_of(&acme));
    let all = customer_history(&*backend.store, &key, 1000).await.unwrap();
    let of_forge = all.iter().filter(|entry| entry.key == ari).count();
    assert!(of_forge > 0 && all.len() > of_forge, "{all:?}");
    for limit in 0..all.len() {
        let first = customer_history(&*backend.store, &key, limit)
            .await
            .unwrap();
        assert_eq!(first, all[..limit], "the first ones of all");
    }
}

#[tokio::test]
async fn a_reinstall_on_forge_alone_is_the_same_customer_and_staging_is_not() {
    let backend = Backend::new().await;
    let acme = backend.customer("acme");
    backend.deliver(&acme.install().unwrap()).await;
    acme.buy(Edition::Advanced).unwrap();
    backend
        .deliver(&acme.migrate_to_forge(APP_ID).unwrap())
        .await;
    assert_eq!(backend.decisions(&acme).await, (200, 200));
    let first = ari_of(&acme);
    backend.deliver(&acme.pre_uninstall().unwrap()).await;
    let record = backend.store.get(&key_of(&acme)).await.unwrap().unwrap();
    assert_eq!(record.status(), InstallationStatus::Uninstalled);

    backend.host.clock().advance_days(3);
    acme.install().unwrap();
    assert_ne!(ari_of(&acme), first);
    let installed = acme.forge_lifecycle("avi:forge:installed:app").unwrap();
    backend.deliver(&installed).await;
    assert_eq!(backend.whose(&acme).await, (200, key_of(&acme).to_string()));
    assert_eq!(backend.decisions(&acme).await.1, 200);
    let record = backend.store.get(&key_of(&acme)).await.unwrap().unwrap();
    assert!(record.status().is_in_use());
    assert_eq!(
        record.first_installed_at(),
        record.first_installed_at().min(record.installed_at())
    );

    // another environment on the same site is another customer, if it is one
    let staging = acme.invocation_spec(&Invocation::ui("panel")).unwrap();
    let other = "ari:cloud:ecosystem::installation/of-staging";
    let mut app = staging.get("app").unwrap().clone();
    app["installationId"] = other.into();
    app["installation"]["id"] = other.into();
    app["environment"]["type"] = "STAGING".into();
    let token = staging
        .claim("app", app)
        .rs256(&backend.host.forge_key().unwrap());
    let call = acme
        .invoke("POST", "/forge/whose", &Invocation::ui("panel"))
        .unwrap();
    let call = call.with_token(&token);
    let answer = backend.ask(&call).await;
    assert_eq!(answer, (200, other.to_owned()));
}

/// A refused invocation of an installation that is not known writes nothing to the customer's record.
#[tokio::test]
async fn a_refused_invocation_of_the_customer_s_site_writes_nothing() {
    let backend = Backend::new().await;
    let acme = backend.customer("acme");
    backend.deliver(&acme.install().unwrap()).await;
    backend
        .deliver(&acme.migrate_to_forge(APP_ID).unwrap())
        .await;
    let spec = acme.invocation_spec(&Invocation::ui("panel")).unwrap();
    let other = "ari:cloud:ecosystem::installation/another";
    let mut app = spec.get("app").unwrap().clone();
    app["installationId"] = other.into();
    app["installation"]["id"] = other.into();
    let token = spec
        .claim("app", app)
        .rs256(&backend.host.forge_key().unwrap());
    let call = acme.invoke("POST", "/forge/whose", &Invocation::ui("panel"));
    let call = call.unwrap().with_token(&token);
    let history = async || {
        let of = key_of(&acme);
        let known = backend.store.history(&of, Sequence::START, 100).await;
        known.unwrap().len()
    };
    backend.deliver(&acme.pre_uninstall().unwrap()).await;
    let before = history().await;
    assert_eq!(backend.ask(&call).await.0, 401);
    assert_eq!(history().await, before);
    let ari = InstallationKey::Forge(InstallationAri::new(other).unwrap());
    assert!(backend.store.get(&ari).await.unwrap().is_none());
}

#[tokio::test]
async fn customers_of_before_are_linked_once() {
    let backend = Backend::new().await;
    let acme = backend.customer("acme");
    backend.deliver(&acme.install().unwrap()).await;
    backend
        .deliver(&acme.migrate_to_forge(APP_ID).unwrap()[..1])
        .await;
    // as a version that knew of no links left it
    let key = key_of(&acme);
    let record = backend.store.get(&key).await.unwrap().unwrap();
    let Some(ari) = record.installation_id() else {
        panic!("{record:?}")
    };
    let ari = InstallationKey::Forge(ari.clone());
    let unlinked = Event::Linked {
        tenant: ClientKey::new("nobody").unwrap(),
    };
    let unlinked = Delivery::new(ari.clone(), unlinked);
    backend
        .store
        .apply(unlinked, backend.host.clock().now())
        .await
        .unwrap();
    assert_eq!(backend.connect.link_installations().await.unwrap(), 1);
    let link = backend.store.get(&ari).await.unwrap().unwrap();
    assert_eq!(link.tenant().map(ClientKey::as_str), Some(key.as_str()));
    assert_eq!(backend.connect.link_installations().await.unwrap(), 0);
}

/// A link whose customer is not there, as one that was written while the customer was erased.
#[tokio::test]
async fn a_link_to_an_erased_customer_keeps_no_installation_from_being_known() {
    let backend = Backend::new().await;
    let acme = backend.customer("acme");
    backend.deliver(&acme.install().unwrap()).await;
    backend
        .deliver(&acme.migrate_to_forge(APP_ID).unwrap())
        .await;
    let (key, ari) = (key_of(&acme), ari_of(&acme));
    backend.store.erase(&key).await.unwrap();
    let nobody = Event::Linked {
        tenant: ClientKey::new(key.as_str()).unwrap(),
    };
    let now = backend.host.clock().now();
    let dangling = Delivery::new(ari.clone(), nobody);
    backend.store.apply(dangling, now).await.unwrap();

    assert_eq!(backend.whose(&acme).await, (200, ari.to_string()));
    let installed = acme.forge_lifecycle("avi:forge:installed:app").unwrap();
    backend.deliver(&installed).await;
    let own = backend.store.get(&ari).await.unwrap().unwrap();
    assert_eq!(own.status(), InstallationStatus::Installed);
}
