//! One installation as it is listed, and how it is found.

use std::ops::ControlFlow;

use app_license::plan::license::CachedLicense;
use app_license::{
    Change, Edition, Installation, InstallationKey, InstallationRecord, InstallationSecrets, State,
    UnixTime,
};
use app_license_store::StoredRecord;
use serde::Serialize;

use super::place::OpenableStore;
use crate::error::CliError;

/// An installation, for a line of a list. Times are UTC.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) tenant: String,
    pub(super) site: Option<String>,
    pub(super) cloud_id: Option<String>,
    /// `blocked`, or the status of the installation.
    pub(super) state: &'static str,
    /// `free`, `standard`, `advanced`, or the capability set as the platform wrote it: what was last named,
    /// though the license ended; `standard` for an active license of which none was named.
    pub(super) edition: Option<String>,
    /// The same while the license counts: not after it ended, nor of a trial that did.
    #[serde(skip)]
    pub(super) grants: Option<String>,
    /// `active`, `inactive` or `absent`.
    pub(super) license: Option<&'static str>,
    pub(super) trial: Option<bool>,
    pub(super) entitlement: Option<String>,
    pub(super) first_installed_at: UnixTime,
    pub(super) uninstalled_at: Option<UnixTime>,
    pub(super) blocked_at: Option<UnixTime>,
    /// When anything was last stated of it.
    pub(super) last_seen: UnixTime,
}

impl Line {
    pub(super) fn new(tenant: &str, record: &InstallationRecord) -> Self {
        let license = record.license();
        let seen = license.map_or_else(|| record.updated_at(), |it| it.as_of());
        let entitlement = record.entitlement();
        let entitlement = entitlement.number().or_else(|| entitlement.id());
        let edition = edition(record);
        let ended = license.is_some_and(|it| it.state() == State::Inactive);
        Self {
            tenant: tenant.to_owned(),
            site: record.display_url().map(str::to_owned),
            cloud_id: record.cloud_id().map(|id| id.as_str().to_owned()),
            state: if record.is_blocked() {
                "blocked"
            } else {
                record.status().name()
            },
            grants: edition.clone().filter(|_| !ended),
            edition,
            license: license.map(|it| it.state().name()),
            trial: license.and_then(|it| it.is_evaluation()),
            entitlement: entitlement.map(str::to_owned),
            first_installed_at: record.first_installed_at(),
            uninstalled_at: record.uninstalled_at(),
            blocked_at: record.blocked_at(),
            last_seen: record.updated_at().max(seen),
        }
    }
}

/// What the license of a customer stands for, were it active.
fn edition(record: &InstallationRecord) -> Option<String> {
    let Some(set) = record.capability_set() else {
        let license = record.license()?;
        // the platform leaves the set out until a customer changes edition
        return (license.state() == State::Active).then(|| Edition::Standard.name().to_owned());
    };
    let edition = set.edition().map(Edition::name);
    Some(edition.unwrap_or_else(|| set.as_str()).to_owned())
}

/// One installation that was found.
#[derive(Debug)]
pub(super) struct FoundInstallation {
    pub(super) tenant: String,
    pub(super) record: InstallationRecord,
    pub(super) license: Option<CachedLicense>,
}

impl FoundInstallation {
    pub(super) const fn key(&self) -> &InstallationKey {
        self.record.key()
    }

    /// What people call it.
    pub(super) fn name(&self) -> String {
        let site = self.record.display_url().and_then(host);
        site.map_or_else(|| uuid_of(&self.tenant).to_owned(), str::to_owned)
    }
}

/// A record without its secrets.
pub(super) fn without_secrets(record: InstallationRecord) -> Installation {
    Installation::from_parts(record, InstallationSecrets::default())
}

/// Reads a record; one that cannot be read is a fault of the store, named by its tenant.
pub(super) fn read(stored: &StoredRecord<'_>) -> Result<InstallationRecord, CliError> {
    serde_json::from_str(stored.record).map_err(|error| {
        let tenant = stored.tenant;
        CliError::Option(format!("the record of `{tenant}` cannot be read: {error}"))
    })
}

/// The one installation that is meant, by what it is called now: for what changes it. An address that it had
/// may be another's by the time that a command is given again.
pub(super) fn find_to_change(
    place: &OpenableStore,
    wanted: &str,
) -> Result<FoundInstallation, CliError> {
    if let Some(found) = find_now(place, wanted)? {
        return Ok(found);
    }
    let had = find(place, wanted)?;
    Err(CliError::Option(format!(
        "no site is called `{wanted}` now: `{}` was, and is changed by the name `{}`",
        had.name(),
        had.tenant
    )))
}

/// The one installation that is meant, by what it is called now, else by an address that it had.
pub(super) fn find(place: &OpenableStore, wanted: &str) -> Result<FoundInstallation, CliError> {
    if let Some(found) = find_now(place, wanted)? {
        return Ok(found);
    }
    let mut tenants = Vec::new();
    for entry in place.renames()? {
        let had = |change: &Change| matches!(change, Change::SiteRenamed { from, .. } if is_site(wanted, from));
        if entry.changes.iter().any(had) {
            tenants.push(entry.key.to_string());
        }
    }
    tenants.sort();
    tenants.dedup();
    match tenants.as_slice() {
        [] => {}
        [only] => {
            if let Some(found) = find_now(place, only)? {
                return Ok(found);
            }
        }
        several => return Err(ambiguous(wanted, several)),
    }
    Err(CliError::Option(format!(
        "the store knows no `{wanted}`: expected a site, a client key, an installation ARI, a cloud id or an \
         entitlement"
    )))
}

fn ambiguous(wanted: &str, tenants: &[String]) -> CliError {
    let tenants = tenants.join("`, `");
    CliError::Option(format!(
        "`{wanted}` means several installations: say which of `{tenants}`"
    ))
}

fn find_now(place: &OpenableStore, wanted: &str) -> Result<Option<FoundInstallation>, CliError> {
    const MOST: usize = 20;
    let mut found: Vec<FoundInstallation> = Vec::new();
    let mut fault = None;
    place.for_each(|stored| {
        let record = match read(&stored) {
            Ok(record) => record,
            // it may be of another tenant than the one that is looked for
            Err(error) => {
                fault = Some(error);
                return ControlFlow::Continue(());
            }
        };
        // a link is no customer of its own
        if record.tenant().is_none() && is_meant(wanted, stored.tenant, &record) {
            found.push(FoundInstallation {
                tenant: stored.tenant.to_owned(),
                record,
                license: stored.license,
            });
        }
        if found.len() > MOST {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    match (found.pop(), fault) {
        (Some(only), _) if found.is_empty() => Ok(Some(only)),
        (None, Some(fault)) => Err(fault),
        (None, None) => Ok(None),
        (Some(last), _) => {
            found.push(last);
            let tenants: Vec<_> = found.iter().map(|it| it.tenant.clone()).collect();
            Err(ambiguous(wanted, &tenants))
        }
    }
}

fn is_meant(wanted: &str, tenant: &str, record: &InstallationRecord) -> bool {
    let same = |text: &str| text.eq_ignore_ascii_case(wanted);
    let of_site = |url: &str| is_site(wanted, url);
    let entitlement = record.entitlement();
    let ids = [
        Some(record.key().as_str()),
        Some(uuid_of(tenant)),
        Some(tenant),
        record.cloud_id().map(|id| id.as_str()),
        record.installation_id().map(|id| id.as_str()),
        entitlement.number(),
        entitlement.id(),
    ];
    ids.into_iter().flatten().any(same)
        || record.base_url().is_some_and(of_site)
        || record.display_url().is_some_and(of_site)
}

/// Whether a site at this address is meant.
fn is_site(wanted: &str, url: &str) -> bool {
    let host_of_wanted = host(wanted).unwrap_or(wanted);
    host(url).is_some_and(|host| {
        host.eq_ignore_ascii_case(host_of_wanted)
            || host
                .split_once('.')
                .is_some_and(|(name, _)| name.eq_ignore_ascii_case(wanted))
    })
}

/// The last part of a tenant's name: the UUID of an installation ARI, a client key.
pub(super) fn uuid_of(tenant: &str) -> &str {
    let last = tenant.rsplit('/').next().unwrap_or(tenant);
    last.strip_prefix("connect:").unwrap_or(last)
}

/// The host of a URL, or of what looks like one without its scheme.
pub(super) fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?;
    (!host.is_empty() && host.contains('.')).then_some(host)
}
