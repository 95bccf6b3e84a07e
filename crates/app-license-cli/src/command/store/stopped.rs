//! `app-license store stopped` and `retry`

use app_license::UnixTime;
use app_license_store::{Name, Stopped};
use serde::Serialize;

use super::Outcome;
use super::find::find;
use super::place::OpenableStore;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{Format, counted, one_line, show, table, whole_words};

/// List the tenants whose events a hook handles no further, because one failed
///
/// Their events wait, and those of others go on. A hook is called again by itself, with growing pauses, up
/// to a number of tries; then the tenant waits for `retry`. Why it failed is in the app's log, at `warn`, with
/// `tenant` and `sequence`: the store keeps no reason. Exit code 2: there are some, or the store knows
/// other runners and none of this name; a store that no runner has read yet has none stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store stopped --consumer provision
  app-license store stopped --consumer provision --format json")]
pub(super) struct StoppedArgs {
    /// The name of the runner of hooks
    #[arg(long, value_name = "NAME")]
    consumer: String,
}

#[derive(Serialize)]
struct Line {
    tenant: String,
    sequence: u64,
    tries: u32,
    retry_at: UnixTime,
}

impl StoppedArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        let consumer = Name::new(self.consumer)?;
        // read first: what opens the store as the app does makes the tables of a misspelled schema
        place.must_be_there()?;
        // of a store that no runner has read yet, no name is a misspelled one
        let fresh = place.consumers()?.is_empty();
        if !fresh {
            place.must_know(&consumer)?;
        }
        let stopped = place.with(async |store| store.stopped(&consumer).await)?;
        let lines: Vec<_> = stopped
            .iter()
            .map(|it| Line {
                tenant: it.key.to_string(),
                sequence: it.at.get(),
                tries: it.tries,
                retry_at: it.retry_at,
            })
            .collect();
        show(io, format, &lines, |out| {
            if lines.is_empty() {
                let why = if fresh {
                    ": no runner of hooks handled an event of this store yet"
                } else {
                    ""
                };
                return writeln!(out, "no tenant is stopped{why}");
            }
            let mut rows = table(["tenant", "event", "tries", "again at"]);
            for line in &lines {
                rows.add_row([
                    one_line(&line.tenant),
                    line.sequence.to_string(),
                    line.tries.to_string(),
                    line.retry_at.to_string(),
                ]);
            }
            whole_words(&mut rows);
            writeln!(out, "{rows}")
        })?;
        Ok(if lines.is_empty() {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }
}

/// Let a hook be called again for tenants that it stopped at
///
/// Exit code 2: it stopped at none of those that are meant, or the store knows no runner of this name.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store retry --consumer provision acme.atlassian.net
  app-license store retry --consumer provision --all")]
pub(super) struct RetryArgs {
    /// A site, client key, installation ARI, cloud id or entitlement
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    site: Option<String>,
    /// All that are stopped
    #[arg(long)]
    all: bool,
    /// The name of the runner of hooks
    #[arg(long, value_name = "NAME")]
    consumer: String,
    #[command(flatten)]
    now: NowArgs,
}

#[derive(Serialize)]
struct Retried {
    tenants: Vec<String>,
}

impl RetryArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        let consumer = Name::new(self.consumer)?;
        place.must_be_there()?;
        place.must_know(&consumer)?;
        let site = self.site.as_deref();
        let found = site.map(|site| find(place, site)).transpose()?;
        let now = self.now.time();
        let tenants = place.with(async |store| {
            let mut tenants = Vec::new();
            for stopped in store.stopped(&consumer).await? {
                if found.as_ref().is_none_or(|it| *it.key() == stopped.key) {
                    let again = Stopped::new(stopped.key.clone(), stopped.at, 0, now);
                    store.stop(&consumer, &again).await?;
                    tenants.push(stopped.key.to_string());
                }
            }
            Ok(tenants)
        })?;
        let output = Retried { tenants };
        show(io, format, &output, |out| {
            let count = output.tenants.len();
            let are = if count == 1 { "is" } else { "are" };
            let tenants = counted(u64::try_from(count).unwrap_or(u64::MAX), "tenant");
            writeln!(out, "{tenants} {are} tried again by the runner")
        })?;
        let none = output.tenants.is_empty();
        Ok(if none { Exit::Denied } else { Exit::Yes })
    }
}
