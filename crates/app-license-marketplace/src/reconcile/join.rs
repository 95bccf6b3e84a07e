//! Takes the installations: each is joined to what was bought for it, and compared.

use app_license::UnixTime;

use super::compare::{
    Grants, Outcome, cause, cause_unknown_to_report, compare, evidence, is_test_cloud,
};
use super::comparison::Case;
use super::day::Day;
use super::drift::{DriftKind, JoinedBy};
use super::error::{Error, ErrorKind};
use super::installation_row::{InstallationRow, Presence};
use super::purchase::{Entitled, Flags, NOBODY, Purchase};
use super::reconciler::Reconciler;
use super::sought::Sought;
use super::symbols::Symbol;

impl Reconciler {
    /// Takes an installation, after all rows of the report.
    ///
    /// # Errors
    /// `ambiguous_app` when it does not say of which app it is and the report is of several.
    pub fn installation(&mut self, row: &InstallationRow<'_>) -> Result<(), Error> {
        let sought = row.sought(&self.purchases.hasher);
        self.join(row, &sought)
    }

    /// Takes some installations, with what they are looked up by.
    pub(super) fn installations(
        &mut self,
        rows: &[(&InstallationRow<'_>, Sought<'_>)],
    ) -> Result<(), Error> {
        self.purchases.seek(rows.iter().map(|(_, sought)| sought));
        let mut rows = rows.iter();
        rows.try_for_each(|(row, sought)| self.join(row, sought))
    }

    fn join(&mut self, row: &InstallationRow<'_>, sought: &Sought<'_>) -> Result<(), Error> {
        // how a backend finds a customer who came from Connect: the customer has a row of their own
        if row.presence() == Presence::Linked {
            return Ok(());
        }
        let s = &mut self.summary;
        s.installations = s.installations.saturating_add(1);
        if !self.is_production(row) {
            let s = &mut self.summary.not_production;
            *s = s.saturating_add(1);
            return Ok(());
        }
        let Some(app) = self.app_of(row)? else {
            let others = &mut self.summary.installations_of_other_apps;
            *others = others.saturating_add(1);
            // the first by name: installations come in any order
            if let Some(app) = row.app_key()
                && self.unknown_app.as_deref().is_none_or(|known| app < known)
            {
                self.unknown_app = Some(app.to_owned());
            }
            return Ok(());
        };
        let at = usize::from(app.number());
        if self.seen.len() <= at {
            self.seen.resize(at.saturating_add(1), false);
        }
        if let Some(seen) = self.seen.get_mut(at) {
            *seen = true;
        }
        if sought.is_empty() {
            if row.presence() == Presence::InUse {
                let s = &mut self.summary.installations_without_ids;
                *s = s.saturating_add(1);
            }
            return Ok(());
        }
        let mut joined = std::mem::take(&mut self.joined);
        self.purchases.candidates(app, sought, &mut joined);
        self.one(row, app, &mut joined);
        self.joined = joined;
        Ok(())
    }

    fn one(&mut self, row: &InstallationRow<'_>, app: Symbol, joined: &mut Vec<(u32, JoinedBy)>) {
        let presence = row.presence();
        let grants = Grants::of(row);
        let installed = self.mark(row, presence, joined);
        if presence != Presence::InUse {
            let s = &mut self.summary.not_in_use;
            *s = s.saturating_add(1);
            if presence == Presence::Uninstalled {
                self.remember_uninstalled(row, grants, joined);
            }
            return;
        }
        // a host name alone is weak: it counts when nothing else matches
        let strong = joined.iter().filter(|(_, by)| *by != JoinedBy::HostName);
        let strong = strong.count();
        if strong > 0 {
            joined.truncate(strong);
        }
        let case = if joined.is_empty() {
            if grants == Grants::Nothing {
                return;
            }
            Case {
                kind: DriftKind::NotInReport,
                cause: cause_unknown_to_report(row, &self.times),
                since: row.installed_at().max(row.updated_at()),
                row: NOBODY,
                by: None,
                app,
                installed: None,
                runs: Some(Box::new(evidence(row, grants))),
            }
        } else {
            self.count_join(joined);
            let found = match compare(row, grants, &self.purchases, joined, self.times.today) {
                Outcome::Agree => return,
                Outcome::NotCompared => {
                    let s = &mut self.summary.not_compared;
                    *s = s.saturating_add(1);
                    return;
                }
                Outcome::NotProduction => {
                    let s = &mut self.summary.not_production;
                    *s = s.saturating_add(1);
                    return;
                }
                Outcome::Drift(found) => found,
            };
            let purchase = self.purchases.get(found.row);
            Case {
                kind: found.kind,
                cause: cause(found, row, &self.purchases, &self.times),
                since: since(found.kind, row, purchase, self.times.today),
                row: found.row,
                by: Some(found.by),
                app,
                installed,
                runs: Some(Box::new(evidence(row, grants))),
            }
        };
        self.cases.push(case);
    }

    fn is_production(&self, row: &InstallationRow<'_>) -> bool {
        let environment = row.environment_id();
        let listed = self.options.production.is_empty()
            || environment.is_none_or(|e| self.options.production.iter().any(|p| p == e));
        let production = |t: &str| t.eq_ignore_ascii_case("PRODUCTION");
        let developer = row
            .license_type()
            .is_some_and(|t| t.eq_ignore_ascii_case("DEVELOPER"));
        listed
            && row.environment_type().is_none_or(production)
            && !developer
            && !row.host().is_some_and(is_test_cloud)
    }

    /// The app of an installation; `None` when it is not to be compared.
    fn app_of(&self, row: &InstallationRow<'_>) -> Result<Option<Symbol>, Error> {
        let apps = &self.purchases.apps;
        match (row.app_key(), self.options.app.as_deref()) {
            (Some(app), Some(wanted)) if app != wanted => Ok(None),
            (Some(app), _) | (None, Some(app)) => Ok(apps
                .find(app)
                .or_else(|| self.purchases.nameless.then_some(Symbol::NONE))),
            (None, None) if apps.len() <= 1 => {
                let only = apps.iter().next().and_then(|a| apps.find(a));
                Ok(Some(only.unwrap_or(Symbol::NONE)))
            }
            (None, None) => Err(ErrorKind::AmbiguousApp {
                count: apps.len(),
                apps: self.apps_of_the_report(),
            }
            .into()),
        }
    }

    /// Notes on the rows that something is installed; answers when, for a newer one to supersede it.
    fn mark(
        &mut self,
        row: &InstallationRow<'_>,
        presence: Presence,
        joined: &[(u32, JoinedBy)],
    ) -> Option<(usize, u32)> {
        if presence == Presence::Uninstalled {
            return None;
        }
        let product = usize::from(row.product() == Some("confluence"));
        let at = row.installed_at().map_or(0, |t| t.as_seconds());
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        for (number, _) in joined {
            let Some(purchase) = self.purchases.get_mut(*number) else {
                continue;
            };
            purchase.flags.set(Flags::INSTALLED, true);
            if let Some(latest) = purchase.latest.get_mut(product) {
                *latest = (*latest).max(at);
            }
        }
        Some((product, at))
    }

    fn remember_uninstalled(
        &mut self,
        row: &InstallationRow<'_>,
        grants: Grants,
        joined: &[(u32, JoinedBy)],
    ) {
        for (number, _) in joined {
            let entitles = self
                .purchases
                .get(*number)
                .is_some_and(|p| p.entitled(self.times.today) == Entitled::Yes);
            let at = (row.uninstalled_at(), row.tenant());
            let newer = self
                .uninstalled
                .get(number)
                .is_none_or(|known| (known.uninstalled_at, &*known.tenant) < at);
            if entitles && newer {
                let runs = Box::new(evidence(row, grants));
                self.uninstalled.insert(*number, runs);
            }
        }
    }

    fn count_join(&mut self, joined: &[(u32, JoinedBy)]) {
        let s = &mut self.summary;
        let count = match joined.iter().map(|(_, by)| *by).min() {
            Some(JoinedBy::Entitlement) => &mut s.joined_by_entitlement,
            Some(JoinedBy::MultiInstance) => &mut s.joined_by_multi_instance,
            Some(JoinedBy::CloudId) => &mut s.joined_by_cloud_id,
            Some(JoinedBy::HostName) | None => &mut s.joined_by_host_name,
        };
        *count = count.saturating_add(1);
    }
}

/// Since when both sides can have differed: the latest of what each of them changed.
fn since(
    kind: DriftKind,
    row: &InstallationRow<'_>,
    purchase: Option<&Purchase>,
    today: Day,
) -> Option<UnixTime> {
    let purchase = purchase?;
    let ended = purchase.first_day_without(today);
    // a trial ends by itself: what the report changed later than that changed nothing
    let bought = match kind {
        DriftKind::TrialEnded if ended.is_some() => ended,
        _ => purchase.updated.max(purchase.start).max(ended),
    };
    let as_of = || row.statement.as_ref().and_then(|s| s.as_of);
    let runs = row.updated_at().or_else(as_of).max(row.installed_at());
    bought.map(Day::start).max(runs)
}
