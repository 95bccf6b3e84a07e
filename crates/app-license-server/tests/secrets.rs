//! SECURITY-RULES `secret-in-logs`: everything that an end-to-end run writes down is searched for
//! every secret and every token that it used. A program of its own: the log is the whole process's, and
//! what other tests write would be in it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "it/common.rs"]
mod common;
#[path = "secrets/written.rs"]
mod written;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use app_license::{ClientKey, InstallationAri, InstallationKey};
use app_license_server::{
    ConnectAppBuilder, ForgeRemoteBuilder, HookRunner, RefusedRequest, Rejection,
};
use app_license_store::{EncryptionKey, EncryptionKeys, Name, Sequence, SqliteOptions, Store};
use app_license_testkit::{
    Edition, InjectedFault, Invocation, MockHost, Service, SignedRequest, SigningKey, Tenant, probe,
};
use axum::Router;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use common::{Connect, Forge, Recorder};
use tracing_subscriber::util::SubscriberInitExt;
use written::Written;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A run: who is told what, and which secrets that took.
struct Run {
    host: MockHost,
    written: Written,
    secrets: BTreeSet<String>,
}

impl Run {
    async fn deliver(&mut self, request: &SignedRequest) -> u16 {
        let credentials = [
            request.token(),
            request.header("authorization"),
            request.header("x-forge-oauth-system"),
        ];
        for credential in credentials.into_iter().flatten() {
            self.secret(credential);
            if let Some((_, signature)) = credential.rsplit_once('.') {
                self.secret(signature);
            }
        }
        let answer = self.host.deliver(request).await.unwrap();
        self.written.bytes("answers", answer.body());
        self.written
            .bytes("answers", format!("{answer:?}").as_bytes());
        answer.status()
    }

    async fn deliver_all(&mut self, requests: Vec<SignedRequest>) {
        for request in requests {
            self.deliver(&request).await;
        }
    }

    fn secret(&mut self, secret: &str) {
        // an empty signature is no secret, and is everywhere
        if secret.len() > 10 {
            self.secrets.insert(secret.to_owned());
        }
    }

    fn secrets_of(&mut self, tenant: &Tenant) {
        self.secret(&tenant.shared_secret().unwrap());
        if let Some(previous) = tenant.previous_secret().unwrap() {
            self.secret(&previous);
        }
    }

    async fn metrics(&self, address: &str) {
        let text = reqwest::get(format!("{address}/metrics")).await.unwrap();
        self.written.bytes("metrics", &text.bytes().await.unwrap());
    }

    /// Writes down every rejection that leaves the app, with its causes.
    fn watched(&self, router: Router) -> Router {
        let written = self.written.clone();
        router.layer(map_response(move |response: Response| {
            let written = written.clone();
            async move {
                if let Some(rejection) = response.extensions().get::<Rejection>() {
                    written.debug(rejection);
                    written.debug(&rejection.error());
                    written.debug(&rejection.decision());
                    let mut cause: Option<&dyn std::error::Error> = Some(rejection);
                    while let Some(error) = cause {
                        written.bytes("debug", error.to_string().as_bytes());
                        cause = error.source();
                    }
                }
                response
            }
        }))
    }

    async fn connect(&mut self, app: &Connect) {
        let acme = self.host.tenant(&app.app, "acme").unwrap();
        let other = self.host.tenant(&app.app, "other").unwrap();
        self.deliver_all(acme.install().unwrap()).await;
        self.deliver_all(other.install().unwrap()).await;
        self.secrets_of(&acme);
        self.secrets_of(&other);
        acme.start_trial(Edition::Standard, 30).unwrap();
        for target in ["/panel", "/export"] {
            self.deliver(&acme.page(target).unwrap()).await;
            self.deliver(&acme.cacheable_page(target).unwrap()).await;
        }
        let changed = acme.change_edition(Edition::Advanced).unwrap();
        self.deliver_all(changed).await;
        assert_eq!(self.deliver(&acme.page("/export").unwrap()).await, 200);
        let call = acme.front_end_call("GET", "/data").unwrap();
        assert_eq!(self.deliver(&call).await, 200);
        self.connect_refusals(&acme, &other).await;
        self.connect_outages(&acme).await;
        self.deliver_all(acme.rotate_secret().unwrap()).await;
        self.secrets_of(&acme);
        self.host.clock().advance_days(31);
        assert_eq!(self.deliver(&acme.page("/export").unwrap()).await, 402);
        let late = acme.page("/panel").unwrap();
        self.deliver_all(acme.uninstall().unwrap()).await;
        assert_eq!(self.deliver(&late).await, 401);
        self.probe(&app.address, &other).await;
        self.metrics(&app.address).await;
        self.written.debug(&app.served);
        self.written.debug(&app.store);
        let key = ClientKey::new(acme.site().client_key().unwrap()).unwrap();
        self.kept(&*app.store, &InstallationKey::Connect(key)).await;
    }

    async fn connect_refusals(&mut self, acme: &Tenant, other: &Tenant) {
        let installed = acme.lifecycle_event("installed").unwrap();
        let page = acme.page("/panel").unwrap();
        let context = acme.context_token().unwrap();
        let stranger = SigningKey::generate("test-stranger").unwrap();
        let spec = acme.token_spec().unwrap();
        let refused = [
            installed.clone().with_token(&context),
            installed.clone().with_token(page.token().unwrap()),
            installed.clone().with_token(&spec.rs256(&stranger)),
            installed
                .clone()
                .with_token(&spec.hs256(b"a-guessed-secret-of-some-length")),
            installed
                .clone()
                .with_field("sharedSecret", "TEST-SECRET-short"),
            installed.clone().with_field("eventType", "enabled"),
            installed.clone().with_field("clientKey", "somebody-else"),
            installed.clone().without_field("baseUrl"),
            installed.without_token(),
            page.clone().with_token(&context),
            page.clone()
                .with_token(other.page("/panel").unwrap().token().unwrap()),
            page.clone()
                .with_token(acme.page("/export").unwrap().token().unwrap()),
            page.clone().with_token(&spec.unsigned()),
            page.with_token("eyJhbGciOiJIUzI1NiJ9.not-a-token-but-long.not-a-signature-but-long"),
        ];
        self.secret("TEST-SECRET-short");
        self.secret("a-guessed-secret-of-some-length");
        for request in refused {
            let status = self.deliver(&request).await;
            assert!((400..500).contains(&status), "{}: {status}", request.name());
        }
    }

    async fn connect_outages(&mut self, acme: &Tenant) {
        let faults = [
            InjectedFault::Down,
            InjectedFault::Status(500),
            InjectedFault::Html,
            InjectedFault::Wrong,
            InjectedFault::Redirect,
        ];
        for fault in faults {
            for service in [
                Service::InstallKeys,
                Service::InstallKeysFallback,
                Service::Sites,
            ] {
                self.host.set_fault(service, fault.clone());
            }
            self.host.rotate_install_keys().unwrap();
            self.host.clock().advance(400);
            let installed = acme.lifecycle_event("installed").unwrap();
            assert!(self.deliver(&installed).await >= 400);
            self.deliver(&acme.cacheable_page("/export").unwrap()).await;
        }
        for service in Service::ALL {
            self.host.heal(service);
        }
        self.host.clock().advance(400);
    }

    async fn probe(&mut self, address: &str, tenant: &Tenant) {
        let routes = [probe::Route::page("/panel"), probe::Route::page("/export")];
        let probe = probe::Probe::new(address).routes(&routes);
        let neighbor = self
            .host
            .tenant(&tenant.app().unwrap(), "neighbor")
            .unwrap();
        self.deliver_all(neighbor.install().unwrap()).await;
        self.secrets_of(&neighbor);
        let report = probe.tenants(tenant, &neighbor).run().await.unwrap();
        assert!(report.findings().is_empty(), "{report}");
    }

    async fn forge(&mut self, remote: &Forge) {
        let acme = self.host.tenant(&remote.app, "acme").unwrap();
        let from_page = Invocation::ui("panel");
        let invoke = |path: &str| acme.invoke("POST", path, &from_page).unwrap();
        self.deliver_all(acme.install().unwrap()).await;
        acme.start_trial(Edition::Standard, 30).unwrap();
        assert_eq!(self.deliver(&invoke("/summary")).await, 200);
        assert_eq!(self.deliver(&invoke("/export")).await, 402);
        acme.change_edition(Edition::Advanced).unwrap();
        assert_eq!(self.deliver(&invoke("/export")).await, 200);
        self.host.rotate_jwks(false).unwrap();
        assert_eq!(self.deliver(&invoke("/export")).await, 200);
        // a function's token says nothing: the License API is asked with the system token, well and ill
        let job = Invocation::function("job");
        let silent = acme.invocation_spec(&job).unwrap();
        let mut app = silent.get("app").unwrap().clone();
        app.as_object_mut().unwrap().remove("license");
        for fault in [
            None,
            Some(InjectedFault::Status(500)),
            Some(InjectedFault::Down),
            Some(InjectedFault::Rubbish),
        ] {
            match fault {
                Some(fault) => self.host.set_fault(Service::ForgeApi, fault),
                None => self.host.heal(Service::ForgeApi),
            }
            self.host.clock().advance(3600);
            let now = self.host.clock().token_time();
            let spec = silent.clone().claim("app", app.clone());
            let spec = spec
                .claim("iat", now.as_seconds())
                .claim("nbf", now.as_seconds());
            let spec = spec.claim("exp", now.plus(25).as_seconds());
            let token = spec.rs256(&self.host.forge_key().unwrap());
            let call = acme.invoke("POST", "/summary", &job).unwrap();
            let asked = self.host.hits(Service::ForgeApi);
            assert_eq!(self.deliver(&call.with_token(&token)).await, 200);
            assert!(self.host.hits(Service::ForgeApi) > asked);
        }
        self.host.heal(Service::ForgeApi);
        let stranger = SigningKey::generate("test-stranger").unwrap();
        let forged = silent.rs256(&stranger);
        assert_eq!(
            self.deliver(&invoke("/summary").with_token(&forged)).await,
            401
        );
        self.host.set_fault(Service::ForgeKeys, InjectedFault::Down);
        self.host.clock().advance_days(2);
        assert_eq!(self.deliver(&invoke("/summary")).await, 503);
        self.host.heal(Service::ForgeKeys);
        self.host.clock().advance_days(31);
        self.deliver(&invoke("/export")).await;
        let removed = acme.forge_lifecycle("preUninstall").unwrap();
        self.deliver_all(removed).await;
        self.metrics(&remote.address).await;
        self.written.debug(&remote.served);
        self.written.debug(&remote.keys);
        let ari = InstallationAri::new(acme.installation_ari().unwrap()).unwrap();
        self.kept(&*remote.store, &InstallationKey::Forge(ari))
            .await;
    }

    /// Everything the store hands out but the secrets themselves.
    async fn kept(&self, store: &dyn Store, key: &InstallationKey) {
        self.written.debug(&store.get(key).await.unwrap());
        let entries = store.history(key, Sequence::START, 1000).await.unwrap();
        self.written.debug(&entries);
        for entry in entries {
            let payload = store.payload(entry.sequence).await.unwrap();
            self.written
                .bytes("payloads", payload.unwrap_or_default().as_bytes());
        }
    }
}

fn files(written: &Written, folder: &Path) {
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        written.bytes("store", &bytes);
    }
}

/// The app's own answer to a refusal, which repeats what the app may print of it. An app that answers so keeps
/// the request beside what it verified of it.
fn own(refused: RefusedRequest<'_>) -> impl IntoResponse + use<> {
    (refused.rejection().status(), format!("{refused:?}"))
}

async fn run(written: &Written, sealed: bool) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let mut options = SqliteOptions::new(folder.path().join("installations.db")).plain_text();
    if sealed {
        options = options.encryption(EncryptionKeys::new(
            EncryptionKey::from_base64(KEY).unwrap(),
        ));
    }
    let store: Arc<dyn Store> = Arc::new(options.open().await.unwrap());
    let host = MockHost::start().await.unwrap();
    let mut run = Run {
        host: host.clone(),
        written: written.clone(),
        secrets: BTreeSet::from([KEY.to_owned()]),
    };
    let own = |app: ConnectAppBuilder| app.respond_with(own);
    let app = Connect::serve_as(&host, Arc::clone(&store), own, |r| run.watched(r)).await;
    run.connect(&app).await;
    let own = |remote: ForgeRemoteBuilder| remote.respond_with(self::own);
    let remote = Forge::serve_as(&host, Arc::clone(&store), own, |r| run.watched(r)).await;
    run.forge(&remote).await;
    let consumer = Name::new("recorder").unwrap();
    let hooks = HookRunner::new(store, consumer, Recorder::default());
    hooks.run_once().await.unwrap();
    written.debug(&hooks);
    files(written, folder.path());
    run
}

/// One test, because what is logged is logged for the whole process.
#[tokio::test]
async fn secret_in_logs() {
    let written = Written::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(written.clone())
        .finish()
        .init();
    let done = run(&written, true).await;
    assert_eq!(
        written.places(),
        ["answers", "debug", "log", "metrics", "payloads", "store"]
    );
    assert!(done.secrets.len() > 100, "{}", done.secrets.len());
    assert_eq!(written.found(&done.secrets), BTreeSet::new());

    // and the search would have found them: one planted in each place
    let secret = done
        .secrets
        .iter()
        .find(|s| s.starts_with("TEST-SECRET-"))
        .unwrap();
    let token = done.secrets.iter().find(|s| s.starts_with("eyJ")).unwrap();
    tracing::trace!(planted = %secret, "a secret in the log");
    let planted = BTreeSet::from([("log", secret.clone())]);
    assert_eq!(written.found(&done.secrets), planted);
    tracing::trace!(planted = %token, "a token in the log");
    assert!(
        written
            .found(&BTreeSet::new())
            .contains(&("log", token.clone()))
    );

    // a store without a key holds secrets in plain text, and is found to
    let plain = Written::default();
    let done = run(&plain, false).await;
    let found = plain.found(&done.secrets);
    assert!(
        found
            .iter()
            .any(|(place, it)| *place == "store" && it.starts_with("TEST-SECRET-"))
    );

    // an app that repeats what it was sent is found to
    let careless = Written::default();
    let mut done = Run {
        written: careless.clone(),
        ..done
    };
    let (listener, address) = common::listener().await;
    let repeat = async |headers: http::HeaderMap| format!("{headers:?}");
    let router = Router::new().route("/repeat", post(repeat));
    tokio::spawn(app_license_server::serve(listener, router).into_future());
    let app = app_license_testkit::App::forge(common::APP_ID, &address).unwrap();
    let tenant = done.host.tenant(&app, "careless").unwrap();
    tenant.install().unwrap();
    let call = tenant
        .invoke("POST", "/repeat", &Invocation::ui("panel"))
        .unwrap();
    assert_eq!(done.deliver(&call).await, 200);
    let found = careless.found(&done.secrets);
    assert!(
        found.iter().any(|(_, it)| it.starts_with("TEST-SYSTEM-")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|(_, it)| it.starts_with("eyJ")),
        "{found:?}"
    );
}
