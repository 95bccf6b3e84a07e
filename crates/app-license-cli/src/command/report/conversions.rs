//! `app-license report conversions`

use app_license_marketplace::report::{ConversionCohort, Conversions, Licenses};
use serde::Serialize;

use super::source::{Reading, SourceArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{Format, fit, show, table};

/// Count trials that became purchases, by edition and by the month in which they began
///
/// It wants a report with data insights. Trials of the app ("net new") and trials of a higher
/// edition ("upgrade") are counted apart.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report conversions licenses.json
  app-license report conversions licenses.json --format json")]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Serialize)]
struct Output {
    #[serde(flatten)]
    reading: Reading,
    cohorts: Vec<ConversionCohort>,
}

impl Args {
    pub(super) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let mut conversions = Conversions::new();
        let fields = Some(Conversions::FIELDS);
        let reading = self.source.each::<Licenses>(io, fields, |license| {
            conversions.add(license);
            Ok(())
        })?;
        let answer = Output {
            reading: reading.with_repeated(conversions.repeated()),
            cohorts: conversions.cohorts(),
        };
        show(io, format, &answer, |out| {
            let heading = [
                "month", "edition", "kind", "trials", "bought", "rate", "open", "lost", "days",
            ];
            let mut rows = table(heading);
            for cohort in &answer.cohorts {
                rows.add_row([
                    cohort.month.clone(),
                    cohort.edition.to_owned(),
                    cohort.kind.name().replace('_', " "),
                    cohort.trials.to_string(),
                    cohort.converted.to_string(),
                    percent(cohort.converted, cohort.trials.saturating_sub(cohort.open)),
                    cohort.open.to_string(),
                    cohort.lost.to_string(),
                    cohort
                        .mean_days
                        .map_or_else(|| "-".to_owned(), |days| days.to_string()),
                ]);
            }
            fit(&mut rows);
            writeln!(out, "{rows}")?;
            writeln!(out, "rate: of the trials that are not open any more")?;
            answer.reading.note(out)
        })?;
        Ok(answer.reading.exit())
    }
}

/// A share in percent, without decimals.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let percent = part.saturating_mul(100).checked_div(whole);
    percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"))
}
