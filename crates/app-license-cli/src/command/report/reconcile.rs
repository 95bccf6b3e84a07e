//! `app-license report reconcile`: what customers bought against what they run

mod selection;
mod show;
mod source;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use app_license::UnixTime;
use app_license_marketplace::reconcile::{Cause, Comparison, Options, Reconciler};

use super::source::is_stdin;
use super::store::Installations;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::Format;
use selection::Selection;

/// Compare what customers bought, from the license report, with what they run, from the store
///
/// Finds tenants that run more than was bought or less, trials that ended and are still granted,
/// licenses that are installed nowhere, and installations that the report does not know. Both sides
/// are joined by entitlement, cloud id and host name. Each case is shown once with its likely
/// cause. The store is only read.
///
/// Reports are not in real time: take drift as a reason to look, never to lock a customer out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report reconcile --report licenses.json \\
      --installations sqlite:installations.db
  app-license report reconcile --report licenses.csv.gz \\
      --installations env:DATABASE_URL --app com.example.app \\
      --except sandbox,report_lag
  app-license report reconcile --report licenses.json \\
      --installations export.ndjson --known yesterday.json \\
      --format json > today.json
  app-license report reconcile --report api --vendor 1212980 \\
      --credentials ~/.atlassian-token --installations env:DATABASE_URL

Exit codes: 0 both sides agree, 1 error or PARTIAL, 2 drift, 3 input that cannot
be read.")]
pub(crate) struct Args {
    /// The license report: JSON, CSV, pages of the API, also with gzip; `-` for standard input,
    /// `api` to download it from the reporting API
    #[arg(long, value_name = "FILE")]
    report: PathBuf,
    /// The installations: `sqlite:FILE` (a Rust or a JavaScript backend's), `postgres://…`,
    /// `env:NAME` for an address in the environment, or a file with one JSON record a line or a
    /// list of them, also with gzip; `-` for standard input
    #[arg(long, value_name = "STORE")]
    installations: Installations,
    /// The schema of the PostgreSQL store
    #[arg(long, value_name = "NAME", default_value = "app_license")]
    schema: String,
    /// The app, by its key in the report [default: what the installations say]
    #[arg(long, value_name = "KEY")]
    app: Option<String>,
    /// The id of a Forge environment that is production; others are left out [default: all are]
    #[arg(long, value_name = "ID")]
    production_environment: Vec<String>,
    /// Only drift that can have begun since: a time, a day, or so long ago (`36h`, `7d`)
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// Only drift that an earlier run has not shown: the file with its JSON
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Leave out what has one of these likely causes
    #[arg(long, value_name = "CAUSE", value_delimiter = ',', value_parser = cause)]
    except: Vec<Cause>,
    /// How late the report may be, in hours
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    report_lag: u64,
    /// Take it that one side is only read in part, although what it lacks shows as drift: a report
    /// that was cut off, records that cannot be read
    #[arg(long)]
    partial: bool,
    /// Show every case; otherwise the first 20 of a kind (JSON always has all)
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    now: NowArgs,
    #[command(flatten)]
    api: super::api::ApiArgs,
}

/// Since when.
#[derive(Debug, Clone, Copy)]
enum Since {
    Time(UnixTime),
    Ago(u64),
}

fn since(text: &str) -> Result<Since, String> {
    for (unit, seconds) in [('h', 3600), ('d', 86_400)] {
        if let Some(number) = text.strip_suffix(unit)
            && let Ok(number) = number.parse::<u32>()
        {
            return Ok(Since::Ago(u64::from(number).saturating_mul(seconds)));
        }
    }
    UnixTime::parse(text)
        .map(Since::Time)
        .ok_or_else(|| "expected `2026-11-22`, `2026-11-22T06:00:00Z`, `36h` or `7d`".to_owned())
}

fn cause(text: &str) -> Result<Cause, String> {
    Cause::from_code(text).ok_or_else(|| {
        let all = Cause::ALL.map(Cause::code).join(", ");
        format!("expected one of {all}")
    })
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let now = self.now.time();
        let mut options =
            Options::at(now).report_lag(Duration::from_secs(self.report_lag.saturating_mul(3600)));
        if let Some(app) = &self.app {
            options = options.app(app);
        }
        for id in &self.production_environment {
            options = options.production_environment(id);
        }
        self.one_standard_input()?;
        let known = match &self.known {
            Some(path) => source::known(io, path)?,
            None => BTreeSet::new(),
        };
        let mut reconciler = Reconciler::new(options);
        let report = source::report(io, &self.report, &self.api, &mut reconciler)?;
        if !report.complete && !self.partial {
            let place = report.first.unwrap_or_default();
            return Err(CliError::Option(format!(
                "the report cannot be read to its end, and what it lacks would show as drift: {place}; \
                 fetch it again, or compare all the same with --partial"
            )));
        }
        let unreadable = self.installations.read(io, &self.schema, &mut reconciler)?;
        let comparison = reconciler.finish().map_err(source::reconcile_fault)?;
        let selection = self.select(&comparison, now, &known);
        let partial = !report.complete || report.bad > 0 || unreadable.count > 0;
        let page = show::Page {
            now,
            summary: comparison.summary(),
            selection: &selection,
            report: &report,
            unreadable: &unreadable,
            all: self.all,
            partial,
        };
        page.show(io, format)?;
        Ok(if partial && !self.partial {
            Exit::Error // what was not read may agree, or not
        } else if selection.drift.is_empty() {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }

    /// Standard input can be read once.
    fn one_standard_input(&self) -> Result<(), CliError> {
        let known = self.known.as_deref();
        let asked = [
            ("--report", is_stdin(&self.report)),
            ("--installations", self.installations.is_stdin()),
            ("--known", known.is_some_and(is_stdin)),
        ];
        let asked: Vec<_> = asked
            .iter()
            .filter(|(_, is)| *is)
            .map(|(name, _)| *name)
            .collect();
        if asked.len() < 2 {
            return Ok(());
        }
        Err(CliError::Option(format!(
            "standard input can be read once, and {} ask for it: name a file for one of them",
            asked.join(" and ")
        )))
    }

    fn select(&self, all: &Comparison, now: UnixTime, known: &BTreeSet<String>) -> Selection {
        let from = match self.since {
            None => None,
            Some(Since::Time(time)) => Some(time),
            Some(Since::Ago(seconds)) => {
                UnixTime::from_seconds(now.as_seconds().saturating_sub(seconds))
            }
        };
        let mut selection = Selection {
            drift: Vec::new(),
            lasting: Vec::new(),
            earlier: 0,
            excepted: 0,
        };
        for drift in all.drift() {
            // without a date it may have begun at any time
            let earlier = from.is_some_and(|from| drift.since.is_some_and(|since| since < from));
            if self.except.contains(&drift.cause) {
                selection.excepted = selection.excepted.saturating_add(1);
            } else if known.contains(&drift.id) {
                selection.lasting.push(drift.id);
            } else if earlier {
                selection.earlier = selection.earlier.saturating_add(1);
            } else {
                selection.drift.push(drift);
            }
        }
        selection
    }
}

#[cfg(test)]
mod tests {
    use super::{Since, cause, since};

    #[test]
    fn times_days_and_spans_are_read() {
        for (text, expected) in [("36h", 129_600), ("7d", 604_800), ("0h", 0)] {
            assert!(
                matches!(since(text), Ok(Since::Ago(s)) if s == expected),
                "{text}"
            );
        }
        for text in ["2026-11-22", "2026-11-22T06:00:00Z"] {
            assert!(matches!(since(text), Ok(Since::Time(_))), "{text}");
        }
        for text in ["", "h", "-1d", "yesterday", "1w"] {
            assert!(since(text).is_err(), "{text}");
        }
        assert!(cause("weather").unwrap_err().contains("event_lost"));
    }
}
