//! Where a customer is on the way from trial to the end.

use app_license::Edition;
use serde::Serialize;

use super::vocabulary::{LicenseType, Status};
use super::{LicenseField, LicenseRecord};

/// Where a customer is, by one record.
///
/// ```
/// use app_license::Edition;
/// use app_license_marketplace::report::{LicenseReader, Stage};
/// let report = br#"[{"status":"active","licenseType":"COMMERCIAL","appEdition":"Standard",
///                    "upgradeEvaluatingEdition":"Advanced"}]"#;
/// let mut reader = LicenseReader::new(&report[..]);
/// let stage = Stage::of(&reader.next().unwrap()?);
/// assert_eq!(stage.to_string(), "standard, trial of advanced");
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// A trial of the app.
    Trial {
        /// The edition that is tried, where the report says so.
        #[serde(serialize_with = "name")]
        edition: Option<Edition>,
    },
    /// Bought.
    Licensed {
        /// The edition.
        #[serde(serialize_with = "name")]
        edition: Option<Edition>,
    },
    /// Bought, while a higher edition is tried; the lower one is paid for.
    UpgradeTrial {
        /// The edition that is paid for.
        #[serde(serialize_with = "name")]
        edition: Option<Edition>,
        /// The edition that is tried.
        #[serde(serialize_with = "name")]
        trial: Option<Edition>,
    },
    /// A free license: the Free edition, a legacy free one, the starter tier.
    Free,
    /// Cancelled.
    Cancelled,
    /// Not in force for another reason.
    Inactive,
    /// The report does not say whether it is in force.
    Unknown,
}

impl Stage {
    /// Reads the stage out of a record.
    #[must_use]
    pub fn of(license: &LicenseRecord<'_>) -> Self {
        let edition = license.app_edition();
        let kind = license.license_type();
        let trial = license.upgrade_evaluating_edition();
        match license.status() {
            Some(Status::Active) => {}
            Some(Status::Cancelled) => return Self::Cancelled,
            Some(Status::Inactive) => return Self::Inactive,
            Some(Status::Other) | None => return Self::Unknown,
        }
        match kind {
            Some(LicenseType::UpgradeEvaluation) => {
                // the record of the trial may name the edition that is tried as its own
                let lower = edition.filter(|edition| trial.is_some_and(|trial| *edition < trial));
                Self::UpgradeTrial {
                    edition: lower.or(Some(Edition::Standard)),
                    trial: trial.or(edition).or(Some(Edition::Advanced)),
                }
            }
            Some(kind) if kind.is_trial() => Self::Trial { edition },
            Some(kind) if kind.is_free() => Self::Free,
            _ if edition == Some(Edition::Free) => Self::Free,
            _ if trial.is_some() && trial > edition => Self::UpgradeTrial { edition, trial },
            Some(_) => Self::Licensed { edition },
            None => Self::Unknown,
        }
    }

    /// The edition that is paid for; nothing in trials and free stages.
    ///
    /// ```
    /// use app_license_marketplace::report::Stage;
    /// assert_eq!(Stage::Cancelled.paid_edition(), None);
    /// ```
    #[must_use]
    pub const fn paid_edition(self) -> Option<Edition> {
        match self {
            Self::Licensed { edition } | Self::UpgradeTrial { edition, .. } => edition,
            _ => None,
        }
    }

    /// The fields that a stage is read out of.
    pub const FIELDS: &[LicenseField] = &[
        LicenseField::Status,
        LicenseField::LicenseType,
        LicenseField::AppEdition,
        LicenseField::UpgradeEvaluatingEdition,
    ];
}

fn name<S: serde::Serializer>(edition: &Option<Edition>, to: S) -> Result<S::Ok, S::Error> {
    edition.map(Edition::name).serialize(to)
}

/// The name of an edition, or what an app without editions has.
pub(super) const fn edition_name(edition: Option<Edition>) -> &'static str {
    match edition {
        Some(edition) => edition.name(),
        None => "no edition",
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Trial { edition: None } => f.write_str("trial"),
            Self::Trial { edition } => write!(f, "trial of {}", edition_name(*edition)),
            Self::Licensed { edition } => f.write_str(edition_name(*edition)),
            Self::UpgradeTrial { edition, trial } => write!(
                f,
                "{}, trial of {}",
                edition_name(*edition),
                edition_name(*trial)
            ),
            Self::Free => f.write_str("free"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Inactive => f.write_str("inactive"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
