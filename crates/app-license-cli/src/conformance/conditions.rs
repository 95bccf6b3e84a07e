//! Conditions of the host: inline variables, remote answers, evaluation, and their JSON.

use app_license_descriptor::HostLicense;
use app_license_descriptor::connect::{Condition, InlineCondition, remote_condition_shown};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::suite::{Fields, body_bytes, has, or_null, unknown, with};
use super::{Checks, Outcome, licenses};

/// A case of a condition, which one of its fields names.
pub(super) fn case(case: &Value) -> Outcome {
    if has(case, "json") {
        with(case, round_trip)
    } else if has(case, "input") {
        with(case, inline)
    } else if has(case, "app_status") {
        with(case, remote)
    } else if has(case, "license_exists") {
        with(case, licensed)
    } else if has(case, "conditions") {
        with(case, evaluation)
    } else {
        unknown(case, "json, input, app_status, license_exists, conditions")
    }
}

/// `{condition.…}` in a module's URL; `expect: null` says that it is none.
#[derive(Deserialize)]
struct InlineCase {
    input: String,
    #[serde(default, deserialize_with = "or_null")]
    expect: Option<Value>,
}

fn inline(case: &InlineCase) -> Outcome {
    let mut checks = Checks::default();
    let Some(expect) = checks.need("expect", case.expect.as_ref()) else {
        return checks.outcome();
    };
    let found = match InlineCondition::parse(&case.input) {
        Err(_) => Value::Null,
        Ok(inline) => {
            let params: Map<_, _> = inline
                .params()
                .map(|(key, value)| (key.to_owned(), json!(value)))
                .collect();
            json!({"name": inline.name(), "params": params})
        }
    };
    checks.same("expect", expect, &found);
    checks.outcome()
}

/// What the host does with the app's answer to a remote condition.
#[derive(Deserialize)]
struct RemoteCase {
    /// Null: the app did not answer.
    app_status: Option<u64>,
    #[serde(default)]
    app_body: Value,
    #[serde(default, deserialize_with = "or_null")]
    expect_shown: Option<Value>,
    #[serde(default, deserialize_with = "or_null")]
    expect: Option<Value>,
}

fn remote(case: &RemoteCase) -> Outcome {
    let mut checks = Checks::default();
    let expected = case.expect_shown.as_ref().or(case.expect.as_ref());
    let Some(expected) = checks.need("expect_shown", expected) else {
        return checks.outcome();
    };
    let status = case.app_status.and_then(|s| u16::try_from(s).ok());
    let shown =
        status.is_some_and(|status| remote_condition_shown(status, &body_bytes(&case.app_body)));
    if expected.is_null() {
        return Outcome::Policy;
    }
    checks.same("expect_shown", expected, &json!(shown));
    checks.outcome()
}

/// `addon_is_licensed` and `lic` for a license that exists or not, and is active or not.
#[derive(Deserialize)]
struct LicensedCase {
    license_exists: Option<bool>,
    license_active: Option<bool>,
    expect: Fields,
}

fn licensed(case: &LicensedCase) -> Outcome {
    let mut checks = Checks::default();
    let both = case.license_exists == Some(true) && case.license_active == Some(true);
    let host = HostLicense::new(both, None);
    let condition = Condition::parse(br#"{"condition":"addon_is_licensed"}"#);
    let Some(condition) = checks.ok("condition", condition) else {
        return checks.outcome();
    };
    for (key, expected) in &case.expect {
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
#[derive(Deserialize)]
struct EvaluationCase {
    conditions: Value,
    env: Fields,
    #[serde(default, deserialize_with = "or_null")]
    expect: Option<Value>,
    #[serde(default, deserialize_with = "or_null")]
    expect_shown: Option<Value>,
}

fn evaluation(case: &EvaluationCase) -> Outcome {
    let mut checks = Checks::default();
    let EvaluationCase {
        conditions, env, ..
    } = case;
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
    match case.expect.as_ref().or(case.expect_shown.as_ref()) {
        Some(Value::Null) => return Outcome::Policy,
        Some(expected) => checks.same("expect", expected, &json!(shown)),
        None => checks.holds("expect", false, "an expectation", "none"),
    }
    same_after_printing(&mut checks, &condition, &|c| c.evaluate(host, &answers));
    checks.outcome()
}

/// The JSON of a condition. `expect` may be the same condition in another form, or null, `reject`
/// or an object with `error` where it is none.
#[derive(Deserialize)]
struct RoundTripCase {
    json: Value,
    #[serde(default, deserialize_with = "or_null")]
    expect: Option<Value>,
}

/// Parse, print, parse: the same.
fn round_trip(case: &RoundTripCase) -> Outcome {
    let mut checks = Checks::default();
    let json = &case.json;
    let parsed = Condition::parse(json.to_string().as_bytes());
    let refused = |e: &Value| e.is_null() || e == "reject" || e.get("error").is_some();
    if case.expect.as_ref().is_some_and(refused) {
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
    let other = |e: &Value| Condition::parse(e.to_string().as_bytes());
    match case.expect.as_ref().map(|expect| (expect, other(expect))) {
        None => {}
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
