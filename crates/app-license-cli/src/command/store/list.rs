//! `app-license store list`

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;

use app_license::{InstallationRecord, UnixTime};
use comfy_table::Table;
use serde::Serialize;

use super::Outcome;
use super::find::{Line, host, uuid_of};
use super::place::OpenableStore;
use super::unread::Unread;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::parse_time;
use crate::output::{Format, counted, fits, one_line, show, table, unless_closed, whole_words};

/// List installations, by site, edition, state, and when they were last seen
///
/// Exit code 2: none is as wanted, or none is stored. Records that cannot be read are counted on standard error, with what is
/// wrong with the first of them: exit code 1, for one of them may be as wanted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store list --store sqlite:installations.db
  app-license store list --site acme --format json
  app-license store list --state blocked
  app-license store list --seen-before 2026-10-01T00:00:00Z --ndjson")]
pub(super) struct Args {
    /// Those whose site, description or key holds this
    #[arg(long, value_name = "TEXT")]
    site: Option<String>,
    /// Those whose license stands for this edition, installed or not
    ///
    /// `standard` takes in active licenses of which no capability set was named; `none` is for licenses that
    /// ended, those of trials too, and where nothing is known. A capability set (`capabilityAdvanced`) is the
    /// one that was last named, though the license ended.
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
    /// Those in this state
    #[arg(long, value_enum, value_name = "STATE")]
    state: Option<State>,
    /// Those of which something was stated at this time or later
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    seen_since: Option<UnixTime>,
    /// Those of which nothing was stated at this time or later
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    seen_before: Option<UnixTime>,
    /// One JSON object a line, written as they are read: for any number of installations
    #[arg(long)]
    ndjson: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum State {
    Installed,
    Enabled,
    Disabled,
    Uninstalled,
    Blocked,
    /// Installed or enabled, and not blocked
    Served,
}

impl State {
    fn is(self, line: &Line) -> bool {
        let name = match self {
            Self::Installed => "installed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Uninstalled => "uninstalled",
            Self::Blocked => "blocked",
            Self::Served => return matches!(line.state, "installed" | "enabled"),
        };
        line.state == name
    }
}

#[derive(Serialize)]
struct Output {
    installations: Vec<Line>,
}

impl Args {
    fn wants(&self, line: &Line, record: &InstallationRecord) -> bool {
        let holds = |wanted: &str, text: Option<&str>| {
            text.is_some_and(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
        };
        let site = self.site.as_deref().is_none_or(|wanted| {
            [
                record.base_url(),
                record.display_url(),
                record.description(),
                Some(line.tenant.as_str()),
            ]
            .into_iter()
            .any(|text| holds(wanted, text))
        });
        let edition = self.edition.as_deref().is_none_or(|wanted| {
            let set = record.capability_set().map(|set| set.as_str());
            let is_wanted = |name: &str| name.eq_ignore_ascii_case(wanted);
            line.grants
                .as_deref()
                .map_or_else(|| is_wanted("none"), is_wanted)
                || set.is_some_and(is_wanted)
        });
        site && edition
            && self.state.is_none_or(|state| state.is(line))
            && self.seen_since.is_none_or(|time| line.last_seen >= time)
            && self.seen_before.is_none_or(|time| line.last_seen < time)
    }

    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        let (mut installations, mut empty) = (Vec::new(), true);
        let (mut unread, mut shown, mut written) = (Unread::default(), false, Ok(()));
        place.for_each(|stored| {
            let Some(record) = unread.or_read(&stored) else {
                return ControlFlow::Continue(());
            };
            empty = false;
            let line = Line::new(stored.tenant, &record);
            // a link is no customer of its own
            if record.tenant().is_some() || !self.wants(&line, &record) {
                return ControlFlow::Continue(());
            }
            if !self.ndjson {
                installations.push(line);
                return ControlFlow::Continue(());
            }
            shown = true;
            written = serde_json::to_writer(&mut *io.out, &line)
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(io.out));
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        if self.ndjson {
            unless_closed(written.and_then(|()| io.out.flush()))?;
            let exit = if shown { Exit::Yes } else { Exit::Denied };
            return Ok(unread.end(io, exit));
        }
        installations.sort_by(|a, b| (&a.site, &a.tenant).cmp(&(&b.site, &b.tenant)));
        let none = installations.is_empty();
        let output = Output { installations };
        show(io, format, &output, |out| {
            match output.installations.as_slice() {
                [] if empty => writeln!(out, "no installation is stored"),
                [] => writeln!(out, "no installation is as wanted"),
                lines => table_of(lines, out),
            }
        })?;
        let exit = if none { Exit::Denied } else { Exit::Yes };
        Ok(unread.end(io, exit))
    }
}

/// What a person calls it, and every command finds it by: its site, else the site's cloud id, else its key.
fn name(line: &Line) -> &str {
    let site = line.site.as_deref().map(|url| host(url).unwrap_or(url));
    site.or(line.cloud_id.as_deref())
        .unwrap_or_else(|| uuid_of(&line.tenant))
}

fn table_of(lines: &[Line], out: &mut dyn Write) -> std::io::Result<()> {
    // a column that says nothing takes the room of those that do, and this one that of names
    let entitlements = lines.iter().any(|line| line.entitlement.is_some());
    let mut rows = rows_of(lines, entitlements);
    if entitlements && !fits(&rows) {
        rows = rows_of(lines, false);
    }
    writeln!(out, "{rows}")?;
    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    writeln!(out, "{}", counted(count, "installation"))
}

fn rows_of(lines: &[Line], entitlements: bool) -> Table {
    let columns = ["installation", "state", "edition", "license", "last seen"];
    let more = entitlements.then_some("entitlement");
    let mut rows = table(columns.into_iter().chain(more));
    let mut names = BTreeMap::<&str, u64>::new();
    for line in lines {
        let count = names.entry(name(line)).or_default();
        *count = count.saturating_add(1);
    }
    for line in lines {
        let license = match (line.license, line.trial) {
            (Some(license), Some(true)) => format!("{license} trial"),
            (license, _) => license.unwrap_or("-").to_owned(),
        };
        let own = name(line);
        let own = if names.get(own) > Some(&1) {
            // several of one site
            format!("{own} {}", line.tenant)
        } else {
            own.to_owned()
        };
        let seen = line.last_seen.to_string();
        let day = seen.split('T').next().unwrap_or_default();
        let cells = [
            one_line(own),
            line.state.to_owned(),
            one_line(line.edition.as_deref().unwrap_or("-")),
            license,
            day.to_owned(),
        ];
        let entitlement = line.entitlement.as_deref().unwrap_or("-");
        let more = entitlements.then(|| one_line(entitlement));
        rows.add_row(cells.into_iter().chain(more));
    }
    whole_words(&mut rows);
    rows
}
