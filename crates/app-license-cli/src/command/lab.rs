//! `app-license lab`

mod scenario;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::io::Io;
use crate::output::Format;

/// See every licence state with your own eyes: a mock host platform and an app beside it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license lab scenario story.toml      play a story and check what it expects")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Scenario(scenario::Args),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, Fault> {
        match self.command {
            Command::Scenario(args) => args.run(io, format),
        }
    }
}

/// A runtime for everything of the lab.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Fault::Lab(format!("cannot start: {error}")))
}
