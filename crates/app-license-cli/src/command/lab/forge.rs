//! The vendor's own Forge app, as the command line names it.

use std::path::{Path, PathBuf};

use crate::error::CliError;
use crate::io::{Io, MAX_INPUT};
use crate::yaml;
use app_license_lab::ForgeConfig;

/// Your own Forge app in the lab.
#[derive(Debug, clap::Args)]
pub(super) struct ForgeArgs {
    /// The page of your Forge app: its built folder, or the URL of its development server on this
    /// machine [default: the folders that the manifest names]
    #[arg(long, value_name = "DIR|URL", help_heading = "Your own Forge app")]
    custom_ui: Option<String>,
    /// Its manifest.yml: modules, functions, triggers, permissions
    #[arg(long, value_name = "FILE", help_heading = "Your own Forge app")]
    manifest: Option<PathBuf>,
    /// The bundle of its functions, which Node runs: a folder or a file
    #[arg(long, value_name = "DIR|FILE", help_heading = "Your own Forge app")]
    functions: Option<PathBuf>,
}

impl ForgeArgs {
    /// The app; `None` where nothing of it is named.
    ///
    /// # Errors
    /// When the manifest cannot be read as YAML.
    pub(super) fn config(
        &self,
        io: &mut Io<'_>,
        port: u16,
    ) -> Result<Option<ForgeConfig>, CliError> {
        if self.custom_ui.is_none() && self.manifest.is_none() && self.functions.is_none() {
            return Ok(None);
        }
        let mut root = PathBuf::new();
        let mut manifest = None;
        if let Some(path) = &self.manifest {
            let bytes = io.read(path, MAX_INPUT)?;
            let text = String::from_utf8_lossy(&bytes);
            manifest = Some(yaml::to_json(&text)?);
            root = path.parent().unwrap_or_else(|| Path::new("")).to_owned();
        }
        Ok(Some(ForgeConfig {
            manifest,
            root,
            custom_ui: self.custom_ui.clone(),
            functions: self.functions.clone(),
            port,
        }))
    }
}
