//! From trial to purchase.

use std::collections::BTreeMap;

use app_license::Edition;
use jiff::civil::Date;
use serde::Serialize;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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

/// Conversions by edition, with cohorts.
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
    cohorts: BTreeMap<(String, &'static str, TrialKind), Tally>,
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
    ];

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the trials of a license: the one of the app, and the one of a higher edition.
    pub fn add(&mut self, license: &LicenseRecord<'_>) {
        let stage = Stage::of(license);
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
        });
        if let Some(began) = began {
            let sold = license.evaluation_sale_date().is_some() || (!is_trial && paid(kind));
            let open = matches!(stage, Stage::Trial { .. });
            let days = license.days_to_convert_eval().and_then(|days| days.known());
            let days = days.and_then(|days| days.trim().parse().ok());
            self.count(
                began,
                license.app_edition(),
                TrialKind::NetNew,
                sold,
                open,
                days,
            );
        }
        let upgrade_open = matches!(stage, Stage::UpgradeTrial { .. });
        let tried = license.upgrade_evaluating_edition();
        let began = license.upgrade_evaluation_start_date();
        if let Some(began) = began {
            let tried = tried.or(Some(Edition::Advanced));
            let sold = !upgrade_open && license.app_edition() >= tried && paid(kind);
            self.count(began, tried, TrialKind::Upgrade, sold, upgrade_open, None);
        }
    }

    fn count(
        &mut self,
        began: Date,
        edition: Option<Edition>,
        kind: TrialKind,
        sold: bool,
        open: bool,
        days: Option<u64>,
    ) {
        let key = (month(began), edition_name(edition), kind);
        let tally = self.cohorts.entry(key).or_default();
        tally.trials = tally.trials.saturating_add(1);
        if sold {
            tally.converted = tally.converted.saturating_add(1);
            if let Some(days) = days {
                tally.days = tally.days.saturating_add(days);
                tally.with_days = tally.with_days.saturating_add(1);
            }
        } else if open {
            tally.open = tally.open.saturating_add(1);
        }
    }

    /// The cohorts, by month, edition and kind.
    #[must_use]
    pub fn cohorts(&self) -> Vec<ConversionCohort> {
        let cohort =
            |((month, edition, kind), tally): (&(String, &'static str, TrialKind), &Tally)| {
                ConversionCohort {
                    month: month.clone(),
                    edition,
                    kind: *kind,
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
        self.cohorts.iter().map(cohort).collect()
    }
}

/// Whether somebody bought it.
pub(super) const fn paid(kind: Option<LicenseType>) -> bool {
    matches!(
        kind,
        Some(LicenseType::Commercial | LicenseType::Academic | LicenseType::Community)
    )
}
