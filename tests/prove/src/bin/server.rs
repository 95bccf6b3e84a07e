//! The least server that a vendor would run: the lifecycle routes, a panel behind a gate, a Forge
//! remote. Everything it asks the platform goes to one address of this machine, its clock is moved
//! by lines on its standard input, and it ends when that does.
#![expect(clippy::print_stdout, reason = "a line says that it listens")]

use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};
use app_license::connect::KeyHosts;
use app_license::forge::KeySetUrl;
use app_license::{Capability, Policy, UnixTime};
use app_license_client::{
    Clock as _, Fetcher, ForgeKeys, ForgeLicenseApi, InstallKeys, SystemClock,
};
use app_license_server::{
    ConnectApp, ConnectRequest, ForgeInvocation, ForgeRemote, StoreLicenseCache,
};
use app_license_store::{InstallationStore, PostgresStore, SqliteStore};
use axum::Router;
use axum::routing::get;
use clap::Parser;

#[derive(Parser)]
#[command(name = "prove-server")]
struct Arguments {
    /// Where to listen, on loopback
    #[arg(long)]
    listen: SocketAddr,
    /// The app's base URL, as in its descriptor
    #[arg(long)]
    base_url: String,
    /// sqlite:FILE or postgres:URL
    #[arg(long)]
    store: String,
    /// Where all hosts of the platform are answered for
    #[arg(long)]
    gateway: SocketAddr,
    /// The app's key on Connect
    #[arg(long)]
    app_key: String,
    /// The app's id on Forge
    #[arg(long)]
    app_id: String,
    /// Threads that serve; as many as there are processors unless said
    #[arg(long)]
    threads: Option<usize>,
    /// How far ahead of the system's clock it starts, in seconds
    #[arg(long, default_value_t = 0)]
    ahead: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = arguments.threads {
        runtime.worker_threads(threads);
    }
    runtime.enable_all().build()?.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> Result<()> {
    if !arguments.listen.ip().is_loopback() {
        bail!("it listens on loopback only");
    }
    let ahead = Arc::new(AtomicU64::new(arguments.ahead));
    let clock = {
        let ahead = Arc::clone(&ahead);
        move || -> UnixTime { SystemClock.now().plus(ahead.load(Ordering::Relaxed)) }
    };
    let store = open(&arguments.store).await?;
    let fetcher = Fetcher::rerouted_for_tests(arguments.gateway)?;
    let install_keys = InstallKeys::builder(fetcher.clone(), KeyHosts::default())
        .clock(clock.clone())
        .build()?;
    let app = ConnectApp::builder(&arguments.app_key, &arguments.base_url)?
        .shared_store(Arc::clone(&store))
        .install_keys(install_keys)
        .clock(clock.clone())
        .build()?;
    let forge_keys = ForgeKeys::builder(fetcher.clone(), KeySetUrl::COMMERCIAL)
        .clock(clock.clone())
        .build()?;
    let license_api = ForgeLicenseApi::builder(fetcher, StoreLicenseCache::new(store))
        .fresh_for(300)
        .clock(clock.clone())
        .build()?;
    let remote = ForgeRemote::builder(&arguments.app_id, forge_keys.clone())?
        .clock(clock.clone())
        .build();
    let confirmed = ForgeRemote::builder(&arguments.app_id, forge_keys)?
        .policy(Policy::new().confirmed_only(true))
        .license_api(license_api)
        .clock(clock)
        .build();
    let connect = Router::new()
        .route("/panel", get(panel))
        .route(
            "/export",
            get(|| async { "exported" }).layer(app.requires(Capability::ADVANCED)),
        )
        .with_state(app.clone())
        .merge(app.lifecycle_routes())
        .merge(app.metrics_route());
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
    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    println!("listening");
    std::thread::spawn(move || obey(&ahead));
    app_license_server::serve(listener, router).await;
    Ok(())
}

async fn open(store: &str) -> Result<Arc<dyn InstallationStore>> {
    Ok(match store.split_once(':') {
        Some(("sqlite", file)) => Arc::new(SqliteStore::open(file).await?),
        Some(("postgres", _)) => Arc::new(PostgresStore::connect(store).await?),
        _ => bail!("the store is sqlite:FILE or postgres:URL"),
    })
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
