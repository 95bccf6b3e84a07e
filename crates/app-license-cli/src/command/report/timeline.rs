//! `app-license report timeline`

use app_license_marketplace::report::{
    Amount, FromText, Licenses, Period, Timeline, estimate_proration,
};
use serde::Serialize;

use super::source::{Reading, SourceArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::io::Io;
use crate::output::{DIM, Format, clean, paint, show, table};

/// Show the way of one customer: trial, Standard, trial of Advanced, Advanced, cancelled
///
/// It wants a report with the history of licenses, which has a record for every change. Exit
/// code 2: the report has no record of the entitlement.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report timeline E-123-456-789 history.json
  app-license report timeline E-123-456-789 history.json --prices 1200,1800   estimates upgrades")]
pub(super) struct Args {
    /// The number or id of the entitlement, or the number of the license
    #[arg(value_name = "ENTITLEMENT")]
    entitlement: String,
    #[command(flatten)]
    source: SourceArgs,
    /// Prices of Standard and Advanced for the paid period, to estimate what an upgrade costs
    #[arg(long, value_name = "STANDARD,ADVANCED", value_parser = prices)]
    prices: Option<(Amount, Amount)>,
}

fn prices(text: &str) -> Result<(Amount, Amount), String> {
    let read = |text: &str| Amount::from_text(text.to_owned().into());
    text.split_once(',')
        .and_then(|(standard, advanced)| Some((read(standard)?, read(advanced)?)))
        .ok_or_else(|| "expected two amounts, as in `1200,1800`".to_owned())
}

#[derive(Debug, Serialize)]
struct Answer {
    entitlement: String,
    #[serde(flatten)]
    reading: Reading,
    periods: Vec<Shown>,
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
    pub(super) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, Fault> {
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
        let answer = Answer {
            entitlement: self.entitlement.clone(),
            reading,
            periods: timeline.periods().into_iter().map(shown).collect(),
        };
        show(io, format, &answer, |out| {
            if answer.periods.is_empty() {
                let name = clean(&answer.entitlement);
                writeln!(out, "the report has no record of `{name}`")?;
                return answer.reading.note(out);
            }
            let mut rows = table(["from", "stage", "change", "until", "estimate"]);
            let day = |day: Option<jiff::civil::Date>| {
                day.map_or_else(|| "-".to_owned(), |day| day.to_string())
            };
            for Shown {
                period,
                estimated_proration_usd,
            } in &answer.periods
            {
                let estimate = estimated_proration_usd.as_ref();
                rows.add_row([
                    day(period.from),
                    period.stage.to_string(),
                    period.change.name().replace('_', " "),
                    day(period.until),
                    estimate.map_or_else(|| "-".to_owned(), |usd| format!("about {usd} USD")),
                ]);
            }
            writeln!(out, "{rows}")?;
            if self.prices.is_some() {
                let text = "an estimate by days: the platform bills by its own rules";
                writeln!(out, "{}", paint(DIM, text))?;
            }
            answer.reading.note(out)
        })?;
        if answer.periods.is_empty() && !answer.reading.partial {
            return Ok(Exit::Denied);
        }
        Ok(answer.reading.exit())
    }
}
