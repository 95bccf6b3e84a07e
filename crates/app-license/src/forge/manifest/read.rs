//! Reading a manifest: strict JSON, then a walk over the modules.

use app_license_gate::json::{Kind, Scanner};
use serde_json::{Map, Value};

use super::{Licensing, Manifest, ModuleCondition, TriggerFilter};
use crate::connect::Condition;
use crate::error::{Error, ErrorKind, at_most, in_json};
use crate::forge::DisplayCondition;
use crate::ids::shown;

const WHAT: &str = "manifest";
/// The largest manifest that is read, in bytes; the platform takes 200 KB of YAML.
const MAX_BYTES: usize = 1024 * 1024;

impl Manifest {
    /// Reads a manifest, as JSON.
    ///
    /// # Errors
    /// `json_…` (also for a key that occurs twice), `field_type` for licensing of another type,
    /// `too_large` over 1 MiB. A condition that the platform would refuse is a finding.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        at_most(WHAT, json.len(), MAX_BYTES)?;
        // the strict look first: nothing twice, nothing too deep
        let mut scanner = Scanner::<1024>::new(json).map_err(in_json(WHAT))?;
        scanner.value().map_err(in_json(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        let root: Value = serde_json::from_slice(json).unwrap_or_default();
        let nothing = Map::new();
        let root = object(Some(&root), "manifest")?.unwrap_or(&nothing);
        let mut manifest = Self {
            app_id: None,
            connect_key: None,
            licensing: None,
            user_access: None,
            conditions: Vec::new(),
            connect_conditions: Vec::new(),
            filters: Vec::new(),
            unknown: Vec::new(),
        };
        if let Some(app) = object(root.get("app"), "app")? {
            manifest.app(app)?;
        }
        for (module_type, module, location) in modules(root, "modules")? {
            manifest.filter(module_type, module, &location);
            manifest.walk(module, &location);
        }
        for (_, module, location) in modules(root, "connectModules")? {
            manifest.walk_connect(module, &location);
        }
        Ok(manifest)
    }

    fn app(&mut self, app: &Map<String, Value>) -> Result<(), Error> {
        self.app_id = text(app.get("id"));
        if let Some(connect) = object(app.get("connect"), "app.connect")? {
            self.connect_key = text(connect.get("key"));
        }
        if let Some(licensing) = object(app.get("licensing"), "app.licensing")? {
            let modes = match licensing.get("modes") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(list)) => list.iter().map(mode).collect(),
                Some(other) => {
                    return Err(must_be("app.licensing.modes", Kind::Array, other).into());
                }
            };
            self.licensing = Some(Licensing {
                enabled: flag(licensing.get("enabled"), "app.licensing.enabled")?,
                editions_enabled: flag(
                    licensing.get("editionsEnabled"),
                    "app.licensing.editionsEnabled",
                )?,
                modes,
            });
            let known = ["enabled", "editionsEnabled", "modes"];
            self.note_unknown("app.licensing", licensing, &known);
        }
        if let Some(access) = object(app.get("access"), "app.access")? {
            self.user_access = flag(access.get("userAccess"), "app.access.userAccess")?;
            self.note_unknown("app.access", access, &["userAccess"]);
        }
        Ok(())
    }

    fn note_unknown(&mut self, parent: &str, object: &Map<String, Value>, known: &[&str]) {
        let unknown = object.keys().filter(|k| !known.contains(&k.as_str()));
        self.unknown
            .extend(unknown.map(|k| format!("{parent}.{}", shown(k))));
    }

    fn filter(&mut self, module_type: &str, module: &Value, location: &str) {
        let Some(filter) = module.get("filter") else {
            return;
        };
        if let Some(value) = filter.get("appIsLicensed") {
            self.filters.push(TriggerFilter {
                location: location.to_owned(),
                module_type: module_type.to_owned(),
                app_is_licensed: value.as_bool(),
            });
        }
    }

    /// Finds `displayConditions` of a module and of the pages and sections in it. The strict look
    /// has bounded the depth.
    fn walk(&mut self, value: &Value, location: &str) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    if key == "displayConditions" {
                        self.conditions.push(ModuleCondition {
                            location: location.to_owned(),
                            condition: DisplayCondition::parse(inner.to_string().as_bytes()),
                        });
                    } else {
                        self.walk(inner, &format!("{location}.{}", shown(key)));
                    }
                }
            }
            Value::Array(list) => {
                for (n, inner) in list.iter().enumerate() {
                    self.walk(inner, &format!("{location}[{n}]"));
                }
            }
            _ => {}
        }
    }

    fn walk_connect(&mut self, value: &Value, location: &str) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    if key == "conditions" {
                        let condition = Condition::parse(inner.to_string().as_bytes());
                        self.connect_conditions
                            .push((location.to_owned(), condition));
                    } else {
                        self.walk_connect(inner, &format!("{location}.{}", shown(key)));
                    }
                }
            }
            Value::Array(list) => {
                for (n, inner) in list.iter().enumerate() {
                    self.walk_connect(inner, &format!("{location}[{n}]"));
                }
            }
            _ => {}
        }
    }
}

/// Every module: its type, itself, and where it is.
fn modules<'m>(
    root: &'m Map<String, Value>,
    field: &'static str,
) -> Result<Vec<(&'m str, &'m Value, String)>, Error> {
    let mut found = Vec::new();
    for (module_type, list) in object(root.get(field), field)?.into_iter().flatten() {
        let list = match list {
            Value::Array(list) => list.as_slice(),
            // some modules of Connect stand alone
            one => std::slice::from_ref(one),
        };
        for (n, module) in list.iter().enumerate() {
            let mut location = format!("{field}.{}[{n}]", shown(module_type));
            if let Some(key) = module.get("key").and_then(Value::as_str) {
                location.push_str(&format!(" `{}`", shown(key)));
            }
            found.push((module_type.as_str(), module, location));
        }
    }
    Ok(found)
}

fn mode(value: &Value) -> String {
    match value {
        Value::String(mode) => shown(mode),
        other => shown(&other.to_string()),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn flag(value: Option<&Value>, field: &'static str) -> Result<Option<bool>, ErrorKind> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(b)) => Ok(Some(*b)),
        Some(other) => Err(must_be(field, Kind::Bool, other)),
    }
}

fn object<'m>(
    value: Option<&'m Value>,
    field: &'static str,
) -> Result<Option<&'m Map<String, Value>>, ErrorKind> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(other) => Err(must_be(field, Kind::Object, other)),
    }
}

fn must_be(field: &'static str, expected: Kind, found: &Value) -> ErrorKind {
    let found = match found {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Bool,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    };
    ErrorKind::FieldType {
        what: WHAT,
        field,
        expected,
        found,
    }
}
