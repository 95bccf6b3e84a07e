//! `app-license features schema`

use std::path::PathBuf;

use crate::error::CliError;
use crate::exit::Exit;
use crate::files::write_file;
use crate::io::Io;
use crate::output::unless_closed;

/// Print the JSON Schema of `editions.toml`, for editors
///
/// Taplo and Even Better TOML complete and check the file when it begins with the comment
/// `#:schema ./editions.schema.json`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license features schema
  app-license features schema --output editions.schema.json")]
pub(crate) struct Args {
    /// Where to; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(&self, io: &mut Io<'_>) -> Result<Exit, CliError> {
        let schema = format!("{:#}\n", app_license_editions::schema());
        match &self.output {
            Some(path) => write_file(path, &schema)?,
            None => {
                unless_closed(write!(io.out, "{schema}").and_then(|()| io.out.flush()))?;
            }
        }
        Ok(Exit::Yes)
    }
}
