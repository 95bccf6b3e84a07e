//! `app-license features`

mod check;
mod generate;
mod report;
mod schema;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

pub(super) use report::{diagnostics, read_editions, summary};

/// Check `editions.toml`, and generate what follows from it
///
/// The file that the vendor reviews is the gate: names, editions, order and prices stand in it
/// once, and the code asks it.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  app-license features check --source .
  app-license features generate typescript --output src/editions.ts
  app-license features schema --output editions.schema.json

The file:
  #:schema ./editions.schema.json
  [features]
  export = \"standard\"
  bulk-export = { requires = \"advanced\", name = \"Bulk export\",
                  description = \"All of a project in one go\" }
  [limits]
  rows = { standard = 1000, advanced = \"unlimited\" }
  [pricing.standard.monthly]        # cents
  starter = 1000
  tiers = [{ up-to = 100, per-user = 165 }, { per-user = 77 }]")]
pub(crate) enum Command {
    Check(check::Args),
    Generate(generate::Args),
    Schema(schema::Args),
}

impl Command {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self {
            Self::Check(args) => args.run(io, format),
            Self::Generate(args) => args.run(io, format),
            Self::Schema(args) => args.run(io),
        }
    }
}
