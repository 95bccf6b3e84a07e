//! The subcommands, one file each.

mod completions;
mod conformance;
mod inspect;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::io::Io;
use crate::output::Format;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Inspect(inspect::Args),
    Conformance(conformance::Args),
    Completions(completions::Args),
}

impl Command {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, Fault> {
        match self {
            Self::Inspect(args) => args.run(io, format),
            Self::Conformance(args) => args.run(io, format),
            Self::Completions(args) => args.run(io),
        }
    }
}
