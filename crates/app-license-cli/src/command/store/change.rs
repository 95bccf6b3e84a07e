//! `app-license store block`, `unblock`, `revoke`, `rotate-keys` and `migrate`

use app_license::Event;
use app_license_store::Delivery;
use serde::Serialize;

use super::Outcome;
use super::find::find_to_change;
use super::place::{OpenableStore, runtime};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::NowArgs;
use crate::output::{Format, counted, one_line, show};

/// A command that applies one event to one installation.
macro_rules! event_command {
    ($(#[$about:meta])* $args:ident, $event:expr, $done:literal, $nothing:literal) => {
        #[derive(Debug, clap::Args)]
        $(#[$about])*
        pub(super) struct $args {
            /// A site, client key, installation ARI, cloud id or entitlement
            site: String,
            #[command(flatten)]
            now: NowArgs,
        }

        impl $args {
            pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
                apply(place, io, format, &self.site, self.now, &$event, [$done, $nothing])
            }
        }
    };
}

event_command! {
    /// Serve a site no more: its proved requests are answered 403, `tenant_blocked`
    ///
    /// Whatever the platform says and however often the app is installed there, until `unblock`. What the
    /// platform says is stored as before. Exit code 0 also where it was blocked before.
    #[command(after_help = "\
Examples:
  app-license store block acme.atlassian.net")]
    BlockArgs, Event::Block, "is blocked", "was blocked before"
}

event_command! {
    /// Serve a blocked site again
    #[command(after_help = "\
Examples:
  app-license store unblock acme.atlassian.net")]
    UnblockArgs, Event::Unblock, "is served again", "was not blocked"
}

event_command! {
    /// Forget the secret before the current one, for a secret that leaked
    ///
    /// It ends at once, whatever its grace. The current secret is the platform's: a new one comes when the app
    /// is installed again on the site.
    #[command(after_help = "\
Examples:
  app-license store revoke acme.atlassian.net")]
    RevokeArgs, Event::ForgetPreviousSecret, "has the current secret alone", "had no previous secret"
}

#[derive(Serialize)]
struct Output {
    tenant: String,
    changed: bool,
}

fn apply(
    place: &OpenableStore,
    io: &mut Io<'_>,
    format: Format,
    site: &str,
    now: NowArgs,
    event: &Event,
    [done, nothing]: [&'static str; 2],
) -> Outcome {
    let found = find_to_change(place, site)?;
    let delivery = Delivery::new(found.key().clone(), event.clone());
    let applied = place.with(async |store| store.apply(delivery, now.time()).await)?;
    let changed = !applied.changes.is_empty();
    let output = Output {
        tenant: found.tenant.clone(),
        changed,
    };
    show(io, format, &output, |out| {
        let what = if changed { done } else { nothing };
        writeln!(out, "{} {what}", one_line(found.name()))
    })?;
    Ok(Exit::Yes)
}

/// Seal every secret with the current key
///
/// The variable of `--keys-from` holds the new key first, then the old one; or a key alone, where secrets
/// stood in plain text. Give the app the same two, run this, then drop the old key. It may run beside the
/// app, and again after a failure.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  export APP_LICENSE_KEYS=\"$NEW,$OLD\"      # new: openssl rand -base64 32
  app-license store rotate-keys")]
pub(super) struct RotateArgs {}

#[derive(Serialize)]
struct Rotated {
    sealed: u64,
}

impl RotateArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        if !place.has_keys()? {
            return Err(CliError::Option(
                "no key is named: set the variable of `--keys-from`, the new key first".to_owned(),
            ));
        }
        let sealed = place.with(async |store| store.reencrypt_all().await)?;
        show(io, format, &Rotated { sealed }, |out| {
            let were = if sealed == 1 { "was" } else { "were" };
            let installations = counted(sealed, "installation");
            writeln!(out, "{installations} {were} sealed anew")
        })?;
        Ok(Exit::Yes)
    }
}

/// Bring the tables to the version of this program
///
/// On PostgreSQL by the role that owns the tables, before a new version of the app is started, so that the
/// app's own role needs no right to create or alter any.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store migrate --store postgres://owner@db.example.com/app")]
pub(super) struct MigrateArgs {}

#[derive(Serialize)]
struct Migrated {
    migrated: bool,
}

impl MigrateArgs {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        runtime()?.block_on(place.migrate())?;
        show(io, format, &Migrated { migrated: true }, |out| {
            writeln!(out, "the tables are of this program's version")
        })?;
        Ok(Exit::Yes)
    }
}
