//! What is triggered, and for whom.

use std::path::PathBuf;

use super::events::Trigger;
use super::license_args::LicenseArgs;
use crate::command::lab::FOLDER;
use app_license_lab::demo::{APP_KEY, FORGE_ID};

/// Send your app one signed event, iframe URL, invocation token or context
///
/// The mock host's keys and the installation are kept in a folder, so that the next call is of the
/// same customer. While the call lasts the keys are served on fixed ports, for the app to fetch.
/// Without --to nothing is sent: the request is printed as a command for curl, or as JSON.
/// Exit code 0: the app answered 2xx. 2: it did not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trigger --list
  app-license trigger installed --to http://127.0.0.1:3000
  app-license trigger page --path /export --edition advanced \\
      --to http://127.0.0.1:3000
  app-license trigger page --path /export --license trial-ended \\
      --to http://127.0.0.1:3000
  app-license trigger invocation --path /report --edition standard \\
      --to http://127.0.0.1:3000
  app-license trigger context-call --path /api/export --method post \\
      --to http://127.0.0.1:3000
  app-license trigger ui-context --edition advanced > context.json
  app-license trigger app-context --override trial
  app-license trigger --export   keys and addresses for your configuration")]
pub(crate) struct Args {
    /// What to send; see --list
    #[arg(value_name = "EVENT", required_unless_present_any = ["list", "export"])]
    pub(super) event: Option<Trigger>,
    /// Show every event
    #[arg(long)]
    pub(super) list: bool,
    /// Write public keys and addresses for the app's configuration, and send nothing
    #[arg(long, conflicts_with = "event")]
    pub(super) export: bool,
    /// The base URL of your app
    #[arg(long, value_name = "URL")]
    pub(super) to: Option<String>,
    /// The customer's site, as in acme.atlassian.net
    #[arg(long, default_value = "acme", value_name = "NAME")]
    pub(super) site: String,
    /// The page or endpoint, relative to the base URL
    #[arg(long, value_name = "PATH", default_value = "/panel")]
    pub(super) path: String,
    /// The method of `context-call` [default: GET] and of `invocation` [default: POST]
    #[arg(long, value_enum, value_name = "METHOD", ignore_case = true)]
    pub(super) method: Option<Method>,
    #[command(flatten)]
    pub(super) license: LicenseArgs,
    /// The key of the app's Connect half
    #[arg(long, value_name = "KEY", default_value = APP_KEY)]
    pub(super) app_key: String,
    /// The id of the app's Forge half
    #[arg(long, value_name = "ID", default_value = FORGE_ID)]
    pub(super) app_id: String,
    /// A Connect app without a Forge half
    #[arg(long)]
    pub(super) connect_only: bool,
    /// Where the mock host's keys and installations are kept
    #[arg(long, value_name = "FOLDER", default_value_os_t = PathBuf::from(FOLDER).join("trigger"))]
    pub(super) keys: PathBuf,
    /// The first of six ports on which keys and License APIs are served meanwhile
    #[arg(long, default_value_t = 4690, value_parser = clap::value_parser!(u16).range(1..=65_529))]
    pub(super) port: u16,
    /// The app's editions.toml: each of its features is decided and shown [default: editions.toml,
    /// where there is one; else nothing is decided]
    #[arg(long, value_name = "FILE")]
    pub(super) features: Option<PathBuf>,
}

/// How a page or a remote is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}
