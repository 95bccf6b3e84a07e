//! `app-license pricing`

mod check;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

/// Check the prices of editions
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  app-license pricing check
  app-license pricing check --from-commerce standard.json \\
      --from-commerce advanced.json")]
pub(crate) enum Command {
    Check(check::Args),
}

impl Command {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self {
            Self::Check(args) => args.run(io, format),
        }
    }
}
