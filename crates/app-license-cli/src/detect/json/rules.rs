//! Conditions of the host: alone, in a Connect descriptor, in a Forge manifest.

use app_license::connect::LifecycleBody;
use app_license_descriptor::HostLicense;
use app_license_descriptor::connect::Condition;
use app_license_descriptor::forge::{DisplayCondition, Manifest};
use serde_json::{Map, Value};

use super::Document;
use crate::detect::Look;
use crate::detect::tokens::{clip, short};
use crate::fault::Fault;
use crate::reading::{self, Believe, Reading, Shown, What};

/// The customers that a condition is tried on: what the host holds about each.
const CUSTOMERS: [(&str, bool, Option<&str>); 5] = [
    ("no licence", false, None),
    ("no edition named", true, None),
    ("standard", true, Some("capabilityStandard")),
    ("advanced", true, Some("capabilityAdvanced")),
    ("advanced, ended", false, Some("capabilityAdvanced")),
];

const CONDITION: What = What {
    code: "connect_condition",
    title: "Connect condition",
};

/// The most conditions of one file that are tried.
const MAX_CONDITIONS: usize = 500;

/// Whether an object is a condition of Connect.
pub(super) fn is_condition(fields: &Map<String, Value>) -> bool {
    let list = |name: &str| fields.get(name).is_some_and(Value::is_array);
    fields.get("condition").is_some_and(Value::is_string)
        || list("conditions")
        || ((list("and") || list("or")) && !is_display_condition(fields))
}

/// Whether an object is display conditions of Forge.
pub(super) fn is_display_condition(fields: &Map<String, Value>) -> bool {
    fields.contains_key("displayConditions") || names_forge(&Value::Object(fields.clone()), 0)
}

fn names_forge(value: &Value, depth: u8) -> bool {
    let Value::Object(fields) = value else {
        return match value {
            Value::Array(items) => items.iter().any(|i| names_forge(i, depth)),
            _ => false,
        };
    };
    fields.iter().any(|(name, inner)| match name.as_str() {
        "appIsLicensed" | "appEdition" => true,
        "and" | "or" | "not" if depth < 32 => names_forge(inner, depth.saturating_add(1)),
        _ => false,
    })
}

/// Reads one condition, or a list of them.
pub(super) fn condition(json: &str) -> Result<Reading, Fault> {
    let mut reading = Reading::new(CONDITION, Believe::CONFIGURATION);
    let condition = Condition::parse(json.as_bytes())?;
    add_connect(&mut reading, "condition", &condition);
    Ok(reading)
}

/// Reads display conditions.
pub(super) fn display_condition(what: What, d: Document<'_>) -> Result<Reading, Fault> {
    let mut reading = Reading::new(what, Believe::CONFIGURATION);
    let json = crate::raw::at(d.json, &["displayConditions"]).unwrap_or(d.json);
    let condition = DisplayCondition::parse(json.as_bytes())?;
    add_forge(&mut reading, "displayConditions", &condition);
    for diagnostic in condition.diagnostics(None) {
        reading.note(diagnostic.code(), diagnostic.to_string());
    }
    Ok(reading)
}

/// Reads a Connect descriptor.
pub(super) fn descriptor(what: What, d: Document<'_>) -> Result<Reading, Fault> {
    let mut reading = Reading::new(what, Believe::CONFIGURATION);
    reading.fact_if("app", d.text("key").map(short));
    reading.fact_if("base URL", d.text("baseUrl").map(short));
    match d.fields.get("enableLicensing").and_then(Value::as_bool) {
        Some(true) => reading.fact("licensing", "enabled"),
        _ => {
            reading.fact("licensing", "not enabled");
            reading.note(
                "licensing_not_enabled",
                "`enableLicensing` is not true: the host sends no licence",
            );
        }
    }
    let mut found = Vec::new();
    walk(d.fields.get("modules"), "modules", "conditions", &mut found);
    for (at, value) in found {
        match Condition::parse(value.to_string().as_bytes()) {
            Ok(condition) => add_connect(&mut reading, &at, &condition),
            Err(error) => reading.note("condition", format!("{at}: {error}")),
        }
    }
    Ok(reading)
}

/// Reads a Forge manifest.
pub(super) fn manifest(what: What, d: Document<'_>) -> Result<Reading, Fault> {
    let manifest = Manifest::parse(d.json.as_bytes())?;
    let mut reading = Reading::new(what, Believe::CONFIGURATION);
    let enabled = |yes| if yes { "enabled" } else { "not enabled" };
    reading.fact_if("app", manifest.app_id().map(short));
    reading.fact_if("Connect app", manifest.connect_key().map(short));
    reading.fact("licensing", enabled(manifest.licensing_enabled()));
    reading.fact("editions", enabled(manifest.editions_enabled()));
    if manifest.user_access() {
        reading.fact(
            "user access",
            "billed by user: ask `context.userAccess.hasAccess` too",
        );
    }
    for trigger in manifest.licensed_triggers() {
        reading.fact(
            "licensed trigger",
            format!("{}: skipped on other sites", short(&trigger.to_string())),
        );
    }
    for module in manifest.conditions() {
        // one that cannot be read is among the diagnostics
        if let Ok(condition) = module.condition() {
            add_forge(&mut reading, &module.path().to_string(), condition);
        }
    }
    for diagnostic in manifest.diagnostics(None) {
        reading.note(
            diagnostic.code(),
            format!("{}: {diagnostic}", diagnostic.severity()),
        );
    }
    Ok(reading)
}

/// Reads the body of a lifecycle event; its secret is never shown.
pub(super) fn lifecycle(what: What, d: Document<'_>) -> Result<Reading, Fault> {
    let body = LifecycleBody::parse(d.json.as_bytes())?;
    let mut reading = Reading::of(what, body.license().into_inner(), d.look.now);
    reading.fact("event", body.kind());
    reading.fact("app", short(body.app_key().as_str()));
    reading.fact("tenant", short(body.client_key().as_str()));
    reading.fact("base URL", short(body.base_url()));
    reading.fact("product", short(body.product_type()));
    reading.fact_if(
        "installation",
        body.installation_id().map(|i| short(i.as_str())),
    );
    reading.fact(
        "shared secret",
        if body.has_secret() {
            "present, not shown"
        } else {
            "none"
        },
    );
    reading.note(
        "not_about_active",
        "the event never says whether the licence is active: ask the License API, or `lic` of a request",
    );
    Ok(reading)
}

fn add_connect(reading: &mut Reading, at: &str, condition: &Condition) {
    let cells = CUSTOMERS.map(|(customer, licensed, capability)| Shown {
        customer,
        host: condition.evaluate(HostLicense::new(licensed, capability), &|_, _| None),
    });
    add(reading, at, &condition.to_json(), &cells);
    for diagnostic in condition.diagnostics(None) {
        reading.note(diagnostic.code(), format!("{at}: {diagnostic}"));
    }
}

fn add_forge(reading: &mut Reading, at: &str, condition: &DisplayCondition) {
    let cells = CUSTOMERS.map(|(customer, licensed, capability)| Shown {
        customer,
        host: condition.evaluate(HostLicense::new(licensed, capability), &|_, _| None),
    });
    add(reading, at, "", &cells);
}

fn add(reading: &mut Reading, at: &str, rule: &str, cells: &[Shown; CUSTOMERS.len()]) {
    reading.conditions.push(reading::Condition {
        at: short(at),
        rule: clip(rule, 240),
        cells: cells.to_vec(),
    });
}

/// Finds every value under a name, with the path to it: modules are named by their keys.
fn walk<'a>(
    value: Option<&'a Value>,
    path: &str,
    name: &str,
    found: &mut Vec<(String, &'a Value)>,
) {
    if found.len() >= MAX_CONDITIONS {
        return;
    }
    match value {
        Some(Value::Object(fields)) => {
            for (key, inner) in fields {
                let here = format!("{path}.{}", short(key));
                if key == name {
                    found.push((here, inner));
                } else {
                    walk(Some(inner), &here, name, found);
                }
            }
        }
        Some(Value::Array(items)) => {
            for (n, item) in items.iter().enumerate() {
                let key = item.get("key").and_then(Value::as_str).map(short);
                let here = format!("{path}[{}]", key.unwrap_or_else(|| n.to_string()));
                walk(Some(item), &here, name, found);
            }
        }
        _ => {}
    }
}

/// Reads a list of conditions; anything else in an array is not known.
pub(super) fn list(json: &str, items: &[Value], _look: Look) -> Result<Reading, Fault> {
    let conditions = items
        .iter()
        .all(|item| item.as_object().is_some_and(is_condition));
    if items.is_empty() || !conditions {
        return Err(Fault::Undetected {
            tried: "a JSON array of conditions".to_owned(),
        });
    }
    condition(json)
}
