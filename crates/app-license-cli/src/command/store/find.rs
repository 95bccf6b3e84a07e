//! One installation as it is listed, and how it is found.

use std::ops::ControlFlow;

use app_license::plan::license::CachedLicense;
use app_license::{
    Edition, Installation, InstallationKey, InstallationRecord, InstallationSecrets, UnixTime,
};
use app_license_store::StoredRecord;
use serde::Serialize;

use super::place::Place;
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
    /// `free`, `standard`, `advanced`, or the capability set as the platform wrote it.
    pub(super) edition: Option<String>,
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
        Self {
            tenant: tenant.to_owned(),
            site: record.display_url().map(str::to_owned),
            cloud_id: record.cloud_id().map(|id| id.as_str().to_owned()),
            state: if record.is_blocked() {
                "blocked"
            } else {
                record.status().name()
            },
            edition: record.capability_set().map(|set| {
                let edition = set.edition().map(Edition::name);
                edition.unwrap_or_else(|| set.as_str()).to_owned()
            }),
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

/// One installation that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) tenant: String,
    pub(super) record: InstallationRecord,
    pub(super) license: Option<CachedLicense>,
}

impl Found {
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

/// The one installation that is meant.
pub(super) fn find(place: &Place, wanted: &str) -> Result<Found, CliError> {
    const MOST: usize = 20;
    let mut found: Vec<Found> = Vec::new();
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
            found.push(Found {
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
        (Some(only), _) if found.is_empty() => Ok(only),
        (None, Some(fault)) => Err(fault),
        (None, None) => Err(CliError::Option(format!(
            "the store knows no `{wanted}`: expected a site, a client key, an installation ARI, a cloud id or \
             an entitlement"
        ))),
        (Some(last), _) => {
            found.push(last);
            let tenants: Vec<_> = found.iter().map(|it| it.tenant.as_str()).collect();
            let tenants = tenants.join("`, `");
            Err(CliError::Option(format!(
                "`{wanted}` means several installations: say which of `{tenants}`"
            )))
        }
    }
}

fn is_meant(wanted: &str, tenant: &str, record: &InstallationRecord) -> bool {
    let same = |text: &str| text.eq_ignore_ascii_case(wanted);
    let host_of_wanted = host(wanted).unwrap_or(wanted);
    let of_site = |url: &str| {
        host(url).is_some_and(|host| {
            host.eq_ignore_ascii_case(host_of_wanted)
                || host
                    .split_once('.')
                    .is_some_and(|(name, _)| name.eq_ignore_ascii_case(wanted))
        })
    };
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
