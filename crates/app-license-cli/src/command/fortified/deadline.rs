//! `app-license fortified deadline`

use app_license_marketplace::fortified::SupportHours;
use jiff::civil::DateTime;
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{Timestamp, Zoned};
use serde_json::json;

use super::program::{ProgramArgs, Rules};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::io::Io;
use crate::output::{BOLD, Format, clean, paint, show};

/// Say by when support has to answer: 24 hours of working days, in your time zone
///
/// A request of a weekend begins to count at the start of the next working day. Changes of the
/// clocks are taken into account. Public holidays are not known.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license fortified deadline 2026-04-03T17:00 --zone Australia/Sydney
  app-license fortified deadline 2026-04-03T06:00:00Z --zone Australia/Sydney")]
pub(super) struct Args {
    /// When the request came: local time of the zone, or with an offset or `Z`
    #[arg(value_name = "TIME")]
    received: String,
    /// The time zone in which you work, by its name in the IANA database
    #[arg(long, value_name = "ZONE")]
    zone: String,
    #[command(flatten)]
    program: ProgramArgs,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, Fault> {
        let program = self.program.read(io)?;
        let received = read(&self.received, &self.zone)?;
        let support: &SupportHours = &program.support;
        let due = support.deadline(&received)?;
        let rules = Rules::of(&program);
        let utc = due.timestamp().to_string();
        let answer = json!({
            "program": rules,
            "received": received.to_string(),
            "due": due.to_string(),
            "due_utc": utc,
            "hours": support.hours,
        });
        let line = |time: &Zoned| time.strftime("%A, %-d %B %Y, %H:%M:%S %:z").to_string();
        show(io, format, &answer, |out| {
            rules.human(out)?;
            writeln!(out, "received {}", line(&received))?;
            writeln!(out, "due      {}", paint(BOLD, line(&due)))?;
            writeln!(out, "         {utc}, {}", clean(&self.zone))
        })?;
        Ok(Exit::Yes)
    }
}

/// A moment in a zone.
fn read(text: &str, zone: &str) -> Result<Zoned, Fault> {
    let zone = TimeZone::get(zone)
        .map_err(|_| Fault::Option(format!("`{}` is no time zone that is known", clean(zone))))?;
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.to_zoned(zone));
    }
    let wrong = || {
        Fault::Option(format!(
            "`{}` is no time: expected `2026-04-03T17:00`, with an offset or without",
            clean(text)
        ))
    };
    let local: DateTime = text.parse().map_err(|_| wrong())?;
    // jiff takes a date without a time for midnight
    if !text.contains(['T', 't', ' ']) {
        return Err(wrong());
    }
    let moment = zone.into_ambiguous_zoned(local);
    moment.disambiguate(Disambiguation::Reject).map_err(|_| {
        Fault::Option(format!(
            "clocks change at {local}: it is no single moment; give it with its offset"
        ))
    })
}
