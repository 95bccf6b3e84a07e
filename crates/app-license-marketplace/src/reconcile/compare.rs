//! One installation against what was bought for it.

use app_license::connect::Cloud;
use app_license::{Edition, State, UnixTime};

use super::day::Day;
use super::drift::{Cause, DriftKind, JoinedBy, Runs};
use super::installation_row::{InstallationRow, Presence};
use super::purchase::{Entitled, Flags, Limits, Purchase, Type};
use super::purchases::{CLOUD_ID, Purchases, edition_name};

/// What the app grants there, as far as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grants {
    /// The platform said that the license is active.
    Active(Edition),
    /// Nobody said whether it is active; the edition that would count if it is.
    Unstated(Edition),
    /// The platform said that it is not active.
    Nothing,
    /// An edition without a rank.
    Unranked,
}

impl Grants {
    pub(super) fn of(row: &InstallationRow<'_>) -> Self {
        let state = row.statement.as_ref().map(|s| s.state);
        if matches!(state, Some(State::Inactive | State::Absent)) {
            return Self::Nothing;
        }
        // the platform leaves the edition out until a customer changes it
        let edition = match row.capability_set() {
            None => Edition::Standard,
            Some(text) => match Edition::of(text) {
                Some(edition) => edition,
                None => return Self::Unranked,
            },
        };
        match state {
            Some(_) => Self::Active(edition),
            None => Self::Unstated(edition),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Active(edition) | Self::Unstated(edition) => edition_name(edition),
            Self::Nothing => "nothing",
            Self::Unranked => "unknown",
        }
    }
}

/// What was found about one installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DriftCase {
    pub(super) kind: DriftKind,
    pub(super) row: u32,
    pub(super) by: JoinedBy,
}

/// Why nothing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Both sides agree.
    Agree,
    /// Too little is said to compare.
    NotCompared,
    /// It is licensed for development: nobody buys it.
    NotProduction,
    Drift(DriftCase),
}

/// Compares what is granted with the rows that the installation was joined to, of which there is
/// at least one.
pub(super) fn compare(
    row: &InstallationRow<'_>,
    grants: Grants,
    purchases: &Purchases,
    joined: &[(u32, JoinedBy)],
    today: Day,
) -> Outcome {
    if is_for_development(purchases, joined) {
        return Outcome::NotProduction;
    }
    let strongest = |wanted: Entitled| {
        let mut best: Option<(u32, JoinedBy, &Purchase)> = None;
        for (number, by) in joined {
            let Some(purchase) = purchases.get(*number) else {
                continue;
            };
            if purchase.entitled(today) != wanted {
                continue;
            }
            let better = best.is_none_or(|(_, known, other)| {
                *by < known || (*by == known && purchase.age() > other.age())
            });
            if better {
                best = Some((*number, *by, purchase));
            }
        }
        best
    };
    let explicit = row.capability_set().is_some();
    if let Some((number, by, purchase)) = strongest(Entitled::Yes) {
        let Some(limits) = all_limits(purchases, joined, by, purchase, today) else {
            return Outcome::NotCompared;
        };
        let found = |kind| {
            Outcome::Drift(DriftCase {
                kind,
                row: number,
                by,
            })
        };
        return match grants {
            Grants::Unranked => Outcome::NotCompared,
            // of what is free the platform says nothing
            Grants::Nothing if limits.floor == Edition::Free || is_free(purchase) => Outcome::Agree,
            Grants::Nothing => found(DriftKind::RunsBelowBought),
            Grants::Active(edition) | Grants::Unstated(edition) => {
                if edition < limits.floor {
                    found(DriftKind::RunsBelowBought)
                } else if edition <= limits.ceiling
                    || (limits.ceiling == Edition::Free && !explicit)
                {
                    Outcome::Agree
                } else if limits.trial_ended >= Some(edition) {
                    found(DriftKind::TrialEnded)
                } else {
                    found(DriftKind::RunsAboveBought)
                }
            }
        };
    }
    if strongest(Entitled::Unknown).is_some() {
        return Outcome::NotCompared;
    }
    let Some((number, by, purchase)) = strongest(Entitled::No) else {
        return Outcome::NotCompared;
    };
    match grants {
        // nobody said that it is active: the app denies
        Grants::Nothing | Grants::Unstated(_) => Outcome::Agree,
        Grants::Active(_) | Grants::Unranked => {
            let active = row.statement.as_ref().map(|s| s.state) == Some(State::Active);
            if !active {
                return Outcome::NotCompared;
            }
            Outcome::Drift(DriftCase {
                kind: if purchase.license_type == Type::Trial {
                    DriftKind::TrialEnded
                } else {
                    DriftKind::RunsAboveBought
                },
                row: number,
                by,
            })
        }
    }
}

/// Whether all rows that are joined as strongly as the first are for development.
fn is_for_development(purchases: &Purchases, joined: &[(u32, JoinedBy)]) -> bool {
    let Some((_, first)) = joined.first() else {
        return false;
    };
    let mut strongest = joined.iter().take_while(|(_, by)| by == first);
    strongest.all(|(row, _)| {
        let purchase = purchases.get(*row);
        purchase.is_some_and(|p| p.license_type == Type::Developer)
    })
}

fn is_free(purchase: &Purchase) -> bool {
    matches!(purchase.license_type, Type::Free | Type::LegacyFree)
}

/// The limits of the row, and of those that are joined as strongly: on one site an app may be
/// licensed for each of two products, and an installation does not say which license is its own.
fn all_limits(
    purchases: &Purchases,
    joined: &[(u32, JoinedBy)],
    by: JoinedBy,
    best: &Purchase,
    today: Day,
) -> Option<Limits> {
    let mut limits = best.limits(today)?;
    if by == JoinedBy::Entitlement {
        return Some(limits);
    }
    for (number, _) in joined.iter().filter(|(_, other)| *other == by) {
        let Some(purchase) = purchases.get(*number) else {
            continue;
        };
        if purchase.entitled(today) == Entitled::Yes {
            limits = limits.or(purchase.limits(today)?);
        }
    }
    Some(limits)
}

/// What both sides say of when, for the cause.
pub(super) struct Times {
    pub(super) now: UnixTime,
    pub(super) today: Day,
    /// How late the report may be, in seconds.
    pub(super) lag: u64,
}

impl Times {
    fn is_recent(&self, at: Option<UnixTime>) -> bool {
        at.is_some_and(|at| self.now.since(at) <= self.lag)
    }
}

/// The likely cause of a difference between an installation and a row.
pub(super) fn cause(
    found: DriftCase,
    row: &InstallationRow<'_>,
    purchases: &Purchases,
    times: &Times,
) -> Cause {
    let Some(purchase) = purchases.get(found.row) else {
        return Cause::Unknown;
    };
    let bought_on = purchases.text(purchase, CLOUD_ID);
    let other_site = match (&bought_on, row.cloud_id()) {
        (Some(bought), Some(runs)) => !bought.eq_ignore_ascii_case(runs),
        _ => false,
    };
    let multi = purchase.flags.has(Flags::MULTI_INSTANCE);
    let statement = row.statement.as_ref();
    let as_of = statement.and_then(|s| s.as_of).or_else(|| row.updated_at());
    let reinstalled = match (row.first_installed_at(), row.installed_at()) {
        (Some(first), Some(last)) => last > first,
        _ => false,
    };
    let installed = row.installed_at().map(Day::of);
    let bought_changed = purchase.updated.max(purchase.start);
    // a day is the finest that a report tells
    let later =
        |a: Option<Day>, b: Option<UnixTime>| a.zip(b.map(Day::of)).is_some_and(|(a, b)| a >= b);
    if purchase.flags.has(Flags::SANDBOX) || row.host().is_some_and(is_sandbox) {
        return Cause::Sandbox;
    }
    if other_site && !multi {
        return Cause::Migration;
    }
    let dunning =
        purchase.flags.has(Flags::IN_GRACE) || purchases.words.get(purchase.dunning).is_some();
    match found.kind {
        DriftKind::RunsBelowBought => {
            let locked_out = Grants::of(row) == Grants::Nothing;
            if locked_out && reinstalled && later(bought_changed, as_of) {
                Cause::ReinstalledBeforePayment
            } else if dunning {
                Cause::Dunning
            } else if later(bought_changed, as_of) {
                Cause::EventLost
            } else if times.is_recent(as_of) {
                Cause::ReportLag
            } else {
                Cause::Unknown
            }
        }
        _ => {
            let ended = match purchase.entitled(times.today) {
                Entitled::Yes => None,
                _ => purchase.end.or(purchase.updated),
            };
            let after_end = ended.is_some_and(|e| installed.is_some_and(|i| i >= e));
            if ended.is_some() && reinstalled && after_end {
                Cause::ReinstalledBeforePayment
            } else if dunning {
                Cause::Dunning
            } else if ended.is_some() && later(ended, as_of) {
                Cause::NoStatementSince
            } else if ended.is_none() && later(bought_changed, as_of) {
                Cause::EventLost
            } else if times.is_recent(as_of) {
                Cause::ReportLag
            } else {
                Cause::Unknown
            }
        }
    }
}

/// Why the report does not know of an installation.
pub(super) fn cause_unknown_to_report(row: &InstallationRow<'_>, times: &Times) -> Cause {
    let host = row.host().unwrap_or_default();
    if is_sandbox(host) {
        Cause::Sandbox
    } else if is_bounded(host) {
        Cause::ComplianceBoundary
    } else if times.is_recent(row.installed_at()) {
        Cause::ReportLag
    } else {
        Cause::Unknown
    }
}

/// Why what was bought is installed nowhere.
pub(super) fn cause_not_installed(
    purchase: &Purchase,
    uninstalled: bool,
    nameless: bool,
    times: &Times,
) -> Cause {
    if purchase.flags.has(Flags::SANDBOX) {
        Cause::Sandbox
    } else if purchase.license_type == Type::LegacyFree {
        Cause::Migration
    } else if uninstalled {
        Cause::UninstalledNotCancelled
    } else if nameless {
        Cause::InstallationWithoutIds
    } else if times.is_recent(purchase.start.map(Day::start)) {
        Cause::ReportLag
    } else {
        Cause::NeverInstalled
    }
}

/// Sandboxes are named after their site: `acme-sandbox-123.atlassian.net`.
fn is_sandbox(host: &str) -> bool {
    let site = host.split('.').next().unwrap_or_default();
    site.match_indices("-sandbox")
        .filter_map(|(at, found)| site.get(at.saturating_add(found.len())..))
        .any(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Government and isolated clouds. Sites of the latter have a domain that names no cloud of the core's.
fn is_bounded(host: &str) -> bool {
    Cloud::of_site(host) == Some(Cloud::FedRampModerate)
        || host
            .to_ascii_lowercase()
            .ends_with(".atlassian-isolated.net")
}

/// Hosts of the platform's own test clouds.
pub(super) fn is_test_cloud(host: &str) -> bool {
    let cloud = Cloud::of_site(host);
    matches!(cloud, Some(Cloud::Staging | Cloud::FedRampModerateStaging))
}

/// The evidence of the store's side.
pub(super) fn evidence(row: &InstallationRow<'_>, grants: Grants) -> Runs {
    let boxed = |text: Option<&str>| text.map(Box::from);
    let statement = row.statement.as_ref();
    let license = statement.map(|s| match (s.state, s.evaluation) {
        (State::Active, Some(true)) => "active trial",
        (state, _) => state.name(),
    });
    Runs {
        grants: match row.presence() {
            Presence::InUse => grants.name(),
            _ => "nothing",
        },
        tenant: row.tenant().into(),
        platform: row.platform(),
        status: row.status().into(),
        host: boxed(row.host()),
        cloud_id: boxed(row.cloud_id()),
        entitlement: boxed(row.entitlement_number().or_else(|| row.entitlement_id())),
        capability_set: boxed(row.capability_set()),
        license,
        as_of: statement.and_then(|s| s.as_of),
        installed_at: row.installed_at(),
        updated_at: row.updated_at(),
        uninstalled_at: row.uninstalled_at(),
    }
}

#[cfg(test)]
mod tests;
