//! `app-license fortified`

mod checklist;
mod deadline;
mod incident;
mod probe;
mod program;
mod sli;
mod synthetic;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

/// Service levels, health checks, evidence and support, by the rules of Cloud Fortified
///
/// The platform is retiring that program; its rules remain useful as good practice. They are data:
/// `fortified program` prints them, and --program takes a changed copy. Exit code 0: met, ready,
/// healthy. 2: not, or nothing was measured. 3: the input cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license fortified probe https://app.example.com --path health
  app-license fortified sli --events events.ndjson
  app-license fortified checklist evidence.toml
  app-license fortified synthetic
  app-license fortified deadline 2026-04-03T17:00 --zone Australia/Sydney
  app-license fortified incident breach.eml --format json
  app-license fortified program > ours.toml")]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    Sli(sli::Args),
    Probe(probe::Args),
    Checklist(checklist::Args),
    Synthetic(synthetic::Args),
    Deadline(deadline::Args),
    Incident(incident::Args),
    Program(program::Args),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self.kind {
            Kind::Sli(args) => args.run(io, format),
            Kind::Probe(args) => args.run(io, format),
            Kind::Checklist(args) => args.run(io, format),
            Kind::Synthetic(args) => args.run(io, format),
            Kind::Deadline(args) => args.run(io, format),
            Kind::Incident(args) => args.run(io, format),
            Kind::Program(args) => args.run(io, format),
        }
    }
}
