//! Conditions of the host: alone, in a Connect descriptor, in a Forge manifest.

use app_license::connect::{Condition, LifecycleBody};
use app_license::forge::DisplayCondition;
use app_license::{ConditionWarning, HostLicense};
use serde_json::{Map, Value};

use super::Document;
use crate::detect::Look;
use crate::detect::tokens::short;
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
    add_forge(&mut reading, "displayConditions", &condition, json);
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
    let mut reading = Reading::new(what, Believe::CONFIGURATION);
    let app = d.fields.get("app");
    let licensing = app.and_then(|a| a.get("licensing"));
    let says = |name: &str| licensing.and_then(|l| l.get(name)).and_then(Value::as_bool);
    let enabled = says("enabled") == Some(true);
    reading.fact_if(
        "app",
        app.and_then(|a| a.get("id"))
            .and_then(Value::as_str)
            .map(short),
    );
    reading.fact("licensing", if enabled { "enabled" } else { "not enabled" });
    let editions = says("editionsEnabled") == Some(true);
    reading.fact("editions", if editions { "enabled" } else { "not enabled" });
    if app.and_then(|a| a.pointer("/access/userAccess")) == Some(&Value::Bool(true)) {
        reading.fact(
            "user access",
            "billed by user: ask `context.userAccess.hasAccess` too",
        );
    }
    let mut found = Vec::new();
    walk(
        d.fields.get("modules"),
        "modules",
        "displayConditions",
        &mut found,
    );
    let mut about_editions = false;
    let mut about_license = false;
    for (at, value) in found {
        let json = value.to_string();
        match DisplayCondition::parse(json.as_bytes()) {
            Ok(condition) => {
                about_editions |= condition.is_about_editions();
                about_license |= condition.is_about_the_license();
                add_forge(&mut reading, &at, &condition, &json);
            }
            Err(error) => reading.note("condition", format!("{at}: {error}")),
        }
    }
    let mut filters = Vec::new();
    walk(d.fields.get("modules"), "modules", "filter", &mut filters);
    for (at, filter) in filters {
        if let Some(licensed) = filter.get("appIsLicensed") {
            about_license = true;
            reading.note(
                "trigger_filter",
                format!("{at}: `appIsLicensed: {licensed}`: other sites are skipped"),
            );
        }
    }
    if about_license && !enabled && licensing.is_some() {
        reading.note(
            "licensing_not_enabled",
            "conditions ask for a licence, but `app.licensing.enabled` is not true",
        );
    }
    if about_editions && !editions && licensing.is_some() {
        reading.note(
            "editions_not_enabled",
            "conditions ask for an edition, but `app.licensing.editionsEnabled` is not true",
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
    add(
        reading,
        at,
        &condition.to_json(),
        &cells,
        &condition.warnings(None),
    );
}

fn add_forge(reading: &mut Reading, at: &str, condition: &DisplayCondition, json: &str) {
    let cells = CUSTOMERS.map(|(customer, licensed, capability)| Shown {
        customer,
        host: condition.evaluate(HostLicense::new(licensed, capability), &|_, _| None),
    });
    add(reading, at, json, &cells, &condition.warnings(None));
}

fn add(
    reading: &mut Reading,
    at: &str,
    rule: &str,
    cells: &[Shown; CUSTOMERS.len()],
    warnings: &[ConditionWarning],
) {
    reading.conditions.push(reading::Condition {
        at: at.to_owned(),
        rule: short(rule),
        cells: cells.to_vec(),
    });
    for warning in warnings {
        reading.note(warning.code(), format!("{at}: {warning}"));
    }
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
