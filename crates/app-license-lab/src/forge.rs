//! The vendor's own Forge app in the lab: its pages behind the bridge, its functions in a Node
//! process, its remote with tokens that the lab signs.
//!
//! Everything listens on loopback only. The pages have an origin of their own and are read only;
//! what acts goes through the console and its rules.

mod bridge;
mod browser;
mod extension;
mod files;
mod functions;
mod log;
mod manifest;
mod pages;
mod platform;
mod policy;
mod process;
mod product;
mod queue;
mod record;
mod remote;
mod schedule;
mod socket;
mod storage;
mod triggers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use app_license::UnixTime;
use app_license_testkit::{Product, Tenant};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use self::files::Folder;
use self::functions::Functions;
use self::manifest::{AppManifest, PageModule};
use self::pages::{Server, Source};
use self::policy::PagePolicy;
use self::queue::Queues;
use self::storage::Storage;
use crate::error::Error;
use crate::lab::{Lab, listen};
use crate::licensing::AppLicensing;

pub(crate) use self::bridge::PageCall;
pub(crate) use self::browser::{Seen, chromium};
pub(crate) use self::product::ProductCall;
pub(crate) use self::remote::RemoteCall;
pub(crate) use self::triggers::TriggerCall;

/// The vendor's own Forge app, as the command line names it.
///
/// ```
/// use app_license_lab::ForgeConfig;
/// let config = ForgeConfig {
///     custom_ui: Some("http://localhost:5173/".to_owned()),
///     ..ForgeConfig::default()
/// };
/// assert!(config.manifest.is_none());
/// ```
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever starts the lab")]
pub struct ForgeConfig {
    /// The `manifest.yml`, as JSON.
    pub manifest: Option<Value>,
    /// The folder of the manifest: the paths of its resources start here.
    pub root: PathBuf,
    /// The built folder of the page, or the URL of its development server on this machine. The
    /// folders that the manifest names, unless said.
    pub custom_ui: Option<String>,
    /// The bundle of the functions: a folder, or one file.
    pub functions: Option<PathBuf>,
    /// The port of the pages; a free one for 0.
    pub port: u16,
}

impl ForgeConfig {
    /// The id of the app, where the manifest states one.
    ///
    /// ```
    /// use app_license_lab::ForgeConfig;
    /// let manifest = serde_json::json!({"app": {"id": "ari:cloud:ecosystem::app/1"}});
    /// let config = ForgeConfig { manifest: Some(manifest), ..ForgeConfig::default() };
    /// assert_eq!(config.app_id(), Some("ari:cloud:ecosystem::app/1"));
    /// ```
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.manifest.as_ref()?.pointer("/app/id")?.as_str()
    }

    /// How the manifest says that the app is sold: in editions where there is no manifest.
    ///
    /// ```
    /// use app_license_lab::{AppLicensing, ForgeConfig};
    /// let manifest = serde_json::json!({"app": {"licensing": {"enabled": true}}, "modules": {}});
    /// let config = ForgeConfig { manifest: Some(manifest), ..ForgeConfig::default() };
    /// assert_eq!(config.licensing(), AppLicensing::OneEdition);
    /// ```
    #[must_use]
    pub fn licensing(&self) -> AppLicensing {
        // what is no manifest is an error when the app is started
        let manifest = self.manifest.as_ref().map(AppManifest::read);
        manifest.map_or(AppLicensing::Editions, |read| {
            read.map_or(AppLicensing::Editions, |manifest| manifest.licensing)
        })
    }

    /// The product that the app's pages are of: Confluence where no page is of another.
    ///
    /// ```
    /// use app_license_lab::ForgeConfig;
    /// use app_license_testkit::Product;
    /// let manifest = serde_json::json!({"modules": {"macro": [{"key": "m", "resource": "main"}]}});
    /// let config = ForgeConfig { manifest: Some(manifest), ..ForgeConfig::default() };
    /// assert_eq!(config.product(), Product::Confluence);
    /// ```
    #[must_use]
    pub fn product(&self) -> Product {
        let manifest = self.manifest.as_ref().map(AppManifest::read);
        let pages = manifest.and_then(Result::ok).unwrap_or_default().pages;
        let confluence = |page: &PageModule| extension::is_of_confluence(&page.kind);
        if !pages.is_empty() && pages.iter().all(confluence) {
            Product::Confluence
        } else {
            Product::Jira
        }
    }
}

/// The vendor's own Forge app, running in a lab.
#[derive(Debug)]
pub struct ForgeApp {
    lab: Arc<Lab>,
    manifest: AppManifest,
    /// The number of each page's folder, by the key of its resource.
    folders: BTreeMap<String, usize>,
    source: Option<Arc<Source>>,
    policy: PagePolicy,
    /// Where the pages are; the functions alone have none.
    url: Option<String>,
    functions: Option<Functions>,
    /// What the manifest leaves out, for people.
    notes: Vec<String>,
    state: Mutex<ForgeState>,
    /// One move of the clock at a time.
    moving: tokio::sync::Mutex<()>,
    /// A function has pushed something to a queue.
    pushed: Arc<Notify>,
    /// One event of a queue at a time.
    consuming: tokio::sync::Mutex<()>,
    consumer: OnceLock<JoinHandle<()>>,
    serving: Option<JoinHandle<()>>,
}

/// What changes.
#[derive(Debug, Default)]
struct ForgeState {
    looks: browser::Looks,
    /// When each schedule of each site ran last.
    runs: BTreeMap<(String, String), UnixTime>,
    /// What the app stores on each site, and the installation that it is of.
    storage: BTreeMap<String, (String, Storage)>,
    queues: Queues,
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
    fn page_url(&self, page: &PageModule) -> Option<String> {
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
    fn resources(&self) -> BTreeMap<&str, String> {
        let Some(url) = self.url.as_deref() else {
            return BTreeMap::new();
        };
        let all = self.folders.iter();
        all.map(|(key, number)| (key.as_str(), format!("{url}/{number}/")))
            .collect()
    }

    /// The app on a site that there is.
    fn tenant(&self, site: &str) -> Result<Tenant, Error> {
        let unknown = || Error::Option(format!("no site `{site}`"));
        self.lab.known(site).ok_or_else(unknown)
    }

    fn page(&self, key: &str) -> Result<&PageModule, Error> {
        let unknown = || Error::Option(format!("the manifest has no module `{key}` with a page"));
        self.manifest.page(key).ok_or_else(unknown)
    }

    /// What the test clock shows.
    fn now(&self) -> UnixTime {
        self.lab.host.clock().now()
    }

    fn state(&self) -> MutexGuard<'_, ForgeState> {
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

/// One page and one function, named as everybody names them.
fn without_manifest(config: &ForgeConfig) -> AppManifest {
    let mut modules = json!({"function": [{"key": "resolver", "handler": "index.handler"}]});
    if config.custom_ui.is_some()
        && let Some(fields) = modules.as_object_mut()
    {
        let page = json!({
            "key": "page", "title": "Page", "resource": "main",
            "resolver": {"function": "resolver"},
        });
        fields.insert("jira:globalPage".to_owned(), json!([page]));
    }
    // reading what stands above does not fail
    AppManifest::read(&json!({"modules": modules})).unwrap_or_default()
}

/// The number of each resource's folder, and where the pages come from.
type Sources = (BTreeMap<String, usize>, Option<Arc<Source>>);

/// Where the pages of each resource come from.
fn sources(config: &ForgeConfig, manifest: &AppManifest) -> Result<Sources, Error> {
    let shown = manifest.pages.iter().filter(|page| !page.native);
    let mut keys: Vec<&str> = shown.map(|page| &*page.resource).collect();
    keys.sort_unstable();
    keys.dedup();
    let given = config.custom_ui.as_deref();
    if let Some(url) = given.filter(|it| it.contains("://")) {
        return Ok((
            BTreeMap::new(),
            Some(Arc::new(Source::Server(Server::new(url)?))),
        ));
    }
    if keys.is_empty() {
        if given.is_some() {
            let what = "the manifest has no module with a Custom UI page";
            return Err(Error::Option(what.to_owned()));
        }
        return Ok((BTreeMap::new(), None));
    }
    let path_of = |key: &str| {
        let found = manifest.resources.iter().find(|it| it.key == key);
        found.map(|found| config.root.join(&found.path))
    };
    let mut folders = Vec::new();
    let mut numbers = BTreeMap::new();
    let given = given
        .map(|path| Folder::open(Path::new(path)))
        .transpose()?;
    let only = keys.len() == 1;
    let mut used = false;
    for key in keys {
        let own = path_of(key);
        let same = |given: &Folder| {
            own.as_ref()
                .and_then(|own| own.canonicalize().ok())
                .is_some_and(|own| own == given.root())
        };
        let folder = match (&given, own.as_ref()) {
            (Some(given), _) if only || same(given) => {
                used = true;
                given.clone()
            }
            (_, Some(own)) => Folder::open(own)?,
            (_, None) => {
                return Err(Error::Option(format!(
                    "the manifest has no resource `{key}`, which a module names"
                )));
            }
        };
        numbers.insert(key.to_owned(), folders.len());
        folders.push(folder);
    }
    // what only a modal shows may not be built yet
    for other in &manifest.resources {
        if !numbers.contains_key(&other.key)
            && let Ok(folder) = Folder::open(&config.root.join(&other.path))
        {
            numbers.insert(other.key.clone(), folders.len());
            folders.push(folder);
        }
    }
    if given.is_some() && !used {
        return Err(Error::Option(
            "the manifest has several resources, and none of them is that folder: leave \
             --custom-ui out, and each is served from its own path"
                .to_owned(),
        ));
    }
    Ok((numbers, Some(Arc::new(Source::Folders(folders)))))
}
