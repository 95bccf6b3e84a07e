//! `app-license inspect`

mod report;
mod tour;

use std::path::PathBuf;
use std::time::Duration;

use app_license::LicenseSource;

use crate::command::policy_args::{PolicyArgs, Questions, read_features};
use crate::detect::{Look, detect, list};
use crate::error::CliError;
use crate::exit::Exit;
#[cfg(feature = "lab")]
use crate::input_error::InputError;
use crate::io::{Io, MAX_INPUT};
use crate::now::NowArgs;
use crate::output::{Format, show, table};
use report::Report;

/// How long an open pipe may stay silent before the tour is shown instead.
const PATIENCE: Duration = Duration::from_secs(3);

/// Say what a payload is, which license it holds, and what that grants
///
/// Takes anything the host platform hands over: a License API answer, a lifecycle body, a browser
/// or function context, a token or an Authorization header, an iframe URL or query string, a
/// condition, a descriptor, a Forge manifest; also in the middle of logs and requests, and as Node
/// prints objects. `--list` shows all. Nothing pasted is ever verified: see `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license inspect   the documented payloads in one table
  app-license inspect context.json                       a file
  pbpaste | app-license inspect                          what was copied
  app-license inspect \\
      'https://app.example.com/panel?lic=active&capSet=capabilityStandard'
  app-license inspect body.json --require advanced
      # exit code 0 granted, 2 denied
  app-license inspect manifest.yml   exit code 2 where the platform refuses it
  app-license inspect body.json --when-absent standard
      # a free app, a development site
  app-license inspect body.json --features editions.toml
      # every feature of the app
  app-license inspect license.json --as connect_license_api --format json")]
pub(crate) struct Args {
    /// A file, `-` for standard input, or the payload itself [default: standard input, or the
    /// documented payloads where nothing is piped in]
    #[arg(value_name = "FILE")]
    input: Option<String>,
    /// What must be granted: an edition, a capability, or a feature of `--features`
    #[arg(long, value_name = "CAPABILITY")]
    require: Option<String>,
    /// The app's `editions.toml`: every feature, limit and service level is decided
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// What the input is, where its shape could be several things
    #[arg(long = "as", value_name = "SOURCE", value_parser = source)]
    source: Option<LicenseSource>,
    /// Show every kind of input that is known, and the fields that it is told by
    #[arg(long, conflicts_with = "input")]
    list: bool,
    #[command(flatten)]
    now: NowArgs,
}

/// What `inspect` says of something, as its JSON has it.
///
/// # Errors
/// When it cannot tell what it is.
#[cfg(feature = "lab")]
pub(crate) fn inspected(
    input: &[u8],
    look: Look,
    questions: &Questions,
    policy: &app_license::Policy,
) -> Result<serde_json::Value, CliError> {
    let report = Report::new(detect(input, look)?, questions, policy, look.now)?;
    serde_json::to_value(&report).map_err(|error| InputError::Json(error.to_string()).into())
}

fn source(text: &str) -> Result<LicenseSource, String> {
    LicenseSource::from_code(text).ok_or_else(|| {
        let codes: Vec<_> = LicenseSource::ALL.iter().map(|t| t.code()).collect();
        format!("expected one of {}", codes.join(", "))
    })
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        if self.list {
            return known(io, format);
        }
        let Some(input) = self.input(io)? else {
            return tour::run(io, format, &self.policy.policy(), self.now.time());
        };
        let look = Look {
            now: self.now.time(),
            source: self.source,
        };
        let map = self.features.as_deref().map(read_features).transpose()?;
        let questions = Questions::new(map, self.require.as_deref())?;
        let reading = detect(&input, look)?;
        let report = Report::new(reading, &questions, &self.policy.policy(), look.now)?;
        report.show(io, format)?;
        Ok(report.exit())
    }

    /// What to look at; `None` for the tour.
    fn input(&self, io: &mut Io<'_>) -> Result<Option<Vec<u8>>, CliError> {
        match &self.input {
            Some(given) if given == "-" => io.read_stdin(MAX_INPUT).map(Some),
            Some(given) if is_payload(given) => Ok(Some(given.clone().into_bytes())),
            Some(path) => io.read(&PathBuf::from(path), MAX_INPUT).map(Some),
            None if io.stdin_is_terminal => Ok(None),
            // a script that asks for a decision waits for its input
            None if self.require.is_some() => io.read_stdin(MAX_INPUT).map(Some),
            None => {
                // a command before the pipe that failed gives nothing: that is said, no tour
                io.read_stdin_if_any(MAX_INPUT, PATIENCE)
            }
        }
    }
}

/// Every kind of input that is known.
fn known(io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
    let kinds = list();
    show(io, format, &kinds, |out| {
        let mut rows = table(["kind", "--as", "told by"]);
        rows.set_width(80);
        for kind in &kinds {
            rows.add_row(kind.row());
        }
        writeln!(out, "{rows}")?;
        writeln!(
            out,
            "Also: tokens and Authorization headers, iframe URLs and query strings, manifests\n\
             in YAML, HTML and XML answers, and any of these inside logs, requests, code\n\
             blocks, and what Node, browsers and Python print. No single field decides."
        )
    })?;
    Ok(Exit::Yes)
}

/// Whether an argument is the payload itself rather than the name of a file.
fn is_payload(given: &str) -> bool {
    given.starts_with(['{', '['])
        || given.starts_with("http://")
        || given.starts_with("https://")
        || crate::token::joined(given).is_some()
        || (given.contains('=') && !std::path::Path::new(given).exists())
}
