//! What is wrong with a descriptor, and with Connect modules in a Forge manifest.

use app_license::json::Scanner;
use app_license::{Error, FeatureMap};
use serde_json::{Map, Value};

use super::{Condition, InlineCondition};
use crate::diagnostic::{Diagnostic, DocumentPath};
use crate::document::{at_most, in_json};
use crate::rules;
use crate::spelling;
use app_license::error::shown;

const WHAT: &str = "descriptor";
/// The largest descriptor that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// The events of the lifecycle, in the order in which they are looked at.
const EVENTS: [&str; 4] = ["installed", "uninstalled", "enabled", "disabled"];
/// What the host adds to the URL of every page.
const ADDED: [&str; 2] = ["lic", "capSet"];

/// What is wrong with a Connect descriptor (JSON text), or does something else than its author is
/// likely to want. With the feature map, the capabilities it names are known.
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/connect-app-descriptor/>
///
/// ```
/// use app_license_descriptor::connect;
/// let found = connect::diagnostics(br#"{
///     "key": "com.example.app", "baseUrl": "https://app.example.com",
///     "authentication": {"type": "jwt"},
///     "modules": {"generalPages": [{"key": "main", "url": "/main?lic={license}"}]}
/// }"#, None)?;
/// assert_eq!(found[0].code(), "lic_in_url");
/// assert_eq!(found[0].path().to_string(), "modules.generalPages[0] `main`.url");
/// # Ok::<(), app_license::Error>(())
/// ```
///
/// # Errors
/// `json_…` (also for a key that occurs twice), `too_large` over 1 MiB.
pub fn diagnostics(json: &[u8], features: Option<&FeatureMap>) -> Result<Vec<Diagnostic>, Error> {
    at_most(WHAT, json.len(), MAX_BYTES)?;
    let mut scanner = Scanner::<1024>::new(json).map_err(in_json(WHAT))?;
    scanner.walk().map_err(in_json(WHAT))?;
    scanner.end().map_err(in_json(WHAT))?;
    let root: Value = serde_json::from_slice(json).unwrap_or_default();
    let path = DocumentPath::root();
    let flag = |name: &str| root.get(name).and_then(Value::as_bool) == Some(true);
    let licensed = flag("enableLicensing");
    let mut found = Vec::new();
    of_authentication(&root, licensed, &mut found);
    if let Some(lifecycle) = root.get("lifecycle").and_then(Value::as_object) {
        of_lifecycle(lifecycle, &path.key("lifecycle"), &mut found);
    }
    let modules = read_modules(&root, "modules");
    found.extend(modules.of_conditions(features));
    found.extend(modules.diagnostics.iter().cloned());
    of_uses(&modules, licensed, flag("editionsEnabled"), &mut found);
    Ok(found)
}

/// What the Connect modules of a document hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Modules {
    pub(crate) conditions: Vec<(DocumentPath, Result<Condition, Error>)>,
    /// What is wrong with URLs and lifecycle events.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Modules {
    pub(crate) fn of_conditions(&self, features: Option<&FeatureMap>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (path, condition) in &self.conditions {
            match condition {
                Ok(condition) => {
                    let diagnostics = condition.diagnostics(features).into_iter();
                    found.extend(diagnostics.map(|d| d.at(path)));
                }
                Err(error) => {
                    let rule = &rules::CONDITION_INVALID;
                    found.push(Diagnostic::new(rule, error.to_string()).at(path));
                }
            }
        }
        found
    }
}

/// Reads the modules below a field of a document.
pub(crate) fn read_modules(root: &Value, field: &str) -> Modules {
    let mut modules = Modules::default();
    let types = root.get(field).and_then(Value::as_object);
    for (module_type, list) in types.into_iter().flatten() {
        let path = DocumentPath::root().key(field).key(module_type);
        let Value::Array(list) = list else {
            // some modules stand alone
            modules.module(module_type, list, &path);
            continue;
        };
        for (n, module) in list.iter().enumerate() {
            let key = module.get("key").and_then(Value::as_str);
            let path = key.map_or_else(|| path.index(n), |key| path.module(n, key));
            modules.module(module_type, module, &path);
        }
    }
    modules
}

impl Modules {
    fn module(&mut self, module_type: &str, module: &Value, path: &DocumentPath) {
        if module_type.ends_with(":lifecycle") {
            if let Some(events) = module.as_object() {
                of_lifecycle(events, path, &mut self.diagnostics);
            }
            return;
        }
        let cacheable = module.get("cacheable").and_then(Value::as_bool) == Some(true);
        let url = module.get("url").and_then(Value::as_str);
        if cacheable && url.is_some_and(|url| variables(url).next().is_some()) {
            let message = "the page is cacheable, and its URL has parameters that it never gets";
            let rule = &rules::CACHEABLE_MODULE_READS_QUERY;
            let diagnostic = Diagnostic::new(rule, message).at(&path.key("url"));
            self.diagnostics.push(diagnostic);
        }
        self.walk(module, path);
    }

    /// Finds conditions and URLs; the strict look has bounded the depth.
    fn walk(&mut self, value: &Value, path: &DocumentPath) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    let inside = path.key(key);
                    match (key.as_str(), inner) {
                        ("conditions", _) => {
                            let condition = Condition::parse(inner.to_string().as_bytes());
                            self.conditions.push((inside, condition));
                        }
                        ("url", Value::String(url)) => self.url(url, &inside),
                        _ => {
                            if is_misspelled(key, inner) {
                                let message = "the platform has no such field";
                                let diagnostic = Diagnostic::new(&rules::UNKNOWN_FIELD, message)
                                    .at(&inside)
                                    .with_fix("write `conditions`");
                                self.diagnostics.push(diagnostic);
                            }
                            self.walk(inner, &inside);
                        }
                    }
                }
            }
            Value::Array(list) => {
                for (n, inner) in list.iter().enumerate() {
                    self.walk(inner, &path.index(n));
                }
            }
            _ => {}
        }
    }

    fn url(&mut self, url: &str, path: &DocumentPath) {
        for name in parameters(url).filter(|name| ADDED.contains(name)) {
            let message = format!("the URL names `{name}`, which the host adds itself");
            let diagnostic = Diagnostic::new(&rules::LIC_IN_URL, message).at(path);
            self.diagnostics.push(diagnostic);
        }
        for inline in InlineCondition::find_in(url) {
            let condition = inline.map(|inline| inline.to_condition());
            // `{condition.x}` puts a word into the URL and hides nothing: only what it cannot be
            // is wrong with it
            match condition {
                Ok(condition) => {
                    let spelling = condition.diagnostics(None).into_iter();
                    let spelling = spelling.filter(|d| {
                        [rules::CAPABILITY_SPELLING, rules::CONDITION_MISSPELLED].contains(d.rule())
                    });
                    self.diagnostics.extend(spelling.map(|d| d.at(path)));
                }
                Err(error) => {
                    let rule = &rules::CONDITION_INVALID;
                    let diagnostic = Diagnostic::new(rule, error.to_string()).at(path);
                    self.diagnostics.push(diagnostic);
                }
            }
        }
    }
}

/// Whether a field of a module means `conditions`: nearly that name, and a condition in it.
fn is_misspelled(key: &str, value: &Value) -> bool {
    let first = match value {
        Value::Array(list) => list.first(),
        other => Some(other),
    };
    let conditions = ["condition", "and", "or", "conditions"];
    let holds = first.is_some_and(|first| conditions.iter().any(|c| first.get(c).is_some()));
    holds && spelling::nearest(key, ["conditions"]).is_some()
}

/// The names of a URL's parameters.
fn parameters(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    query
        .split('&')
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .filter(|name| !name.is_empty())
}

/// The variables of a URL's parameters: `{issue.key}`.
fn variables(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

fn of_authentication(root: &Value, licensed: bool, found: &mut Vec<Diagnostic>) {
    let root_path = DocumentPath::root();
    let kind = root.pointer("/authentication/type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("none")) {
        if licensed {
            let message = "a paid app without authentication: its `lic` is signed by nobody";
            let path = root_path.key("authentication").key("type");
            found.push(Diagnostic::new(&rules::AUTHENTICATION_NONE, message).at(&path));
        }
        return;
    }
    // Bitbucket has no migrations: its descriptors have contexts of their own
    let contexts = root.get("contexts").and_then(Value::as_array);
    let bitbucket = contexts.is_some_and(|contexts| {
        let of_bitbucket = |c: &Value| matches!(c.as_str(), Some("account" | "personal"));
        contexts.iter().any(of_bitbucket)
    });
    let installed = root.pointer("/lifecycle/installed");
    if bitbucket || installed.is_none() {
        return;
    }
    let migrations = root.get("apiMigrations");
    let path = match migrations {
        Some(_) => root_path.key("apiMigrations"),
        None => root_path,
    };
    for (name, rule) in [
        ("signed-install", &rules::SIGNED_INSTALL_MISSING),
        ("context-qsh", &rules::CONTEXT_QSH_MISSING),
    ] {
        let on = migrations
            .and_then(|m| m.get(name))
            .and_then(Value::as_bool);
        if on != Some(true) {
            let message = format!("`apiMigrations.{name}` is not true");
            found.push(Diagnostic::new(rule, message).at(&path));
        }
    }
}

fn of_lifecycle(events: &Map<String, Value>, path: &DocumentPath, found: &mut Vec<Diagnostic>) {
    let url = |event: &str| events.get(event).and_then(Value::as_str);
    for (n, event) in EVENTS.iter().enumerate() {
        let Some(shared) = url(event) else { continue };
        let before = EVENTS
            .iter()
            .take(n)
            .find(|before| url(before) == Some(shared));
        if let Some(before) = before {
            let shared = shown(shared);
            let message = format!("`{event}` is sent to `{shared}`, as `{before}` is");
            let rule = &rules::LIFECYCLE_URL_SHARED;
            found.push(Diagnostic::new(rule, message).at(&path.key(event)));
        }
    }
}

fn of_uses(modules: &Modules, licensed: bool, editions: bool, found: &mut Vec<Diagnostic>) {
    let conditions = || {
        let read = modules.conditions.iter();
        read.filter_map(|(path, condition)| Some((path, condition.as_ref().ok()?)))
    };
    let license: Vec<_> = conditions()
        .filter(|(_, condition)| condition.is_about_the_license())
        .map(|(path, _)| path)
        .collect();
    let edition: Vec<_> = conditions()
        .filter(|(_, condition)| condition.is_about_editions())
        .map(|(path, _)| path)
        .collect();
    if let Some(first) = license.first()
        && !licensed
    {
        let places = places_text(first, license.len());
        let message = format!("licensing is not enabled, and the license is asked about {places}");
        found.push(Diagnostic::new(&rules::LICENSING_NOT_ENABLED, message));
    } else if let Some(first) = edition.first()
        && !editions
    {
        let places = places_text(first, edition.len());
        let message = format!("editions are not enabled, and the edition is asked about {places}");
        found.push(Diagnostic::new(&rules::EDITIONS_NOT_ENABLED, message));
    }
}

/// The first of several places, and how many more there are.
pub(crate) fn places_text(first: &DocumentPath, places: usize) -> String {
    match places.saturating_sub(1) {
        0 => format!("by {first}"),
        1 => format!("by {first} and in 1 more place"),
        more => format!("by {first} and in {more} more places"),
    }
}

#[cfg(test)]
mod tests;
