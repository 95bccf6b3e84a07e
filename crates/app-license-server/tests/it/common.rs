//! Apps under test on the mock host platform, over real sockets.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "every test uses a part of it, and may panic"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_license::forge::JwksUrl;
use app_license::{Capability, InstallationKey, KnownLicense};
use app_license_client::{Clock, Fetcher, ForgeKeys, ForgeLicenseApi};
use app_license_server::{
    ConnectApp, ConnectAppBuilder, ConnectContextRequest, ConnectRequest, ForgeInvocation,
    ForgeRemote, ForgeRemoteBuilder, Hook, HookResult, Operations, Rejection, async_trait,
};
use app_license_store::{HistoryEntry, Sequence, Store};
use app_license_testkit::{App, MockHost};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};

pub(crate) const APP_KEY: &str = "com.example.app";
pub(crate) const APP_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

/// How long a test waits for what has to happen, before it says that it did not.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn listener() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

pub(crate) fn fetcher(host: &MockHost) -> Fetcher {
    Fetcher::rerouted_for_tests(host.gateway().unwrap()).unwrap()
}

pub(crate) fn clock(host: &MockHost) -> impl Clock + Clone {
    host.clock().clone()
}

/// A Connect app with a page that everybody sees and an export that is Advanced.
pub(crate) struct Connect {
    pub(crate) app: App,
    pub(crate) served: ConnectApp,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) address: String,
}

impl Connect {
    pub(crate) async fn serve(host: &MockHost, store: Arc<dyn Store>) -> Self {
        Self::serve_with(host, store, |router| router).await
    }

    pub(crate) async fn serve_with(
        host: &MockHost,
        store: Arc<dyn Store>,
        extend: impl FnOnce(Router) -> Router,
    ) -> Self {
        Self::serve_as(host, store, |app| app, extend).await
    }

    pub(crate) async fn serve_as(
        host: &MockHost,
        store: Arc<dyn Store>,
        configure: impl FnOnce(ConnectAppBuilder) -> ConnectAppBuilder,
        extend: impl FnOnce(Router) -> Router,
    ) -> Self {
        let (listener, address) = listener().await;
        let builder = ConnectApp::builder(APP_KEY, &address)
            .unwrap()
            .shared_store(Arc::clone(&store))
            .fetcher(fetcher(host))
            .confirm_with_license_api(|api| api)
            .clock(clock(host));
        let served = configure(builder).build().unwrap();
        let router = Router::new()
            .route("/panel", get(panel))
            .route("/data", get(data))
            .route(
                "/export",
                get(|| async { "exported" }).layer(served.requires(Capability::ADVANCED)),
            )
            .with_state(served.clone())
            .merge(served.lifecycle_routes())
            .merge(Operations::new().connect(&served).metrics_route());
        let server = app_license_server::serve(listener, extend(router));
        tokio::spawn(server.into_future());
        Self {
            app: App::connect(APP_KEY, &address).unwrap(),
            served,
            store,
            address,
        }
    }
}

async fn panel(
    State(app): State<ConnectApp>,
    request: ConnectRequest,
) -> Result<String, Rejection> {
    let decision = app.decision(&request, Capability::ADVANCED).await?;
    Ok(format!("{decision} {request:?}"))
}

async fn data(
    State(app): State<ConnectApp>,
    request: ConnectContextRequest,
) -> Result<String, Rejection> {
    let license = app.license(&request).await?;
    Ok(format!("{license:?} {request:?}"))
}

/// A Forge remote with a summary for everybody and an export that is Advanced.
pub(crate) struct Forge {
    pub(crate) app: App,
    pub(crate) served: ForgeRemote,
    pub(crate) keys: ForgeKeys,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) address: String,
}

impl Forge {
    pub(crate) async fn serve(host: &MockHost, store: Arc<dyn Store>) -> Self {
        Self::serve_with(host, store, |router| router).await
    }

    /// With the route of a schedule.
    pub(crate) async fn serve_swept(host: &MockHost, store: Arc<dyn Store>) -> Self {
        let sweep = |remote: &ForgeRemote| remote.license_sweep_route().unwrap();
        Self::serve_routes(host, store, |remote| remote, sweep, |router| router).await
    }

    pub(crate) async fn serve_with(
        host: &MockHost,
        store: Arc<dyn Store>,
        extend: impl FnOnce(Router) -> Router,
    ) -> Self {
        Self::serve_as(host, store, |remote| remote, extend).await
    }

    pub(crate) async fn serve_as(
        host: &MockHost,
        store: Arc<dyn Store>,
        configure: impl FnOnce(ForgeRemoteBuilder) -> ForgeRemoteBuilder,
        extend: impl FnOnce(Router) -> Router,
    ) -> Self {
        Self::serve_routes(host, store, configure, |_| Router::new(), extend).await
    }

    async fn serve_routes(
        host: &MockHost,
        store: Arc<dyn Store>,
        configure: impl FnOnce(ForgeRemoteBuilder) -> ForgeRemoteBuilder,
        routes: impl FnOnce(&ForgeRemote) -> Router,
        extend: impl FnOnce(Router) -> Router,
    ) -> Self {
        let (listener, address) = listener().await;
        let keys = ForgeKeys::builder(fetcher(host), JwksUrl::COMMERCIAL)
            .clock(clock(host))
            .build()
            .unwrap();
        let builder = ForgeRemote::builder(APP_ID)
            .unwrap()
            .keys(keys.clone())
            .shared_store(Arc::clone(&store))
            .license_api(forge_api(host, &store))
            .clock(clock(host));
        let served = configure(builder).build().unwrap();
        let router = Router::new()
            .route("/summary", post(summary))
            .route(
                "/export",
                post(|| async { "exported" }).layer(served.requires(Capability::ADVANCED)),
            )
            .with_state(served.clone())
            .merge(served.lifecycle_routes())
            .merge(routes(&served))
            .merge(Operations::new().forge(&served).health_route())
            .merge(Operations::new().forge(&served).metrics_route());
        let server = app_license_server::serve(listener, extend(router));
        tokio::spawn(server.into_future());
        Self {
            app: App::forge(APP_ID, &address).unwrap(),
            served,
            keys,
            store,
            address,
        }
    }
}

/// The Forge License API as one replica asks it.
pub(crate) fn forge_api(host: &MockHost, store: &Arc<dyn Store>) -> ForgeLicenseApi {
    ForgeLicenseApi::builder(fetcher(host), Arc::clone(store))
        .app(app_license::ForgeAppId::new(APP_ID).unwrap())
        .clock(clock(host))
        .build()
        .unwrap()
}

async fn summary(
    State(remote): State<ForgeRemote>,
    invocation: ForgeInvocation,
) -> Result<String, Rejection> {
    let decision = remote.decision(&invocation, Capability::ADVANCED).await?;
    Ok(format!("{decision} {invocation:?}"))
}

/// A hook that writes down what it is told.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn note(&self, what: String) -> HookResult {
        self.0.lock().unwrap().push(what);
        Ok(())
    }

    pub(crate) fn delivered(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl Hook for Recorder {
    async fn on_installed(&self, _: &HistoryEntry) -> HookResult {
        self.note("installed".to_owned())
    }

    async fn on_uninstalled(&self, _: &HistoryEntry) -> HookResult {
        self.note("uninstalled".to_owned())
    }

    async fn on_enabled(&self, _: &HistoryEntry) -> HookResult {
        self.note("enabled".to_owned())
    }

    async fn on_disabled(&self, _: &HistoryEntry) -> HookResult {
        self.note("disabled".to_owned())
    }

    async fn on_edition_changed(
        &self,
        _: &HistoryEntry,
        from: Option<&Capability>,
        to: &Capability,
    ) -> HookResult {
        let from = from.map_or("none", Capability::as_str);
        self.note(format!("edition {from} -> {to}"))
    }

    async fn on_license_changed(
        &self,
        _: &HistoryEntry,
        from: Option<&KnownLicense>,
        to: &KnownLicense,
    ) -> HookResult {
        let from = from.map_or("none", |known| known.state().name());
        self.note(format!("license {from} -> {}", to.state().name()))
    }

    async fn on_license_ended(&self, _: &HistoryEntry, license: &KnownLicense) -> HookResult {
        let trial = if license.is_evaluation() == Some(true) {
            ", a trial"
        } else {
            ""
        };
        self.note(format!("license ended{trial}"))
    }

    async fn on_trial_ending(&self, _: &HistoryEntry, days: u64) -> HookResult {
        self.note(format!("trial ends in {days} days"))
    }
}

/// What the store's history says of a tenant: event, changes.
pub(crate) async fn history(store: &dyn Store, key: &InstallationKey) -> Vec<String> {
    let entries = store.history(key, Sequence::START, 100).await.unwrap();
    let line = |entry: &HistoryEntry| {
        let codes: Vec<_> = entry
            .changes
            .iter()
            .map(app_license::Change::code)
            .collect();
        format!("{}: {}", entry.event, codes.join(", "))
    };
    entries.iter().map(line).collect()
}
