//! `app-license trust`

mod diff;
mod explain;
mod fields;
mod lint;
mod markdown;
mod source;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

/// Read a listing's Privacy & Security tab: what is wrong with it, what a customer finds in it
///
/// From a file, or from the live listing; nothing is ever written to the platform. Exit code 0:
/// nothing wrong, every need met, no difference. 1: a file that is not there, or no answer of the
/// platform. 2: otherwise. 3: it is no listing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trust lint listing.json
  app-license trust explain listing.json --need residency=DE \\
      --need cert=ISO27001
  app-license trust diff draft.json \\
      --product-id 6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a11
  app-license trust markdown listing.json --app 'Example App' > privacy.md")]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    Lint(lint::Args),
    Explain(explain::Args),
    Diff(diff::Args),
    Markdown(markdown::Args),
    Fields(fields::Args),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self.kind {
            Kind::Lint(args) => args.run(io, format),
            Kind::Explain(args) => args.run(io, format),
            Kind::Diff(args) => args.run(io, format),
            Kind::Markdown(args) => args.run(io, format),
            Kind::Fields(args) => args.run(io, format),
        }
    }
}
