//! A license against what a case expects of it, whatever words the case uses.

use app_license::{Capability, Edition, License, LicenseSource, State, UnixTime};
use serde_json::{Value, json};

use super::Checks;

/// Keys that inform people and expect nothing.
pub(super) const INFORMATION: [&str; 4] = ["note", "notes", "source", "reason"];

/// Checks every key of an `expect` object against a license.
pub(super) fn check(checks: &mut Checks, expect: &Value, license: &License) {
    let Some(fields) = expect.as_object() else {
        checks.unknown("expect", expect);
        return;
    };
    for (key, expected) in fields {
        if !INFORMATION.contains(&key.as_str()) {
            check_one(checks, key, expected, license);
        }
    }
}

/// A key as it is compared.
fn plain(key: &str) -> String {
    key.chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

const TRIAL_END: [&str; 2] = ["trialend", "trialenddate"];
const SUBSCRIPTION_END: [&str; 2] = ["subscriptionend", "subscriptionenddate"];

/// Whether a key is something that a license says.
pub(super) fn knows(key: &str) -> bool {
    let plain = plain(key);
    let key = plain.as_str();
    key == "state"
        || TRIAL_END.contains(&key)
        || SUBSCRIPTION_END.contains(&key)
        || found(key, &License::absent(LicenseSource::ConnectIframeQuery)).is_some()
}

/// Checks one key.
pub(super) fn check_one(checks: &mut Checks, key: &str, expected: &Value, license: &License) {
    let plain = plain(key);
    match plain.as_str() {
        name if TRIAL_END.contains(&name) => date(checks, key, expected, license.trial_end()),
        name if SUBSCRIPTION_END.contains(&name) => {
            date(checks, key, expected, license.subscription_end());
        }
        "state" => checks.holds(
            key,
            expected.as_str().and_then(state) == Some(license.state()),
            expected,
            license.state().name(),
        ),
        _ => match found(&plain, license) {
            Some(found) => checks.same(key, expected, &found),
            None => checks.unknown(key, expected),
        },
    }
}

/// A state in the words of the vectors.
pub(super) fn state(word: &str) -> Option<State> {
    match word {
        "active" => Some(State::Active),
        "inactive" | "none" => Some(State::Inactive),
        "absent" | "unknown" => Some(State::Absent),
        _ => None,
    }
}

fn found(key: &str, license: &License) -> Option<Value> {
    let capability = license.capability_set();
    Some(match key {
        "active" | "isactive" => match license.state() {
            State::Active => Value::Bool(true),
            State::Inactive => Value::Bool(false),
            State::Absent => Value::Null,
        },
        "licensepresent" | "present" => Value::Bool(license.raw().is_some()),
        "licensed" | "allowed" | "grantsaccess" | "grants" => {
            Value::Bool(license.state() == State::Active)
        }
        "evaluation" | "isevaluation" | "trial" => json!(license.is_evaluation()),
        "type" | "kind" | "licensetype" => json!(license.kind()),
        // the edition that is named, whether it counts or not
        "edition" => json!(capability.and_then(Capability::edition).map(Edition::name)),
        "effectiveedition" => json!(license.edition().map(Edition::name)),
        "capabilityset" | "rawcapabilityset" | "capset" | "rawcapset" => json!(capability),
        "billingperiod" => json!(license.billing_period()),
        "entitlementid" | "ccpentitlementid" => json!(license.entitlement_id()),
        "entitlementnumber" | "ccpentitlementslug" => json!(license.entitlement_number()),
        "supportentitlementnumber" => json!(license.support_entitlement_number()),
        "modes" => json!(license.modes()),
        "environment" | "environmenttype" => json!(license.environment()),
        _ => {
            let name = key.strip_prefix("hascapability")?;
            let needs =
                Edition::from_name(name).map_or_else(|| Capability::new(name), Capability::from);
            Value::Bool(license.has_capability(&needs))
        }
    })
}

fn date(checks: &mut Checks, key: &str, expected: &Value, found: Option<UnixTime>) {
    let wanted = match expected {
        Value::String(text) => UnixTime::parse(text),
        Value::Number(digits) => UnixTime::parse(&digits.to_string()),
        _ => None,
    };
    let shown = found.map_or_else(|| "none".to_owned(), |at| at.to_string());
    checks.holds(key, wanted == found, expected, shown);
}
