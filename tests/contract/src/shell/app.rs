//! The app of a case: the routes that every shell has, over the crates of this workspace.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use app_license::connect::{BaseUrl, Cloud, KeyHosts, LifecycleBody};
use app_license::forge::{ForgeLifecycleEvent, JwksUrl};
use app_license::{
    AppKey, Capability, Event, FeatureMap, Installation, InstallationKey, Leeway, UnixTime,
};
use app_license_client::{
    Clock, ConnectLicenseApi, Fetcher, ForgeKeys, ForgeLicenseApi, InstallKeys,
};
use app_license_server::{ConnectApp, Descriptor, ForgeRemote, HookRunner, Operations};
use app_license_store::{Delivery, InstallationStore as _, MemoryStore, Name, Store};
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::failing::FailingStore;
use crate::failure::Failure;
use crate::recorder::Recorder;
use crate::routes::{
    PAGE, RemoteState, api_me, connect_page, gated, misspelled, panel, remote_license, remote_me,
    remote_misspelled,
};
use crate::settings::{Connect, Forge, Seed, Start};

/// The app, what it stores, and what time it is.
pub(crate) struct World {
    start: Start,
    now: Arc<AtomicU64>,
    store: Arc<MemoryStore>,
    recorder: Recorder,
    hooks: HookRunner,
    serving: Option<JoinHandle<()>>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

impl World {
    pub(crate) async fn start(start: Start) -> Result<Self, Failure> {
        let store = Arc::new(MemoryStore::new());
        for seed in &start.store {
            plant(&*store, &start, seed).await?;
        }
        let recorder = Recorder::failing(start.hook_failures);
        let consumer = Name::new("contract")?;
        // what happened before the case is no news
        let whole: Arc<dyn Store> = Arc::<MemoryStore>::clone(&store);
        let past = HookRunner::new(Arc::clone(&whole), consumer.clone(), Recorder::default());
        let _handled = past.run_once().await;
        let hooks = HookRunner::new(whole, consumer, recorder.clone()).retry_pause(Duration::ZERO);
        Ok(Self {
            now: Arc::new(AtomicU64::new(start.clock)),
            start,
            store,
            recorder,
            hooks,
            serving: None,
        })
    }

    pub(crate) fn set_clock(&self, now: u64) {
        self.now.store(now, Ordering::SeqCst);
    }

    fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }

    fn clock(&self) -> impl Clock + Clone + use<> {
        let now = Arc::clone(&self.now);
        move || UnixTime::from_seconds(now.load(Ordering::SeqCst)).unwrap_or(UnixTime::EPOCH)
    }

    /// The store as the app has it: it fails when the case says so.
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(FailingStore {
            inner: Arc::clone(&self.store),
            clock: self.start.clock,
            now: Arc::clone(&self.now),
            fault: self.start.store_fault.clone(),
        })
    }

    /// Makes the app and listens: with empty caches over what is stored.
    pub(crate) async fn serve(&mut self) -> Result<Value, Failure> {
        self.stop();
        let limit = Duration::from_millis(1500);
        let fetcher = Fetcher::builder()
            .connect_timeout(limit)
            .timeout(limit)
            .rerouted_for_tests(self.start.platform)?;
        let mut router = Router::new();
        if let Some(connect) = &self.start.app.connect {
            router = router.merge(self.connect(connect, &fetcher)?);
        }
        if let Some(forge) = &self.start.app.forge {
            router = router.merge(self.forge(forge, &fetcher)?);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let server = app_license_server::serve(listener, router);
        self.serving = Some(tokio::spawn(async move {
            server.await;
        }));
        Ok(json!({ "ok": true, "port": port }))
    }

    fn connect(&self, settings: &Connect, fetcher: &Fetcher) -> Result<Router, Failure> {
        let mut builder = ConnectApp::builder(&settings.key, &settings.base_url)?
            .shared_store(self.store())
            .fetcher(fetcher.clone())
            .policy(settings.policy.policy())
            .clock(self.clock());
        let cloud = settings.cloud.as_deref().unwrap_or("commercial");
        let cloud = Cloud::from_name(cloud)
            .ok_or_else(|| Failure::new("cloud", format!("`{cloud}` is no cloud")))?;
        builder = builder.cloud(cloud);
        for url in &settings.accept_base_urls {
            builder = builder.accept_base_url(url)?;
        }
        for domain in &settings.accept_site_domains {
            builder = builder.accept_site_domain(domain)?;
        }
        for host in &settings.accept_key_hosts {
            builder = builder.accept_key_host(host)?;
        }
        if settings.proxy_strips_base_path {
            builder = builder.proxy_strips_base_path();
        }
        if let Some(leeway) = settings.leeway {
            builder = builder.leeway(leeway_of(leeway)?);
        }
        if let Some(seconds) = settings.secret_grace {
            builder = builder.secret_grace(Duration::from_secs(seconds));
        }
        if let Some(seconds) = settings.stored_for {
            builder = builder.stored_for(Duration::from_secs(seconds));
        }
        if settings.sells_nothing {
            builder = builder.sells_nothing();
        }
        if let Some(features) = &settings.features {
            builder = builder.features(FeatureMap::from_json(features.to_string().as_bytes())?);
        }
        if let Some(name) = &settings.client_address_header {
            let name = name.parse().map_err(|e| Failure::new("setting", e))?;
            builder = builder.client_address_header(name);
        }
        if let Some(regions) = &settings.region_base_urls {
            let key = AppKey::new(&settings.key)?;
            let mut descriptor = Descriptor::new(&key, &BaseUrl::new(&settings.base_url)?);
            let regions = regions.clone();
            descriptor
                .other
                .insert("regionBaseUrls".to_owned(), regions);
            builder = builder.descriptor(descriptor);
        }
        if settings.refuse_test_keys {
            let keys = InstallKeys::builder(fetcher.clone(), KeyHosts::of(cloud))
                .refuse_test_keys()
                .clock(self.clock());
            builder = builder.install_keys(keys.build()?);
        }
        if settings.license_api {
            let hosts = KeyHosts::of(cloud);
            let key = AppKey::new(&settings.key)?;
            let moment = Duration::from_millis(1);
            let api = ConnectLicenseApi::builder(fetcher.clone(), key, hosts)
                .attempts(3, moment, moment)
                .clock(self.clock())
                .build()?;
            builder = builder.license_api(api);
        }
        let app = builder.build()?;
        let page = || get(|| async { PAGE }).post(|| async { PAGE });
        let advanced = || Capability::ADVANCED;
        let router = Router::new()
            .route("/page", get(connect_page).post(connect_page))
            .route("/panel", get(panel).post(panel))
            .route(
                "/standard",
                page().layer(app.requires(Capability::STANDARD)),
            )
            .route("/advanced", page().layer(app.requires(advanced())))
            .route("/feature", gated(app.requires_feature("bulk-export")))
            .route("/no-feature", get(misspelled).post(misspelled))
            .route("/a%20b", page().layer(app.verified()))
            .route("/api/me", get(api_me).post(api_me))
            .route(
                "/api/standard",
                page().layer(app.context_requires(Capability::STANDARD)),
            )
            .route(
                "/api/advanced",
                page().layer(app.context_requires(advanced())),
            )
            .route(
                "/api/feature",
                gated(app.context_requires_feature("bulk-export")),
            )
            .with_state(app.clone())
            .merge(app.lifecycle_routes())
            .merge(Operations::new().connect(&app).health_route());
        let mount = match &settings.mount {
            Some(mount) => mount.clone(),
            None if settings.proxy_strips_base_path => String::new(),
            None => path_of(&settings.base_url),
        };
        Ok(if mount.is_empty() {
            router
        } else {
            Router::new().nest(&mount, router)
        })
    }

    fn forge(&self, settings: &Forge, fetcher: &Fetcher) -> Result<Router, Failure> {
        let mut ids = settings.app_ids.iter();
        let first = ids.next().map_or("", String::as_str);
        let mut builder = ForgeRemote::builder(first)?
            .fetcher(fetcher.clone())
            .policy(settings.policy.policy())
            .clock(self.clock());
        for id in ids {
            builder = builder.accept_app_id(id)?;
        }
        if let Some(label) = &settings.isolated_cloud {
            builder = builder.isolated_cloud(label)?;
        }
        if settings.refuse_test_keys {
            let keys = ForgeKeys::builder(fetcher.clone(), JwksUrl::COMMERCIAL)
                .refuse_test_keys()
                .clock(self.clock());
            builder = builder.keys(keys.build()?);
        }
        if let Some(leeway) = settings.leeway {
            builder = builder.leeway(leeway_of(leeway)?);
        }
        if settings.store {
            builder = builder.shared_store(self.store());
        }
        if let Some(features) = &settings.features {
            builder = builder.features(FeatureMap::from_json(features.to_string().as_bytes())?);
        }
        if settings.license_api {
            let api = ForgeLicenseApi::builder(fetcher.clone(), self.store()).clock(self.clock());
            builder = builder.license_api(api.build()?);
        }
        let remote = builder.build()?;
        let page = || get(|| async { PAGE }).post(|| async { PAGE });
        let advanced = Capability::ADVANCED;
        Ok(Router::new()
            .route("/remote/me", get(remote_me).post(remote_me))
            .route("/remote/license", get(remote_license).post(remote_license))
            .route(
                "/remote/standard",
                page().layer(remote.requires(Capability::STANDARD)),
            )
            .route("/remote/advanced", page().layer(remote.requires(advanced)))
            .route(
                "/remote/feature",
                gated(remote.requires_feature("bulk-export")),
            )
            .route(
                "/remote/no-feature",
                get(remote_misspelled).post(remote_misspelled),
            )
            .with_state(RemoteState(remote.clone()))
            .merge(remote.lifecycle_routes()))
    }

    /// What is stored, and which hooks were called, once all that are due were.
    pub(crate) async fn state(&self) -> Result<Value, Failure> {
        const TRIES: usize = 10;
        for _ in 0..TRIES {
            if self.hooks.run_once().await.is_ok() {
                break;
            }
        }
        let installations = self.store.list(None, 100).await?;
        // links are no installations, but how this backend finds them
        let customers = installations.iter().filter(|it| it.tenant().is_none());
        let installations: Vec<_> = customers.map(described).collect();
        let hooks = self.recorder.names();
        Ok(json!({ "ok": true, "installations": installations, "hooks": hooks }))
    }
}

fn leeway_of(seconds: u64) -> Result<Leeway, Failure> {
    let too_much = || Failure::new("leeway", format!("a leeway of {seconds} s is too much"));
    Leeway::from_seconds(seconds).ok_or_else(too_much)
}

/// The path of a URL, without a slash at its end.
fn path_of(url: &str) -> String {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after.split_once('/').map_or("", |(_, path)| path);
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    }
}

/// An installation as the contract writes it: of secrets the beginning of a hash.
fn described(installation: &Installation) -> Value {
    let secrets = installation.stored_secrets();
    let hashed = |secret: &app_license::SharedSecret| {
        let hash = Sha256::digest(secret.expose().as_bytes());
        let bytes = hash.iter().take(8);
        bytes.fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    json!({
        "key": installation.key().as_str(),
        "state": installation.status().name(),
        "secret": secrets.current().map(hashed),
        "previous_secret": secrets.previous().map(|(secret, _)| hashed(secret)),
        "base_url": installation.base_url(),
        "product_type": installation.product_type(),
        "display_url": installation.display_url(),
        "installation_id": installation.installation_id().map(|id| id.as_str()),
        "entitlement_id": installation.entitlement().id(),
        "app_version": installation.app_version(),
        "capability_set": installation.capability_set().map(ToString::to_string),
        "license": installation.license().map(|known| known.state().name()),
    })
}

/// Lets the store take an event, as if it had been verified.
async fn plant(store: &dyn Store, start: &Start, seed: &Seed) -> Result<(), Failure> {
    let clock = i64::try_from(start.clock).unwrap_or(i64::MAX);
    let at = u64::try_from(clock.saturating_add(seed.at)).unwrap_or_default();
    let at = UnixTime::from_seconds(at).unwrap_or(UnixTime::EPOCH);
    if let Some(body) = &seed.connect {
        let body = LifecycleBody::parse(body.to_string().as_bytes())?;
        store
            .apply(Delivery::connect(body.accepted_before()?), at)
            .await?;
    }
    if let Some(payload) = &seed.forge {
        let event = ForgeLifecycleEvent::parse_any(payload.to_string().as_bytes())?;
        let of = event.installation_id().cloned();
        let of = of.ok_or_else(|| Failure::new("protocol", "the event has no `id`"))?;
        store
            .apply(Delivery::new(InstallationKey::Forge(of), event), at)
            .await?;
    }
    if let Some(key) = &seed.block {
        let delivery = Delivery::new(key.clone(), Event::Block);
        store.apply(delivery, at).await?;
    }
    Ok(())
}
