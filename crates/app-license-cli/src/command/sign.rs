//! `app-license sign`

mod claims;
mod hosted;
mod platform;

use serde_json::json;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{Format, show};

/// Mint a token for a test, with a key of your own
///
/// The token alone is printed, so that it can be put into a variable. Keys come from files and
/// are never shown; nothing signed here is worth anything against the platform's own keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  JWT=$(app-license sign request --secret-file t.secret --client-key tenant-1 \\
      --base-url https://app.example.com --url '/panel?lic=active')
  FIT=$(app-license sign invocation --private-key-file test.pem \\
      --key-id test-1 --app-id 8db33809-1f69-42a5-8e40-8b6e0b3f8d11 \\
      --license-json '{\"active\":true}')")]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    Request(hosted::RequestArgs),
    Context(hosted::ContextArgs),
    Session(hosted::SessionArgs),
    Install(platform::InstallArgs),
    Invocation(platform::InvocationArgs),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let token = match self.kind {
            Kind::Request(args) => args.sign(io)?,
            Kind::Context(args) => args.sign(io)?,
            Kind::Session(args) => args.sign(io)?,
            Kind::Install(args) => args.sign(io)?,
            Kind::Invocation(args) => args.sign(io)?,
        };
        show(io, format, &json!({"token": token}), |out| {
            writeln!(out, "{token}")
        })?;
        Ok(Exit::Yes)
    }
}
