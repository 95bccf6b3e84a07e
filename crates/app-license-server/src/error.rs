//! What can go wrong before anything is served.

use app_license::error::shown;

/// Why an app could not be built.
///
/// ```
/// use app_license_server::{ConnectApp, MemoryStore, Policy};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let error = ConnectApp::builder("com.example.app", "https://app.example.com")?
///     .store(MemoryStore::new())
///     .policy(Policy::new().confirmed_only(true))
///     .build()
///     .unwrap_err();
/// assert_eq!(error.code(), "no_license_api");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The HTTP client or a key cache could not be made.
    #[error("the client cannot be made: {0}")]
    Client(#[from] app_license_client::Error),
    /// A base URL in `regionBaseUrls` of the descriptor is none.
    #[error("`regionBaseUrls` of the descriptor, region {region}: {source}")]
    RegionBaseUrl {
        /// The region, as the descriptor names it.
        region: String,
        /// What is wrong with its URL.
        source: Box<app_license::Error>,
    },
    /// The policy counts confirmed licenses only, and nothing confirms one: everybody would be denied.
    #[error(
        "the policy counts confirmed licenses only, and only the License API confirms one: add `.confirm_with_license_api(|api| api)`, or leave `confirmed_only` out of the policy"
    )]
    NoLicenseApi,
    /// The License API asks about another app: it would say of every site that the app is not there.
    #[error(
        "the License API asks about the app `{found}`, and this is `{expected}`: let the builder make it, by `.confirm_with_license_api(|api| api)`"
    )]
    LicenseApiOfAnotherApp {
        /// This app.
        expected: String,
        /// The app that it asks about.
        found: String,
    },
    /// A gate is for a feature that the feature map does not have: every request would be answered
    /// 500.
    #[error(
        "the feature map has no feature `{feature}`: correct the name, or add it to `[features]` of editions.toml (it has {known})"
    )]
    UnknownFeature {
        /// The feature of the gate.
        feature: String,
        /// Those of the map.
        known: String,
    },
    /// The mock host platform serves nothing: it is offline.
    #[error("the mock host platform is offline: start it by `MockHost::start().await`")]
    MockHostOffline,
    /// A license sweep has nothing to do.
    #[error("there is nothing for a license sweep to do: {reason}")]
    NoSweep {
        /// Why, and what to do about it.
        reason: &'static str,
    },
    /// A gate is for something that is neither an edition nor of the form of a capability set: no
    /// customer would be let through.
    #[error(
        "`{found}` is no edition and no capability set: write `Edition::Advanced`, `\"advanced\"` or `\"capabilityAdvanced\"`"
    )]
    UnknownCapability {
        /// What the gate is for.
        found: String,
    },
}

impl BuildError {
    pub(crate) fn region(region: &str, source: app_license::Error) -> Self {
        Self::RegionBaseUrl {
            region: region.to_owned(),
            source: Box::new(source),
        }
    }

    pub(crate) fn unknown_feature(feature: &str, features: &app_license::FeatureMap) -> Self {
        /// How many of the known ones are listed.
        const LISTED: usize = 20;
        let mut known: Vec<_> = features.features().take(LISTED).collect();
        if features.features().count() > LISTED {
            known.push("…");
        }
        let known = if known.is_empty() {
            "none: call `.features(…)` before `.build()`".to_owned()
        } else {
            known.join(", ")
        };
        Self::UnknownFeature {
            feature: shown(feature),
            known,
        }
    }

    pub(crate) fn unknown_capability(found: &str) -> Self {
        Self::UnknownCapability {
            found: shown(found),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Client(error) => error.code(),
            Self::RegionBaseUrl { source, .. } => source.code(),
            Self::NoLicenseApi => "no_license_api",
            Self::LicenseApiOfAnotherApp { .. } => "license_api_of_another_app",
            Self::UnknownFeature { .. } => "unknown_feature",
            Self::UnknownCapability { .. } => "unknown_capability",
            Self::NoSweep { .. } => "no_license_sweep",
            Self::MockHostOffline => "mock_host_offline",
        }
    }
}
