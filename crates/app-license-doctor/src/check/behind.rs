//! Rules about the code behind modules and triggers.

use app_license_descriptor::{Diagnostic, DocumentPath};
use app_license_source::{FactKind, SourceTree};

use super::context::Context;
use crate::document::{Document, Node};
use crate::finding::Finding;
use crate::gates::{Index, LICENSE_API, find_gates};
use crate::modules::{Gate, visibility};
use crate::rules;

/// Modules that a condition hides, and whose code does not ask for the license.
pub(super) fn hidden(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    let mut modules = visibility(document);
    let tree = context.project.sources();
    find_gates(document, tree, context.file.folder(), &mut modules);
    for module in modules.iter().filter(|m| m.gate == Gate::Missing) {
        let node = document.root().pointer(&module.path.pointer());
        let name = ["displayConditions", "conditions"]
            .into_iter()
            .find(|name| node.is_some_and(|node| node.get(name).is_some()));
        let path = name.map_or_else(|| module.path.clone(), |name| module.path.key(name));
        let message = "the license hides it, and the code behind it does not ask for the license";
        let diagnostic = Diagnostic::new(&rules::HIDDEN_WITHOUT_GATE, message);
        findings.push(context.at(document, &path, diagnostic, Vec::new()));
    }
}

/// Scheduled triggers: whether their code asks for the license, and how often.
pub(super) fn triggers(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    let root = document.root();
    let index = Index {
        tree: context.project.sources(),
        folder: context.file.folder(),
    };
    let enabled = root.pointer("/app/licensing/enabled").and_then(Node::bool) == Some(true);
    let triggers = root.pointer("/modules/scheduledTrigger");
    let path = DocumentPath::root().key("modules").key("scheduledTrigger");
    for (n, trigger) in triggers.into_iter().flat_map(Node::items).enumerate() {
        let text = |name: &str| trigger.get(name).and_then(Node::text);
        let files = text("function").map_or_else(Vec::new, |f| index.function(document, f));
        if files.is_empty() {
            continue;
        }
        let path = text("key").map_or_else(|| path.index(n), |key| path.module(n, key));
        let files = index.reachable(&files);
        let calls = files.iter().any(|n| calls_license_api(index.tree, *n));
        if calls && text("interval") == Some("fiveMinute") {
            let message = "runs every five minutes and calls the License API, whose limit is one \
                           call in five minutes";
            let diagnostic = Diagnostic::new(&rules::LICENSE_API_LIMIT, message);
            findings.push(context.at(document, &path.key("interval"), diagnostic, Vec::new()));
        }
        let filter = trigger
            .pointer("/filter/appIsLicensed")
            .and_then(Node::bool);
        let handler = text("function").and_then(|f| index.handler_asks(document, f));
        let asks = handler.unwrap_or_else(|| files.iter().any(|n| index.asks(*n)));
        let known = files.iter().all(|n| index.imports_are_known(*n));
        if enabled && filter.is_none() && known && !asks {
            let message = "runs on every site, licensed or not, and its code does not ask";
            let diagnostic = Diagnostic::new(&rules::SCHEDULED_TRIGGER_UNLICENSED, message);
            findings.push(context.at(document, &path, diagnostic, Vec::new()));
        }
    }
}

fn calls_license_api(tree: &SourceTree, n: usize) -> bool {
    let source = tree.files().get(n).map(|file| &file.source);
    let source = source.filter(|source| !source.is_set_aside());
    let facts = source.map(app_license_source::Source::facts);
    facts.into_iter().flatten().any(|fact| match fact.kind() {
        FactKind::Text(text) => LICENSE_API.iter().any(|path| text.contains(path)),
        _ => false,
    })
}
