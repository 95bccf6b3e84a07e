//! What everything acts on: platform, app, journal, timelines.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::UnixTime;
use app_license_store::Store;
use app_license_testkit::{App, MockHost, Product, SignedRequest, Tenant, TestClock};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::action::DeliveryMode;
use super::demo::{self, Rules};
use super::explainer::Explainer;
use super::external_app::ExternalApp;
use super::journal::{DeliveredRequest, Entry, Journal};
use super::licensing::AppLicensing;
use super::pages;
use super::timeline::Timelines;
use super::user_access::UserAccess;
use crate::error::Error;

/// What kind of app the lab runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AppKind {
    /// A Connect app.
    Connect,
    /// A Forge app.
    Forge,
    /// A Connect app with a Forge half.
    #[default]
    ConnectOnForge,
}

/// How to start a lab.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever starts the lab")]
pub struct LabConfig {
    /// What the app sells, and how it decides.
    pub rules: Rules,
    /// Where the demo app keeps installations.
    pub store: Arc<dyn Store>,
    /// What kind of app it is.
    pub kind: AppKind,
    /// How it is sold.
    pub licensing: AppLicensing,
    /// The user's own app, in place of the demo app.
    pub own: Option<ExternalApp>,
    /// The id of the demo app's Forge half, a UUID or an ARI; its own unless said.
    pub forge_id: Option<String>,
    /// The port of the demo app; the platform's services follow. Free ports unless said.
    pub ports: Option<u16>,
    /// Where the story begins.
    pub start: Start,
    /// What the journal says about requests.
    pub explainer: Explainer,
}

/// Where the story begins.
#[derive(Debug)]
#[non_exhaustive]
pub enum Start {
    /// An empty world.
    New {
        /// What the test clock shows, seconds, UTC.
        now: UnixTime,
    },
    /// What [`persist::read`](crate::persist::read) found.
    Saved(Box<SavedLab>),
}

/// Everything but the app's own store, as a second start finds it.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedLab {
    /// What [`MockHost::snapshot`] wrote.
    pub(crate) platform: String,
    pub(crate) now: UnixTime,
    pub(crate) timelines: Timelines,
    #[serde(alias = "way")]
    pub(crate) delivery: DeliveryMode,
    pub(crate) entries: u64,
}

/// Platform, app, and the journal of what the app received.
#[derive(Debug)]
pub struct Lab {
    pub(crate) host: MockHost,
    pub(crate) app: App,
    pub(crate) rules: Rules,
    explainer: Explainer,
    pub(crate) store: Arc<dyn Store>,
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
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) journal: Journal,
    pub(crate) timelines: Timelines,
    pub(crate) delivery: DeliveryMode,
    /// Whether the user may use the app, by site; not kept for a second start.
    pub(crate) access: BTreeMap<String, UserAccess>,
    /// Events that come after those of the next move.
    pub(crate) held: Vec<(Tenant, SignedRequest)>,
}

impl Lab {
    /// Starts the platform's services and the app, on loopback.
    ///
    /// # Errors
    /// When a port cannot be opened, the saved world is of another version, or the app's key or id
    /// is not one.
    pub async fn start(setup: LabConfig) -> Result<Arc<Self>, Error> {
        let clock = TestClock::frozen();
        let mut builder = MockHost::builder().clock(clock.clone());
        if let Some(port) = setup.ports {
            builder = builder.ports_from(port.saturating_add(1));
        }
        let mut state = State {
            journal: Journal::default(),
            timelines: Timelines::default(),
            delivery: DeliveryMode::Once,
            access: BTreeMap::new(),
            held: Vec::new(),
        };
        match setup.start {
            Start::New { now } => clock.set(now),
            Start::Saved(saved) => {
                clock.set(saved.now);
                builder = builder.restore(saved.platform);
                state.timelines = saved.timelines;
                state.delivery = saved.delivery;
                state.journal = Journal::after(saved.entries);
            }
        }
        // an app of somebody else's has the machine's clock
        clock.stamp_tokens_by_system(setup.own.is_some());
        let host = builder.start().await?;
        let (listener, pages_url) = listen(setup.ports.unwrap_or(0)).await?;
        let pages = pages::router(&setup.rules);
        let made = |base_url: &str, key: &str, forge_id: &str| {
            let app = app(setup.kind, base_url, key, forge_id)?;
            Ok::<_, Error>(match setup.licensing {
                AppLicensing::Disabled => app.free(),
                AppLicensing::OneEdition => app.without_editions(),
                AppLicensing::Editions => app,
            })
        };
        let (app, router) = match &setup.own {
            Some(own) => (made(&own.base_url, &own.key, &own.forge_id)?, pages),
            None => {
                let id = setup.forge_id.as_deref().unwrap_or(demo::FORGE_ID);
                let demo = demo::router(&host, &pages_url, id, &setup.store, &setup.rules)?;
                let app = made(&pages_url, demo::APP_KEY, id)?;
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
            explainer: setup.explainer,
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
    pub(crate) fn saved(&self) -> Result<SavedLab, Error> {
        let platform = self.host.snapshot()?;
        let state = self.state();
        Ok(SavedLab {
            platform,
            now: self.host.clock().now(),
            timelines: state.timelines.clone(),
            delivery: state.delivery,
            entries: state.journal.last(),
        })
    }

    /// The app on a site; both are made when they are new.
    pub(crate) fn tenant(&self, site: &str) -> Result<Tenant, Error> {
        Ok(self.host.tenant(&self.app, site)?)
    }

    /// The app on a site that there is. Makes nothing.
    pub(crate) fn known(&self, site: &str) -> Option<Tenant> {
        let tenants = self.host.tenants();
        let ours = |it: &Tenant| it.site().name() == site && it.app_name() == self.app.name();
        tenants.into_iter().find(ours)
    }

    /// A new site of this product.
    ///
    /// # Errors
    /// When the name is no site's, or the site is of the other product.
    pub fn add_site(&self, site: &str, product: Product) -> Result<Tenant, Error> {
        self.host.site(site, product)?;
        let tenant = self.tenant(site)?;
        let now = self.host.clock().now();
        self.state().timelines.note(&tenant, now);
        self.notify();
        Ok(tenant)
    }

    /// The mock host platform.
    #[must_use]
    pub const fn host(&self) -> &MockHost {
        &self.host
    }

    /// The app, as the platform knows it.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Whether the app is the user's own.
    #[must_use]
    pub const fn is_external(&self) -> bool {
        self.own
    }

    /// Where the demo app and the Custom UI page are.
    #[must_use]
    pub fn pages_url(&self) -> &str {
        &self.pages_url
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn explain(&self, request: &SignedRequest, tenant: &Tenant) -> DeliveredRequest {
        self.explainer
            .request(&self.host, &self.rules, request, tenant)
    }

    /// What pasted text says.
    pub(crate) fn explain_text(&self, text: &[u8]) -> Result<serde_json::Value, Error> {
        self.explainer.text(&self.host, &self.rules, text)
    }

    pub(crate) fn record_entry(&self, entry: Entry) {
        self.state().journal.add(entry);
        self.notify();
    }

    /// Says that something has changed.
    pub(crate) fn notify(&self) {
        self.news
            .send_modify(|version| *version = version.saturating_add(1));
    }

    /// Follows the changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn app(kind: AppKind, base_url: &str, key: &str, forge_id: &str) -> Result<App, Error> {
    Ok(match kind {
        AppKind::Connect => App::connect(key, base_url)?,
        AppKind::Forge => App::forge(forge_id, base_url)?,
        AppKind::ConnectOnForge => App::connect(key, base_url)?.with_forge(forge_id)?,
    })
}

/// Opens a port of loopback; any free one for 0.
///
/// # Errors
/// When the port is taken.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), app_license_lab::Error> {
/// let (_listener, url) = app_license_lab::listen(0).await?;
/// assert!(url.starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
pub async fn listen(port: u16) -> Result<(TcpListener, String), Error> {
    let opened = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await;
    let bound = opened.and_then(|it| it.local_addr().map(|address| (it, address)));
    let (listener, address) = bound.map_err(|error| {
        Error::Lab(format!(
            "cannot open port {port} of this machine: {error}; take another with --port"
        ))
    })?;
    Ok((listener, format!("http://{address}")))
}
