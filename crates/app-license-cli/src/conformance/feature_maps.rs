//! Feature maps in their JSON form: what is read, and what is refused.

use app_license::FeatureMap;
use serde::Deserialize;
use serde_json::Value;

use super::verdict::{end, verdict};
use super::{Checks, Outcome};

/// A `map`, and whether it is read; what is refused, with the code `feature_map`.
#[derive(Deserialize)]
pub(super) struct FeatureMapCase {
    map: Value,
    expect: Option<Value>,
}

pub(super) fn map(case: &FeatureMapCase) -> Outcome {
    let mut checks = Checks::default();
    let read = FeatureMap::from_json(case.map.to_string().as_bytes()).map(drop);
    let policy = verdict(&mut checks, case.expect.as_ref(), &read);
    if let Err(error) = &read {
        let code = error.code();
        checks.holds("code", code == "feature_map", "feature_map", code);
    }
    end(checks, policy)
}
