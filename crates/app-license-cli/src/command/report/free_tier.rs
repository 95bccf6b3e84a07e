//! `app-license report free-starter-tier`

use app_license_marketplace::report::{FreeTier, FreeTierList, Licenses};
use jiff::civil::Date;
use serde::Serialize;

use super::api::date;
use super::source::{Reading, SourceArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{Format, escaped, fit, show, table};

/// List the licenses that must move when the free starter tier ends
///
/// They are those in force of the types STARTER, LEGACY_FREE and FREE without the Free edition.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report free-starter-tier licenses.json
  app-license report free-starter-tier free-starter-tier.csv --listed
      # all that the export names
  app-license report free-starter-tier api --listed --vendor 1212980
      # the export of today")]
pub(super) struct Args {
    /// The report is the export of the free starter tier: list all of it
    #[arg(long)]
    listed: bool,
    /// The day of that export, where it comes from the reporting API [default: today, UTC]
    #[arg(long, value_name = "DATE", value_parser = date, requires = "listed")]
    day: Option<Date>,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Serialize)]
struct Output {
    #[serde(flatten)]
    reading: Reading,
    licenses: Vec<FreeTier>,
}

/// The day of the clock, UTC.
fn today() -> Option<Date> {
    let now = NowArgs { now: None }.time().to_string();
    now.split('T').next()?.parse().ok()
}

fn no_day() -> CliError {
    CliError::Option("the clock tells no day: give it with --day".to_owned())
}

impl Args {
    pub(super) fn run(mut self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        if self.listed {
            let day = self.day.or_else(today).ok_or_else(no_day)?;
            self.source.ask_for_free_starter_tier(day);
        }
        let mut list = FreeTierList::default();
        let reading = self.source.each::<Licenses>(io, None, |license| {
            list.add(license, self.listed);
            Ok(())
        })?;
        let answer = Output {
            reading: reading.with_repeated(list.repeated()),
            licenses: list.licenses().cloned().collect(),
        };
        show(io, format, &answer, |out| {
            let mut rows = table(["license", "host", "company", "tier", "why"]);
            let text = |text: &Option<String>| escaped(text.as_deref().unwrap_or("-"));
            for license in &answer.licenses {
                rows.add_row([
                    escaped(&license.license),
                    text(&license.host),
                    text(&license.company),
                    text(&license.tier),
                    license.reason.name().replace('_', " "),
                ]);
            }
            fit(&mut rows);
            writeln!(out, "{rows}")?;
            writeln!(out, "{} licenses must move", answer.licenses.len())?;
            answer.reading.note(out)
        })?;
        Ok(answer.reading.exit())
    }
}
