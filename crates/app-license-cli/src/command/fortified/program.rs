//! `app-license fortified program`, and the option that all its siblings share

use std::io::Write;
use std::path::PathBuf;

use app_license_marketplace::fortified::ReliabilityProgram;
use serde::Serialize;
use serde_json::json;

use crate::command::keys::text_file;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::{Io, MAX_INPUT};
use crate::output::{DIM, Format, one_line, paint, show};

/// Print the file of rules that is shipped: copy it, change it, give it as --program
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license fortified program > ours.toml
  app-license fortified sli --events events.ndjson --program ours.toml")]
pub(super) struct Args {}

impl Args {
    #[expect(clippy::unused_self, reason = "as its siblings")]
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let text = ReliabilityProgram::SHIPPED;
        show(io, format, &json!({"toml": text}), |out| {
            write!(out, "{text}")
        })?;
        Ok(Exit::Yes)
    }
}

/// Whose rules.
#[derive(Debug, clap::Args)]
pub(super) struct ProgramArgs {
    /// A file of rules, in place of the one that is shipped
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

impl ProgramArgs {
    pub(super) fn read(&self, io: &mut Io<'_>) -> Result<ReliabilityProgram, CliError> {
        Ok(match &self.program {
            Some(path) => ReliabilityProgram::from_toml(&text_file(io, path, MAX_INPUT)?)?,
            None => ReliabilityProgram::shipped()?,
        })
    }
}

/// What every answer says of its rules.
#[derive(Debug, Serialize)]
pub(super) struct Rules {
    name: String,
    as_of: String,
    retiring: bool,
    notice: String,
}

impl Rules {
    pub(super) fn of(program: &ReliabilityProgram) -> Self {
        Self {
            name: program.name.clone(),
            as_of: program.as_of.to_string(),
            retiring: program.retiring,
            notice: program.notice.clone(),
        }
    }

    /// One line.
    pub(super) fn human(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let retiring = if self.retiring {
            "; the program is being retired"
        } else {
            ""
        };
        let line = format!("rules: {}, as of {}{retiring}", self.name, self.as_of);
        writeln!(out, "{}", paint(DIM, one_line(line)))
    }
}
