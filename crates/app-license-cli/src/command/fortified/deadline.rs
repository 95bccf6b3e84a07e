//! `app-license fortified deadline`

use app_license_marketplace::fortified::SupportHours;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde_json::json;

use super::program::{ProgramArgs, Rules};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BOLD, Format, one_line, paint, show};

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
    /// When the request came: local time of the zone, or with an offset, `Z` or `[Zone]`
    #[arg(value_name = "TIME")]
    received: String,
    /// The time zone in which you work, by its name in the IANA database
    #[arg(long, value_name = "ZONE")]
    zone: String,
    #[command(flatten)]
    program: ProgramArgs,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
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
            writeln!(out, "         {utc}, {}", one_line(&self.zone))
        })?;
        Ok(Exit::Yes)
    }
}

/// The largest offset that a zone has, in seconds, with room.
const MAX_OFFSET: i32 = 18 * 3_600;

/// A moment in a zone.
fn read(text: &str, zone: &str) -> Result<Zoned, CliError> {
    let zone = TimeZone::get(zone).map_err(|_| {
        CliError::Option(format!(
            "`{}` is no time zone that is known",
            one_line(zone)
        ))
    })?;
    let shown = one_line(text);
    let wrong = || {
        CliError::Option(format!(
            "`{shown}` is no time: expected `2026-04-03T17:00`, with an offset or without"
        ))
    };
    let pieces = Pieces::parse(text).map_err(|_| wrong())?;
    let offset = pieces.to_numeric_offset();
    if offset.is_some_and(|it| it.seconds().unsigned_abs() > MAX_OFFSET.unsigned_abs()) {
        return Err(CliError::Option(format!(
            "`{shown}` has an offset that no zone has"
        )));
    }
    // a zone in brackets: another one than --zone is converted
    if pieces.time_zone_annotation().is_some() {
        let moment: Zoned = text.parse().map_err(|_| wrong())?;
        return Ok(moment.with_time_zone(zone));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.to_zoned(zone));
    }
    let time = pieces
        .time()
        .filter(|_| offset.is_none())
        .ok_or_else(wrong)?;
    let moment = zone.into_ambiguous_zoned(pieces.date().to_datetime(time));
    match moment.offset() {
        AmbiguousOffset::Gap { .. } => Err(CliError::Option(format!(
            "clocks go forward over `{shown}`: that time does not exist in the zone"
        ))),
        AmbiguousOffset::Fold { .. } => Err(CliError::Option(format!(
            "clocks go back: `{shown}` is there twice; give it with its offset"
        ))),
        AmbiguousOffset::Unambiguous { .. } => moment
            .unambiguous()
            .map_err(|_| CliError::Option(format!("`{shown}` is outside the calendar"))),
    }
}
