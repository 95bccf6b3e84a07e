//! `app-license fortified synthetic`

mod mock;
mod site;
mod step;

use std::io::Write;

use serde::Serialize;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, Format, GOOD, WARN, one_line, paint, show};
use crate::wrap::hanging;
use step::{State, Step};

/// Test the license path end to end: license read, gate granted and denied, edition changed
///
/// Without --site: the demo app against the mock host platform, on this machine, in a second.
/// With --site: your app on a site of the first rollout, or of a running lab; nothing is changed
/// there. A change of edition is seen between two runs that share a --state file. Exit code 0:
/// all passed. 2: a step failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license fortified synthetic
  app-license fortified synthetic --site https://first.atlassian.net \\
      --app-key com.example.app --client-key KEY --secret-file t.secret \\
      --expect advanced --state last.json --app-url https://app.example.com \\
      --granted /export
  app-license fortified synthetic --mock-without capabilitySet   see it fail")]
pub(super) struct Args {
    /// The mock platform leaves this field out of licenses, to see the test fail
    #[arg(long, value_name = "FIELD", conflicts_with = "site", value_parser = LICENSE_FIELDS)]
    mock_without: Option<String>,
    #[command(flatten)]
    site: site::SiteArgs,
}

/// The fields of a license that the mock platform can leave out.
const LICENSE_FIELDS: [&str; 7] = [
    "active",
    "type",
    "evaluation",
    "capabilitySet",
    "supportEntitlementNumber",
    "entitlementId",
    "entitlementNumber",
];

#[derive(Debug, Serialize)]
struct Output {
    passed: bool,
    against: String,
    steps: Vec<Step>,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let (against, steps) = match self.site.plan(io)? {
            Some(plan) => (plan.site(), crate::net::block_on(plan.run())?),
            None => {
                let without = self.mock_without.as_deref();
                let steps = crate::net::block_on(mock::run(without))?;
                ("the mock host platform".to_owned(), steps)
            }
        };
        let failed = steps.iter().any(|it| it.state == State::Failed);
        let done = steps.iter().any(|it| it.state == State::Passed);
        let answer = Output {
            passed: done && !failed,
            against,
            steps,
        };
        show(io, format, &answer, |out| human(out, &answer))?;
        Ok(if answer.passed {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }
}

fn human(out: &mut dyn Write, answer: &Output) -> std::io::Result<()> {
    writeln!(out, "against {}", one_line(&answer.against))?;
    for step in &answer.steps {
        let (style, word) = match step.state {
            State::Passed => (GOOD, "passed "),
            State::Failed => (BAD, "failed "),
            State::Skipped => (WARN, "skipped"),
        };
        writeln!(out, "  {} {}", paint(style, word), step.name)?;
        writeln!(out, "          {}", hanging(&one_line(&step.found), 10))?;
    }
    Ok(())
}
