//! `app-license trust markdown`

use serde_json::json;

use super::source::{FieldArgs, SourceArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{Format, clean, show};

/// Print a listing's tab as a Markdown page for the app's own site
///
/// Text of the listing is escaped; what is not answered is left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trust markdown listing.json --app 'Example App' > privacy.md
  app-license trust markdown --product-id 6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a11 \\
      --app Example")]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// The app's name, for the title
    #[arg(long, value_name = "NAME")]
    app: String,
    #[command(flatten)]
    fields: FieldArgs,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let fields = self.fields.read(io)?;
        let listing = self.source.read(io, &fields)?;
        let page = listing.to_markdown(&self.app, &fields);
        show(io, format, &json!({"markdown": page}), |out| {
            write!(out, "{}", clean(&page))
        })?;
        Ok(Exit::Yes)
    }
}
