//! The reporting API as the source of a report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use app_license_marketplace::report::client::{Account, Client, Credentials, Progress, Query};
use jiff::civil::Date;

use super::progress::{bar, style};
use crate::command::lab::runtime;
use crate::error::CliError;
use crate::files::must_be_readable;

/// How to ask the reporting API, where the report is `api`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of the report `api`")]
pub(super) struct ApiArgs {
    /// The developer id, a UUID
    #[arg(long, value_name = "ID")]
    developer: Option<String>,
    /// The vendor id, a number; version 2 of the API is used where there is no version 3
    #[arg(long, value_name = "ID", conflicts_with = "developer")]
    vendor: Option<u64>,
    /// A file with `email:token` that only its owner can read [default: the variables
    /// ATLASSIAN_EMAIL and ATLASSIAN_API_TOKEN]
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// A parameter of the API; may be given again
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// The first day
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<Date>,
    /// One record for every change of a license
    #[arg(long)]
    history: bool,
    /// With data insights
    #[arg(long)]
    insights: bool,
    /// Page by page in place of an export: for few licenses
    #[arg(long)]
    pages: bool,
    /// Keep the report in this file
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Another host of the API, as a mock
    #[arg(long, value_name = "URL", hide = true)]
    api_url: Option<String>,
    /// Milliseconds between two looks at an export that the host prepares
    #[arg(long, value_name = "MS", hide = true, requires = "api_url")]
    api_poll: Option<u64>,
    /// In place of the licenses, those of the free starter tier on this day
    #[arg(skip)]
    pub(super) free_starter_tier: Option<Date>,
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| "expected a date, as `2026-11-28`".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected `name=value`")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl ApiArgs {
    /// Downloads the report; the file, and the folder that goes with it when it is dropped.
    pub(super) fn download(
        &self,
        progress: bool,
    ) -> Result<(PathBuf, Option<tempfile::TempDir>), CliError> {
        let account = match (&self.developer, self.vendor) {
            (Some(developer), _) => Account::developer(developer),
            (None, Some(vendor)) => Account::vendor(vendor),
            (None, None) => {
                return Err(CliError::Option(
                    "give --developer or --vendor with `api`".to_owned(),
                ));
            }
        };
        let credentials = match &self.credentials {
            Some(path) => {
                must_be_readable(path)?;
                Credentials::from_file(path)?
            }
            None => Credentials::from_env()?,
        };
        let client = match &self.api_url {
            Some(url) => {
                let url = format!("{}/", url.trim_end_matches('/'));
                Client::at(account, credentials, &format!("{url}marketplace/"), &url)?
            }
            None => Client::new(account, credentials)?,
        };
        let client = match self.api_poll.map(Duration::from_millis) {
            Some(pause) => client.with_pauses(pause, pause),
            None => client,
        };
        let mut query = Query::new().with_days(self.from, self.to);
        if self.history {
            query = query.with_history();
        }
        if self.insights {
            query = query.with_insights();
        }
        for (name, value) in &self.params {
            query = query.with(name, value);
        }
        let (path, folder) = match &self.keep {
            Some(path) => (path.clone(), None),
            None => {
                let folder = tempfile::tempdir()?;
                (folder.path().join("licenses.json"), Some(folder))
            }
        };
        self.fetch(&client, &query, &path, progress)?;
        Ok((path, folder))
    }

    fn fetch(
        &self,
        client: &Client,
        query: &Query,
        path: &Path,
        progress: bool,
    ) -> Result<(), CliError> {
        let bar = bar(progress, "{spinner} {msg}", "asking the host", None);
        let shown = |progress: &Progress| match progress {
            Progress::Downloading { bytes, of } => {
                let template = match of {
                    Some(_) => "{bar:24} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
                    None => "{spinner} {bytes}, {bytes_per_sec}",
                };
                if bar.position() == 0 {
                    style(&bar, template);
                }
                if let Some(of) = of {
                    bar.set_length(*of);
                }
                bar.set_position(*bytes);
            }
            other => {
                if bar.position() == 0 {
                    style(&bar, "{spinner} {msg}");
                }
                bar.set_message(crate::output::clean(other.to_string()));
            }
        };
        let runtime = runtime()?;
        let done = match (self.free_starter_tier, self.pages) {
            (Some(day), _) => runtime.block_on(client.free_starter_tier(day, path, shown)),
            (None, true) => runtime.block_on(client.pages(query, path, shown)),
            (None, false) => runtime.block_on(client.export(query, path, shown)),
        };
        bar.finish_and_clear();
        Ok(done?)
    }
}
