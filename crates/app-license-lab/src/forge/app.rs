//! The vendor's own Forge app, running in a lab.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use app_license::UnixTime;
use app_license_testkit::Tenant;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::config::ForgeConfig;
use super::functions::Functions;
use super::looks::Looks;
use super::manifest::{AppManifest, PageModule};
use super::pages::Source;
use super::policy::PagePolicy;
use super::queues::Queues;
use super::sources::{sources, without_manifest};
use super::storage::Storage;
use super::{extension, pages, policy};
use crate::error::Error;
use crate::lab::{Lab, listen};

/// The vendor's own Forge app, running in a lab.
#[derive(Debug)]
pub struct ForgeApp {
    pub(super) lab: Arc<Lab>,
    pub(super) manifest: AppManifest,
    /// The number of each page's folder, by the key of its resource.
    pub(super) folders: BTreeMap<String, usize>,
    pub(super) source: Option<Arc<Source>>,
    pub(super) policy: PagePolicy,
    /// Where the pages are; the functions alone have none.
    pub(super) url: Option<String>,
    pub(super) functions: Option<Functions>,
    /// What the manifest leaves out, for people.
    pub(super) notes: Vec<String>,
    pub(super) state: Mutex<ForgeState>,
    /// One move of the clock at a time.
    pub(super) moving: tokio::sync::Mutex<()>,
    /// A function has pushed something to a queue.
    pub(super) pushed: Arc<Notify>,
    /// One event of a queue at a time.
    pub(super) consuming: tokio::sync::Mutex<()>,
    pub(super) consumer: OnceLock<JoinHandle<()>>,
    pub(super) serving: Option<JoinHandle<()>>,
}

/// What changes.
#[derive(Debug, Default)]
pub(super) struct ForgeState {
    pub(super) looks: Looks,
    /// When each schedule of each site ran last.
    pub(super) runs: BTreeMap<(String, String), UnixTime>,
    /// What the app stores on each site, and the installation that it is of.
    pub(super) storage: BTreeMap<String, (String, Storage)>,
    pub(super) queues: Queues,
}

impl ForgeApp {
    /// Opens the app's folders, serves its pages on loopback and looks for Node.
    ///
    /// # Errors
    /// When the manifest is none, a folder is missing, the development server is not one of this
    /// machine, Node is not found, or the port is taken.
    pub async fn start(lab: &Arc<Lab>, config: &ForgeConfig) -> Result<Arc<Self>, Error> {
        let manifest = match &config.manifest {
            Some(manifest) => AppManifest::read(manifest)?,
            None => without_manifest(config),
        };
        let functions = match &config.functions {
            Some(path) => Some(Functions::open(path).await?),
            None => None,
        };
        let (folders, source) = sources(config, &manifest)?;
        let policy = match source.as_deref() {
            Some(Source::Server(server)) => {
                policy::of_server(&manifest.permissions, &server.origin)
            }
            _ => policy::of_manifest(&manifest.permissions),
        };
        let (mut url, mut serving) = (None, None);
        if let Some(source) = &source {
            let (listener, address) = listen(config.port).await?;
            let port = listener.local_addr().map_or(0, |address| address.port());
            let router = pages::router(Arc::clone(source), &policy, port)?;
            url = Some(address);
            serving = Some(tokio::spawn(async move {
                // serving on an open listener does not end
                let _ = axum::serve(listener, router).await;
            }));
        }
        let mut notes = Vec::new();
        notes.extend(config.licensing().note("manifest"));
        if let Some(Source::Server(server)) = source.as_deref()
            && let Some(why) = server.silence().await
        {
            notes.push(why);
        }
        let native = manifest.pages.iter().filter(|page| page.native).count();
        if native > 0 {
            notes.push(format!(
                "UI Kit runs in the platform's frame alone: modules of this kind ({native}) show what \
                 the page would get, and call its resolver"
            ));
        }
        let app = Arc::new(Self {
            lab: Arc::clone(lab),
            manifest,
            folders,
            source,
            policy,
            url,
            functions,
            notes,
            state: Mutex::default(),
            moving: tokio::sync::Mutex::default(),
            pushed: Arc::default(),
            consuming: tokio::sync::Mutex::default(),
            consumer: OnceLock::new(),
            serving,
        });
        // nobody else has it yet
        let _ = app.consumer.set(Self::consume(&app));
        Ok(app)
    }

    /// Where the app's pages are; `None` for functions alone.
    #[must_use]
    pub fn pages_url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The version of Node that runs the functions; `None` without functions.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.functions.as_ref().map(|it| it.node.as_str())
    }

    /// What the app's pages are served with, in words.
    #[must_use]
    pub const fn policy_name(&self) -> &'static str {
        self.policy.name
    }

    /// What differs from the platform, and what the manifest leaves out, for people.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().map(String::as_str)
    }

    /// Ends the functions and all that they started, and waits until nothing of them runs.
    pub async fn stop(&self) {
        if let Some(functions) = &self.functions {
            functions.stop().await;
        }
    }

    /// What the console shows.
    pub(crate) fn describe(&self) -> Value {
        let pages = self.manifest.pages.iter().map(|page| {
            json!({
                "module": page,
                "url": self.page_url(page),
                "extension": extension::of_page(page),
                "history": extension::has_history(&page.kind),
            })
        });
        let server = match self.source.as_deref() {
            Some(Source::Server(server)) => Some(&server.origin),
            _ => None,
        };
        json!({
            "pages": pages.collect::<Vec<_>>(),
            "resources": self.resources(),
            "origin": self.url,
            "server": server,
            "policy": {"name": self.policy.name, "header": self.policy.header},
            "functions": self.functions.as_ref().map(|functions| json!({
                "place": functions.place().display().to_string(),
                "node": functions.node,
                "keys": self.manifest.functions,
            })),
            "triggers": self.manifest.triggers,
            "notes": self.notes,
        })
    }

    /// Where a page is shown from.
    pub(super) fn page_url(&self, page: &PageModule) -> Option<String> {
        let url = self.url.as_deref()?;
        if page.native {
            return None;
        }
        match self.source.as_deref()? {
            Source::Server(server) => Some(format!("{url}{}", server.path)),
            Source::Folders(_) => {
                let number = self.folders.get(&page.resource)?;
                Some(format!("{url}/{number}/"))
            }
        }
    }

    /// Where each resource is shown from: a modal may show another one than its page.
    pub(super) fn resources(&self) -> BTreeMap<&str, String> {
        let Some(url) = self.url.as_deref() else {
            return BTreeMap::new();
        };
        let all = self.folders.iter();
        all.map(|(key, number)| (key.as_str(), format!("{url}/{number}/")))
            .collect()
    }

    /// The app on a site that there is.
    pub(super) fn tenant(&self, site: &str) -> Result<Tenant, Error> {
        let unknown = || Error::Option(format!("no site `{site}`"));
        self.lab.known(site).ok_or_else(unknown)
    }

    pub(super) fn page(&self, key: &str) -> Result<&PageModule, Error> {
        let unknown = || Error::Option(format!("the manifest has no module `{key}` with a page"));
        self.manifest.page(key).ok_or_else(unknown)
    }

    /// What the test clock shows.
    pub(super) fn now(&self) -> UnixTime {
        self.lab.host.clock().now()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, ForgeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ForgeApp {
    fn drop(&mut self) {
        for task in self.serving.iter().chain(self.consumer.get()) {
            task.abort();
        }
    }
}
