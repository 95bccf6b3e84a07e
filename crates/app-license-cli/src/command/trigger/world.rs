//! The customer that triggers are of: kept in a folder, the same at the next call.

use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use app_license_testkit::{App, Environment, ErrorKind, MockHost, Tenant, TestClock};
use serde::Serialize;

use super::args::Args;
use crate::command::lab::lab_error;
use crate::error::CliError;
use crate::files::read_file;
use app_license_lab::keys::{self, ExportedKeys};
use app_license_lab::persist::replace;

const MAX_WORLD: usize = 16 << 20;

/// The mock host for one call.
pub(super) struct World {
    pub(super) host: MockHost,
    pub(super) tenant: Tenant,
}

impl World {
    /// Reads what the last call left, or begins.
    pub(super) async fn open(args: &Args) -> Result<Self, CliError> {
        let path = file(args);
        let mut builder = MockHost::builder().clock(TestClock::ticking());
        if path.exists() {
            let text = String::from_utf8(read_file(&path, MAX_WORLD)?)
                .map_err(|_| lab_error(format!("`{}` is not UTF-8", path.display())))?;
            builder = builder.restore(text);
        }
        // the app fetches keys only when something is sent to it; addresses must be the same ones
        let served = args.to.is_some() || args.export;
        let host = if served {
            let started = builder.ports_from(args.port).start().await;
            started.map_err(|error| match error.kind() {
                ErrorKind::Network { why, .. } => lab_error(format!(
                    "cannot serve the keys on ports {} and after: {why}; another trigger may run, \
                     or take others with --port",
                    args.port
                )),
                _ => error.into(),
            })?
        } else {
            builder.offline()?
        };
        let base_url = args.to.as_deref().unwrap_or("http://127.0.0.1:3000");
        let mut app = App::connect(&args.app_key, base_url)?;
        if !args.connect_only {
            app = app.with_forge(&args.app_id)?;
        }
        if args.license.overridden.is_some() {
            app = app.environment(Environment::Development);
        }
        let tenant = host.tenant(&app, &args.site)?;
        Ok(Self { host, tenant })
    }

    /// Leaves everything for the next call.
    pub(super) fn keep(&self, args: &Args) -> Result<(), CliError> {
        replace(&file(args), self.host.snapshot()?.as_bytes())?;
        keys::export(&self.host, &self.tenant.app()?, &args.keys)?;
        Ok(())
    }

    /// Public keys and addresses.
    pub(super) fn export(&self, args: &Args) -> Result<impl Serialize + use<>, CliError> {
        replace(&file(args), self.host.snapshot()?.as_bytes())?;
        let exported: ExportedKeys = keys::export(&self.host, &self.tenant.app()?, &args.keys)?;
        Ok(exported)
    }
}

/// Waits until the second in which the last trigger was sent is over.
pub(super) async fn second_after_the_last(args: &Args) {
    let Ok(last) = file(args).metadata().and_then(|file| file.modified()) else {
        return;
    };
    let since_epoch = last.duration_since(UNIX_EPOCH).unwrap_or_default();
    let into_second = Duration::from_nanos(since_epoch.subsec_nanos().into());
    let rest = Duration::from_secs(1).saturating_sub(into_second);
    let passed = last.elapsed().unwrap_or_default();
    tokio::time::sleep(rest.saturating_sub(passed)).await;
}

fn file(args: &Args) -> PathBuf {
    args.keys.join("world.json")
}
