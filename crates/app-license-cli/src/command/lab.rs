//! `app-license lab`

pub(crate) mod check;
mod forge;
mod runtime;
mod scenario;
mod serve;

pub(crate) use runtime::{lab_error, runtime};

use std::path::PathBuf;
use std::sync::Arc;

use app_license_store::{MemoryStore, PostgresStore, SqliteStore, Store};

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::Format;
use crate::store_address::{StoreAddress, StoreLocation};
use app_license_lab::AppKind;
use app_license_lab::demo::APP_KEY;

/// Where the lab keeps everything unless told otherwise.
pub(crate) const FOLDER: &str = "app-license-lab";

/// See every license state with your own eyes: a mock host platform and an app beside it
///
/// Starts a console on this machine: sites as rows, moves by a click, a test clock, faults; what
/// the app was told, decoded beside what was verified and decided; and the app itself. No account,
/// no network. Ctrl-C stops it, a second start continues.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  app-license lab   the console, with a demo app
  app-license lab --features editions.toml   the demo app sells what yours does
  app-license lab --app http://127.0.0.1:3000 --app-key com.example.app \\
      --kind connect
      # your own app in place of the demo app
  app-license lab --manifest manifest.yml --functions dist-functions
      # your own Forge app: its pages, from the folders that the manifest names, and its functions
  app-license lab --custom-ui http://localhost:5173 --manifest manifest.yml
      # the same beside the development server of its page
  app-license lab --store postgres://localhost/lab
      # another store for the demo app
  app-license lab scenario story.toml   play a story and check what it expects"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Scenario(scenario::Args),
}

#[derive(Debug, clap::Args)]
struct ServeArgs {
    /// The console's port; the app, the platform and a Forge app's pages take the eight after it
    #[arg(long, default_value_t = 4680, value_parser = clap::value_parser!(u16).range(1..=65_527))]
    port: u16,
    /// Where the demo app keeps installations: sqlite:FILE, postgres://…, env:NAME, or memory
    /// [default: sqlite:app-license-lab/installations.db]
    #[arg(long, value_name = "STORE")]
    store: Option<DemoStore>,
    /// Where the world is kept between two starts
    #[arg(long, value_name = "FOLDER", default_value = FOLDER)]
    data: PathBuf,
    /// The app's editions.toml
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// Your own app, in place of the demo app: its base URL
    #[arg(long, value_name = "URL")]
    app: Option<String>,
    /// The key of its Connect half
    #[arg(long, value_name = "KEY", default_value = APP_KEY)]
    app_key: String,
    /// The id of its Forge half; that of the manifest unless said [default: the demo app's]
    #[arg(long, value_name = "ID")]
    app_id: Option<String>,
    /// What kind of app it is [default: connect-on-forge, or forge with a manifest or a page]
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<KindName>,
    #[command(flatten)]
    forge: forge::ForgeArgs,
    /// The page of the app to show as the Connect panel
    #[arg(long, value_name = "PATH", default_value = "/panel")]
    panel: String,
    /// The endpoint of the app that its Forge page asks
    #[arg(long, value_name = "PATH", default_value = "/forge/decisions")]
    endpoint: String,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum KindName {
    Connect,
    Forge,
    ConnectOnForge,
}

impl From<KindName> for AppKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Connect => Self::Connect,
            KindName::Forge => Self::Forge,
            KindName::ConnectOnForge => Self::ConnectOnForge,
        }
    }
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        match self.command {
            Some(Command::Scenario(args)) => args.run(io, format),
            None => self.serve.run(io, format),
        }
    }
}

/// Where the demo app keeps installations.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DemoStore {
    At(StoreAddress),
    Memory,
}

impl std::str::FromStr for DemoStore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "memory" {
            return Ok(Self::Memory);
        }
        let or_memory = |wrong: String| format!("{wrong}, or `memory`");
        text.parse().map(Self::At).map_err(or_memory)
    }
}

impl DemoStore {
    async fn open(&self) -> Result<Arc<dyn Store>, CliError> {
        let location = match self {
            Self::Memory => return Ok(Arc::new(MemoryStore::new())),
            Self::At(address) => address.location()?,
        };
        Ok(match location {
            StoreLocation::Postgres(url) => Arc::new(PostgresStore::connect_plain_text(url).await?),
            StoreLocation::Sqlite(path) => {
                if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder).map_err(|source| {
                        let folder = folder.display();
                        lab_error(format!("cannot make the folder `{folder}`: {source}"))
                    })?;
                }
                Arc::new(SqliteStore::open_plain_text(path).await?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_an_address_or_memory() {
        let read = |text: &str| text.parse::<DemoStore>();
        assert_eq!(read("memory"), Ok(DemoStore::Memory));
        let sqlite = StoreAddress::At(StoreLocation::Sqlite("a/b.db".into()));
        assert_eq!(read("sqlite:a/b.db"), Ok(DemoStore::At(sqlite)));
        let wrong = read("mysql://h").unwrap_err();
        assert!(
            wrong.contains("`postgres://…`") && wrong.contains("`memory`"),
            "{wrong}"
        );
    }
}
