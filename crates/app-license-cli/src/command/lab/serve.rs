//! The console, until Ctrl-C.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::check::explainer;
use super::{ServeArgs, StoreUrl, runtime};
use crate::command::decide::read_features;
use crate::command::lab::lab_error;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{BOLD, DIM, Format, paint};
use app_license_lab::EDITIONS;
use app_license_lab::Rules;
use app_license_lab::console::{self, ConsoleState};
use app_license_lab::{ExternalApp, Lab, LabConfig, Start, listen};
use app_license_lab::{keys, persist};

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
        let lab = self.lab().await?;
        let world = self.world();
        let exported = keys::export(lab.host(), lab.app(), &self.data.join("keys"))?;
        let port = self.port;
        let own = lab.is_external().then(|| origin(lab.app().base_url()));
        let desk = ConsoleState {
            lab: Arc::clone(&lab),
            port,
            frames: match own.flatten() {
                Some(origin) => format!("{} {origin}", lab.pages_url()),
                None => lab.pages_url().to_owned(),
            },
            panel: self.panel,
            endpoint: self.endpoint,
        };
        let router = console::router(desk);
        tokio::spawn(async move {
            // serving on an open listener does not end
            let _ = axum::serve(listener, router).await;
        });
        let keeper = tokio::spawn(persist::save_on_change(Arc::clone(&lab), world.clone()));
        let url = format!("http://127.0.0.1:{port}/");
        announce(io, format, &url, &lab, &exported)?;
        let stopped = stopped().await;
        keeper.abort();
        persist::write(&lab, &world)?;
        stopped.map_err(|error| lab_error(format!("cannot wait for Ctrl-C: {error}")))?;
        if format == Format::Human {
            writeln!(io.out, "\nkept in {}", world.display())?;
        }
        Ok(Exit::Yes)
    }

    async fn lab(&self) -> Result<Arc<Lab>, CliError> {
        let map = match &self.features {
            Some(path) => read_features(path)?,
            None => app_license::FeatureMap::from_toml(EDITIONS)?,
        };
        let store = self.store.clone();
        let store = store.unwrap_or_else(|| StoreUrl::Sqlite(self.data.join("installations.db")));
        let store = store.open().await?;
        let saved = persist::read(&self.world())?;
        let fresh = saved.is_none();
        let start = saved.unwrap_or_else(|| Start::New {
            now: NowArgs { now: None }.time(),
        });
        let own = self.app.as_ref().map(|base_url| ExternalApp {
            base_url: base_url.clone(),
            key: self.app_key.clone(),
            forge_id: self.app_id.clone(),
        });
        let explainer = explainer(Some(&map))?;
        let lab = Lab::start(LabConfig {
            rules: Rules::new(map, app_license::Policy::new()),
            store,
            kind: self.kind.into(),
            own,
            ports: Some(self.port.saturating_add(1)),
            start,
            explainer,
        })
        .await?;
        if fresh {
            lab.add_site("acme", app_license_testkit::Product::Jira)?;
        }
        Ok(lab)
    }

    fn world(&self) -> PathBuf {
        self.data.join("world.json")
    }
}

/// Waits for Ctrl-C, or for being asked to end.
async fn stopped() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut end = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = end.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
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
    exported: &keys::ExportedKeys,
) -> Result<(), CliError> {
    let app = lab.app().base_url();
    if format == Format::Json {
        let ready = json!({"console": url, "app": app, "keys": exported});
        writeln!(io.out, "{ready}")?;
    } else {
        let whose = if lab.is_external() {
            "your app"
        } else {
            "the demo app"
        };
        writeln!(io.out, "{} {url}", paint(BOLD, "the lab:     "))?;
        writeln!(io.out, "{whose:<13} {app}")?;
        for (label, value) in exported.lines() {
            writeln!(
                io.out,
                "{} {value}",
                paint(DIM, format_args!("{label:<13}"))
            )?;
        }
        writeln!(io.out, "Ctrl-C stops it; the next start continues.")?;
    }
    io.out.flush()?;
    Ok(())
}
