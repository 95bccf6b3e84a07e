//! `app-license conditions`: the host's conditions, generated and evaluated.

mod evaluate;
mod generate;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

const EXAMPLES: &str = "\
Examples:
  app-license conditions generate connect --feature bulk-export
  app-license conditions evaluate manifest.yml";

/// Generates and evaluates the conditions by which the host shows modules
///
/// A condition runs in the browser: it hides, it protects nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Generate(generate::Args),
    Evaluate(evaluate::Args),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self.command {
            Command::Generate(args) => args.run(io, format),
            Command::Evaluate(args) => args.run(io, format),
        }
    }
}
