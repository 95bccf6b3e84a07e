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
    snapshot: &LicenseSnapshot,
    support_number: &str,
    surface: Surface,
) -> Option<Value> {
    if !snapshot.speaks() {
        return None;
    }
    let active = snapshot.state == State::Active;
    if let (Some(value), true) = (snapshot.override_to, surface != Surface::Api) {
        return Some(overridden(value, snapshot, surface));
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
        json!(snapshot.billing.map_or("MONTHLY", Billing::name)),
    );
    set("capabilitySet", json!(snapshot.capability_text()));
    set("ccpEntitlementId", json!(snapshot.entitlement_id));
    set("ccpEntitlementSlug", json!(snapshot.entitlement_number));
    set("isEvaluation", json!(snapshot.evaluation));
    set(
        "subscriptionEndDate",
        json!(date(snapshot.subscription_end)),
    );
    set("trialEndDate", json!(date(snapshot.trial_end)));
    set(
        "supportEntitlementNumber",
        json!((surface == Surface::Api).then_some(support_number)),
    );
    let kind = snapshot.kind.as_deref().map(str::to_ascii_lowercase);
    set("type", json!(kind));
    if surface != Surface::Api {
        set("modes", Value::Null);
    }
    Some(Value::Object(object))
}

/// The object of `forge install --license`, as it was recorded for `active` and `trial`: no
/// `capabilitySet`, no `isEvaluation`, no entitlement, but a `state`. `standard` and `advanced` have
/// their capability set beside it.
fn overridden(value: Override, snapshot: &LicenseSnapshot, surface: Surface) -> Value {
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
    if let Some(text) = snapshot.capability_text() {
        set("capabilitySet", json!(text));
    }
    if let Some(end) = snapshot.trial_end {
        set("trialEndDate", json!(iso(end.as_seconds())));
    }
    object
}
