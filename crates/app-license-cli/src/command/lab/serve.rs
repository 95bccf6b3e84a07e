//! The console, until Ctrl-C.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::check::explainer;
use super::{DemoStore, ServeArgs, runtime};
use crate::command::lab::lab_error;
use crate::command::policy_args::read_features;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{BOLD, DIM, Format, WARN, one_line, paint, unless_closed};
use crate::store_address::{StoreAddress, StoreLocation};
use crate::wrap::hanging;
use app_license_lab::EDITIONS;
use app_license_lab::Rules;
use app_license_lab::console::{self, ConsoleState};
use app_license_lab::demo::FORGE_ID;
use app_license_lab::{
    AppKind, AppLicensing, ExternalApp, ForgeApp, ForgeConfig, Lab, LabConfig, Start, listen,
};
use app_license_lab::{keys, persist};
use app_license_testkit::Product;

impl ServeArgs {
    pub(super) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let runtime = runtime()?;
        let served = runtime.block_on(self.serve(io, format));
        // requests for news may still wait, and there is none to come
        runtime.shutdown_background();
        served
    }

    async fn serve(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let (listener, _) = listen(self.port).await?;
        let forge = self.forge.config(io, self.port.saturating_add(8))?;
        let (lab, note) = self.lab(forge.as_ref()).await?;
        let forge = match &forge {
            Some(config) => Some(ForgeApp::start(&lab, config).await?),
            None => None,
        };
        let world = self.world();
        let exported = keys::export(lab.host(), lab.app(), &self.data.join("keys"))?;
        let port = self.port;
        let own = lab.is_external().then(|| origin(lab.app().base_url()));
        let state = ConsoleState {
            lab: Arc::clone(&lab),
            port,
            frames: match own.flatten() {
                Some(origin) => format!("{} {origin}", lab.pages_url()),
                None => lab.pages_url().to_owned(),
            },
            panel: self.panel,
            endpoint: self.endpoint,
            forge: forge.clone(),
        };
        let router = console::router(state);
        tokio::spawn(async move {
            // serving on an open listener does not end
            let _ = axum::serve(listener, router).await;
        });
        let keeper = tokio::spawn(persist::save_on_change(Arc::clone(&lab), world.clone()));
        let url = format!("http://127.0.0.1:{port}/");
        // before anybody hears that it runs: who ends it at once then loses nothing
        let stopped = stop_requested()
            .map_err(|error| lab_error(format!("cannot wait for Ctrl-C: {error}")))?;
        // who closes the pipe has read enough, and the lab runs on
        unless_closed(announce(
            io,
            format,
            &url,
            &lab,
            forge.as_deref(),
            note.as_deref(),
            &exported,
        ))?;
        stopped.await;
        keeper.abort();
        if let Some(forge) = &forge {
            forge.stop().await;
        }
        persist::write(&lab, &world)?;
        if format == Format::Human {
            unless_closed(writeln!(io.out, "\nkept in {}", world.display()))?;
        }
        Ok(Exit::Yes)
    }

    /// The lab, and what the descriptor of a running app misses.
    async fn lab(
        &self,
        forge: Option<&ForgeConfig>,
    ) -> Result<(Arc<Lab>, Option<String>), CliError> {
        let map = match &self.features {
            Some(path) => read_features(path)?,
            None => app_license::FeatureMap::from_toml(EDITIONS)?,
        };
        let store = self.store.clone();
        let store = store.unwrap_or_else(|| {
            let path = self.data.join("installations.db");
            DemoStore::At(StoreAddress::At(StoreLocation::Sqlite(path)))
        });
        let store = store.open().await?;
        let saved = persist::read(&self.world())?;
        let fresh = saved.is_none();
        let start = saved.unwrap_or_else(|| Start::New {
            now: NowArgs { now: None }.time(),
        });
        let stated = forge.and_then(ForgeConfig::app_id);
        let forge_id = self.app_id.clone().or_else(|| stated.map(str::to_owned));
        let own = self.app.as_ref().map(|base_url| ExternalApp {
            base_url: base_url.clone(),
            key: self.app_key.clone(),
            forge_id: forge_id.clone().unwrap_or_else(|| FORGE_ID.to_owned()),
        });
        let kind = match (self.kind, forge) {
            (Some(kind), _) => kind.into(),
            (None, Some(_)) => AppKind::Forge,
            (None, None) => AppKind::default(),
        };
        let (mut descriptor, mut note) = (None, None);
        if let (Some(app), AppKind::Connect | AppKind::ConnectOnForge) = (&own, kind) {
            descriptor = AppLicensing::of_running(app).await;
            note = match descriptor {
                Some(licensing) => licensing.note("descriptor"),
                None => Some(format!(
                    "{}/atlassian-connect.json was not answered: the app is taken to be sold in editions; where \
                     it has a descriptor, start it before the lab",
                    app.base_url.trim_end_matches('/')
                )),
            };
        }
        let licensing = forge.map(ForgeConfig::licensing).or(descriptor);
        let explainer = explainer(Some(&map))?;
        let lab = Lab::start(LabConfig {
            rules: Rules::new(map, app_license::Policy::new()),
            store,
            kind,
            licensing: licensing.unwrap_or_default(),
            own,
            forge_id,
            ports: Some(self.port.saturating_add(1)),
            start,
            explainer,
        })
        .await?;
        if fresh {
            let product = forge.map_or(Product::Jira, ForgeConfig::product);
            lab.add_site("acme", product)?;
        }
        Ok((lab, note))
    }

    fn world(&self) -> PathBuf {
        self.data.join("world.json")
    }
}

/// From when this is called, Ctrl-C and being asked to end complete the future, and end the process no more.
fn stop_requested() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut end = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = end.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            interrupt.recv().await;
        })
    }
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    Some(url.origin().ascii_serialization())
}

fn announce(
    io: &mut Io<'_>,
    format: Format,
    url: &str,
    lab: &Lab,
    forge: Option<&ForgeApp>,
    note: Option<&str>,
    exported: &keys::ExportedKeys,
) -> std::io::Result<()> {
    let app = lab.app().base_url();
    let notes: Vec<&str> = note
        .into_iter()
        .chain(forge.into_iter().flat_map(ForgeApp::notes))
        .collect();
    if format == Format::Json {
        let pages = forge.and_then(ForgeApp::pages_url);
        let node = forge.and_then(ForgeApp::node);
        let ready = json!({
            "console": url, "app": app, "pages": pages, "node": node, "notes": notes, "keys": exported,
        });
        writeln!(io.out, "{ready}")?;
    } else {
        let whose = if lab.is_external() {
            "your app"
        } else {
            "the demo app"
        };
        writeln!(io.out, "{} {url}", paint(BOLD, "the lab:     "))?;
        writeln!(io.out, "{whose:<13} {app}")?;
        if let Some(forge) = forge {
            if let Some(pages) = forge.pages_url() {
                writeln!(io.out, "your pages:   {pages} ({})", forge.policy_name())?;
            }
            if let Some(node) = forge.node() {
                writeln!(io.out, "functions:    by Node {node}")?;
            }
        }
        for note in notes {
            let text = hanging(&one_line(note), 14);
            writeln!(
                io.out,
                "{}",
                paint(WARN, format_args!("note:         {text}"))
            )?;
        }
        for (label, value) in exported.lines() {
            writeln!(
                io.out,
                "{} {value}",
                paint(DIM, format_args!("{label:<13}"))
            )?;
        }
        writeln!(io.out, "Ctrl-C stops it; the next start continues.")?;
    }
    io.out.flush()
}
