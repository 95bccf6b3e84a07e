//! `app-license trust fields`

use app_license_marketplace::trust::TrustFields;
use serde_json::json;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{Format, show};

/// Print the file of fields that is shipped: copy it, change it, give it as --fields
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trust fields > ours.toml
  app-license trust lint listing.json --fields ours.toml")]
pub(super) struct Args {}

impl Args {
    #[expect(clippy::unused_self, reason = "as its siblings")]
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let text = TrustFields::SHIPPED;
        show(io, format, &json!({"toml": text}), |out| {
            write!(out, "{text}")
        })?;
        Ok(Exit::Yes)
    }
}
