//! The backend's gate: it asks `editions.toml`, by names that the compiler checks.

pub mod editions;

use app_license::{Decision, Error, FeatureMap, License, Limit, Policy, UnixTime, Verified};

pub use editions::{Feature, LimitName};

/// The gate of the app.
///
/// ```
/// use app_license::{License, LicenseSource, UnixTime, Verified};
/// use editions_app::{Feature, Gate};
///
/// let gate = Gate::new(include_str!("../editions.toml"))?;
/// let license = License::from_object(br#"{"active":true}"#, LicenseSource::ConnectLicenseApi)?;
/// let license = Verified::fetched(license); // fetched by this very process
/// assert!(gate.may(Feature::Export, &license, UnixTime::EPOCH)?.is_allowed());
/// # Ok::<(), app_license::Error>(())
/// ```
///
/// A misspelled feature does not compile:
///
/// ```compile_fail,E0599
/// let feature = editions_app::Feature::BulkExprot;
/// ```
#[derive(Debug)]
pub struct Gate {
    features: FeatureMap,
    policy: Policy,
}

impl Gate {
    /// The gate that a file describes.
    ///
    /// # Errors
    /// `feature_map`, when the file is not valid.
    pub fn new(editions: &str) -> Result<Self, Error> {
        Ok(Self {
            features: FeatureMap::from_toml(editions)?,
            policy: Policy::new(),
        })
    }

    /// Whether a customer may use a feature, and why.
    ///
    /// # Errors
    /// `unknown_feature`, when the names were generated from another file.
    pub fn may(
        &self,
        feature: Feature,
        license: &Verified<License>,
        now: UnixTime,
    ) -> Result<Decision, Error> {
        self.features
            .check(feature.key(), license, &self.policy, now)
    }

    /// How many reports a customer may save.
    ///
    /// # Errors
    /// `unknown_limit`, when the names were generated from another file.
    pub fn saved_reports(
        &self,
        license: &Verified<License>,
        now: UnixTime,
    ) -> Result<Limit, Error> {
        let name = LimitName::SavedReports.key();
        self.features.limit(name, license, &self.policy, now)
    }
}

/// A route of the app: one report.
///
/// # Errors
/// As [`Gate::may`].
pub fn export(gate: &Gate, license: &Verified<License>, now: UnixTime) -> Result<Decision, Error> {
    gate.may(Feature::Export, license, now)
}

/// A route of the app: all reports.
///
/// # Errors
/// As [`Gate::may`].
pub fn bulk_export(
    gate: &Gate,
    license: &Verified<License>,
    now: UnixTime,
) -> Result<Decision, Error> {
    gate.may(Feature::BulkExport, license, now)
}
