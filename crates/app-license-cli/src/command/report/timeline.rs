//! `app-license report timeline`

use std::io::Write;

use app_license_marketplace::report::{
    Amount, FromText, Licenses, Period, StoredEvent, Timeline, estimate_proration,
};
use serde::Serialize;

use super::source::{Reading, SourceArgs};
use super::store::Installations;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{DIM, Format, escaped, fit, paint, show, table};

/// Show the way of one customer: trial, Standard, trial of Advanced, Advanced, cancelled
///
/// It wants a report with the history of licenses, which has a record for every change. With
/// `--events`, what the app was told stands below it. Exit code 2: the report has no record of the
/// entitlement.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report timeline E-123-456-789 history.json
  app-license report timeline E-123-456-789 history.json --prices 1200,1800
      # estimates upgrades
  app-license report timeline E-123-456-789 history.json \\
      --events sqlite:installations.db
  app-license report timeline E-123-456-789 history.json \\
      --events env:DATABASE_URL")]
pub(super) struct Args {
    /// The number or id of the entitlement, or the number of the license
    #[arg(value_name = "ENTITLEMENT")]
    entitlement: String,
    /// Prices of Standard and Advanced for the paid period, to estimate what an upgrade costs
    #[arg(long, value_name = "STANDARD,ADVANCED", value_parser = prices)]
    prices: Option<(Amount, Amount)>,
    /// The store of a backend, for the events that it stored of the customer: `sqlite:FILE` (a Rust
    /// or a JavaScript backend's), `postgres://…`, or `env:NAME` for an address in the environment
    #[arg(long, value_name = "STORE", value_parser = Installations::with_events)]
    events: Option<Installations>,
    /// The schema of the PostgreSQL store
    #[arg(long, value_name = "NAME", default_value = "app_license")]
    schema: String,
    #[command(flatten)]
    source: SourceArgs,
}

fn prices(text: &str) -> Result<(Amount, Amount), String> {
    let read = |text: &str| Amount::from_text(text.to_owned().into());
    let (standard, advanced) = text
        .split_once(',')
        .and_then(|(standard, advanced)| Some((read(standard)?, read(advanced)?)))
        .ok_or_else(|| "expected two amounts, as in `1200,1800`".to_owned())?;
    if standard.micros() < 0 || advanced.micros() < 0 {
        return Err("a price cannot be below zero".to_owned());
    }
    if advanced < standard {
        return Err("Advanced cannot cost less than Standard, which comes first".to_owned());
    }
    Ok((standard, advanced))
}

#[derive(Debug, Serialize)]
struct Output {
    entitlement: String,
    #[serde(flatten)]
    reading: Reading,
    periods: Vec<Shown>,
    /// What the app stored, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<StoredEvent>>,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    period: Period,
    /// An estimate: see the help of `--prices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_proration_usd: Option<String>,
}

impl Args {
    pub(super) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let mut timeline = Timeline::new(&self.entitlement);
        let mut sandbox = false;
        let mut start = None;
        let reading = self.source.each::<Licenses>(io, None, |license| {
            if timeline.add(license) {
                let flag = license.installed_on_sandbox();
                sandbox = flag == Some(app_license_marketplace::report::YesNo::Yes);
                start = license.maintenance_start_date().or(start);
            }
            Ok(())
        })?;
        if let Some(store) = &self.events {
            for entry in store.history_of(io, &self.schema, &self.entitlement)? {
                timeline.add_event(entry.at, &entry.event, &entry.changes);
            }
        }
        let estimate = |period: &Period| {
            let (standard, advanced) = self.prices?;
            if period.change.name() != "upgraded" {
                return None;
            }
            let (first, last, day) = (start?, period.until?, period.from?);
            let amount = estimate_proration(standard, advanced, (first, last), day, sandbox);
            Some(amount.to_string())
        };
        let shown = |period: Period| Shown {
            estimated_proration_usd: estimate(&period),
            period,
        };
        let answer = Output {
            entitlement: self.entitlement.clone(),
            reading,
            periods: timeline.periods().into_iter().map(shown).collect(),
            events: self.events.as_ref().map(|_| timeline.events().to_vec()),
        };
        show(io, format, &answer, |out| {
            if answer.periods.is_empty() {
                let name = escaped(&answer.entitlement);
                writeln!(out, "the report has no record of `{name}`")?;
                show_events(out, answer.events.as_deref())?;
                return answer.reading.note(out);
            }
            let mut rows = table(["from", "stage", "change", "until"]);
            if self.prices.is_some() {
                rows = table(["from", "stage", "change", "until", "estimate"]);
            }
            let day = |day: Option<jiff::civil::Date>| {
                day.map_or_else(|| "-".to_owned(), |day| day.to_string())
            };
            for Shown {
                period,
                estimated_proration_usd,
            } in &answer.periods
            {
                let estimate = estimated_proration_usd.as_ref();
                let mut row = vec![
                    day(period.from),
                    period.stage.to_string(),
                    period.change.name().replace('_', " "),
                    day(period.until),
                ];
                if self.prices.is_some() {
                    let estimate = estimate.map(|usd| format!("about {usd} USD"));
                    row.push(estimate.unwrap_or_else(|| "-".to_owned()));
                }
                rows.add_row(row);
            }
            fit(&mut rows);
            writeln!(out, "{rows}")?;
            if self.prices.is_some() {
                let text = "an estimate by days: the platform bills by its own rules";
                writeln!(out, "{}", paint(DIM, text))?;
            }
            show_events(out, answer.events.as_deref())?;
            answer.reading.note(out)
        })?;
        if answer.periods.is_empty() && !answer.reading.partial {
            return Ok(Exit::Denied);
        }
        Ok(answer.reading.exit())
    }
}

/// What the app was told, below what the report says was bought.
fn show_events(out: &mut dyn Write, events: Option<&[StoredEvent]>) -> std::io::Result<()> {
    let Some(events) = events else { return Ok(()) };
    if events.is_empty() {
        return writeln!(out, "the store has no event of this entitlement");
    }
    writeln!(out, "what the app stored:")?;
    let mut rows = table(["at", "event", "changes", "the app knows"]);
    for event in events {
        rows.add_row([
            event.at.to_string(),
            escaped(&event.event),
            escaped(event.changes.join(", ").replace('_', " ")),
            event.stage.to_string(),
        ]);
    }
    fit(&mut rows);
    writeln!(out, "{rows}")
}
