//! `app-license lab scenario`

mod junit;
mod played;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::command::lab::check::explainer;
use crate::command::lab::forge::ForgeArgs;
use crate::command::lab::runtime::runtime;
use crate::command::policy_args::read_features;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::{Io, MAX_INPUT};
use crate::output::{BAD, DIM, Format, GOOD, WARN, escaped, paint, show, unless_closed};
use app_license_lab::ExternalApp;
use app_license_lab::Rules;
use app_license_lab::demo::{APP_KEY, FORGE_ID};
use app_license_lab::{Check, Error as LabError, Scenario, run, run_forge};
use played::Played;

/// How far the port that answers for all hosts of the platform is behind the first one.
const GATEWAY: u16 = 7;

/// Play a story of a customer against a test clock, and check what it expects
///
/// Headless and without a network: the mock host platform moves, trials and subscriptions really
/// end, and every expectation is asked of an app that keeps your editions.toml. Exit code 0: all
/// held. 1: one did not. 3: a file cannot be read as a scenario.
///
/// Your own app (--app) asks the mock platform for keys and licenses while a story is played: give it
/// 127.0.0.1:4687 for every host of the platform before (`Fetcher::rerouted_for_tests` in Rust, `labFetch` in
/// JavaScript), and let it take test keys. It is the address that `app-license lab` has, too; with --port it
/// is seven ports after that one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license lab scenario scenarios/*.toml   all that are shipped
  app-license lab scenario ours.toml --features editions.toml  your own features
  app-license lab scenario ours.toml --junit report.xml        for CI
  app-license lab scenario ours.toml --format json
  app-license lab scenario ours.toml --app http://127.0.0.1:3000 --app-key com.example.app
      # your own app, which asks the platform at 127.0.0.1:4687
  app-license lab scenario ours.toml --manifest manifest.yml --functions dist
      # your own Forge app: what its pages show, in Chromium, and what its
      # functions answer

A story:
  title = \"A trial ends\"
  [[step]]
  move = \"install\"
  expect.answers = [204, 204]
  [[step]]
  move.start_trial = { edition = \"advanced\", days = 30 }
  expect.decision.bulk-export = \"granted\"
  [[step]]
  clock.advance_days = 31
  expect.decision.bulk-export = \"denied: trial_ended\"
  expect.page.\"#export\" = \"hidden\"
  expect.invoke = [{ function = \"export\", result = { refused = \"inactive\" } }]")]
pub(super) struct Args {
    /// The stories
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The app's editions.toml, in place of the story's
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// Your own app, in place of the demo app: its base URL
    #[arg(long, value_name = "URL")]
    app: Option<String>,
    /// With --app, where the mock platform is: its gateway for all hosts is seven ports after this one
    #[arg(long, default_value_t = 4680, requires = "app", value_parser = clap::value_parser!(u16).range(1..=65_527))]
    port: u16,
    /// The key of its Connect half
    #[arg(long, value_name = "KEY", default_value = APP_KEY)]
    app_key: String,
    /// The id of its Forge half
    #[arg(long, value_name = "ID", default_value = FORGE_ID)]
    app_id: String,
    #[command(flatten)]
    forge: ForgeArgs,
    /// Write a report in the form of JUnit
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Show what held, too
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    passed: bool,
    scenarios: Vec<Played>,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        if self.app.is_some() && format == Format::Human {
            let gateway = self.port.saturating_add(GATEWAY);
            let text = format!(
                "the platform is at 127.0.0.1:{gateway} for all of its hosts: your app must ask there, and take test \
                 keys"
            );
            unless_closed(writeln!(io.err, "{} {text}", paint(WARN, "note")))?;
        }
        let mut scenarios = Vec::new();
        for file in &self.files {
            scenarios.push(self.play(io, file)?);
        }
        let report = Report {
            passed: scenarios.iter().all(|played| played.result.passed),
            scenarios,
        };
        if let Some(path) = &self.junit {
            std::fs::write(path, junit::report(&report.scenarios)?)?;
        }
        show(io, format, &report, |out| self.human(out, &report))?;
        Ok(if report.passed {
            Exit::Yes
        } else {
            Exit::Error
        })
    }

    fn play(&self, io: &mut Io<'_>, file: &Path) -> Result<Played, CliError> {
        let shown = file.display().to_string();
        let bytes = io.read(file, MAX_INPUT)?;
        let named = |error: LabError| match error {
            LabError::Scenario(why) => LabError::Scenario(format!("{shown}: {why}")),
            other => other,
        };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| LabError::Scenario(format!("{shown}: not UTF-8")))?;
        let story = Scenario::parse(text).map_err(named)?;
        let given = self.features.as_deref().map(read_features).transpose()?;
        let rules = Rules::new(story.features(given)?, story.policy());
        let own = self.app.as_ref().map(|base_url| ExternalApp {
            base_url: base_url.clone(),
            key: self.app_key.clone(),
            forge_id: self.app_id.clone(),
        });
        // the demo app is told where the platform is
        let ports = own.as_ref().map(|_| self.port.saturating_add(1));
        let explainer = explainer(Some(rules.features()))?;
        let forge = self.forge.config(io, 0)?;
        let began = Instant::now();
        let result = runtime()?.block_on(async {
            match &forge {
                Some(forge) => run_forge(&story, rules, own, ports, forge, explainer).await,
                None => run(&story, rules, own, ports, explainer).await,
            }
        });
        let result = result.map_err(named)?;
        Ok(Played {
            file: shown,
            result,
            time: began.elapsed(),
        })
    }

    fn human(&self, out: &mut dyn Write, report: &Report) -> std::io::Result<()> {
        for played in &report.scenarios {
            let held = played.result.checks.iter().filter(|it| it.passed).count();
            let word = if played.result.passed {
                paint(GOOD.bold(), "held")
            } else {
                paint(BAD.bold(), "failed")
            };
            let all = played.result.checks.len();
            writeln!(
                out,
                "{word} {} ({held} of {all})",
                escaped(&played.result.title)
            )?;
            for note in &played.result.notes {
                writeln!(out, "  {} {}", paint(WARN, "note"), escaped(note))?;
            }
            for check in &played.result.checks {
                if self.all || !check.passed {
                    line(out, check)?;
                }
            }
        }
        Ok(())
    }
}

fn line(out: &mut dyn Write, check: &Check) -> std::io::Result<()> {
    let place = match check.say.as_str() {
        "" => format!("step {}", check.step),
        say => format!("step {}, {}", check.step, escaped(say)),
    };
    let what = escaped(&check.what);
    if check.passed {
        let found = escaped(&check.found);
        return writeln!(out, "  {} {place}: {what} = {found}", paint(GOOD, "ok"));
    }
    writeln!(out, "  {} {place}: {what}", paint(BAD, "no"))?;
    writeln!(
        out,
        "     {} {}",
        paint(DIM, "expected"),
        escaped(&check.expected)
    )?;
    writeln!(
        out,
        "     {} {}",
        paint(DIM, "found   "),
        escaped(&check.found)
    )
}
