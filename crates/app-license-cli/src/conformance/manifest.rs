//! Fragments of Forge manifests, which the platform's schema accepts.

use app_license_descriptor::forge::{DisplayCondition, Manifest};
use app_license_descriptor::{HostLicense, Severity};
use serde::Deserialize;
use serde_json::{Value, json};

use super::suite::{Fields, with_all};
use super::{Checks, Outcome};

/// A fragment: every field is the manifest's.
#[derive(Deserialize)]
struct FragmentCase {
    #[serde(flatten)]
    fields: Fields,
}

pub(super) fn case(case: &Value) -> Outcome {
    with_all(case, fragment)
}

fn fragment(case: &FragmentCase) -> Outcome {
    let mut checks = Checks::default();
    let fragment = Value::Object(case.fields.clone());
    let read = Manifest::parse(fragment.to_string().as_bytes());
    let Some(manifest) = checks.ok("fragment", read) else {
        return checks.outcome();
    };
    let yes = |path: &str| fragment.pointer(path) == Some(&Value::Bool(true));
    let modes: Vec<_> = manifest.modes().collect();
    let none = json!([]);
    for (path, expected, found) in [
        (
            "app.id",
            fragment.pointer("/app/id").cloned().unwrap_or_default(),
            json!(manifest.app_id()),
        ),
        (
            "licensing.enabled",
            json!(yes("/app/licensing/enabled")),
            json!(manifest.licensing_enabled()),
        ),
        (
            "licensing.editionsEnabled",
            json!(yes("/app/licensing/editionsEnabled")),
            json!(manifest.editions_enabled()),
        ),
        (
            "licensing.modes",
            fragment
                .pointer("/app/licensing/modes")
                .unwrap_or(&none)
                .clone(),
            json!(modes),
        ),
        (
            "access.userAccess",
            json!(yes("/app/access/userAccess")),
            json!(manifest.user_access()),
        ),
    ] {
        checks.same(path, &expected, &found);
    }
    let modules = fragment.get("modules");
    let mut conditions = Vec::new();
    named(modules, "displayConditions", &mut conditions);
    let mut filters = Vec::new();
    named(modules, "filter", &mut filters);
    filters.retain(|filter| filter.get("appIsLicensed") == Some(&Value::Bool(true)));
    let triggers = manifest.licensed_triggers().count();
    checks.same("licensed triggers", &json!(filters.len()), &json!(triggers));
    checks.same(
        "conditions",
        &json!(conditions.len()),
        &json!(manifest.conditions().count()),
    );
    for module in manifest.conditions() {
        checks.ok(&module.path().to_string(), module.condition().map(drop));
    }
    for json in conditions {
        if let Some(condition) = checks.ok(
            "condition",
            DisplayCondition::parse(json.to_string().as_bytes()),
        ) {
            evaluated(&mut checks, json, &condition);
        }
    }
    let errors: Vec<_> = manifest
        .diagnostics(None)
        .into_iter()
        .filter(|diagnostic| diagnostic.severity() == Severity::Error)
        .map(|diagnostic| diagnostic.to_string())
        .collect();
    checks.holds(
        "accepted by the platform",
        errors.is_empty(),
        "no error",
        errors.join("; "),
    );
    if let Some(expect) = case.fields.get("expect") {
        checks.unknown("expect", expect);
    }
    checks.outcome()
}

fn named<'a>(value: Option<&'a Value>, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Some(Value::Object(fields)) => {
            for (key, inner) in fields {
                if key == name {
                    found.push(inner);
                } else {
                    named(Some(inner), name, found);
                }
            }
        }
        Some(Value::Array(items)) => items.iter().for_each(|item| named(Some(item), name, found)),
        _ => {}
    }
}

fn evaluated(checks: &mut Checks, json: &Value, condition: &DisplayCondition) {
    for licensed in [false, true] {
        for capability in [None, Some("capabilityStandard"), Some("capabilityAdvanced")] {
            // where the slow way does not know, nothing is compared
            let Some(expected) = slow(json, true, licensed, capability) else {
                continue;
            };
            let found = condition.evaluate(HostLicense::new(licensed, capability), &|_, _| None);
            checks.same(
                &format!(
                    "licensed {licensed}, {}",
                    capability.unwrap_or("no edition")
                ),
                &json!(expected),
                &json!(found),
            );
        }
    }
}

/// The platform's rule over plain JSON: entries of an object are joined by `and` or `or`.
fn slow(json: &Value, and: bool, licensed: bool, capability: Option<&str>) -> Option<bool> {
    let fields = json.as_object()?;
    let mut answers = Vec::new();
    for (name, value) in fields {
        answers.push(match (name.as_str(), value) {
            ("and", inner) => slow(inner, true, licensed, capability)?,
            ("or", inner) => slow(inner, false, licensed, capability)?,
            ("appIsLicensed", Value::Bool(wanted)) => licensed == *wanted,
            ("appEdition", Value::String(edition)) if edition != "free" => {
                let plain = |text: &str| text.to_ascii_lowercase().replace("capability", "");
                capability.is_some_and(|capability| plain(capability) == *edition)
            }
            _ => return None,
        });
    }
    Some(if and {
        answers.iter().all(|shown| *shown)
    } else {
        answers.iter().any(|shown| *shown)
    })
}
