//! Conditions of the host: alone, in a Connect descriptor, in a Forge manifest.

use app_license::connect::{LifecycleBody, LifecycleKind};
use app_license::{Error, ErrorKind};
use app_license_descriptor::connect::Condition;
use app_license_descriptor::forge::{DisplayCondition, Manifest};
use app_license_descriptor::{Diagnostic, HostLicense};
use serde_json::{Map, Value};

use super::document::Document;
use crate::detect::tokens::{clip, short};
use crate::input_error::InputError;
use crate::reading::{self, Believe, Reading, Shown, What, severity};

/// The customers that a condition is tried on: what the host holds about each.
const CUSTOMERS: [(&str, bool, Option<&str>); 6] = [
    ("no license", false, None),
    ("no edition", true, None),
    ("standard", true, Some("capabilityStandard")),
    ("advanced", true, Some("capabilityAdvanced")),
    ("standard, ended", false, Some("capabilityStandard")),
    ("advanced, ended", false, Some("capabilityAdvanced")),
];

const CONDITION: What = What {
    code: "connect_condition",
    title: "Connect condition",
};

/// The most conditions of one file that are tried.
const MAX_CONDITIONS: usize = 500;

/// Whether an object is a condition of Connect: it holds the fields of one, and no others.
pub(super) fn is_condition(fields: &Map<String, Value>) -> bool {
    let list = |name: &str| fields.get(name).is_some_and(Value::is_array);
    let only = |names: &[&str]| fields.keys().all(|key| names.contains(&key.as_str()));
    (fields.get("condition").is_some_and(Value::is_string)
        && only(&["condition", "invert", "params"]))
        || (list("conditions") && only(&["conditions", "type", "invert"]))
        || ((list("and") || list("or")) && only(&["and", "or"]) && !is_display_condition(fields))
}

/// Whether an object is display conditions of Forge.
pub(super) fn is_display_condition(fields: &Map<String, Value>) -> bool {
    if let Some(conditions) = fields.get("displayConditions") {
        // a module, or its conditions alone
        return conditions.is_object()
            && !["app", "modules", "license", "iss"]
                .iter()
                .any(|n| fields.contains_key(*n));
    }
    let of_forge = |key: &String| {
        FORGE_CONDITIONS.contains(&key.as_str())
            || FORGE_BEGINS.iter().any(|begin| key.starts_with(begin))
    };
    fields.keys().all(of_forge) && names_forge(&Value::Object(fields.clone()), 0)
}

/// What may stand beside a condition on the license: by name, and by how it begins.
const FORGE_CONDITIONS: [&str; 6] = [
    "and",
    "or",
    "not",
    "appIsLicensed",
    "appEdition",
    "permissions",
];
const FORGE_BEGINS: [&str; 9] = [
    "can",
    "is",
    "has",
    "project",
    "issue",
    "entityProperty",
    "user",
    "jira",
    "time",
];

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
pub(super) fn condition(json: &str) -> Result<Reading, InputError> {
    let mut reading = Reading::new(CONDITION, Believe::CONFIGURATION);
    let condition = Condition::parse(json.as_bytes())?;
    add_connect(&mut reading, "condition", &condition);
    Ok(reading)
}

/// Reads display conditions.
pub(super) fn display_condition(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let mut reading = Reading::new(what, Believe::CONFIGURATION);
    let json = crate::raw::at(d.json, &["displayConditions"]).unwrap_or(d.json);
    let condition = DisplayCondition::parse(json.as_bytes())?;
    add_forge(&mut reading, "displayConditions", &condition);
    for diagnostic in condition.diagnostics(None) {
        report(&mut reading, &diagnostic, "");
    }
    Ok(reading)
}

/// Reads a Connect descriptor.
pub(super) fn descriptor(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let mut reading = Reading::new(what, Believe::CONFIGURATION);
    reading.fact_if("app", d.text("key").map(short));
    reading.fact_if("base URL", d.text("baseUrl").map(short));
    let enabled = d.fields.get("enableLicensing").and_then(Value::as_bool) == Some(true);
    let bitbucket = is_of_bitbucket(d);
    reading.fact("licensing", if enabled { "enabled" } else { "not enabled" });
    if bitbucket {
        reading.note(
            "licensing_of_bitbucket",
            "Bitbucket hands no license to apps: no `lic`, and no License API; sell outside, and ask there",
        );
    } else if !enabled {
        reading.note(
            "licensing_not_enabled",
            "`enableLicensing` is not true: every page gets `lic=none` and the License API answers without \
             `license`, as for a customer who has not paid; an app that sells nothing states that to its gate",
        );
    }
    let authentication = super::score::at(d.fields, "authentication.type");
    if authentication.and_then(Value::as_str) == Some("none") {
        reading.fact("authentication", "none");
        let message = "`authentication` is `none`: nothing that the host sends is signed";
        if enabled {
            reading.report(
                "warning",
                "unsigned_licensing",
                format!("{message}, so `lic` can be made up: readable, never proof; use `jwt`"),
            );
        } else {
            reading.note(
                "unsigned",
                format!("{message}, and there is no shared secret"),
            );
        }
    }
    for (region, url) in super::score::at(d.fields, "regionBaseUrls")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let url = url.as_str().unwrap_or("no text");
        reading.fact("region", format!("{} at {}", short(region), short(url)));
    }
    let mut found = Vec::new();
    walk(d.fields.get("modules"), "modules", "conditions", &mut found);
    for (at, value) in found {
        match Condition::parse(value.to_string().as_bytes()) {
            Ok(condition) => add_connect(&mut reading, &at, &condition),
            Err(error) => reading.report("error", "condition_invalid", format!("{at}: {error}")),
        }
    }
    Ok(reading)
}

/// Whether a descriptor is one of Bitbucket: its scopes and contexts are its own.
fn is_of_bitbucket(d: Document<'_>) -> bool {
    let texts = |name: &str| {
        let list = d.fields.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    };
    let scopes = [
        "account",
        "repository",
        "pullrequest",
        "issue",
        "webhook",
        "team",
        "pipeline",
    ];
    let of_bitbucket = |scope: &str| {
        let kind = scope.split(':').next().unwrap_or_default();
        scopes.contains(&kind)
    };
    texts("contexts").any(|c| matches!(c, "account" | "personal"))
        || texts("scopes").any(of_bitbucket)
}

/// Reads a Forge manifest.
pub(super) fn manifest(what: What, d: Document<'_>) -> Result<Reading, InputError> {
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
    for (path, condition) in manifest.connect_conditions() {
        if let Ok(condition) = condition {
            add_connect_cells(&mut reading, &path.to_string(), condition);
        }
    }
    for diagnostic in manifest.diagnostics(None) {
        report(&mut reading, &diagnostic, "");
    }
    Ok(reading)
}

/// Reads the body of a lifecycle event; its secret is never shown.
pub(super) fn lifecycle(what: What, d: Document<'_>) -> Result<Reading, InputError> {
    let body = match LifecycleBody::parse(d.json.as_bytes()) {
        Err(error) if is_secret_missing(&error) => {
            LifecycleBody::parse_unsigned(d.json.as_bytes())?
        }
        other => other?,
    };
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
    if !body.has_secret() && body.kind() == LifecycleKind::Installed {
        reading.believe = Believe::UNSIGNED;
        reading.report(
            "warning",
            "unsigned",
            "no `sharedSecret`: so an app with `authentication: none` is told, and nothing that such an app gets \
             is signed; a server that verifies refuses this body",
        );
    }
    reading.note(
        "not_about_active",
        "the event never says whether the license is active: ask the License API, or `lic` of a request",
    );
    Ok(reading)
}

fn is_secret_missing(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::FieldMissing {
            field: "sharedSecret",
            ..
        }
    )
}

/// Shows a diagnostic, with what to do about it.
fn report(reading: &mut Reading, diagnostic: &Diagnostic, at: &str) {
    let severity = severity(diagnostic.severity());
    let at = if at.is_empty() {
        String::new()
    } else {
        format!("{at}: ")
    };
    let message = format!("{at}{diagnostic}; {}", diagnostic.fix());
    reading.report(severity, diagnostic.code(), message);
}

fn add_connect(reading: &mut Reading, at: &str, condition: &Condition) {
    add_connect_cells(reading, at, condition);
    for diagnostic in condition.diagnostics(None) {
        report(reading, &diagnostic, at);
    }
}

fn add_connect_cells(reading: &mut Reading, at: &str, condition: &Condition) {
    let cells = CUSTOMERS.map(|(customer, licensed, capability)| Shown {
        customer,
        host: condition.evaluate(HostLicense::new(licensed, capability), &|_, _| None),
    });
    add(reading, at, &condition.to_json(), &cells);
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

/// Whether every item of a list is a condition.
pub(super) fn are_conditions(items: &[Value]) -> bool {
    !items.is_empty()
        && items
            .iter()
            .all(|item| item.as_object().is_some_and(is_condition))
}
