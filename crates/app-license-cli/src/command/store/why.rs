//! `app-license store why`

use std::path::PathBuf;

use app_license::current_license::{CurrentLicense, LicenseApi, Next, StatementOf};
use app_license::{
    Change, Decision, InstallationKey, License, LicenseSource, Policy, UnixTime, Verified,
};
use serde::Serialize;

use super::Outcome;
use super::find::{FoundInstallation, find, without_secrets};
use super::place::OpenableStore;
use crate::command::policy_args::{NamedDecision, PolicyArgs, Questions, read_features};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::now::{NowArgs, parse_time};
use crate::output::{BAD, BOLD, DIM, Format, GOOD, one_line, paint, show};

/// Say why a site may use a feature, or may not: now, or at a time in the past
///
/// The decision is made again, by the rules that the app's backend follows, from the statements that the
/// store keeps: lifecycle events, licenses that requests stated, the last answer of a License API. A request
/// brings a statement of its own, which is newer; so say the app's policy, and read the time of the
/// statement. Exit code 2: denied.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license store why acme.atlassian.net advanced
  app-license store why acme bulk-export --features editions.toml
  app-license store why acme advanced --at 2026-11-03T09:30:00Z
  app-license store why acme standard --confirmed-only --format json")]
pub(super) struct Args {
    /// A site, client key, installation ARI, cloud id or entitlement
    site: String,
    /// An edition, a capability (`capability...`), or a feature of `--features`
    feature: String,
    /// The time to decide at: seconds since 1970, or ISO-8601 with a zone [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<UnixTime>,
    /// The app's `editions.toml`
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
    /// Grant only what a License API confirms: an entitlement, bought
    #[arg(long)]
    confirmed_only: bool,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    now: NowArgs,
}

#[derive(Serialize)]
struct Output {
    tenant: String,
    site: Option<String>,
    at: UnixTime,
    /// What was asked for.
    feature: String,
    /// The stable code: of the decision, or of why no request of the site is served.
    code: &'static str,
    allowed: bool,
    /// `None` where no request of the site is served, whatever its license.
    decision: Option<Decision>,
    /// Whose statement counts: `store` for the last word of a request or event, `license_api`.
    statement: &'static str,
    stated: Option<Stated>,
    /// What changed before that time, the latest first.
    before: Vec<Line>,
}

#[derive(Serialize)]
struct Stated {
    source: &'static str,
    state: &'static str,
    as_of: Option<UnixTime>,
}

#[derive(Serialize)]
struct Line {
    sequence: u64,
    at: UnixTime,
    event: String,
    change: String,
}

impl Args {
    pub(super) fn run(self, place: &OpenableStore, io: &mut Io<'_>, format: Format) -> Outcome {
        let map = self.features.as_deref().map(read_features).transpose()?;
        let questions = Questions::new(map, Some(&self.feature))?;
        let policy = self.policy.policy().confirmed_only(self.confirmed_only);
        let at = self.at.unwrap_or_else(|| self.now.time());
        let found = find(place, &self.site)?;
        let output = replay(&found, place, &policy, &questions, at)?;
        show(io, format, &output, |out| output.write(&found, out))?;
        Ok(if output.allowed {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }
}

fn replay(
    found: &FoundInstallation,
    place: &OpenableStore,
    policy: &Policy,
    questions: &Questions,
    at: UnixTime,
) -> Result<Output, CliError> {
    let history = place.history(&found.tenant)?;
    let changes: Vec<(UnixTime, Change)> = history
        .iter()
        .flat_map(|entry| entry.changes.iter().map(|it| (entry.at, it.clone())))
        .collect();
    let Some(record) = found.record.at(at, &changes) else {
        let tenant = &found.tenant;
        return Err(CliError::Option(format!(
            "the store knew nothing of `{tenant}` at {at}"
        )));
    };
    let since = record.license_since(at);
    let installation = without_secrets(record);
    let kept = found.license.as_ref().filter(|it| it.fetched_at() <= at);
    let of_api = kept.and_then(|it| it.license().ok());
    let mut current = CurrentLicense::new(installation.stored_license(), policy)
        .installed_at(since)
        .known(installation.license());
    let of = loop {
        match current.next(at) {
            Next::Ask { .. } => current.asked(match &of_api {
                Some(license) => LicenseApi::Stated(Box::new(license.clone())),
                None => LicenseApi::NotConfigured,
            }),
            Next::AskNewer => current.asked_newer(None),
            Next::LoadStored => current.loaded(None),
            Next::Use(of) => break of,
            Next::CouldNotCheck => break StatementOf::Request,
        }
    };
    let nothing = installation.license().is_none() && of == StatementOf::Request;
    let license: Verified<License> = if nothing && matches!(found.key(), InstallationKey::Forge(_))
    {
        // no source spoke; the one that does is not the Connect lifecycle
        Verified::stored(License::absent(LicenseSource::ForgeInvocationToken))
    } else {
        current.license(of)
    };
    let decide = |needs: &_| -> Decision { license.decide(policy, needs, at) };
    let Some(NamedDecision { name, decision }) = questions.answers(&decide).into_iter().next()
    else {
        return Err(CliError::Option("nothing is asked".to_owned()));
    };
    let refusal = installation.refusal();
    let stated = match (of, installation.license()) {
        (StatementOf::LicenseApi, _) => Some(Stated {
            source: license.source().code(),
            state: license.state().name(),
            as_of: license.as_of(),
        }),
        // as it was stated: who is not served counts as inactive
        (_, Some(known)) => Some(Stated {
            source: known.source().code(),
            state: known.state().name(),
            as_of: Some(known.as_of()),
        }),
        (_, None) => None,
    };
    let mut before: Vec<Line> = history
        .iter()
        .filter(|entry| entry.at <= at)
        .flat_map(|entry| {
            entry.changes.iter().map(|change| Line {
                sequence: entry.sequence.get(),
                at: entry.at,
                event: entry.event.clone(),
                change: change.to_string(),
            })
        })
        .collect();
    before.reverse();
    Ok(Output {
        tenant: found.tenant.clone(),
        site: installation.display_url().map(str::to_owned),
        at,
        feature: name,
        code: refusal
            .as_ref()
            .map_or_else(|| decision.code(), |it| it.code()),
        allowed: refusal.is_none() && decision.is_allowed(),
        decision: refusal.is_none().then_some(decision),
        statement: match of {
            StatementOf::LicenseApi => "license_api",
            StatementOf::Request | StatementOf::Store => "store",
        },
        stated,
        before,
    })
}

impl Output {
    fn write(
        &self,
        found: &FoundInstallation,
        out: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        const LINES: usize = 8;
        let (style, word) = if self.allowed {
            (GOOD, "allowed")
        } else {
            (BAD, "denied")
        };
        writeln!(
            out,
            "{}  {} at {}: {} ({})",
            paint(BOLD, one_line(found.name())),
            one_line(&self.feature),
            self.at,
            paint(style, word),
            self.code,
        )?;
        match (&self.decision, self.code) {
            (Some(decision), _) => writeln!(out, "{}", one_line(decision))?,
            (None, "tenant_blocked") => writeln!(
                out,
                "the app's vendor blocked the site: `app-license store unblock` ends that"
            )?,
            (None, "tenant_disabled") => writeln!(out, "the app was switched off there")?,
            (None, "unknown_tenant") => writeln!(out, "the app was not installed there")?,
            (None, code) => writeln!(out, "no request of the site is served: {code}")?,
        }
        match &self.stated {
            Some(Stated {
                source,
                state,
                as_of,
            }) => {
                let of = as_of.map(|at| format!(" at {at}")).unwrap_or_default();
                writeln!(out, "stated by {source}{of}: {state}")?;
            }
            None if matches!(found.key(), InstallationKey::Forge(_)) => writeln!(
                out,
                "nothing is stored of a license by then: a request brings its own in its invocation token"
            )?,
            None => writeln!(out, "nothing was stated of a license by then")?,
        }
        for line in self.before.iter().take(LINES) {
            let text = format!("{}  {}: {}", line.at, line.event, line.change);
            writeln!(out, "  {}", paint(DIM, one_line(text)))?;
        }
        Ok(())
    }
}
