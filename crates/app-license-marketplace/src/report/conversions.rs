//! From trial to purchase.

use std::collections::BTreeMap;

use app_license::Edition;
use jiff::civil::Date;
use serde::Serialize;

use super::distinct::Distinct;
use super::stage::{Stage, edition_name};
use super::summary::month;
use super::vocabulary::LicenseType;
use super::{LicenseField, LicenseRecord};

/// Which trial it was.
///
/// ```
/// use app_license_marketplace::report::TrialKind;
/// assert_eq!(TrialKind::Upgrade.name(), "upgrade");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrialKind {
    /// Of the app, by a customer who had none.
    NetNew,
    /// Of a higher edition, by a customer who pays for a lower one.
    Upgrade,
}

impl TrialKind {
    /// The name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NetNew => "net_new",
            Self::Upgrade => "upgrade",
        }
    }
}

/// The trials of one edition that began in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConversionCohort {
    /// The month in which they began, `2026-11`.
    pub month: String,
    /// The edition that was tried.
    pub edition: &'static str,
    /// Which trials.
    pub kind: TrialKind,
    /// How many began.
    pub trials: u64,
    /// How many of them became a purchase.
    pub converted: u64,
    /// How many still run.
    pub open: u64,
    /// How many ended without a purchase.
    pub lost: u64,
    /// The mean of the days to the purchase, where the report has them.
    pub mean_days: Option<u64>,
}

/// Conversions by edition, with cohorts. Each license counts once, by the newest of its records.
///
/// ```
/// use app_license_marketplace::report::{Conversions, LicenseReader};
/// let report = br#"[{"status":"active","licenseType":"COMMERCIAL","appEdition":"Standard",
///     "evaluationStartDate":"2026-01-05","evaluationSaleDate":"2026-02-01","daysToConvertEval":"27"}]"#;
/// let mut reader = LicenseReader::new(&report[..]).select(Conversions::FIELDS);
/// let mut conversions = Conversions::new();
/// conversions.add(&reader.next().unwrap()?);
/// let cohort = &conversions.cohorts()[0];
/// assert_eq!((cohort.month.as_str(), cohort.converted, cohort.mean_days), ("2026-01", 1, Some(27)));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Conversions {
    /// The trial of the app, and the one of a higher edition.
    licenses: Distinct<[Option<Trial>; 2]>,
}

/// A trial of a license.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Trial {
    /// The first day of the month in which it began.
    month: Date,
    edition: &'static str,
    kind: TrialKind,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Outcome {
    /// After so many days, where the report says so.
    Bought(Option<u64>),
    Open,
    Lost,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    trials: u64,
    converted: u64,
    open: u64,
    days: u64,
    with_days: u64,
}

impl Conversions {
    /// The fields that it reads.
    pub const FIELDS: &[LicenseField] = &[
        LicenseField::AppEdition,
        LicenseField::UpgradeEvaluatingEdition,
        LicenseField::UpgradeEvaluationStartDate,
        LicenseField::LatestEvaluationStartDate,
        LicenseField::LicenseType,
        LicenseField::Status,
        LicenseField::MaintenanceStartDate,
        LicenseField::EvaluationStartDate,
        LicenseField::EvaluationSaleDate,
        LicenseField::DaysToConvertEval,
        LicenseField::AppEntitlementNumber,
        LicenseField::AppEntitlementId,
        LicenseField::AddonLicenseId,
        LicenseField::LicenseId,
        LicenseField::AddonKey,
        LicenseField::Hosting,
        LicenseField::LastUpdated,
        LicenseField::RecordCreatedDate,
    ];

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the trials of a license: the one of the app, and the one of a higher edition.
    pub fn add(&mut self, license: &LicenseRecord<'_>) {
        let trials = [trial(license), upgrade_trial(license)];
        self.licenses.add(license, trials);
    }

    /// How many records repeated a license, and do not count.
    ///
    /// ```
    /// # use app_license_marketplace::report::Conversions;
    /// assert_eq!(Conversions::new().repeated(), 0);
    /// ```
    #[must_use]
    pub const fn repeated(&self) -> u64 {
        self.licenses.repeated()
    }

    /// The cohorts, by month, edition and kind.
    #[must_use]
    pub fn cohorts(&self) -> Vec<ConversionCohort> {
        let mut cohorts: BTreeMap<_, Tally> = BTreeMap::new();
        for (trials, licenses) in self.licenses.rows() {
            for trial in trials.iter().flatten() {
                let key = (trial.month, trial.edition, trial.kind);
                cohorts.entry(key).or_default().add(trial.outcome, licenses);
            }
        }
        let cohort = |((began, edition, kind), tally): ((Date, &'static str, TrialKind), Tally)| {
            ConversionCohort {
                month: month(began),
                edition,
                kind,
                trials: tally.trials,
                converted: tally.converted,
                open: tally.open,
                lost: tally
                    .trials
                    .saturating_sub(tally.converted)
                    .saturating_sub(tally.open),
                mean_days: tally.days.checked_div(tally.with_days),
            }
        };
        cohorts.into_iter().map(cohort).collect()
    }
}

impl Tally {
    fn add(&mut self, outcome: Outcome, licenses: u64) {
        let count = |count: &mut u64| *count = count.saturating_add(licenses);
        count(&mut self.trials);
        match outcome {
            Outcome::Bought(days) => {
                count(&mut self.converted);
                if let Some(days) = days {
                    count(&mut self.with_days);
                    self.days = self.days.saturating_add(days.saturating_mul(licenses));
                }
            }
            Outcome::Open => count(&mut self.open),
            Outcome::Lost => {}
        }
    }
}

/// The trial of the app.
fn trial(license: &LicenseRecord<'_>) -> Option<Trial> {
    let kind = license.license_type();
    let is_trial = matches!(
        kind,
        Some(LicenseType::Evaluation | LicenseType::NetNewEvaluation)
    );
    let began = license.evaluation_start_date().or_else(|| {
        let latest = license.latest_evaluation_start_date();
        latest
            .or_else(|| license.maintenance_start_date())
            .filter(|_| is_trial)
    })?;
    let days = license.days_to_convert_eval().and_then(|days| days.known());
    let days = days.and_then(|days| days.trim().parse().ok());
    Some(Trial {
        month: began.first_of_month(),
        edition: edition_name(license.app_edition()),
        kind: TrialKind::NetNew,
        outcome: if license.evaluation_sale_date().is_some() || (!is_trial && paid(kind)) {
            Outcome::Bought(days)
        } else if matches!(Stage::of(license), Stage::Trial { .. }) {
            Outcome::Open
        } else {
            Outcome::Lost
        },
    })
}

/// The trial of a higher edition.
fn upgrade_trial(license: &LicenseRecord<'_>) -> Option<Trial> {
    let began = license.upgrade_evaluation_start_date()?;
    let tried = license.upgrade_evaluating_edition();
    let tried = tried.or(Some(Edition::Advanced));
    Some(Trial {
        month: began.first_of_month(),
        edition: edition_name(tried),
        kind: TrialKind::Upgrade,
        outcome: if matches!(Stage::of(license), Stage::UpgradeTrial { .. }) {
            Outcome::Open
        } else if license.app_edition() >= tried && paid(license.license_type()) {
            Outcome::Bought(None)
        } else {
            Outcome::Lost
        },
    })
}

/// Whether somebody bought it.
pub(super) const fn paid(kind: Option<LicenseType>) -> bool {
    matches!(
        kind,
        Some(LicenseType::Commercial | LicenseType::Academic | LicenseType::Community)
    )
}
