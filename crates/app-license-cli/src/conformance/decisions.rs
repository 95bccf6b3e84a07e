//! Decisions: what a source states, a policy, and what that grants.

use std::time::Duration;

use app_license::connect::IframeQuery;
use app_license::{
    Capability, Edition, Hint, License, LicenseSource, Policy, UnixTime, Verified, WhenAbsent,
};
use serde::Deserialize;
use serde_json::Value;

use super::suite::Fields;
use super::{Checks, Outcome};

/// A document or a query of a `source`, its time and that of the decision, a `policy` and what it
/// `requires`; `expect` holds `allowed`, `reason`, `has` and `age`.
#[derive(Deserialize)]
pub(super) struct DecisionCase {
    source: String,
    #[serde(default)]
    document: Value,
    query: Option<String>,
    as_of: Option<UnixTime>,
    now: Option<UnixTime>,
    policy: Option<PolicySettings>,
    requires: Option<String>,
    expect: Fields,
}

/// A policy as the npm package spells it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicySettings {
    when_absent: Option<String>,
    when_absent_outside_production: Option<String>,
    sells_nothing: Option<bool>,
    ignore_user_access: Option<bool>,
    production_only: Option<bool>,
    confirmed_only: Option<bool>,
    max_age: Option<u64>,
}

pub(super) fn decision(case: &DecisionCase) -> Outcome {
    let mut checks = Checks::default();
    let license = read(case).map(|license| match case.as_of {
        Some(time) => license.at(time),
        None => license,
    });
    let Some(license) = checks.ok("source", license) else {
        return checks.outcome();
    };
    let nothing = PolicySettings::default();
    let policy = policy(case.policy.as_ref().unwrap_or(&nothing));
    let Some(policy) = checks.ok("policy", policy) else {
        return checks.outcome();
    };
    let needs = case.requires.as_deref().unwrap_or("capabilityStandard");
    let now = case.now.unwrap_or(UnixTime::EPOCH);
    let hint = Hint::new(license.clone()).decide(&policy, needs, now);
    let verified = Verified::dangerous_assume(license).decide(&policy, needs, now);
    for decision in [&hint, &verified] {
        for (key, expected) in &case.expect {
            let found = match key.as_str() {
                "allowed" => Value::from(decision.is_allowed()),
                "reason" => Value::from(decision.code()),
                "age" => Value::from(decision.age()),
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

fn read(case: &DecisionCase) -> Result<License, String> {
    let source = case.source.as_str();
    if let Some(query) = &case.query {
        return match source {
            "connect_iframe_query" => Ok(IframeQuery::parse(query).license()),
            other => Err(format!("a query is of no source `{other}`")),
        };
    }
    let document = case.document.to_string();
    let json = document.as_bytes();
    let license = match source {
        "forge_ui_context" => License::from_forge_ui_context(json),
        "forge_function_context" => License::from_forge_function_context(json),
        "forge_app_context" => License::from_forge_app_context(json),
        "forge_workflow_arguments" => License::from_forge_workflow_arguments(json),
        "connect_context" => License::from_connect_context(json),
        "connect_license_api" => License::from_connect_api(json),
        "license" => License::from_object(json, LicenseSource::ForgeFunctionContext),
        other => return Err(format!("`{other}` is no source")),
    };
    license.map_err(|error| error.to_string())
}

fn policy(stated: &PolicySettings) -> Result<Policy, String> {
    let mut policy = Policy::new();
    if let Some(name) = &stated.when_absent {
        policy = policy.when_absent(when_absent(name)?);
    }
    if let Some(name) = &stated.when_absent_outside_production {
        policy = policy.when_absent_outside_production(when_absent(name)?);
    }
    let set = |policy: Policy, flag: Option<bool>, set: fn(Policy, bool) -> Policy| match flag {
        Some(flag) => set(policy, flag),
        None => policy,
    };
    policy = set(policy, stated.sells_nothing, Policy::sells_nothing);
    policy = set(
        policy,
        stated.ignore_user_access,
        Policy::ignore_user_access,
    );
    policy = set(policy, stated.production_only, Policy::production_only);
    if let Some(seconds) = stated.max_age {
        policy = policy.max_age(Duration::from_secs(seconds));
    }
    Ok(set(policy, stated.confirmed_only, Policy::confirmed_only))
}

fn when_absent(name: &str) -> Result<WhenAbsent, String> {
    match name {
        "deny" => Ok(WhenAbsent::Deny),
        other => Edition::from_name(other)
            .map(WhenAbsent::Assume)
            .ok_or_else(|| format!("`{other}` is no meaning of an absent license")),
    }
}
