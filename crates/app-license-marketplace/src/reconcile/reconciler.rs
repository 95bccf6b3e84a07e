//! Takes the rows of the report, then the installations, then answers.

use std::collections::BTreeMap;

use app_license::UnixTime;

use super::compare::{
    Grants, Outcome, Times, cause, cause_not_installed, cause_unknown_to_report, compare, evidence,
    is_test_cloud,
};
use super::comparison::{Case, Comparison};
use super::day::Day;
use super::drift::{DriftKind, JoinedBy, Runs};
use super::error::{Error, ErrorKind};
use super::installation_row::{InstallationRow, Presence};
use super::options::Options;
use super::purchase::{Entitled, Flags, NOBODY, Purchase, Status};
use super::purchases::{Keys, Purchases};
use super::report_row::{ReportRow, stated};
use super::summary::Summary;
use super::texts::Word;

/// How many apps an error names.
const SHOWN: usize = 5;

/// Takes all rows of the report first and all installations then.
///
/// Memory: about 180 bytes an entitlement; installations are not kept, but for those that differ.
/// Time: linear in what is read.
#[derive(Debug)]
pub struct Reconciler {
    options: Options,
    times: Times,
    purchases: Purchases,
    summary: Summary,
    cases: Vec<Case>,
    /// Uninstalled installations of rows that entitle.
    uninstalled: BTreeMap<u32, Box<Runs>>,
    /// Apps of which an installation was seen, by word.
    seen: Vec<bool>,
    unknown_app: Option<String>,
    /// Apps of the report that were left out, or the first of them.
    other_apps: Vec<String>,
    joined: Vec<(u32, JoinedBy)>,
}

impl std::fmt::Debug for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Times").field("now", &self.now).finish()
    }
}

impl Reconciler {
    /// Nothing read yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let mut purchases = Purchases::default();
        if let Some(app) = &options.app {
            purchases.apps.intern(Some(app));
        }
        Self {
            times: Times {
                now: options.now,
                today: Day::of(options.now),
                lag: options.lag,
            },
            options,
            purchases,
            other_apps: Vec::new(),
            summary: Summary::default(),
            cases: Vec::new(),
            uninstalled: BTreeMap::new(),
            seen: Vec::new(),
            unknown_app: None,
            joined: Vec::new(),
        }
    }

    /// Takes a record of the report. Records of one entitlement may be several: snapshots of its
    /// history, or of overlapping exports.
    ///
    /// # Errors
    /// `too_many` beyond four thousand million rows, or 4 GiB of ids.
    pub fn report_row(&mut self, row: &ReportRow<'_>) -> Result<(), Error> {
        self.summary.rows = self.summary.rows.saturating_add(1);
        let app = stated(row.app_key);
        let wanted = self.options.app.as_deref();
        if wanted.is_some() && app.is_some() && wanted != app {
            let others = &mut self.summary.rows_of_other_apps;
            *others = others.saturating_add(1);
            let app = app.unwrap_or_default();
            if self.other_apps.len() <= SHOWN && self.other_apps.iter().all(|a| a != app) {
                self.other_apps.push(app.to_owned());
            }
            return Ok(());
        }
        let hosting = stated(row.hosting);
        if hosting.is_some_and(|h| !h.eq_ignore_ascii_case("cloud")) {
            self.summary.rows_not_cloud = self.summary.rows_not_cloud.saturating_add(1);
            return Ok(());
        }
        let app = self.purchases.apps.intern(app.or(wanted));
        self.purchases.add(row, app, &mut self.summary)
    }

    /// Takes an installation, after all rows of the report.
    ///
    /// # Errors
    /// `ambiguous_app` when it does not say of which app it is and the report is of several.
    pub fn installation(&mut self, row: &InstallationRow<'_>) -> Result<(), Error> {
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
        let keys = Keys {
            app,
            entitlement_id: row.entitlement_id(),
            entitlement_number: row.entitlement_number(),
            cloud_id: row.cloud_id(),
            host: row.host(),
        };
        if keys.is_empty() {
            if row.presence() == Presence::InUse {
                let s = &mut self.summary.installations_without_ids;
                *s = s.saturating_add(1);
            }
            return Ok(());
        }
        let mut joined = std::mem::take(&mut self.joined);
        self.purchases.candidates(&keys, &mut joined);
        self.one(row, app, &mut joined);
        self.joined = joined;
        Ok(())
    }

    fn one(&mut self, row: &InstallationRow<'_>, app: Word, joined: &mut Vec<(u32, JoinedBy)>) {
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
                since: row.installed_at(),
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
            .statement
            .as_ref()
            .and_then(|s| s.license_type.as_deref())
            .is_some_and(|t| t.eq_ignore_ascii_case("DEVELOPER"));
        listed
            && row.environment_type().is_none_or(production)
            && !developer
            && !row.host().is_some_and(is_test_cloud)
    }

    /// The app of an installation; `None` when it is not to be compared.
    fn app_of(&self, row: &InstallationRow<'_>) -> Result<Option<Word>, Error> {
        let apps = &self.purchases.apps;
        match (row.app_key(), self.options.app.as_deref()) {
            (Some(app), Some(wanted)) if app != wanted => Ok(None),
            (Some(app), _) | (None, Some(app)) => Ok(apps
                .find(app)
                .or_else(|| self.purchases.nameless.then_some(Word::NONE))),
            (None, None) if apps.len() <= 1 => {
                let only = apps.iter().next().and_then(|a| apps.find(a));
                Ok(Some(only.unwrap_or(Word::NONE)))
            }
            (None, None) => Err(ErrorKind::AmbiguousApp {
                count: apps.len(),
                apps: self.apps_of_the_report(),
            }
            .into()),
        }
    }

    fn apps_of_the_report(&self) -> String {
        let apps = &self.purchases.apps;
        let known = apps
            .iter()
            .filter(|a| self.options.app.as_deref() != Some(*a));
        let all: Vec<&str> = known
            .chain(self.other_apps.iter().map(String::as_str))
            .take(SHOWN.saturating_add(1))
            .collect();
        if all.is_empty() {
            return "none".to_owned();
        }
        let shown: Vec<_> = all.iter().take(SHOWN).map(|a| format!("`{a}`")).collect();
        let more = if all.len() > SHOWN { ", …" } else { "" };
        format!("{}{more}", shown.join(", "))
    }

    /// Notes on the rows that something is installed; answers when, for a newer one to supersede it.
    fn mark(
        &mut self,
        row: &InstallationRow<'_>,
        presence: Presence,
        joined: &[(u32, JoinedBy)],
    ) -> Option<(usize, u32)> {
        if matches!(presence, Presence::Uninstalled | Presence::Unknown) {
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

    /// All drift, after the last installation.
    ///
    /// # Errors
    /// `other_app` when the report and the store have no app in common.
    pub fn finish(mut self) -> Result<Comparison, Error> {
        let compared = self.seen.iter().any(|seen| *seen);
        let s = &self.summary;
        let expected = match (&self.options.app, &self.unknown_app) {
            (Some(wanted), _) if s.rows > 0 && s.rows_of_other_apps == s.rows => Some(wanted),
            (None, Some(app)) if !compared => Some(app),
            _ => None,
        };
        if let Some(expected) = expected {
            return Err(ErrorKind::OtherApp {
                expected: format!("`{expected}`"),
                found: self.apps_of_the_report(),
            }
            .into());
        }
        self.drop_superseded();
        self.not_installed();
        let Self {
            mut cases,
            purchases,
            summary,
            times,
            ..
        } = self;
        let order = |case: &Case| {
            let tenant = case.runs.as_ref().map(|r| r.tenant.clone());
            (case.kind, case.row == NOBODY, case.row, tenant)
        };
        cases.sort_by_cached_key(order);
        Ok(Comparison {
            cases,
            purchases,
            summary,
            today: times.today,
        })
    }

    /// A site that was deleted or imported sends no `uninstalled`: of several installations of one
    /// license the one that was installed last counts.
    fn drop_superseded(&mut self) {
        let purchases = &self.purchases;
        let before = self.cases.len();
        self.cases.retain(|case| {
            let Some((product, at)) = case.installed else {
                return true;
            };
            let Some(purchase) = purchases.get(case.row) else {
                return true;
            };
            let newest = purchase.latest.get(product).copied().unwrap_or(at);
            purchase.flags.has(Flags::MULTI_INSTANCE) || at >= newest
        });
        let dropped = before.saturating_sub(self.cases.len());
        self.summary.superseded = u64::try_from(dropped).unwrap_or(u64::MAX);
    }

    fn not_installed(&mut self) {
        let only = self.purchases.apps.len() <= 1;
        for (number, purchase) in self.purchases.rows() {
            let app = usize::from(purchase.app.number());
            let seen = only || self.seen.get(app).copied().unwrap_or(false);
            let missing = seen
                && purchase.replaced_by == NOBODY
                && purchase.status == Status::Active
                && purchase.entitled(self.times.today) == Entitled::Yes
                && !purchase.flags.has(Flags::INSTALLED)
                && !purchase.flags.has(Flags::MULTI_INSTANCE);
            if !missing {
                continue;
            }
            let runs = self.uninstalled.remove(&number);
            let nameless = self.summary.installations_without_ids > 0;
            let gone = runs.as_ref().and_then(|r| r.uninstalled_at);
            self.cases.push(Case {
                kind: DriftKind::NotInstalled,
                cause: cause_not_installed(purchase, runs.is_some(), nameless, &self.times),
                since: purchase.start.map(Day::start).max(gone),
                row: number,
                by: None,
                app: purchase.app,
                installed: None,
                runs,
            });
        }
    }
}

/// Since when both sides can have differed.
fn since(
    kind: DriftKind,
    row: &InstallationRow<'_>,
    purchase: Option<&Purchase>,
    today: Day,
) -> Option<UnixTime> {
    let purchase = purchase?;
    let ended = match kind {
        DriftKind::TrialEnded if purchase.entitled(today) == Entitled::No => purchase.end,
        _ => None,
    };
    let bought = ended.or_else(|| purchase.updated.max(purchase.start));
    let bought = bought.map(Day::start);
    if ended.is_some() {
        return bought.max(row.installed_at());
    }
    bought.max(row.updated_at())
}
