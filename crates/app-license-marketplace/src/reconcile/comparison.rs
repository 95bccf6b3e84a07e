//! What was found, and how it is shown.

use app_license::UnixTime;

use super::day::Day;
use super::drift::{Bought, Cause, Drift, DriftKind, JoinedBy, Runs};
use super::purchase::{Flags, Purchase};
use super::purchases::{
    CLOUD_ID, ENTITLEMENT_ID, ENTITLEMENT_NUMBER, HOST, MULTI_INSTANCE, Purchases,
};
use super::summary::Summary;
use super::symbols::Symbol;

/// One case, small: the report's side is looked up when it is shown.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) kind: DriftKind,
    pub(super) cause: Cause,
    pub(super) since: Option<UnixTime>,
    pub(super) row: u32,
    pub(super) by: Option<JoinedBy>,
    pub(super) app: Symbol,
    /// Product and time of the installation, to see whether a newer one is there.
    pub(super) installed: Option<(usize, u32)>,
    pub(super) runs: Option<Box<Runs>>,
}

/// What was found.
#[derive(Debug)]
pub struct Comparison {
    pub(super) cases: Vec<Case>,
    pub(super) purchases: Purchases,
    pub(super) summary: Summary,
    pub(super) today: Day,
}

impl Comparison {
    /// What was read and compared, in numbers.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// How many cases there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether both sides agree.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// Every case, by kind and then in the order of the report.
    pub fn drift(&self) -> impl Iterator<Item = Drift> + '_ {
        self.cases.iter().map(|case| self.show(case))
    }

    fn show(&self, case: &Case) -> Drift {
        let bought = self.purchases.get(case.row).map(|p| self.bought(p));
        let runs = case.runs.as_deref().cloned();
        let of = match (case.kind, &runs, &bought) {
            (DriftKind::NotInstalled, _, Some(b)) => b
                .entitlement_number
                .as_deref()
                .or(b.entitlement_id.as_deref())
                .or(b.cloud_id.as_deref())
                .or(b.host.as_deref()),
            (_, Some(r), _) => Some(&*r.tenant),
            _ => None,
        };
        Drift {
            id: format!("{}:{}", case.kind, of.unwrap_or_default()),
            kind: case.kind,
            cause: case.cause,
            app: self.purchases.apps.get(case.app).map(str::to_owned),
            since: case.since,
            joined_by: case.by,
            bought,
            runs,
        }
    }

    fn bought(&self, row: &Purchase) -> Bought {
        let text = |field| self.purchases.text(row, field).map(|t| t.into_owned());
        let word = |word| self.purchases.words.get(word).map(str::to_owned);
        let day = |day: Option<Day>| day.map(|d| d.to_string());
        let grace = || {
            let grace = row.flags.has(Flags::IN_GRACE);
            grace.then(|| "in grace period".to_owned())
        };
        Bought {
            grants: Purchases::grants(row, self.today),
            entitlement_number: text(ENTITLEMENT_NUMBER),
            entitlement_id: text(ENTITLEMENT_ID),
            multi_instance_entitlement: text(MULTI_INSTANCE),
            cloud_id: text(CLOUD_ID),
            host: text(HOST),
            edition: word(row.edition_text),
            license_type: word(row.license_type_text),
            status: word(row.status_text),
            tier: word(row.tier),
            maintenance_start: day(row.start),
            maintenance_end: day(row.end),
            upgrade_trial_start: day(row.upgrade_start),
            upgrade_trial_edition: word(row.upgrade_edition_text),
            last_updated: day(row.updated),
            dunning: word(row.dunning).or_else(grace),
            sandbox: row.flags.has(Flags::SANDBOX),
        }
    }
}
