//! `app-license store show` and `history`

use app_license::{Change, InstallationRecord, UnixTime};
use app_license_store::HistoryEntry;
use serde::Serialize;

use super::Outcome;
use super::find::{Line, find};
use super::place::OpenableStore;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BOLD, Format, clean, fit, one_line, paint, show, table};

/// Show what is known of one installation: its record, without secrets, and its state
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store show acme.atlassian.net
  app-license store show E-123-456-789 --format json")]
pub(super) struct ShowArgs {
    /// A site, client key, installation ARI, cloud id or entitlement
    site: String,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    line: &'a Line,
    record: &'a InstallationRecord,
    license_api: Option<LicenseApi<'a>>,
}

#[derive(Serialize)]
struct LicenseApi<'a> {
    source: &'static str,
    fetched_at: UnixTime,
    document: Option<&'a str>,
}

impl ShowArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        let found = find(place, &self.site)?;
        let line = Line::new(&found.tenant, &found.record);
        let shown = Shown {
            line: &line,
            record: &found.record,
            license_api: found.license.as_ref().map(|it| LicenseApi {
                source: it.source().code(),
                fetched_at: it.fetched_at(),
                document: it.document(),
            }),
        };
        let record = serde_json::to_string_pretty(&found.record).unwrap_or_default();
        show(io, format, &shown, |out| {
            let license = line.license.unwrap_or("not stated");
            let edition = line.edition.as_deref().unwrap_or("no edition");
            writeln!(
                out,
                "{}  {}, license {license}, {}",
                paint(BOLD, one_line(found.name())),
                line.state,
                one_line(edition)
            )?;
            if let Some(api) = &shown.license_api {
                let said = api.document.unwrap_or("no license");
                writeln!(
                    out,
                    "{} at {}: {}",
                    api.source,
                    api.fetched_at,
                    one_line(said)
                )?;
            }
            writeln!(out, "{}", clean(&record))
        })?;
        Ok(Exit::Yes)
    }
}

/// Show what happened to one installation, oldest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store history acme.atlassian.net
  app-license store history acme --format json")]
pub(super) struct HistoryArgs {
    /// A site, client key, installation ARI, cloud id or entitlement
    site: String,
}

/// One event of a history.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    sequence: u64,
    at: UnixTime,
    event: String,
    changes: Vec<Change>,
    /// How many more changes there are of kinds that only a newer version knows.
    unknown_changes: usize,
}

impl From<HistoryEntry> for Event {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            sequence: entry.sequence.get(),
            at: entry.at,
            event: entry.event,
            changes: entry.changes,
            unknown_changes: entry.unknown_changes,
        }
    }
}

impl HistoryArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        let found = find(place, &self.site)?;
        let history = place.history(&found.tenant)?;
        let events: Vec<Event> = history.into_iter().map(Event::from).collect();
        show(io, format, &events, |out| {
            let mut rows = table(["number", "at", "event", "changes"]);
            for event in &events {
                let changes: Vec<_> = event.changes.iter().map(Change::to_string).collect();
                rows.add_row([
                    event.sequence.to_string(),
                    event.at.to_string(),
                    one_line(&event.event),
                    one_line(changes.join("; ")),
                ]);
            }
            fit(&mut rows);
            writeln!(out, "{}", paint(BOLD, one_line(found.name())))?;
            writeln!(out, "{rows}")
        })?;
        Ok(Exit::Yes)
    }
}
