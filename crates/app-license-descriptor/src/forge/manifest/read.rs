//! Reading a manifest: strict JSON, then a walk over the modules.

use app_license::json::{Kind, Scanner};
use serde_json::{Map, Value};

use super::{Licensing, Manifest, ModuleCondition, ModuleFilter, interpolate};
use crate::connect::check::{Modules, read_modules};
use crate::diagnostic::DocumentPath;
use crate::document::{at_most, in_json};
use crate::forge::DisplayCondition;
use crate::spelling;
use app_license::error::shown;
use app_license::{Error, ErrorKind};

const WHAT: &str = "manifest";
const CONDITIONS: &str = "displayConditions";
/// The largest manifest that is read, in bytes; the platform takes 200 KB of YAML.
const MAX_BYTES: usize = 1024 * 1024;

impl Manifest {
    /// Reads a manifest, as JSON.
    ///
    /// # Errors
    /// `json_…` (also for a key that occurs twice), `field_type` for licensing of another type,
    /// `too_large` over 1 MiB. A condition that the platform would refuse is a
    /// diagnostic.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        at_most(WHAT, json.len(), MAX_BYTES)?;
        // the strict look first: nothing twice, nothing too deep
        let mut scanner = Scanner::<1024>::new(json).map_err(in_json(WHAT))?;
        scanner.walk().map_err(in_json(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        let mut document: Value = serde_json::from_slice(json).unwrap_or_default();
        let unset = interpolate::variables(&mut document)?;
        let nothing = Map::new();
        let root = object(Some(&document), "manifest")?.unwrap_or(&nothing);
        let mut manifest = Self {
            app_id: None,
            connect_key: None,
            licensing: None,
            user_access: None,
            access_empty: false,
            conditions: Vec::new(),
            connect: Modules::default(),
            filters: Vec::new(),
            unknown: Vec::new(),
            misplaced: Vec::new(),
            unset,
        };
        manifest.misplaced(root);
        manifest.note_misspelled(root, &DocumentPath::root());
        if let Some(app) = object(root.get("app"), "app")? {
            manifest.app(app)?;
        }
        for (module_type, module, path) in modules(root, "modules")? {
            if module.get("licensing").is_some() {
                let path = path.key("licensing");
                manifest.misplaced.push((path, "app.licensing"));
            }
            manifest.filters_of(module_type, module, &path);
            manifest.walk(module_type, module, &path, false);
        }
        modules(root, "connectModules")?; // the types of the lists
        manifest.connect = read_modules(&document, "connectModules");
        Ok(manifest)
    }

    /// Finds what belongs below `app.licensing` or `app.access` and stands elsewhere.
    fn misplaced(&mut self, root: &Map<String, Value>) {
        const LICENSING: &str = "app.licensing";
        const ENABLED: &str = "app.licensing.enabled";
        const EDITIONS: &str = "app.licensing.editionsEnabled";
        const ACCESS: &str = "app.access";
        const USER_ACCESS: &str = "app.access.userAccess";
        let top = DocumentPath::root();
        for (name, place) in [
            ("licensing", LICENSING),
            ("enableLicensing", ENABLED),
            ("editionsEnabled", EDITIONS),
            ("access", ACCESS),
        ] {
            if root.contains_key(name) {
                self.misplaced.push((top.key(name), place));
            }
        }
        let app = root.get("app").and_then(Value::as_object);
        for (name, place) in [
            ("enableLicensing", ENABLED),
            ("editionsEnabled", EDITIONS),
            ("enabled", ENABLED),
            ("userAccess", USER_ACCESS),
        ] {
            if app.is_some_and(|app| app.contains_key(name)) {
                self.misplaced.push((top.key("app").key(name), place));
            }
        }
        let inside = |parent: &str, object: Option<&Map<String, Value>>, path: &DocumentPath| {
            let found = object?.get(parent)?.get("licensing").is_some();
            found.then(|| path.key(parent).key("licensing"))
        };
        let parents = ["runtime", "package", "access", "connect", "features"];
        let below_app = parents
            .iter()
            .filter_map(|parent| inside(parent, app, &top.key("app")));
        let below_top = ["permissions", "environment", "modules"]
            .iter()
            .filter_map(|parent| inside(parent, Some(root), &top));
        let all: Vec<_> = below_app.chain(below_top).collect();
        self.misplaced
            .extend(all.into_iter().map(|path| (path, LICENSING)));
    }

    fn app(&mut self, app: &Map<String, Value>) -> Result<(), Error> {
        self.app_id = text(app.get("id"));
        if let Some(connect) = object(app.get("connect"), "app.connect")? {
            self.connect_key = text(connect.get("key"));
        }
        self.note_misspelled(app, &DocumentPath::root().key("app"));
        if let Some(licensing) = stated_object(app.get("licensing"), "app.licensing")? {
            let modes = match licensing.get("modes") {
                None => Vec::new(),
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
            self.note_unknown("licensing", licensing, &known);
        }
        if let Some(access) = stated_object(app.get("access"), "app.access")? {
            self.access_empty = !access.contains_key("userAccess");
            self.user_access = flag(access.get("userAccess"), "app.access.userAccess")?;
            self.note_unknown("access", access, &["userAccess"]);
        }
        Ok(())
    }

    /// Fields that are likely to mean `licensing`, which the platform refuses.
    fn note_misspelled(&mut self, object: &Map<String, Value>, path: &DocumentPath) {
        const LICENSING: &str = "licensing";
        let means = |name: &str| {
            matches!(
                name,
                "license" | "licence" | "licenses" | "licenced" | "licensed"
            ) || spelling::nearest(name, [LICENSING]).is_some()
        };
        let misspelled = object.keys().filter(|k| *k != LICENSING && means(k));
        let fix = || Some(format!("write `{LICENSING}`, below `app`"));
        self.unknown
            .extend(misspelled.map(|name| (path.key(name), fix())));
    }

    fn note_unknown(&mut self, parent: &str, object: &Map<String, Value>, known: &[&str]) {
        let path = DocumentPath::root().key("app").key(parent);
        let unknown = object.keys().filter(|k| !known.contains(&k.as_str()));
        let found = unknown.map(|key| {
            let known = known.iter().copied();
            (path.key(key), spelling::write_instead(key, known))
        });
        self.unknown.extend(found);
    }

    /// The filter of a module; triggers may have one for each event instead.
    fn filters_of(&mut self, module_type: &str, module: &Value, path: &DocumentPath) {
        if let Some(filter) = module.get("filter") {
            self.filter(module_type, filter, &path.key("filter"));
        }
        let events = module.get("events").and_then(Value::as_array);
        for (n, event) in events.into_iter().flatten().enumerate() {
            if let Some(filter) = event.get("filter") {
                let path = path.key("events").index(n).key("filter");
                self.filter(module_type, filter, &path);
            }
        }
    }

    fn filter(&mut self, module_type: &str, filter: &Value, path: &DocumentPath) {
        let fields: &[&str] = match module_type {
            "trigger" => &["appIsLicensed", "ignoreSelf", "expression", "onError"],
            "scheduledTrigger" => &["appIsLicensed"],
            // the platform has no filter there, whatever it says
            "consumer" => &["appIsLicensed"],
            // filters of other modules mean something else, unless they ask for the license
            _ if asks_for_the_license(filter) => &["appIsLicensed"],
            _ => return,
        };
        let licensed = filter.get("appIsLicensed");
        let mut fix = None;
        let problem = match filter.as_object() {
            None => Some("a filter must be an object".to_owned()),
            Some(object) => {
                let unknown = object.keys().find(|k| !fields.contains(&k.as_str()));
                fix = unknown.and_then(|name| match name.as_str() {
                    // conditions and licenses call it so
                    "addon_is_licensed" | "licensed" | "isActive" | "license" => {
                        Some("write `appIsLicensed`".to_owned())
                    }
                    name => spelling::write_instead(name, fields.iter().copied()),
                });
                let bad = licensed.filter(|value| !value.is_boolean());
                let empty = !object.keys().any(|k| k != "onError");
                match (unknown, bad) {
                    (Some(name), _) => Some(format!("a filter has no field `{}`", shown(name))),
                    (_, Some(_)) => Some("`appIsLicensed` must be a boolean".to_owned()),
                    _ if empty => Some("a filter must say what it filters".to_owned()),
                    _ => None,
                }
            }
        };
        self.filters.push(ModuleFilter {
            path: path.clone(),
            module_type: module_type.to_owned(),
            app_is_licensed: licensed.and_then(Value::as_bool),
            problem,
            fix,
        });
    }

    /// Finds `displayConditions` of a module and of the pages and sections in it. The strict look
    /// has bounded the depth.
    fn walk(&mut self, module_type: &str, value: &Value, path: &DocumentPath, nested: bool) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    let inside = path.key(key);
                    if key == CONDITIONS {
                        let json = inner.to_string();
                        self.conditions.push(ModuleCondition {
                            path: inside,
                            module_type: module_type.to_owned(),
                            nested,
                            condition: DisplayCondition::parse(json.as_bytes()),
                            json,
                        });
                    } else {
                        if spelling::nearest(key, [CONDITIONS]).is_some() {
                            let fix = format!("write `{CONDITIONS}`");
                            self.unknown.push((inside.clone(), Some(fix)));
                        }
                        self.walk(module_type, inner, &inside, true);
                    }
                }
            }
            Value::Array(list) => {
                for (n, inner) in list.iter().enumerate() {
                    self.walk(module_type, inner, &path.index(n), nested);
                }
            }
            _ => {}
        }
    }
}

/// Whether a filter has a field that is, or is meant to be, `appIsLicensed`.
fn asks_for_the_license(filter: &Value) -> bool {
    let names = filter.as_object().into_iter().flat_map(Map::keys);
    let mut near = names.map(|name| spelling::nearest(name, ["appIsLicensed"]));
    near.any(|near| near.is_some())
}

/// Every module: its type, itself, and where it is.
fn modules<'m>(
    root: &'m Map<String, Value>,
    field: &'static str,
) -> Result<Vec<(&'m str, &'m Value, DocumentPath)>, Error> {
    let mut found = Vec::new();
    for (module_type, list) in object(root.get(field), field)?.into_iter().flatten() {
        let path = DocumentPath::root().key(field).key(module_type);
        let Value::Array(list) = list else {
            // some modules of Connect stand alone
            found.push((module_type.as_str(), list, path));
            continue;
        };
        for (n, module) in list.iter().enumerate() {
            let key = module.get("key").and_then(Value::as_str);
            let path = key.map_or_else(|| path.index(n), |key| path.module(n, key));
            found.push((module_type.as_str(), module, path));
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
        None => Ok(None),
        Some(Value::Bool(b)) => Ok(Some(*b)),
        Some(other) => Err(must_be(field, Kind::Bool, other)),
    }
}

/// An object where nothing is not the same as `null`, which the platform refuses.
fn stated_object<'m>(
    value: Option<&'m Value>,
    field: &'static str,
) -> Result<Option<&'m Map<String, Value>>, ErrorKind> {
    match value {
        Some(value @ Value::Null) => Err(must_be(field, Kind::Object, value)),
        other => object(other, field),
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
