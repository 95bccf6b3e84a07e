//! `app-license store erase` and `export`

use app_license::UnixTime;
use app_license_store::TenantExport;
use serde::Serialize;

use super::Outcome;
use super::find::{Line, find, find_to_change};
use super::place::OpenableStore;
use super::unread::Unread;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{Format, counted, one_line, show};

const DAY: u64 = 86_400;

/// Write all that is stored of one installation as JSON: record, events with their bodies, licenses
///
/// The answer to a customer who asks which data of theirs is stored. Secrets are left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store export acme.atlassian.net > acme.json")]
pub(super) struct ExportArgs {
    /// A site, client key, installation ARI, cloud id or entitlement
    site: String,
}

impl ExportArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>) -> Outcome {
        let found = find(place, &self.site)?;
        let export = place.with(async |store| TenantExport::of(store, found.key()).await)?;
        show(io, Format::Json, &export, |_| Ok(()))?;
        Ok(Exit::Yes)
    }
}

/// Erase an installation for good, or all that were uninstalled long enough ago
///
/// Record, secrets, events with their bodies, and what License APIs said. A block is forgotten too. Nothing
/// brings it back, so `--yes` must be said; without it, what would go is shown. A SQLite file is overwritten
/// where it stood and its log emptied; on PostgreSQL, `VACUUM FULL` and the recycling of its log do that.
/// Run it each day with `--gone-for` as your policy of retention.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store erase acme.atlassian.net        # what would go
  app-license store erase acme.atlassian.net --yes
  app-license store erase --gone-for 90 --yes       # for a daily job")]
pub(super) struct EraseArgs {
    /// A site, client key, installation ARI, cloud id or entitlement
    #[arg(required_unless_present = "gone_for", conflicts_with = "gone_for")]
    site: Option<String>,
    /// All that were uninstalled so many days ago or more
    #[arg(long, value_name = "DAYS")]
    gone_for: Option<u32>,
    /// Do it
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    now: NowArgs,
}

#[derive(Serialize)]
struct Output {
    /// Whether it was done.
    done: bool,
    tenants: Vec<String>,
    /// The site of the one that is erased, if it states one, and its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// What is known of them; with `--gone-for`, of those that would be erased.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    installations: Vec<Line>,
}

impl EraseArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        let (done, mut unread) = (self.yes, Unread::default());
        // what cannot be opened is not said to be erased with `--yes`
        place.must_be_there()?;
        let mut installations = Vec::new();
        let tenants = match (&self.site, self.gone_for) {
            (Some(site), _) => {
                let line = self.one(place, site)?;
                let tenants = vec![line.tenant.clone()];
                installations.push(line);
                tenants
            }
            (None, days) => {
                let days = u64::from(days.unwrap_or(u32::MAX));
                let now = self.now.time().as_seconds();
                let before = now.saturating_sub(days.saturating_mul(DAY));
                let before = UnixTime::from_seconds(before).unwrap_or(UnixTime::EPOCH);
                if done {
                    Self::erase_gone(place, before)?
                } else {
                    let tenants;
                    (tenants, installations) = gone(place, before, &mut unread)?;
                    tenants
                }
            }
        };
        let only = installations.first().filter(|_| self.site.is_some());
        let output = Output {
            done,
            tenants,
            site: only.and_then(|line| line.site.clone()),
            state: only.map(|line| line.state),
            installations,
        };
        show(io, format, &output, |out| {
            for line in &output.installations {
                let site = line.site.as_deref().unwrap_or("no site is known");
                let (tenant, site) = (one_line(&line.tenant), one_line(site));
                write!(out, "{tenant}  {site}  {}", line.state)?;
                match line.uninstalled_at {
                    Some(at) => writeln!(out, " since {at}")?,
                    None => writeln!(out)?,
                }
            }
            if output.installations.is_empty() {
                for tenant in &output.tenants {
                    writeln!(out, "{}", one_line(tenant))?;
                }
            }
            if matches!(output.state, Some("installed" | "enabled" | "disabled")) {
                writeln!(
                    out,
                    "the app is installed there: it is unknown to the app from then on, until it is installed again"
                )?;
            }
            let count = output.tenants.len();
            let (were, installations) = (
                if count == 1 { "was" } else { "were" },
                counted(u64::try_from(count).unwrap_or(u64::MAX), "installation"),
            );
            if done {
                writeln!(out, "{installations} {were} erased")
            } else {
                writeln!(out, "{installations} would be erased: say `--yes`")
            }
        })?;
        Ok(unread.end(io, Exit::Yes))
    }

    fn one(&self, place: &OpenableStore, site: &str) -> Result<Line, CliError> {
        let found = find_to_change(place, site)?;
        if self.yes {
            place.with(async |store| store.erase(found.key()).await)?;
        }
        Ok(Line::new(&found.tenant, &found.record))
    }

    fn erase_gone(place: &OpenableStore, before: UnixTime) -> Result<Vec<String>, CliError> {
        let erased = place.with(async |store| {
            let mut erased = Vec::new();
            loop {
                // of the last second too
                let some = store.erase_uninstalled(before.plus(1)).await?;
                if some.is_empty() {
                    return Ok(erased);
                }
                erased.extend(some);
            }
        })?;
        Ok(erased.iter().map(ToString::to_string).collect())
    }
}

/// Those that were uninstalled by then: their keys, and what is known of them.
fn gone(
    place: &OpenableStore,
    before: UnixTime,
    unread: &mut Unread,
) -> Result<(Vec<String>, Vec<Line>), CliError> {
    let (mut keys, mut lines) = (Vec::new(), Vec::new());
    place.for_each(|stored| {
        if let Some(record) = unread.or_read(&stored) {
            let line = Line::new(stored.tenant, &record);
            if line.uninstalled_at.is_some_and(|at| at <= before) {
                keys.push(record.key().to_string());
                lines.push(line);
            }
        }
        std::ops::ControlFlow::Continue(())
    })?;
    Ok((keys, lines))
}
