//! `app-license report`: what customers bought

mod api;
mod churn;
mod conversions;
mod counts;
mod export;
mod free_tier;
mod page;
mod progress;
mod reconcile;
mod source;
mod store;
mod summary;
mod timeline;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

/// Read license reports: what customers bought
///
/// Reports are files of the Marketplace's export (JSON or CSV, also with gzip), pages of its API
/// one after the other, or one record a line. They may be of any size. A record that cannot be
/// read is counted and shown with its place, and the others are read. Exit code 1: the report was
/// cut off or damaged, and what is shown is a part of it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report summary licenses.json
      # by edition, type, status, tier, hosting, month
  app-license report summary licenses.csv.gz --html report.html
  app-license report timeline E-123-456-789 history.json
  app-license report conversions licenses.json   trials, by edition and month
  app-license report churn licenses.json   who left, by edition and month
  app-license report export licenses.json --as ndjson > licenses.ndjson
  app-license report summary api --vendor 1212980 \\
      --credentials ~/.atlassian-token
  app-license report free-starter-tier licenses.json   which licenses must move
  app-license report reconcile --report licenses.json \\
      --installations sqlite:installations.db")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Report,
}

#[derive(Debug, clap::Subcommand)]
enum Report {
    Reconcile(reconcile::Args),
    Summary(summary::Args),
    Timeline(timeline::Args),
    Conversions(conversions::Args),
    Churn(churn::Args),
    Export(export::Args),
    FreeStarterTier(free_tier::Args),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self.command {
            Report::Reconcile(args) => args.run(io, format),
            Report::Summary(args) => args.run(io, format),
            Report::Timeline(args) => args.run(io, format),
            Report::Conversions(args) => args.run(io, format),
            Report::Churn(args) => args.run(io, format),
            Report::Export(args) => args.run(io),
            Report::FreeStarterTier(args) => args.run(io, format),
        }
    }
}
