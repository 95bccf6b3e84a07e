//! Sources that read the license of an app that is not sold.

use app_license_descriptor::{Diagnostic, Rule};
use app_license_source::{Fact, FactKind, Operand, Path, SourceFile};

use crate::document::Node;
use crate::finding::Finding;
use crate::project::{Project, ProjectFile, ProjectFileKind};

/// The rule, which is the descriptor crate's.
const CODE: &str = "licensing_not_enabled";

/// `context.license` of an app whose manifest says nothing of licensing, `lic` of one whose
/// descriptor does not.
pub(super) fn check(project: &Project, findings: &mut Vec<Finding>) {
    let Some(rule) = Rule::get(CODE) else { return };
    for (kind, licensed, asks) in [
        (
            ProjectFileKind::Manifest,
            forge_licensed as fn(&Node) -> bool,
            forge_asks as fn(&Fact) -> bool,
        ),
        (ProjectFileKind::Descriptor, connect_licensed, connect_asks),
    ] {
        for app in project.of_kind(kind) {
            let Some(document) = app.document() else {
                continue;
            };
            let root = document.root();
            // what the document itself asks has been named already
            let named = |f: &Finding| f.file() == app.path && f.code() == CODE;
            if !root.is_object() || licensed(root) || findings.iter().any(named) {
                continue;
            }
            let files = project.sources().files().iter();
            let mut own = files.filter(|file| is_of(project, app, file));
            let found = own.find_map(|file| Some((file, first(file, asks)?)));
            if let Some((file, fact)) = found {
                let message = format!(
                    "the code asks for the license, and {} does not enable licensing",
                    app.path
                );
                let text = file.source.text();
                let diagnostic = Diagnostic::new(rule, message);
                findings.push(Finding::new(diagnostic, &file.path, text, fact.range()));
            }
        }
    }
}

/// Whether a file belongs to an app: the app's folder is the nearest around it that has one.
fn is_of(project: &Project, app: &ProjectFile, file: &SourceFile) -> bool {
    if file.test || file.source.is_generated() {
        return false;
    }
    let around = project
        .of_kind(app.kind)
        .filter(|other| file.path.starts_with(other.folder()));
    let nearest = around.max_by_key(|other| other.folder().len());
    nearest.is_some_and(|nearest| nearest.path == app.path)
}

fn first(file: &SourceFile, asks: fn(&Fact) -> bool) -> Option<&Fact> {
    let mut facts = file.source.facts().iter().filter(|fact| !fact.is_test());
    facts.find(|fact| asks(fact))
}

fn forge_licensed(root: &Node) -> bool {
    // `enabled: false` says that the app is free, and a misspelt field is another finding
    root.pointer("/app/licensing").is_some()
}

fn connect_licensed(root: &Node) -> bool {
    root.get("enableLicensing").is_some()
}

/// `context.license`, and the library's readers of it.
fn forge_asks(fact: &Fact) -> bool {
    match fact.kind() {
        FactKind::Read(path) => of_context(path),
        FactKind::Call { callee, .. } => {
            let name = callee.last();
            name.starts_with("fromForge") || name.starts_with("from_forge")
        }
        FactKind::Text(text) => text.contains("/forge/app/v1/license"),
        _ => false,
    }
}

/// `context.license`, whoever hands over the context.
fn of_context(path: &Path) -> bool {
    let parts: Vec<_> = path.parts().collect();
    parts.windows(2).any(|pair| match pair {
        [of, "license"] => of.to_ascii_lowercase().contains("context"),
        _ => false,
    })
}

/// `req.query.lic`, `params.get("lic")`.
fn connect_asks(fact: &Fact) -> bool {
    match fact.kind() {
        FactKind::Read(path) => {
            let mut parts = path.parts().rev();
            parts.next() == Some("lic")
                && parts.next().is_some_and(|of| {
                    let of = of.to_ascii_lowercase();
                    of.contains("query") || of.contains("params")
                })
        }
        FactKind::Call { callee, arguments } => {
            let lic = matches!(arguments.as_slice(), [Operand::Text(text)] if text == "lic");
            lic && matches!(callee.last(), "get" | "query" | "param")
                || matches!(callee.last(), "fromConnectQuery" | "from_connect_query")
        }
        _ => false,
    }
}
