//! `app-license partner`

mod tier;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

/// Say which level of the Marketplace Partner Program the sales of a year reach
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license partner tier transactions.json
  app-license partner program > ours.toml")]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    Tier(tier::Args),
    Program(tier::ProgramArgs),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self.kind {
            Kind::Tier(args) => args.run(io, format),
            Kind::Program(args) => args.run(io, format),
        }
    }
}
