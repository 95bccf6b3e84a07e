//! `app-license report churn`

use app_license_marketplace::report::{Churn, ChurnCohort, Licenses};
use serde::Serialize;

use super::conversions::percent;
use super::source::{Reading, SourceArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{Format, fit, show, table};

/// Count bought licenses that ended, by edition and by the month in which they began
///
/// Trials and free licenses do not count. A license that moved from Server or Data Center counts as
/// migrated. A site that moves gets a new cloud id and a new license: the report does not connect
/// the two, so that some of what ended did not leave.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report churn licenses.json
  app-license report churn licenses.json --format json
      # with the months after which they ended")]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Serialize)]
struct Output {
    #[serde(flatten)]
    reading: Reading,
    cohorts: Vec<ChurnCohort>,
}

impl Args {
    pub(super) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let mut churn = Churn::new();
        let reading = self
            .source
            .each::<Licenses>(io, Some(Churn::FIELDS), |license| {
                churn.add(license);
                Ok(())
            })?;
        let answer = Output {
            reading: reading.with_repeated(churn.repeated()),
            cohorts: churn.cohorts(),
        };
        show(io, format, &answer, |out| {
            let mut rows = table([
                "month", "edition", "licenses", "active", "ended", "rate", "migrated",
            ]);
            for cohort in &answer.cohorts {
                rows.add_row([
                    cohort.month.clone(),
                    cohort.edition.to_owned(),
                    cohort.licenses.to_string(),
                    cohort.active.to_string(),
                    cohort.ended.to_string(),
                    percent(cohort.ended, cohort.licenses),
                    cohort.migrated.to_string(),
                ]);
            }
            fit(&mut rows);
            writeln!(out, "{rows}")?;
            answer.reading.note(out)
        })?;
        Ok(answer.reading.exit())
    }
}
