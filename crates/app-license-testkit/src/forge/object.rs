//! The Forge license object, in the spelling of each surface.

use app_license::State;
use serde_json::{Map, Value, json};

use crate::clock::iso;
use crate::snapshot::{Billing, LicenseSnapshot, Override};
use crate::world::Spelling;

/// Where the object stands, which decides its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// `view.getContext()`: `active` alone, `modes`.
    Browser,
    /// The invocation token and function contexts.
    Backend(Spelling),
    /// The License API: no `isActive`, no `modes`, a support number.
    Api,
}

/// The object; `None` when the platform says nothing.
pub(crate) fn license(
    standing: &LicenseSnapshot,
    support_number: &str,
    surface: Surface,
) -> Option<Value> {
    if !standing.speaks() {
        return None;
    }
    let active = standing.state == State::Active;
    if let (Some(value), true) = (standing.override_to, surface != Surface::Api) {
        return Some(overridden(value, standing, surface));
    }
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
    if surface != Surface::Backend(Spelling::IsActive) {
        set("active", json!(active));
    }
    if matches!(
        surface,
        Surface::Backend(Spelling::IsActive | Spelling::Both)
    ) {
        set("isActive", json!(active));
    }
    let date = |time: Option<app_license::UnixTime>| time.map(|time| iso(time.as_seconds()));
    set(
        "billingPeriod",
        json!(standing.billing.map_or("MONTHLY", Billing::name)),
    );
    set("capabilitySet", json!(standing.capability_text()));
    set("ccpEntitlementId", json!(standing.entitlement_id));
    set("ccpEntitlementSlug", json!(standing.entitlement_number));
    set("isEvaluation", json!(standing.evaluation));
    set(
        "subscriptionEndDate",
        json!(date(standing.subscription_end)),
    );
    set("trialEndDate", json!(date(standing.trial_end)));
    set(
        "supportEntitlementNumber",
        json!((surface == Surface::Api).then_some(support_number)),
    );
    let kind = standing.kind.as_deref().map(str::to_ascii_lowercase);
    set("type", json!(kind));
    if surface != Surface::Api {
        set("modes", Value::Null);
    }
    Some(Value::Object(object))
}

/// The object of `forge install --license`, as it was recorded for `active` and `trial`: no
/// `capabilitySet`, no `isEvaluation`, no entitlement, but a `state`. `standard` and `advanced` have
/// their capability set beside it.
fn overridden(value: Override, standing: &LicenseSnapshot, surface: Surface) -> Value {
    let active = value != Override::Inactive;
    let mut object = json!({
        "billingPeriod": "MONTHLY",
        "state": value.state(),
        "supportEntitlementNumber": null,
        "type": "commercial",
    });
    let mut set = |name: &str, value: Value| {
        if let Some(fields) = object.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    let spelling = match surface {
        Surface::Backend(spelling) => spelling,
        _ => Spelling::Both,
    };
    if spelling != Spelling::IsActive {
        set("active", json!(active));
    }
    if spelling != Spelling::Active {
        set("isActive", json!(active));
    }
    if let Some(text) = standing.capability_text() {
        set("capabilitySet", json!(text));
    }
    if let Some(end) = standing.trial_end {
        set("trialEndDate", json!(iso(end.as_seconds())));
    }
    object
}
