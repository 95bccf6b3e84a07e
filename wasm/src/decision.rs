//! Decisions on verified licences.

use app_license::{
    Edition, EnvironmentType, Error, License, Policy, Touchpoint, UnixTime, Verified, WhenAbsent,
};
use serde_json::Value;

use crate::arguments::{flag, missing, now, number, optional, text};

/// Decides on a licence that the caller has verified before.
pub(crate) fn decide(question: &Value) -> Result<Value, Error> {
    let touchpoint = Touchpoint::from_code(text(question, "touchpoint")?);
    let touchpoint = touchpoint.ok_or_else(|| missing("touchpoint"))?;
    let mut license = License::from_object(text(question, "license")?.as_bytes(), touchpoint)?;
    if let Some(environment) = optional(question, "environment") {
        license = license.in_environment(EnvironmentType::new(environment));
    }
    if let Some(at) = number(question, "asOf").and_then(UnixTime::from_seconds) {
        license = license.at(at);
    }
    let mut policy = Policy::new()
        .production_only(flag(question, "productionOnly"))
        .confirmed_only(flag(question, "confirmedOnly"));
    if let Some(edition) = optional(question, "whenAbsent").and_then(Edition::from_name) {
        policy = policy.when_absent(WhenAbsent::Assume(edition));
    }
    if let Some(seconds) = number(question, "maxAge") {
        policy = policy.max_age(seconds);
    }
    let needs = text(question, "needs")?;
    let decision = Verified::dangerous_assume(license).decide(&policy, needs, now(question)?);
    Ok(serde_json::to_value(&decision).unwrap_or_default())
}
