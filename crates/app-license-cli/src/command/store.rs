//! `app-license store`: what the app stored of its customers, for support.

mod change;
mod erase;
mod find;
mod list;
mod outcome;
mod place;
mod show;
mod stopped;
mod unread;
mod why;

use outcome::Outcome;
use place::OpenableStore;

use crate::io::Io;
use crate::output::Format;

/// Look into the store of an app, and change what its vendor may change
///
/// SITE is a site (`acme.atlassian.net`, or `acme`), a client key, an installation ARI, a cloud id, or the
/// number or id of an entitlement. What is only read (`list`, `show`, `history`, `why`) is read from a
/// snapshot, beside the running app, without its secrets, and nothing is migrated. Everything else opens
/// the store as the app does, and needs its keys where secrets are sealed. Running replicas notice a change
/// after the seconds that they keep a tenant in memory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  export APP_LICENSE_STORE=postgres://support@db.example.com/app?sslmode=verify-full
  export APP_LICENSE_KEYS=...        # in base64; the current one first, by commas
  app-license store list --edition advanced --state enabled
  app-license store list --seen-before 2026-10-01T00:00:00Z --ndjson
  app-license store show acme.atlassian.net
  app-license store history acme
  app-license store why acme advanced --at 2026-11-03T09:30:00Z
  app-license store block acme
  app-license store revoke acme        # a secret leaked: the previous one ends now
  app-license store export acme --store sqlite:installations.db > acme.json
  app-license store erase acme --yes
  app-license store erase --gone-for 90 --yes
  app-license store rotate-keys
  app-license store migrate            # by the role that owns the tables
  app-license store stopped --consumer provision")]
pub(crate) struct Args {
    #[command(flatten)]
    place: OpenableStore,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    Show(show::ShowArgs),
    History(show::HistoryArgs),
    Why(why::Args),
    Block(change::BlockArgs),
    Unblock(change::UnblockArgs),
    Revoke(change::RevokeArgs),
    Export(erase::ExportArgs),
    Erase(erase::EraseArgs),
    RotateKeys(change::RotateArgs),
    Migrate(change::MigrateArgs),
    Stopped(stopped::StoppedArgs),
    Retry(stopped::RetryArgs),
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Outcome {
        let place = &self.place;
        match self.command {
            Command::List(args) => args.run(place, io, format),
            Command::Show(args) => args.run(place, io, format),
            Command::History(args) => args.run(place, io, format),
            Command::Why(args) => args.run(place, io, format),
            Command::Block(args) => args.run(place, io, format),
            Command::Unblock(args) => args.run(place, io, format),
            Command::Revoke(args) => args.run(place, io, format),
            Command::Export(args) => args.run(place, io),
            Command::Erase(args) => args.run(place, io, format),
            Command::RotateKeys(args) => args.run(place, io, format),
            Command::Migrate(args) => args.run(place, io, format),
            Command::Stopped(args) => args.run(place, io, format),
            Command::Retry(args) => args.run(place, io, format),
        }
    }
}
