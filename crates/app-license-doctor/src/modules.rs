//! Which modules of a descriptor or a manifest the host shows to whom.

use app_license_descriptor::connect::Condition;
use app_license_descriptor::forge::DisplayCondition;
use app_license_descriptor::{DocumentPath, HostLicense, rules};
use serde::Serialize;

use crate::document::{Document, Node};

/// The customers that a condition is tried on: what the host holds about each.
pub(crate) const CUSTOMERS: [(&str, bool, Option<&str>); 6] = [
    ("no license", false, None),
    ("no edition", true, None),
    ("standard", true, Some("capabilityStandard")),
    ("advanced", true, Some("capabilityAdvanced")),
    ("standard, ended", false, Some("capabilityStandard")),
    ("advanced, ended", false, Some("capabilityAdvanced")),
];

/// A customer, and whether the host shows the module to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cell {
    /// The customer.
    pub customer: &'static str,
    /// Whether it is shown; `None` when that depends on other things than the license.
    pub shown: Option<bool>,
}

/// Whether the code behind a module asks for the license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gate {
    /// It does.
    Found,
    /// It does not, although its code was read.
    Missing,
    /// Its code was not found, or not looked for.
    Unknown,
}

/// A module, or a page or section in it, and who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Visibility {
    /// Where in the document, with every name whole.
    pub module: String,
    /// The key of the module.
    pub key: Option<String>,
    /// The kind of module.
    pub kind: String,
    /// The condition, for people; `None` when there is none.
    pub condition: Option<String>,
    /// Why the condition cannot be read.
    pub error: Option<String>,
    /// Who sees it.
    pub cells: Vec<Cell>,
    /// Whether the license decides: then code behind it should ask, too.
    pub about_the_license: bool,
    /// Whether the code behind it asks for the license.
    pub gate: Gate,
    #[serde(skip)]
    pub(crate) path: DocumentPath,
}

/// Every module of a Connect descriptor (JSON) or a Forge manifest (YAML), in the order of the
/// document. Gates are not looked for.
///
/// ```
/// use app_license_doctor::{Document, visibility};
/// let document = Document::yaml("\
/// modules:
///   jira:issuePanel:
///     - key: panel
///       displayConditions: {appIsLicensed: true, appEdition: advanced}
/// ").unwrap();
/// let modules = visibility(&document);
/// let shown: Vec<_> = modules[0].cells.iter().map(|cell| cell.shown == Some(true)).collect();
/// assert_eq!(shown, [false, false, false, true, false, false]);
/// ```
#[must_use]
pub fn visibility(document: &Document) -> Vec<Visibility> {
    let root = document.root();
    let mut found = Vec::new();
    for field in ["modules", "connectModules"] {
        let Some(types) = root.get(field) else {
            continue;
        };
        for (kind, list) in types.fields() {
            let path = DocumentPath::root().key(field).key(kind);
            let mut modules: Vec<_> = list.items().collect();
            if modules.is_empty() && list.fields().next().is_some() {
                modules.push(list);
            }
            for (n, module) in modules.into_iter().enumerate() {
                let key = module.get("key").and_then(Node::text);
                let path = key.map_or_else(|| path.index(n), |key| path.module(n, key));
                walk(module, kind, &path, true, &mut found);
            }
        }
    }
    // what is no page or panel is not shown or hidden
    found.retain(|v| v.condition.is_some() || v.error.is_some() || is_visible(&v.kind));
    found
}

/// Kinds of modules that nobody sees.
fn is_visible(kind: &str) -> bool {
    let hidden = [
        "function",
        "trigger",
        "scheduledTrigger",
        "consumer",
        "webtrigger",
        "endpoint",
        "remote",
        "preUninstall",
        "sql",
        "event",
        "webhooks",
        "action",
        "llm",
        "objectStore",
        "apiRoute",
    ];
    !hidden.contains(&kind) && !kind.ends_with(":lifecycle") && !kind.ends_with("webhooks")
}

fn walk(node: &Node, kind: &str, path: &DocumentPath, module: bool, found: &mut Vec<Visibility>) {
    let conditions = ["displayConditions", "conditions"];
    let condition = conditions
        .iter()
        .find_map(|name| node.get(name).map(|value| (*name, value)));
    if module || condition.is_some() {
        found.push(one(condition, kind, path));
    }
    for (name, value) in node.fields() {
        if !conditions.contains(&name) {
            let inside = path.key(name);
            if value.fields().next().is_some() {
                walk(value, kind, &inside, false, found);
            }
            for (n, item) in value.items().enumerate() {
                walk(item, kind, &inside.index(n), false, found);
            }
        }
    }
}

fn one(condition: Option<(&str, &Node)>, kind: &str, path: &DocumentPath) -> Visibility {
    let mut visibility = Visibility {
        module: path.whole(),
        key: path.module_key().map(str::to_owned),
        kind: kind.to_owned(),
        condition: None,
        error: None,
        cells: cells(|_| Some(true)),
        about_the_license: false,
        gate: Gate::Unknown,
        path: path.clone(),
    };
    let Some((name, value)) = condition else {
        return visibility;
    };
    let json = value.to_json().to_string();
    let unknown = |_: &str, _: &str| None;
    if name == "displayConditions" {
        match DisplayCondition::parse(json.as_bytes()) {
            Ok(condition) => {
                visibility.condition = Some(condition.to_string());
                visibility.about_the_license = condition.is_about_the_license();
                visibility.cells = cells(|host| condition.evaluate(host, &unknown));
            }
            Err(error) => visibility.error = Some(error.to_string()),
        }
    } else {
        match Condition::parse(json.as_bytes()) {
            Ok(condition) => {
                visibility.condition = Some(condition.to_string());
                visibility.about_the_license = condition.is_about_the_license();
                visibility.cells = cells(|host| condition.evaluate(host, &unknown));
                // what a host makes of a condition that it has not is not known
                let diagnostics = condition.diagnostics(None);
                let mut diagnostics = diagnostics.iter();
                let misspelled = diagnostics.find(|d| *d.rule() == rules::CONDITION_MISSPELLED);
                visibility.error = misspelled.map(|d| d.message().to_owned());
            }
            Err(error) => visibility.error = Some(error.to_string()),
        }
    }
    if visibility.error.is_some() {
        visibility.cells = cells(|_| None);
    }
    visibility
}

fn cells(shown: impl Fn(HostLicense<'_>) -> Option<bool>) -> Vec<Cell> {
    let cell = |(customer, licensed, capability)| Cell {
        customer,
        shown: shown(HostLicense::new(licensed, capability)),
    };
    CUSTOMERS.into_iter().map(cell).collect()
}
