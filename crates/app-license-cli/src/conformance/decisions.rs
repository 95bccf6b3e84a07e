//! Decisions: what a source states, a policy, and what that grants.

use app_license::connect::IframeQuery;
use app_license::{
    Capability, Edition, Hint, License, Policy, Touchpoint, UnixTime, Verified, WhenAbsent,
};
use serde_json::Value;

use super::{Case, Checks, Outcome};

/// A document or a query of a `source`, a `policy` and what it `requires`; `expect` holds `allowed`
/// and `reason`.
pub(super) fn decision(case: &Case<'_>) -> Outcome {
    let mut checks = Checks::default();
    let license = read(case);
    let Some(license) = checks.ok("source", license) else {
        return checks.outcome();
    };
    let Some(policy) = checks.ok("policy", policy(case.get("policy"))) else {
        return checks.outcome();
    };
    let needs = case.text("requires").unwrap_or("capabilityStandard");
    let now = UnixTime::EPOCH;
    let hint = Hint::new(license.clone()).decide(&policy, needs, now);
    let verified = Verified::dangerous_assume(license).decide(&policy, needs, now);
    let Some(expect) = checks.need("expect", case.get("expect").and_then(Value::as_object)) else {
        return checks.outcome();
    };
    for decision in [&hint, &verified] {
        for (key, expected) in expect {
            let found = match key.as_str() {
                "allowed" => Value::from(decision.is_allowed()),
                "reason" => Value::from(decision.code()),
                "has" => Value::from(decision.has().map(Capability::as_str)),
                _ => {
                    checks.unknown(key, expected);
                    continue;
                }
            };
            checks.same(key, expected, &found);
        }
    }
    checks.outcome()
}

fn read(case: &Case<'_>) -> Result<License, String> {
    let source = case.text("source").unwrap_or_default();
    if let Some(query) = case.text("query") {
        return match source {
            "connect_iframe_query" => Ok(IframeQuery::parse(query).license()),
            other => Err(format!("a query is of no source `{other}`")),
        };
    }
    let document = case.get("document").unwrap_or(&Value::Null).to_string();
    let json = document.as_bytes();
    let license = match source {
        "forge_ui_context" => License::from_forge_ui_context(json),
        "forge_function_context" => License::from_forge_function_context(json),
        "forge_app_context" => License::from_forge_app_context(json),
        "forge_workflow_arguments" => License::from_forge_workflow_arguments(json),
        "connect_context" => License::from_connect_context(json),
        "connect_license_api" => License::from_connect_api(json),
        "license" => License::from_object(json, Touchpoint::ForgeFunctionContext),
        other => return Err(format!("`{other}` is no source")),
    };
    license.map_err(|error| error.to_string())
}

fn policy(stated: Option<&Value>) -> Result<Policy, String> {
    let mut policy = Policy::new();
    let fields = match stated {
        None | Some(Value::Null) => return Ok(policy),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err("a policy is an object".to_owned()),
    };
    for (name, value) in fields {
        let flag = || {
            value
                .as_bool()
                .ok_or_else(|| format!("`{name}` must be a boolean"))
        };
        policy = match name.as_str() {
            "whenAbsent" => policy.when_absent(meaning(value)?),
            "whenAbsentOutsideProduction" => policy.when_absent_outside_production(meaning(value)?),
            "sellsNothing" => policy.sells_nothing(flag()?),
            "ignoreUserAccess" => policy.ignore_user_access(flag()?),
            "productionOnly" => policy.production_only(flag()?),
            "confirmedOnly" => policy.confirmed_only(flag()?),
            other => return Err(format!("`{other}` is no setting of a policy")),
        };
    }
    Ok(policy)
}

fn meaning(value: &Value) -> Result<WhenAbsent, String> {
    match value.as_str() {
        Some("deny") => Ok(WhenAbsent::Deny),
        other => other
            .and_then(Edition::from_name)
            .map(WhenAbsent::Assume)
            .ok_or_else(|| format!("{value} is no meaning of an absent license")),
    }
}
