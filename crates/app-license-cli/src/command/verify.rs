//! `app-license verify`

mod hosted;
mod invocation;
mod lifecycle;
pub(crate) mod output;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;

/// Say whether a token proves what it claims, and what license that proves
///
/// Exit code 0: accepted (and, with --require, granted). 2: refused, with the rule that refused
/// it, or denied. 3: a key or an option cannot be read. Keys come from files and are never shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license verify request --secret-file t.secret \\
      --base-url https://app.example.com \\
      --url '/panel?lic=active&capSet=capabilityAdvanced&jwt=eyJ…' \\
      --require advanced
  app-license verify install --public-key-file kid.pem \\
      --base-url https://app.example.com --app-key com.example.app \\
      --url /installed --body-file body.json --token-file header.txt")]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    Request(hosted::RequestArgs),
    Context(hosted::ContextArgs),
    Session(hosted::SessionArgs),
    Invocation(invocation::Args),
    Install(lifecycle::Install),
    Uninstall(lifecycle::Uninstall),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let answer = match self.kind {
            Kind::Request(args) => args.run(io)?,
            Kind::Context(args) => args.run(io)?,
            Kind::Session(args) => args.run(io)?,
            Kind::Invocation(args) => args.run(io)?,
            Kind::Install(args) => args.run(io)?,
            Kind::Uninstall(args) => args.run(io)?,
        };
        answer.show(io, format)?;
        Ok(answer.exit())
    }
}
