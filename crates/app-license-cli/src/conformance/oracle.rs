//! The rules of license reading once more, written the slow way over plain JSON, for vectors that
//! carry no expectation of their own. Shares no code with the library.

use app_license::{Capability, License, State};
use serde_json::{Value, json};

use super::Checks;

/// Checks a license that was read from `object` against the rules.
pub(super) fn check(checks: &mut Checks, object: Option<&Value>, license: &License) {
    let nothing = Value::Null;
    let object = object.unwrap_or(&nothing);
    let state = state(object);
    checks.holds(
        "state by `active` and `isActive`",
        license.state().name() == state,
        state,
        license.state().name(),
    );
    let named = capability(object);
    checks.same(
        "capability set as written",
        &named.clone().map_or(Value::Null, Value::String),
        &json!(license.capability_set()),
    );
    for needs in [
        "capabilityStandard",
        "capabilityAdvanced",
        "capabilityPremium",
    ] {
        let expected = state == "active" && includes(named.as_deref(), needs);
        checks.holds(
            &format!("has_capability({needs})"),
            license.has_capability(needs) == expected,
            expected,
            !expected,
        );
    }
    if let Some(named) = &named {
        let expected = state == "active";
        let found = license.has_capability(&Capability::new(named.as_str()));
        checks.holds("includes what it names", found == expected, expected, found);
    }
    checks.same(
        "evaluation",
        &evaluation(object),
        &json!(license.is_evaluation()),
    );
    for (name, found) in [
        ("type", json!(license.kind())),
        ("billingPeriod", json!(license.billing_period())),
        ("ccpEntitlementId", json!(license.entitlement_id())),
        ("ccpEntitlementSlug", json!(license.entitlement_number())),
        (
            "supportEntitlementNumber",
            json!(license.support_entitlement_number()),
        ),
    ] {
        if let Some(value) = object.get(name) {
            // what is no text names nothing
            let expected = Some(value).filter(|value| value.is_string() && says(value));
            let expected = expected.unwrap_or(&Value::Null);
            checks.same(name, expected, &found);
        }
    }
    let raw = license.raw().map(serde_json::from_str::<Value>);
    match raw {
        None => checks.holds("raw text kept", object.is_null(), object, "nothing"),
        Some(Ok(kept)) => checks.same("raw text kept", object, &kept),
        Some(Err(error)) => checks.holds("raw text kept", false, object, error),
    }
}

/// `active`, `inactive` or `absent`.
pub(super) fn state(object: &Value) -> &'static str {
    let said: Vec<_> = ["active", "isActive"]
        .iter()
        .filter_map(|name| object.get(name))
        .filter(|value| !value.is_null())
        .collect();
    if said.is_empty() {
        State::Absent.name()
    } else if said.iter().all(|value| **value == Value::Bool(true)) {
        State::Active.name()
    } else {
        State::Inactive.name()
    }
}

/// Whether `userAccess` lets a user in: only booleans count.
pub(super) fn lets_the_user_in(stated: &Value) -> bool {
    match stated.get("enabled") {
        Some(Value::Bool(false)) => true,
        None | Some(Value::Bool(true)) => stated.get("hasAccess") == Some(&Value::Bool(true)),
        Some(_) => stated.is_null(),
    }
}

fn capability(object: &Value) -> Option<String> {
    let value = object.get("capabilitySet").filter(|value| says(value))?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

fn says(value: &Value) -> bool {
    !value.is_null() && *value != "" && *value != "NULL"
}

fn includes(named: Option<&str>, needs: &str) -> bool {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let rank = |text: &str| match plain(text).as_str() {
        "capabilityfree" => Some(0),
        "capabilitystandard" => Some(1),
        "capabilityadvanced" => Some(2),
        _ => None,
    };
    let named = named.unwrap_or("capabilityStandard");
    match (rank(named), rank(needs)) {
        (Some(has), Some(wants)) => has >= wants,
        (None, None) => plain(named) == plain(needs),
        _ => false,
    }
}

fn evaluation(object: &Value) -> Value {
    let said: Vec<_> = ["evaluation", "isEvaluation"]
        .iter()
        .filter_map(|name| object.get(name)?.as_bool())
        .collect();
    let state = object.get("state").and_then(Value::as_str);
    let trial = state.is_some_and(|state| state.eq_ignore_ascii_case("trial"));
    match said.as_slice() {
        [] if trial => json!(true),
        [one] if !trial || *one => json!(one),
        [a, b] if a == b && (!trial || *a) => json!(a),
        _ => Value::Null,
    }
}
