//! Tower layers and axum routes for Atlassian Marketplace apps: lifecycle webhooks verified and
//! stored, every request carrying a proved license, routes gated by capability.
//!
//! # A Connect app
//!
//! ```no_run
//! use app_license_server::{
//!     ConnectApp, ConnectRequest, Edition, EncryptionKey, EncryptionKeys, Operations, SqliteStore,
//! };
//! use axum::{Router, routing::get};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! // `openssl rand -base64 32`, kept apart from the database
//! let key = EncryptionKey::from_base64(&std::env::var("ENCRYPTION_KEY")?)?;
//! let app = ConnectApp::builder("com.example.app", "https://app.example.com")?
//!     .store(SqliteStore::open("installations.db", EncryptionKeys::new(key)).await?)
//!     .confirm_with_license_api(|api| api)
//!     .build()?;
//! let pages = Router::new()
//!     .route("/panel", get(panel))
//!     .route("/export", get(export).layer(app.requires(Edition::Advanced)))
//!     .layer(app.page_headers());
//! let router: Router = pages
//!     .with_state(app.clone())
//!     .merge(app.lifecycle_routes())
//!     .merge(Operations::new().connect(&app).health_route());
//!
//! async fn panel(request: ConnectRequest) -> String {
//!     let license = request.license();
//!     format!("Advanced: {}", license.has_capability("capabilityAdvanced"))
//! }
//!
//! async fn export() -> &'static str {
//!     "only Advanced customers see this"
//! }
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! # app_license_server::serve(listener, router).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Which type to ask for
//!
//! | a route called by | extractor | gate |
//! |---|---|---|
//! | the platform: iframe, webhook | [`ConnectRequest`] | [`ConnectApp::requires`] |
//! | the app's front end, `Authorization: JWT …` with a token of `AP.context.getToken()` | [`ConnectContextRequest`] | [`ConnectApp::context_requires`] |
//! | Forge, as a remote | [`ForgeInvocation`] | [`ForgeRemote::requires`] |
//!
//! Both kinds of requests, and invocations, also answer [`ConnectApp::limit`] and
//! [`ConnectApp::service_level`], on Forge [`ForgeRemote::limit`] and [`ForgeRemote::service_level`].
//! What is answered to those who are not let through, the app says once:
//! [`ConnectAppBuilder::respond_with`].
//!
//! A page that shows a feature or hides it asks [`ConnectApp::decision`] or
//! [`ForgeRemote::decision`]. What the app does when customers come, change edition and go, stands in
//! a [`Hook`].
//!
//! Refusals are [`Rejection`] values: 401 when the proof does not hold, 402 or 403 when the
//! license does not allow it, 503 when it could not be checked. Who never bought is
//! 403, `absent`, and 402, `inactive`, on a Connect page, whose `lic=none` says so.
//!
//! An app that is sold in editions says `enableLicensing` and `editionsEnabled` in its descriptor:
//! [`ConnectAppBuilder::descriptor`].
//!
//! # One router for Connect and Forge
//!
//! An app on its way from Connect to Forge serves both: one store, one state that both are taken from, one
//! health check, hooks and sweeps beside the server.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use app_license_server::{
//!     ConnectApp, ConnectRequest, FeatureMap, ForgeInvocation, ForgeRemote, HistoryEntry, Hook, HookResult,
//!     HookRunner, Store, MemoryStore, Name, Operations, Rejection, async_trait,
//! };
//! use axum::extract::{FromRef, State};
//! use axum::{Router, routing::{get, post}};
//!
//! // with the feature `macros` of axum: `#[derive(Clone, FromRef)]`, without the two blocks below
//! #[derive(Clone)]
//! struct AppState {
//!     connect: ConnectApp,
//!     forge: ForgeRemote,
//! }
//!
//! impl FromRef<AppState> for ConnectApp {
//!     fn from_ref(state: &AppState) -> Self {
//!         state.connect.clone()
//!     }
//! }
//!
//! impl FromRef<AppState> for ForgeRemote {
//!     fn from_ref(state: &AppState) -> Self {
//!         state.forge.clone()
//!     }
//! }
//!
//! struct Provision;
//!
//! #[async_trait]
//! impl Hook for Provision {
//!     async fn on_installed(&self, entry: &HistoryEntry) -> HookResult {
//!         println!("welcome, {}", entry.key);
//!         Ok(())
//!     }
//! }
//!
//! async fn panel(
//!     State(app): State<ConnectApp>,
//!     request: ConnectRequest,
//! ) -> Result<String, Rejection> {
//!     let rows = app.limit(&request, "rows").await?;
//!     Ok(format!("up to {rows} rows"))
//! }
//!
//! async fn summary(
//!     State(remote): State<ForgeRemote>,
//!     invocation: ForgeInvocation,
//! ) -> Result<String, Rejection> {
//!     let rows = remote.limit(&invocation, "rows").await?;
//!     Ok(format!("up to {rows} rows"))
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! // include_str!("../editions.toml")
//! let editions = r#"
//!     [features]
//!     export = "advanced"
//!
//!     [limits.rows]
//!     standard = 100
//!     advanced = "unlimited"
//! "#;
//! let features = FeatureMap::from_toml(editions)?;
//! // a database in production
//! let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
//! let connect = ConnectApp::builder("com.example.app", "https://app.example.com")?
//!     .shared_store(Arc::clone(&store))
//!     .features(features.clone())
//!     .confirm_with_license_api(|api| api)
//!     .build()?;
//! let forge = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
//!     .shared_store(Arc::clone(&store))
//!     .features(features)
//!     .confirm_with_license_api(|api| api)
//!     .build()?;
//! let pages = Router::new()
//!     .route("/panel", get(panel))
//!     .route("/export", get(async || "a file").layer(connect.requires_feature("export")?))
//!     .layer(connect.page_headers());
//! let remote = Router::new()
//!     .route("/forge/summary", post(summary))
//!     .route("/forge/export", post(async || "a file").layer(forge.requires_feature("export")?));
//! let operations = Operations::new().connect(&connect).forge(&forge);
//! let router: Router = Router::new()
//!     .merge(pages)
//!     .merge(remote)
//!     .with_state(AppState { connect: connect.clone(), forge: forge.clone() })
//!     .merge(connect.lifecycle_routes())
//!     .merge(forge.lifecycle_routes())
//!     .merge(forge.license_sweep_route()?)
//!     .merge(operations.health_route());
//! tokio::spawn(HookRunner::new(store, Name::new("provision")?, Provision).run());
//! tokio::spawn(connect.license_sweep()?.run());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! app_license_server::serve(listener, router).await;
//! # Ok(())
//! # }
//! ```
//!
//! # In tests
//!
//! With the feature `testkit`, for the tests alone, `for_tests` of both builders takes a mock host
//! platform for the platform: `testkit::MockHost` installs, opens pages, changes editions and moves the
//! clock. Only then test keys, whose ids begin with [`KeyId::TEST_PREFIX`](app_license::KeyId::TEST_PREFIX),
//! prove anything. Without the feature, [`Fetcher::rerouted_for_tests`] does the same by hand.
//!
//! ```
//! # #[cfg(feature = "testkit")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use app_license_server::testkit::{App, MockHost};
//! use app_license_server::{ConnectApp, Edition, MemoryStore};
//! use axum::{Router, routing::get};
//!
//! let host = MockHost::start().await?;
//! // any free port: the app is told its address before it is made
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = format!("http://{}", listener.local_addr()?);
//! let app = ConnectApp::builder("com.example.app", &address)?
//!     .store(MemoryStore::new())
//!     .for_tests(&host)?
//!     .build()?;
//! let router: Router = Router::new()
//!     .route("/export", get(async || "a file").layer(app.requires(Edition::Advanced)))
//!     .merge(app.lifecycle_routes());
//! tokio::spawn(app_license_server::serve(listener, router).into_future());
//!
//! let acme = host.tenant(&App::connect("com.example.app", &address)?, "acme")?;
//! for event in acme.install()? {
//!     assert_eq!(host.deliver(&event).await?.status(), 204);
//! }
//! acme.start_trial(Edition::Advanced, 30)?;
//! assert_eq!(host.deliver(&acme.page("/export")?).await?.status(), 200);
//! host.clock().advance_days(31);
//! assert_eq!(host.deliver(&acme.page("/export")?).await?.status(), 402);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Crate features
//!
//! | feature | |
//! |---|---|
//! | `sqlite` (default) | `SqliteStore` |
//! | `postgres` | `PostgresStore`, for several replicas |
//! | `testkit` | the mock host platform, and `for_tests` of both builders |
//!
//! A store of your own is checked by the feature `conformance` of [`app_license_store`], among the
//! dev-dependencies.
//!
//! # What operators see
//!
//! [`serve`] keeps [`Limits`]. [`Operations`] has a health check and counters in the format of
//! Prometheus, of all apps of a process. `tracing` gets spans at the level debug and events from info
//! on: route patterns, tenants, codes and statuses, never a secret or a token. A request that is not let
//! through is one line, `request rejected`, that says why. Nothing is written unless the program has a
//! subscriber: `tracing_subscriber::fmt().init()` at the start of `main` is enough.
//!
//! # When a change is noticed
//!
//! | what changes | when the app knows |
//! |---|---|
//! | installed, uninstalled, switched off and on | with the event; on other replicas after [`ConnectAppBuilder::tenant_cache`] |
//! | the license, with a page | at once, from the signed URL |
//! | the license, where the License API counts | after five minutes, for the host and this crate remember its answer so long; sooner where a signed page states a higher edition |
//! | the license, with nobody looking | not before the next request; with [`ConnectApp::license_sweep`] within six hours, with [`ForgeRemote::license_sweep_route`] as often as the manifest says |
//!
//! # On a small machine
//!
//! More than half of what a server has resident is its code, most of the rest are buffers of
//! connections. Where megabytes count:
//!
//! - In `Cargo.toml`, `opt-level = "s"`, `lto = "fat"` and `codegen-units = 1` in the profile. Also
//!   `panic = "abort"`, if the server is started again when it ends: a panic of one handler ends it.
//! - With glibc, in the environment, `MALLOC_ARENA_MAX=1`, so that threads share one heap, and
//!   `MALLOC_MMAP_THRESHOLD_=8192`, `MALLOC_TRIM_THRESHOLD_=16384` and `MALLOC_TOP_PAD_=4096`, so
//!   that the memory of a connection goes back to the system with it.
//! - [`SqliteOptions::readers`](app_license_store::SqliteOptions::readers) of 1: each reader has a
//!   cache of its own.
//! - [`Limits::head_bytes`] of 16 KiB. Behind a proxy that waits for slow clients also fewer
//!   [`Limits::connections`]: one whose first request has not arrived yet takes 2 KiB and what it has
//!   sent, one that waits for its next request 8 to 16 KiB.

mod app_request;
mod client_address;
mod connect_app;
mod connect_request;
mod decider;
mod editions;
mod error;
mod forge_remote;
mod gate;
mod hooks;
mod license;
mod license_sweep;
mod lifecycle;
mod logged_license_store;
mod metrics;
mod operations;
mod page_headers;
mod page_owner;
mod random;
mod rejection;
mod respond;
mod serve;
mod settings;
mod short_cache;
mod site_link;
mod tenant;
mod warnings;
mod wire;

pub use app_license::{
    self as core, Capability, ClientKey, Decision, Edition, FeatureMap, Installation,
    InstallationKey, KnownLicense, License, Limit, Policy, Verified, WhenAbsent, connect, forge,
};
pub use app_license_client::{self as client, Clock, Fetcher, SystemClock, SystemToken};
pub use app_license_descriptor::connect::{ApiMigrations, Authentication, Descriptor, Lifecycle};
pub use app_license_store::{self as store, HistoryEntry, MemoryStore, Name, Store};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use app_license_store::{EncryptionKey, EncryptionKeys};
#[cfg(feature = "postgres")]
pub use app_license_store::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use app_license_store::{SqliteOptions, SqliteStore};
#[cfg(feature = "testkit")]
pub use app_license_testkit as testkit;
pub use async_trait::async_trait;
pub use connect_app::{ConnectApp, ConnectAppBuilder};
pub use connect_request::{ConnectContextRequest, ConnectRequest, VerifiedRequest};
pub use error::BuildError;
pub use forge_remote::{ForgeInvocation, ForgeRemote, ForgeRemoteBuilder};
pub use gate::{Gate, Gated, Need};
pub use hooks::{Hook, HookResult, HookRunner};
pub use license_sweep::{LicenseSweep, SweepTurn};
pub use metrics::Metrics;
pub use operations::Operations;
pub use page_headers::{PageHeaders, WithPageHeaders};
pub use rejection::Rejection;
pub use respond::RefusedRequest;
pub use serve::{Limits, Serve, serve};
pub use site_link::customer_history;

/// The README's example.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The page about moving from Connect to Forge.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/connect-to-forge.md")]
struct ConnectToForge;
