//! `app-license completions`

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::unless_closed;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license completions bash > /etc/bash_completion.d/app-license
  app-license completions fish > ~/.config/fish/completions/app-license.fish")]
pub(crate) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

impl Args {
    pub(crate) fn run(
        &self,
        io: &mut Io<'_>,
        mut program: clap::Command,
    ) -> Result<Exit, CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "app-license", &mut script);
        unless_closed(io.out.write_all(&script).and_then(|()| io.out.flush()))?;
        Ok(Exit::Yes)
    }
}
