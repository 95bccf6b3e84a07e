//! The app that both servers serve: the lifecycle routes, a panel behind a gate, a Forge remote.
//! Everything it asks the platform goes to one address of this machine, its clock is moved by lines
//! on its standard input, and it ends when that does.

use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use app_license::connect::KeyHosts;
use app_license::forge::JwksUrl;
use app_license::{Capability, Policy, UnixTime};
use app_license_client::{
    Clock as _, Fetcher, ForgeKeys, ForgeLicenseApi, InstallKeys, SystemClock,
};
use app_license_server::{
    ConnectApp, ConnectRequest, ForgeInvocation, ForgeRemote, Limits, Operations,
};
use app_license_store::Store;
use axum::Router;
use axum::routing::get;

/// What it is told when it starts.
pub(crate) struct Settings {
    /// Where to listen, on loopback.
    listen: SocketAddr,
    /// The app's base URL, as in its descriptor.
    base_url: String,
    /// `sqlite:FILE` or `postgres:URL`.
    pub(crate) store: String,
    /// Where all hosts of the platform are answered for.
    gateway: SocketAddr,
    app_key: String,
    app_id: String,
    /// How far ahead of the system's clock it starts, in seconds.
    ahead: u64,
}

impl Settings {
    /// From the command line, in this order.
    pub(crate) fn read() -> Result<Self> {
        let mut words = std::env::args().skip(1);
        let mut word = |what: &'static str| {
            words
                .next()
                .with_context(|| format!("no {what}: `cargo xtask prove` starts this"))
        };
        Ok(Self {
            listen: word("address")?.parse()?,
            base_url: word("base URL")?,
            store: word("store")?,
            gateway: word("gateway")?.parse()?,
            app_key: word("app key")?,
            app_id: word("app id")?,
            ahead: word("time")?.parse()?,
        })
    }
}

/// Serves until nobody tells the time any more.
pub(crate) async fn serve(settings: Settings, store: Arc<dyn Store>, limits: Limits) -> Result<()> {
    if !settings.listen.ip().is_loopback() {
        bail!("it listens on loopback only");
    }
    let ahead = Arc::new(AtomicU64::new(settings.ahead));
    let clock = {
        let ahead = Arc::clone(&ahead);
        move || -> UnixTime { SystemClock.now().plus(ahead.load(Ordering::Relaxed)) }
    };
    let fetcher = Fetcher::rerouted_for_tests(settings.gateway)?;
    let install_keys = InstallKeys::builder(fetcher.clone(), KeyHosts::default())
        .clock(clock.clone())
        .stored_in(Arc::clone(&store))
        .build()?;
    let app = ConnectApp::builder(&settings.app_key, &settings.base_url)?
        .shared_store(Arc::clone(&store))
        .install_keys(install_keys)
        .clock(clock.clone())
        .build()?;
    let forge_keys = ForgeKeys::builder(fetcher.clone(), JwksUrl::COMMERCIAL)
        .clock(clock.clone())
        .build()?;
    let license_api = ForgeLicenseApi::builder(fetcher, store)
        .fresh_for(Duration::from_secs(300))
        .clock(clock.clone())
        .build()?;
    let remote = ForgeRemote::builder(&settings.app_id)?
        .keys(forge_keys.clone())
        .clock(clock.clone())
        .build()?;
    let confirmed = ForgeRemote::builder(&settings.app_id)?
        .keys(forge_keys)
        .policy(Policy::new().confirmed_only(true))
        .license_api(license_api)
        .clock(clock)
        .build()?;
    let connect = Router::new()
        .route("/panel", get(panel))
        .route(
            "/export",
            get(|| async { "exported" }).layer(app.requires(Capability::ADVANCED)),
        )
        .with_state(app.clone())
        .merge(app.lifecycle_routes())
        .merge(Operations::new().connect(&app).metrics_route());
    let forge = Router::new()
        .route("/summary", get(summary).post(summary))
        .route(
            "/remote-export",
            get(|| async { "exported" }).layer(remote.requires(Capability::ADVANCED)),
        )
        .route(
            "/confirmed",
            get(|| async { "confirmed" }).layer(confirmed.requires(Capability::ADVANCED)),
        )
        .with_state(remote);
    let router = connect
        .merge(forge)
        .route("/plain", get(|| async { "plain" }));
    let listener = tokio::net::TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    println!("listening");
    std::thread::spawn(move || obey(&ahead));
    app_license_server::serve(listener, router)
        .limits(limits)
        .await;
    Ok(())
}

/// Sets the clock as told, until nobody is there to tell.
fn obey(ahead: &AtomicU64) {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if let Some(seconds) = line
            .strip_prefix("ahead ")
            .and_then(|text| text.parse().ok())
        {
            ahead.store(seconds, Ordering::Relaxed);
            println!("ahead {seconds}");
        }
    }
    std::process::exit(0);
}

async fn panel(request: ConnectRequest) -> &'static str {
    request.license().state().name()
}

async fn summary(invocation: ForgeInvocation) -> &'static str {
    invocation.license().state().name()
}
