//! The bench everything stands on: platform, app, journal, timelines.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::UnixTime;
use app_license_store::InstallationStore;
use app_license_testkit::{App, MockHost, Product, SignedRequest, Tenant, TestClock};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::check::Checker;
use super::demo::{self, Rules};
use super::journal::{Entry, Journal};
use super::moves::Way;
use super::pages;
use super::timeline::Timelines;
use crate::fault::Fault;

/// What kind of app stands on the bench.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AppKind {
    Connect,
    Forge,
    #[default]
    ConnectOnForge,
}

/// An app that somebody else runs.
#[derive(Debug, Clone)]
pub(crate) struct OwnApp {
    pub(crate) base_url: String,
    pub(crate) key: String,
    pub(crate) forge_id: String,
}

/// How to set the bench up.
pub(crate) struct Setup {
    pub(crate) rules: Rules,
    pub(crate) store: Arc<dyn InstallationStore>,
    pub(crate) kind: AppKind,
    /// The user's own app, in place of the demo app.
    pub(crate) own: Option<OwnApp>,
    /// The port of the demo app; the platform's services follow. Free ports unless said.
    pub(crate) ports: Option<u16>,
    pub(crate) start: Start,
}

/// Where the story begins.
pub(crate) enum Start {
    New { now: UnixTime },
    Saved(Box<Saved>),
}

/// Everything but the app's own store, as a second start finds it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved {
    /// What [`MockHost::snapshot`] wrote.
    pub(crate) platform: String,
    pub(crate) now: UnixTime,
    pub(crate) timelines: Timelines,
    pub(crate) way: Way,
    pub(crate) entries: u64,
}

/// Platform, app, and what the app was told.
pub(crate) struct Lab {
    pub(crate) host: MockHost,
    pub(crate) app: App,
    pub(crate) rules: Rules,
    pub(crate) store: Arc<dyn InstallationStore>,
    /// Whether the app is the user's own.
    pub(crate) own: bool,
    pub(crate) turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    news: watch::Sender<u64>,
    /// Where the demo app and the Custom UI page are.
    pub(crate) pages_url: String,
    serving: JoinHandle<()>,
}

/// What changes.
pub(crate) struct State {
    pub(crate) journal: Journal,
    pub(crate) timelines: Timelines,
    pub(crate) way: Way,
    /// Events that come after those of the next move.
    pub(crate) held: Vec<(Tenant, SignedRequest)>,
}

impl Lab {
    pub(crate) async fn start(setup: Setup) -> Result<Arc<Self>, Fault> {
        let clock = TestClock::frozen();
        let mut builder = MockHost::builder().clock(clock.clone());
        if let Some(port) = setup.ports {
            builder = builder.ports_from(port.saturating_add(1));
        }
        let mut state = State {
            journal: Journal::default(),
            timelines: Timelines::default(),
            way: Way::Once,
            held: Vec::new(),
        };
        match setup.start {
            Start::New { now } => clock.set(now),
            Start::Saved(saved) => {
                clock.set(saved.now);
                builder = builder.restore(saved.platform);
                state.timelines = saved.timelines;
                state.way = saved.way;
                state.journal = Journal::after(saved.entries);
            }
        }
        // an app of somebody else's has the machine's clock
        clock.stamp_tokens_by_system(setup.own.is_some());
        let host = builder.start().await?;
        let (listener, pages_url) = listen(setup.ports.unwrap_or(0)).await?;
        let pages = pages::router(&setup.rules);
        let (app, router) = match &setup.own {
            Some(own) => {
                let app = app(setup.kind, &own.base_url, &own.key, &own.forge_id)?;
                (app, pages)
            }
            None => {
                let demo = demo::router(&host, &pages_url, &setup.store, &setup.rules)?;
                let app = app(setup.kind, &pages_url, demo::APP_KEY, demo::FORGE_ID)?;
                (app, pages.merge(demo))
            }
        };
        let serving = tokio::spawn(async move {
            // serving on an open listener does not end
            let _ = axum::serve(listener, router).await;
        });
        for site in host.sites() {
            host.tenant(&app, site.name())?;
        }
        Ok(Arc::new(Self {
            host,
            app,
            rules: setup.rules,
            store: setup.store,
            own: setup.own.is_some(),
            turn: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            news: watch::Sender::new(1),
            pages_url,
            serving,
        }))
    }

    /// Everything a second start needs, but the app's store.
    pub(crate) fn saved(&self) -> Result<Saved, Fault> {
        let platform = self.host.snapshot()?;
        let state = self.state();
        Ok(Saved {
            platform,
            now: self.host.clock().now(),
            timelines: state.timelines.clone(),
            way: state.way,
            entries: state.journal.last(),
        })
    }

    /// The app on a site; both are made when they are new.
    pub(crate) fn tenant(&self, site: &str) -> Result<Tenant, Fault> {
        Ok(self.host.tenant(&self.app, site)?)
    }

    /// A new site of this product.
    pub(crate) fn add_site(&self, site: &str, product: Product) -> Result<Tenant, Fault> {
        self.host.site(site, product)?;
        let tenant = self.tenant(site)?;
        let now = self.host.clock().now();
        self.state().timelines.note(&tenant, now);
        self.tell();
        Ok(tenant)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn checker(&self) -> Checker<'_> {
        Checker {
            host: &self.host,
            questions: &self.rules.questions,
            policy: self.rules.policy,
        }
    }

    pub(crate) fn write(&self, entry: Entry) {
        self.state().journal.add(entry);
        self.tell();
    }

    /// Says that something has changed.
    pub(crate) fn tell(&self) {
        self.news
            .send_modify(|version| *version = version.saturating_add(1));
    }

    /// Follows the changes.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn app(kind: AppKind, base_url: &str, key: &str, forge_id: &str) -> Result<App, Fault> {
    Ok(match kind {
        AppKind::Connect => App::connect(key, base_url)?,
        AppKind::Forge => App::forge(forge_id, base_url)?,
        AppKind::ConnectOnForge => App::connect(key, base_url)?.with_forge(forge_id)?,
    })
}

/// Opens a port of loopback; any free one for 0.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, String), Fault> {
    let opened = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await;
    let bound = opened.and_then(|it| it.local_addr().map(|address| (it, address)));
    let (listener, address) = bound.map_err(|error| {
        Fault::Lab(format!(
            "cannot open port {port} of this machine: {error}; take another with --port"
        ))
    })?;
    Ok((listener, format!("http://{address}")))
}
