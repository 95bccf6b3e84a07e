//! What a feature of the app's map needs.

use app_license::{Capability, ErrorKind, FeatureMap};

use crate::error::BuildError;
use crate::rejection::Rejection;

/// For a gate, when it is made.
pub(crate) fn feature_needs(
    features: &FeatureMap,
    feature: &str,
) -> Result<Capability, BuildError> {
    let needs = features.requirement(feature).cloned();
    needs.ok_or_else(|| BuildError::unknown_feature(feature, features))
}

/// For a request. A feature that the map does not have is the app's mistake.
pub(crate) fn needs_of(features: &FeatureMap, feature: &str) -> Result<Capability, Rejection> {
    let unknown = || ErrorKind::UnknownFeature {
        feature: feature.to_owned(),
    };
    let needs = features.requirement(feature).ok_or_else(unknown);
    Ok(needs.map_err(app_license::Error::from)?.clone())
}
