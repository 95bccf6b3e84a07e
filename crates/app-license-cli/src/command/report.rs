//! `app-license report`: what customers bought

mod reconcile;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::io::Io;
use crate::output::Format;

/// Read license reports: what customers bought
///
/// Reports are files of the Marketplace's export (JSON or CSV, also with gzip), pages of its API
/// one after the other, or one record a line. They may be of any size. A record that cannot be
/// read is counted and shown with its place, and the others are read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report reconcile --report licenses.json --installations sqlite:installations.db")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Report,
}

#[derive(Debug, clap::Subcommand)]
enum Report {
    Reconcile(reconcile::Args),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, Fault> {
        match self.command {
            Report::Reconcile(args) => args.run(io, format),
        }
    }
}
