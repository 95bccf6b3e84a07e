//! Takes the rows of the report, then the installations, then answers.

use std::collections::BTreeMap;

use app_license::UnixTime;

use super::compare::{Times, cause_not_installed};
use super::comparison::{Case, Comparison};
use super::day::Day;
use super::drift::{DriftKind, JoinedBy, Runs};
use super::error::{Error, ErrorKind};
use super::key::{KeyHasher, Keys};
use super::options::Options;
use super::purchase::{Entitled, Flags, NOBODY, Status, Type};
use super::purchases::Purchases;
use super::report_row::{ReportRow, stated};
use super::summary::Summary;

/// How many apps an error names.
const SHOWN: usize = 5;

/// Takes all rows of the report first and all installations then.
///
/// Memory: about 180 bytes an entitlement; installations are not kept, but for those that differ.
/// Time: linear in what is read.
#[derive(Debug)]
pub struct Reconciler {
    pub(super) options: Options,
    pub(super) times: Times,
    pub(super) purchases: Purchases,
    pub(super) summary: Summary,
    pub(super) cases: Vec<Case>,
    /// Uninstalled installations of rows that entitle.
    pub(super) uninstalled: BTreeMap<u32, Box<Runs>>,
    /// Apps of which an installation was seen, by word.
    pub(super) seen: Vec<bool>,
    pub(super) unknown_app: Option<String>,
    /// Apps of the report that were left out, or the first of them.
    other_apps: Vec<String>,
    pub(super) joined: Vec<(u32, JoinedBy)>,
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
        let keys = self.purchases.keys(row);
        self.row(row, &keys)
    }

    /// Takes some records of the report.
    pub(super) fn report_rows(&mut self, rows: &[ReportRow<'_>]) -> Result<(), Error> {
        let keys: Vec<Keys<'_>> = rows.iter().map(|row| self.purchases.keys(row)).collect();
        self.purchases.expect(&keys);
        let mut both = rows.iter().zip(&keys);
        both.try_for_each(|(row, keys)| self.row(row, keys))
    }

    fn row(&mut self, row: &ReportRow<'_>, keys: &Keys<'_>) -> Result<(), Error> {
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
        self.purchases.add(row, keys, app, &mut self.summary)
    }

    /// What hashes the texts of this comparison.
    pub(super) fn hasher(&self) -> KeyHasher {
        self.purchases.hasher.clone()
    }

    pub(super) fn apps_of_the_report(&self) -> String {
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
        self.drop_repeated();
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

    /// A store has each installation once, an export may have it several times: of the cases of one
    /// installation the one that changed last counts.
    fn drop_repeated(&mut self) {
        let mut latest: BTreeMap<_, (Option<UnixTime>, usize)> = BTreeMap::new();
        for (at, case) in self.cases.iter().enumerate() {
            let Some(runs) = &case.runs else { continue };
            let key = (case.app.number(), runs.platform, runs.tenant.clone());
            let changed = runs.updated_at.max(runs.as_of);
            let known = latest.entry(key).or_insert((changed, at));
            if changed > known.0 {
                *known = (changed, at);
            }
        }
        let repeated = self.cases.len().saturating_sub(latest.len());
        if repeated == 0 {
            return;
        }
        let mut kept = vec![false; self.cases.len()];
        for (_, at) in latest.into_values() {
            if let Some(kept) = kept.get_mut(at) {
                *kept = true;
            }
        }
        let mut kept = kept.into_iter();
        self.cases.retain(|_| kept.next().unwrap_or(true));
        self.summary.repeated = u64::try_from(repeated).unwrap_or(u64::MAX);
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
                && purchase.license_type != Type::Developer
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
                since: purchase
                    .start
                    .max(purchase.updated)
                    .map(Day::start)
                    .max(gone),
                row: number,
                by: None,
                app: purchase.app,
                installed: None,
                runs,
            });
        }
    }
}
