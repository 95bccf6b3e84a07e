//! What fields hold that tell a shape from others.

use serde_json::{Map, Value};

/// The fields of a license object in all spellings, and how much each says.
pub(super) const LICENSE_FIELDS: [(&str, u8); 16] = [
    ("active", 3),
    ("isActive", 3),
    ("capabilitySet", 3),
    ("evaluation", 2),
    ("isEvaluation", 2),
    ("billingPeriod", 2),
    ("trialEndDate", 2),
    ("subscriptionEndDate", 2),
    ("entitlementId", 2),
    ("ccpEntitlementId", 2),
    ("entitlementNumber", 2),
    ("ccpEntitlementSlug", 2),
    ("supportEntitlementNumber", 2),
    ("modes", 1),
    ("state", 1),
    ("type", 1),
];

/// What only Connect writes in a license object.
pub(super) const OF_CONNECT: [&str; 3] = ["evaluation", "entitlementId", "entitlementNumber"];

pub(super) fn is_license(value: &Value) -> bool {
    value.as_object().is_some_and(|f| license_points(f) > 0)
}

pub(super) fn is_license_or_null(value: &Value) -> bool {
    value.is_null() || is_license(value)
}

/// The points of a license object: its fields are those of one, most of them at least.
pub(super) fn license_points(fields: &Map<String, Value>) -> u8 {
    let known = LICENSE_FIELDS
        .iter()
        .filter(|(name, _)| fields.contains_key(*name));
    let count = known.clone().count();
    let points = known.map(|(_, points)| *points).sum();
    let others = fields.len().saturating_sub(count);
    let enough = points >= 3 && (others == 0 || (count >= 2 && others <= count));
    if enough { points } else { 0 }
}

pub(super) fn is_user_access(value: &Value) -> bool {
    let bool = |name: &str| value.get(name).is_some_and(Value::is_boolean);
    bool("enabled") || bool("hasAccess")
}

pub(super) fn are_results(value: &Value) -> bool {
    let is_result = |item: &Value| {
        item.get("appId").is_some_and(Value::is_string)
            && (item.get("data").is_some_and(Value::is_object)
                || item.get("error").is_some_and(Value::is_object))
    };
    value
        .as_array()
        .is_some_and(|items| !items.is_empty() && items.iter().all(is_result))
}

pub(super) fn are_forge_modules(value: &Value) -> bool {
    let known = |name: &String| {
        name.contains(':')
            || [
                "function",
                "trigger",
                "scheduledTrigger",
                "webtrigger",
                "consumer",
                "macro",
                "endpoint",
                "action",
            ]
            .contains(&name.as_str())
    };
    value.as_object().is_some_and(|m| m.keys().any(known))
}
