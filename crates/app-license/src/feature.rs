//! Features of an app and the editions they belong to: `editions.toml`.

mod columns;
mod read;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use crate::gate::capability::{Edition, RequiredCapability};
use crate::gate::policy::Policy;

use crate::capability::Capability;
use crate::decision::Decision;
use crate::error::{Error, ErrorKind, shown};
use crate::license::License;
use crate::time::UnixTime;
use crate::verified::{Hint, Verified};

use columns::Columns;

/// What the app sells, and in which edition: the file `editions.toml`, or the same as JSON.
///
/// ```toml
/// [features]                     # feature = the lowest edition that has it
/// export = "standard"
/// bulk-export = "advanced"
/// beta-thing = { requires = "capabilityUltra", description = "for the chosen few" }
///
/// [limits]                       # numbers an edition; a missing edition gets the next lower's
/// projects = { none = 3, standard = 10, advanced = 100 }
/// rows = { standard = 1000, advanced = "unlimited" }
///
/// [service-levels]               # free text an edition
/// support = { standard = "48 h", advanced = "4 h" }
/// ```
///
/// An edition is `free`, `standard`, `advanced`, or a capability string beginning with
/// `capability`. A capability without a rank includes only itself. In limits and service levels
/// the column `none` is for customers without a license that counts; without that column they get
/// 0, and no service level.
///
/// The tables `app`, `editions` and `pricing`, and a feature's `name`, `order` and `gated`, are what
/// a vendor publishes beside: they may stand in the file, `app-license features check` reads them,
/// and no gate does.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/app-editions-overview/>
///
/// ```
/// use app_license::{FeatureMap, License, Policy, LicenseSource, UnixTime, Verified};
///
/// let map = FeatureMap::from_toml(r#"
///     [features]
///     export = "standard"
///     bulk-export = "advanced"
/// "#)?;
/// let json = br#"{"active":true,"capabilitySet":"capabilityStandard"}"#;
/// let license = License::from_object(json, LicenseSource::ConnectLicenseApi)?;
/// // fetched by this very process:
/// let license = Verified::fetched(license);
/// let (policy, now) = (Policy::new(), UnixTime::EPOCH);
/// assert!(map.check("export", &license, &policy, now)?.is_allowed());
/// assert_eq!(map.check("bulk-export", &license, &policy, now)?.code(), "capability_missing");
/// assert_eq!(map.check("bulk_export", &license, &policy, now).unwrap_err().code(), "unknown_feature");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeatureMap {
    features: BTreeMap<String, Feature>,
    limits: BTreeMap<String, Columns<Limit>>,
    service_levels: BTreeMap<String, Columns<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Feature {
    requires: Capability,
    description: Option<String>,
}

/// How many of something a customer may have.
///
/// ```
/// use app_license::Limit;
/// assert!(Limit::Count(10).allows(10));
/// assert!(!Limit::Count(10).allows(11));
/// assert!(Limit::Unlimited.allows(u64::MAX));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "there is a number, or there is none"
)]
pub enum Limit {
    /// This many, at most.
    Count(u64),
    /// As many as they like.
    Unlimited,
}

impl Limit {
    /// Whether this many are within the limit.
    #[must_use]
    pub const fn allows(self, count: u64) -> bool {
        match self {
            Self::Count(limit) => count <= limit,
            Self::Unlimited => true,
        }
    }

    /// The number, or `None` when there is none.
    ///
    /// ```
    /// # use app_license::Limit;
    /// assert_eq!(Limit::Count(3).count(), Some(3));
    /// ```
    #[must_use]
    pub const fn count(self) -> Option<u64> {
        match self {
            Self::Count(limit) => Some(limit),
            Self::Unlimited => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(limit) => limit.fmt(f),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

impl FeatureMap {
    /// Decides whether a customer may use a feature, now, and why.
    ///
    /// # Errors
    /// `unknown_feature` when the map does not name the feature: a typing mistake must not turn
    /// into a silent refusal.
    pub fn check(
        &self,
        feature: &str,
        license: &Verified<License>,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Decision, Error> {
        let needs = self.needs(feature)?;
        Ok(license.decide(policy, needs, now))
    }

    /// Decides whether to show a feature. Never authorize by it.
    ///
    /// ```
    /// use app_license::{FeatureMap, Hint, License, Policy, LicenseSource, UnixTime};
    /// let map = FeatureMap::from_toml("[features]\nexport = \"standard\"")?;
    /// let hint = Hint::new(License::absent(LicenseSource::ForgeUiContext));
    /// let decision = map.check_hint("export", &hint, &Policy::new(), UnixTime::EPOCH)?;
    /// assert_eq!(decision.code(), "absent");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`FeatureMap::check`].
    pub fn check_hint(
        &self,
        feature: &str,
        license: &Hint<License>,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Decision, Error> {
        let needs = self.needs(feature)?;
        Ok(license.decide(policy, needs, now))
    }

    /// How many of something a customer may have.
    ///
    /// ```
    /// use app_license::{FeatureMap, License, Limit, Policy, LicenseSource, UnixTime, Verified};
    /// let map = FeatureMap::from_toml("[limits]\nrows = { none = 5, standard = 100 }")?;
    /// let (policy, now) = (Policy::new(), UnixTime::EPOCH);
    /// let license = Verified::fetched(License::absent(LicenseSource::ConnectLicenseApi));
    /// assert_eq!(map.limit("rows", &license, &policy, now)?, Limit::Count(5));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `unknown_limit`.
    pub fn limit(
        &self,
        name: &str,
        license: &Verified<License>,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Limit, Error> {
        let granted =
            |needs: RequiredCapability<'_>| license.decide(policy, needs, now).is_allowed();
        Ok(limit_or_none(self.limits_of(name)?.for_customer(granted)))
    }

    /// How many of something to show that a customer may have. Never authorize by it.
    ///
    /// # Errors
    /// As [`FeatureMap::limit`].
    pub fn limit_hint(
        &self,
        name: &str,
        license: &Hint<License>,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Limit, Error> {
        let granted =
            |needs: RequiredCapability<'_>| license.decide(policy, needs, now).is_allowed();
        Ok(limit_or_none(self.limits_of(name)?.for_customer(granted)))
    }

    /// The service level a customer gets, or `None` when theirs has none.
    ///
    /// ```
    /// use app_license::{FeatureMap, License, Policy, LicenseSource, UnixTime, Verified};
    /// let map = FeatureMap::from_toml("[service-levels]\nsupport = { advanced = \"4 h\" }")?;
    /// let json = br#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#;
    /// let license = License::from_object(json, LicenseSource::ConnectLicenseApi)?;
    /// let license = Verified::fetched(license);
    /// let level = map.service_level("support", &license, &Policy::new(), UnixTime::EPOCH)?;
    /// assert_eq!(level, Some("4 h"));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `unknown_service_level`.
    pub fn service_level(
        &self,
        name: &str,
        license: &Verified<License>,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Option<&str>, Error> {
        let granted =
            |needs: RequiredCapability<'_>| license.decide(policy, needs, now).is_allowed();
        let level = self.service_levels_of(name)?.for_customer(granted);
        Ok(level.map(String::as_str))
    }

    /// The service level to show to a customer.
    ///
    /// # Errors
    /// As [`FeatureMap::service_level`].
    pub fn service_level_hint(
        &self,
        name: &str,
        license: &Hint<License>,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Option<&str>, Error> {
        let granted =
            |needs: RequiredCapability<'_>| license.decide(policy, needs, now).is_allowed();
        let level = self.service_levels_of(name)?.for_customer(granted);
        Ok(level.map(String::as_str))
    }

    /// The names of the features, in alphabetical order.
    ///
    /// ```
    /// # use app_license::FeatureMap;
    /// let map = FeatureMap::from_toml("[features]\nb = \"free\"\na = \"advanced\"")?;
    /// assert!(map.features().eq(["a", "b"]));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.features.keys().map(String::as_str)
    }

    /// What a feature needs, or `None` when the map does not name it.
    ///
    /// ```
    /// # use app_license::{Capability, FeatureMap};
    /// let map = FeatureMap::from_toml("[features]\nexport = \"standard\"")?;
    /// assert_eq!(map.requirement("export"), Some(&Capability::STANDARD));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn requirement(&self, feature: &str) -> Option<&Capability> {
        self.features.get(feature).map(|f| &f.requires)
    }

    /// What the file says about a feature, in words.
    #[must_use]
    pub fn description(&self, feature: &str) -> Option<&str> {
        self.features.get(feature)?.description.as_deref()
    }

    /// The names of the limits, in alphabetical order.
    pub fn limits(&self) -> impl Iterator<Item = &str> {
        self.limits.keys().map(String::as_str)
    }

    /// Limits that fall as the edition rises, so that an upgrade takes something away: most likely a
    /// mistake of the file.
    ///
    /// ```
    /// # use app_license::{Edition, FeatureMap};
    /// let map = FeatureMap::from_toml("[limits]\nrows = { standard = 100, advanced = 10 }")?;
    /// let falling: Vec<_> = map.falling_limits().collect();
    /// assert_eq!(falling, [("rows", Edition::Standard, Edition::Advanced)]);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    pub fn falling_limits(&self) -> impl Iterator<Item = (&str, Edition, Edition)> {
        let pairs = Edition::ALL
            .into_iter()
            .zip(Edition::ALL.into_iter().skip(1));
        self.limits.iter().flat_map(move |(name, columns)| {
            let of = |edition| limit_or_none(columns.for_edition(Some(edition)));
            pairs
                .clone()
                .filter(move |(lower, higher)| of(*higher) < of(*lower))
                .map(|(lower, higher)| (name.as_str(), lower, higher))
        })
    }

    /// The limit of an edition, or of customers without a license (`None`), for a price page.
    ///
    /// ```
    /// # use app_license::{Edition, FeatureMap, Limit};
    /// let map = FeatureMap::from_toml("[limits]\nrows = { standard = 100 }")?;
    /// assert_eq!(map.limit_in("rows", Some(Edition::Advanced))?, Limit::Count(100));
    /// assert_eq!(map.limit_in("rows", None)?, Limit::Count(0));
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `unknown_limit`.
    pub fn limit_in(&self, name: &str, edition: Option<Edition>) -> Result<Limit, Error> {
        Ok(limit_or_none(self.limits_of(name)?.for_edition(edition)))
    }

    /// The names of the service levels, in alphabetical order.
    pub fn service_levels(&self) -> impl Iterator<Item = &str> {
        self.service_levels.keys().map(String::as_str)
    }

    /// The service level of an edition, or of customers without a license (`None`).
    ///
    /// # Errors
    /// `unknown_service_level`.
    pub fn service_level_in(
        &self,
        name: &str,
        edition: Option<Edition>,
    ) -> Result<Option<&str>, Error> {
        let level = self.service_levels_of(name)?.for_edition(edition);
        Ok(level.map(String::as_str))
    }

    fn needs(&self, feature: &str) -> Result<RequiredCapability<'_>, Error> {
        let found = self
            .features
            .get(feature)
            .map(|f| RequiredCapability::from(&f.requires));
        found.ok_or_else(|| {
            ErrorKind::UnknownFeature {
                feature: shown(feature),
            }
            .into()
        })
    }

    fn limits_of(&self, name: &str) -> Result<&Columns<Limit>, Error> {
        self.limits
            .get(name)
            .ok_or_else(|| ErrorKind::UnknownLimit { limit: shown(name) }.into())
    }

    fn service_levels_of(&self, name: &str) -> Result<&Columns<String>, Error> {
        self.service_levels.get(name).ok_or_else(|| {
            ErrorKind::UnknownServiceLevel {
                service_level: shown(name),
            }
            .into()
        })
    }
}

fn limit_or_none(limit: Option<&Limit>) -> Limit {
    limit.copied().unwrap_or(Limit::Count(0))
}

#[cfg(test)]
mod tests;
