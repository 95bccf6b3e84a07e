//! A decision by name.

use app_license::Decision;
use serde::Serialize;

/// A feature and what was decided about it.
#[derive(Debug, Serialize)]
pub(crate) struct FeatureDecision {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) decision: Decision,
}
