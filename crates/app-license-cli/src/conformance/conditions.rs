//! Conditions of the host: inline variables, remote answers, evaluation, and their JSON.

use app_license_descriptor::HostLicense;
use app_license_descriptor::connect::{Condition, InlineCondition, remote_condition_shown};
use serde_json::{Map, Value, json};

use super::case::body_bytes;
use super::{Case, Checks, Outcome, licenses};

/// `{condition.…}` in a module's URL; `expect: null` says that it is none.
pub(super) fn inline(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let found = match InlineCondition::parse(case.text("input").unwrap_or_default()) {
        Err(_) => Value::Null,
        Ok(inline) => {
            let params: Map<_, _> = inline
                .params()
                .map(|(key, value)| (key.to_owned(), json!(value)))
                .collect();
            json!({"name": inline.name(), "params": params})
        }
    };
    checks.same("expect", case.get("expect").unwrap_or(&Value::Null), &found);
    checks.outcome()
}

/// What the host does with the app's answer to a remote condition.
pub(super) fn remote(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let expected = case.get("expect_shown").or_else(|| case.get("expect"));
    let Some(expected) = checks.need("expect_shown", expected) else {
        return checks.outcome();
    };
    let status = case
        .get("app_status")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok());
    // no status: the app did not answer
    let shown = status
        .is_some_and(|status| remote_condition_shown(status, &body_bytes(case.get("app_body"))));
    if expected.is_null() {
        return Outcome::Policy;
    }
    checks.same("expect_shown", expected, &json!(shown));
    checks.outcome()
}

/// `addon_is_licensed` and `lic` for a licence that exists or not, and is active or not.
pub(super) fn licensed(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let says = |name: &str| case.get(name).and_then(Value::as_bool).unwrap_or(false);
    let host = HostLicense::new(says("license_exists") && says("license_active"), None);
    let condition = Condition::parse(br#"{"condition":"addon_is_licensed"}"#);
    let Some(condition) = checks.ok("condition", condition) else {
        return checks.outcome();
    };
    let expect = case.get("expect").and_then(Value::as_object);
    for (key, expected) in checks.need("expect", expect).into_iter().flatten() {
        match key.as_str() {
            "addon_is_licensed" => {
                let shown = condition.evaluate(host, &|_, _| None);
                checks.same(key, expected, &json!(shown));
            }
            "lic" => checks.same(key, expected, &json!(host.lic())),
            key if licenses::INFORMATION.contains(&key) => {}
            key => checks.unknown(key, expected),
        }
    }
    checks.outcome()
}

/// A list of conditions against what the host holds.
pub(super) fn evaluation(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let conditions = case.get("conditions").unwrap_or(&Value::Null);
    let env = case.get("env").unwrap_or(&Value::Null);
    let licensed = env
        .get("licensed")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let host = HostLicense::new(licensed, env.get("capabilitySet").and_then(Value::as_str));
    // anything else that the environment says answers the condition of that name
    let answers = |name: &str, _: &str| env.get(name).and_then(Value::as_bool);
    let Some(condition) = checks.ok(
        "conditions",
        Condition::parse(conditions.to_string().as_bytes()),
    ) else {
        return checks.outcome();
    };
    let shown = condition.evaluate(host, &answers);
    match case.get("expect").or_else(|| case.get("expect_shown")) {
        Some(Value::Null) => return Outcome::Policy,
        Some(expected) => checks.same("expect", expected, &json!(shown)),
        None => checks.holds("expect", false, "an expectation", "none"),
    }
    same_after_printing(&mut checks, &condition, &|c| c.evaluate(host, &answers));
    checks.outcome()
}

/// Parse, print, parse: the same.
pub(super) fn round_trip(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let json = case.get("json").unwrap_or(&Value::Null);
    let parsed = Condition::parse(json.to_string().as_bytes());
    if case
        .get("expect")
        .is_some_and(|e| e.is_null() || e == "reject" || e.get("error").is_some())
    {
        checks.holds("expect", parsed.is_err(), "an error", "a condition");
        return checks.outcome();
    }
    let Some(condition) = checks.ok("json", parsed) else {
        return checks.outcome();
    };
    same_after_printing(&mut checks, &condition, &|_| None);
    for (licensed, capability) in environments() {
        let host = HostLicense::new(licensed, capability);
        let expected = slow(json, licensed, capability);
        let found = condition.evaluate(host, &|_, _| None);
        checks.same(
            &format!(
                "licensed {licensed}, {}",
                capability.unwrap_or("no edition")
            ),
            &json!(expected),
            &json!(found),
        );
    }
    match case
        .get("expect")
        .map(|e| (e, Condition::parse(e.to_string().as_bytes())))
    {
        None => {}
        // the same condition in another form
        Some((expect, Ok(other))) => {
            checks.holds("expect", other == condition, expect, condition.to_json());
        }
        Some((expect, Err(_))) => checks.unknown("expect", expect),
    }
    checks.outcome()
}

fn same_after_printing(
    checks: &mut Checks,
    condition: &Condition,
    answer: &dyn Fn(&Condition) -> Option<bool>,
) {
    let printed = condition.to_json();
    if let Some(again) = checks.ok("printed", Condition::parse(printed.as_bytes())) {
        checks.holds(
            "parse, print, parse",
            again == *condition,
            &printed,
            again.to_json(),
        );
        checks.same(
            "answer after printing",
            &json!(answer(condition)),
            &json!(answer(&again)),
        );
    }
}

fn environments() -> impl Iterator<Item = (bool, Option<&'static str>)> {
    let capabilities = [
        None,
        Some("capabilityStandard"),
        Some("capabilityAdvanced"),
        Some("capabilityPremium"),
    ];
    [false, true]
        .into_iter()
        .flat_map(move |licensed| capabilities.map(|capability| (licensed, capability)))
}

/// The host's rules over plain JSON, written the slow way: `None` is not known.
fn slow(json: &Value, licensed: bool, capability: Option<&str>) -> Option<bool> {
    let each = |list: &Value, stop: bool| {
        let answers: Vec<_> = list
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| slow(item, licensed, capability))
            .collect();
        if answers.contains(&Some(stop)) {
            Some(stop)
        } else if answers.contains(&None) {
            None
        } else {
            Some(!stop)
        }
    };
    if json.is_array() {
        return each(json, false);
    }
    if let Some(list) = json.get("and") {
        return each(list, false);
    }
    if let Some(list) = json.get("or") {
        return each(list, true);
    }
    if let Some(list) = json.get("conditions") {
        let kind = json.get("type").and_then(Value::as_str).unwrap_or("and");
        return each(list, kind.eq_ignore_ascii_case("or"));
    }
    let shown = match json.get("condition").and_then(Value::as_str)? {
        "addon_is_licensed" => licensed,
        "capability_set" => json.pointer("/params/value")?.as_str() == capability,
        _ => return None,
    };
    let invert = json.get("invert").and_then(Value::as_bool).unwrap_or(false);
    Some(shown != invert)
}
