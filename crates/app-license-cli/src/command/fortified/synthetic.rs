//! `app-license fortified synthetic`

mod mock;
mod site;

use std::io::Write;

use app_license::License;
use app_license::connect::LicenseApiResponse;
use serde::Serialize;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, Format, GOOD, WARN, one_line, paint, show};
use crate::wrap::hanging;

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

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Passed,
    Failed,
    Skipped,
}

/// One step.
#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    state: State,
    found: String,
}

#[derive(Debug, Serialize)]
struct Output {
    passed: bool,
    against: String,
    steps: Vec<Step>,
}

impl Step {
    fn new(name: &'static str, passed: bool, found: impl Into<String>) -> Self {
        Self {
            name,
            state: if passed { State::Passed } else { State::Failed },
            found: found.into(),
        }
    }

    fn skipped(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Skipped,
            found: found.into(),
        }
    }
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

/// What the License API said, in words, and the license if it gave one.
fn said(answer: &LicenseApiResponse) -> (String, Option<&License>) {
    match answer {
        LicenseApiResponse::License(license) => {
            let capability = license
                .capability_set()
                .map_or("no capability set", |it| it.as_str());
            let text = format!("{}, {capability}", license.state().name());
            (text, Some(license))
        }
        LicenseApiResponse::NotFound => ("the site does not have the app".to_owned(), None),
        LicenseApiResponse::Refused { status } => (format!("the site refused: {status}"), None),
        _ => ("nothing that can be read".to_owned(), None),
    }
}
