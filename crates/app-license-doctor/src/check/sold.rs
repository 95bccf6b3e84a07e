//! Apps that ask for a license or an edition which the platform does not give them: the document does not say
//! that the app is sold, or sold in editions.

use std::ops::Range;

use app_license_descriptor::{Diagnostic, Rule, rules};
use app_license_editions::{Editions, check_sold};
use app_license_source::{
    Fact, FactKind, GateKind, Operand, Path, Source, SourceFile, capability_uses, gates,
};

use super::identity::{app_identity, line_of};
use crate::document::Node;
use crate::finding::Finding;
use crate::project::{Project, ProjectFile, ProjectFileKind};

/// Findings of a document that say that licensing lacks.
const SAID: [Rule; 3] = [
    rules::ENABLED_MISSING,
    rules::EDITIONS_WITHOUT_LICENSING,
    rules::USER_ACCESS_WITHOUT_LICENSING,
];
/// How the names of the library's readers of Forge contexts begin, in JavaScript and in Rust.
const FORGE_READERS: [&str; 3] = ["fromForge", "fromFunctionContext", "from_forge"];
/// What the library calls to read a license of a function, and to gate by it.
const FORGE_GATES: [&str; 2] = ["getLicense", "requires"];

/// Names, for each descriptor and manifest that is not sold, or not in editions, the first place that asks for
/// what the platform does not say then: in the code, else in `editions.toml`.
pub(super) fn check(project: &Project, findings: &mut Vec<Finding>) {
    for app in project.files() {
        let Some(document) = app.document() else {
            continue;
        };
        let root = document.root();
        let Some(sold) = Sold::of(app.kind, root).filter(|_| root.is_object()) else {
            continue;
        };
        let rule = match sold {
            Sold::NotStated => &rules::LICENSING_NOT_ENABLED,
            Sold::InOneEdition => &rules::EDITIONS_NOT_ENABLED,
            Sold::InEditions | Sold::Free => continue,
        };
        // what the document itself asks has been named already, and what is missing in another way
        let said =
            |f: &&Finding| f.file() == app.path && (f.rule() == rule || SAID.contains(f.rule()));
        if findings.iter().any(|f| said(&f)) {
            continue;
        }
        let asks = |file: &&SourceFile| asks(project, app, sold, file);
        let mut files = project.sources().files().iter();
        let found = files.find_map(|file| Some((file, asks(&file)?)));
        let finding = match found {
            Some((file, range)) => {
                let message = message(sold, &app.path);
                let text = file.source.text();
                let diagnostic = Diagnostic::new(rule, message);
                Some(Finding::new(diagnostic, &file.path, text, range))
            }
            None => in_editions_file(project, app, document),
        };
        findings.extend(finding);
    }
}

fn message(sold: Sold, file: &str) -> String {
    match sold {
        Sold::InOneEdition => {
            format!(
                "the code asks for an edition above Standard, and {file} does not enable editions"
            )
        }
        _ => format!("the code asks for the license, and {file} does not enable licensing"),
    }
}

/// A feature of `editions.toml` that no customer gets.
fn in_editions_file(
    project: &Project,
    app: &ProjectFile,
    document: &crate::document::Document,
) -> Option<Finding> {
    let file = super::context::editions_of(project, app)?;
    let editions = Editions::read(&file.path, &file.text).ok()?;
    let found = check_sold(&editions, &app_identity(&app.path, document))?;
    let diagnostic = Diagnostic::new(Rule::get(found.code())?, found.message());
    let range = line_of(&file.text, found.place());
    Some(Finding::new(diagnostic, &file.path, &file.text, range))
}

/// How an app is sold, as its document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sold {
    NotStated,
    /// It says so itself; and a misspelled field is another finding.
    Free,
    InOneEdition,
    InEditions,
}

impl Sold {
    /// `None` for other files than those of an app.
    fn of(kind: ProjectFileKind, root: &Node) -> Option<Self> {
        let (licensing, enabled, editions) = match kind {
            ProjectFileKind::Manifest => (
                root.pointer("/app/licensing"),
                root.pointer("/app/licensing/enabled"),
                root.pointer("/app/licensing/editionsEnabled"),
            ),
            ProjectFileKind::Descriptor => {
                let licensing = root.get("enableLicensing");
                (licensing, licensing, root.get("editionsEnabled"))
            }
            _ => return None,
        };
        Some(match (licensing, enabled.and_then(Node::bool), editions) {
            (None, ..) => Self::NotStated,
            // `editionsEnabled: false` says that there are none, and code that asks for one is as wrong
            (_, Some(true), editions) if editions.is_none_or(|e| e.bool() == Some(false)) => {
                Self::InOneEdition
            }
            (_, Some(true), _) => Self::InEditions,
            _ => Self::Free,
        })
    }

    /// Whether an app that is sold so gets what one that is sold as `other` lacks.
    const fn covers(self, other: Self) -> bool {
        match other {
            Self::NotStated => matches!(self, Self::InOneEdition | Self::InEditions),
            _ => matches!(self, Self::InEditions),
        }
    }
}

/// Where a file asks for what the platform does not say of an app that is sold so.
fn asks(
    project: &Project,
    app: &ProjectFile,
    sold: Sold,
    file: &SourceFile,
) -> Option<Range<usize>> {
    if !is_of(project, app, file) {
        return None;
    }
    let source = &file.source;
    if sold == Sold::NotStated {
        let asks = match app.kind {
            ProjectFileKind::Manifest => forge_asks as fn(&Source, &Fact) -> bool,
            _ => connect_asks,
        };
        let mut facts = source.facts().iter().filter(|fact| !fact.is_test());
        if let Some(fact) = facts.find(|fact| asks(source, fact)) {
            return Some(fact.range());
        }
    }
    // gates say nothing of the platform: they are those of an app of the other kind that is sold
    let other = project
        .files()
        .iter()
        .filter(|other| other.kind != app.kind);
    let mut other = other.filter(|other| is_of(project, other, file));
    let covered = other.any(|other| {
        let root = other.document().map(crate::document::Document::root);
        let other = root.and_then(|root| Sold::of(other.kind, root));
        other.is_some_and(|other| other.covers(sold))
    });
    if covered {
        return None;
    }
    if sold == Sold::NotStated {
        gate(source)
    } else {
        edition(source)
    }
}

/// Whether a file belongs to an app: the app's folder is the nearest around it that has one.
fn is_of(project: &Project, app: &ProjectFile, file: &SourceFile) -> bool {
    let source = &file.source;
    let read = !file.test && !source.is_generated() && !source.is_set_aside();
    if !read || !file.path.starts_with(app.folder()) {
        return false;
    }
    let around = project
        .of_kind(app.kind)
        .filter(|other| file.path.starts_with(other.folder()));
    let nearest = around.max_by_key(|other| other.folder().len());
    nearest.is_some_and(|nearest| nearest.path == app.path)
}

/// A gate of the library, by a feature or a capability.
fn gate(source: &Source) -> Option<Range<usize>> {
    let gates = gates(source).into_iter();
    let mut gates = gates
        .filter(|gate| !gate.is_test() && gate.is_certain() && gate.kind() == GateKind::Feature);
    if let Some(gate) = gates.next() {
        return Some(gate.range());
    }
    let used = capability_uses(source);
    let used = used.iter().find(|used| !used.is_test());
    used.map(app_license_source::CapabilityUse::range)
}

/// An edition above Standard: named by a gate or a comparison, or in a feature map of the code.
fn edition(source: &Source) -> Option<Range<usize>> {
    let used = capability_uses(source);
    let mut used = used.iter().filter(|used| !used.is_test());
    if let Some(used) = used.find(|used| is_advanced(used.value())) {
        return Some(used.range());
    }
    let mut facts = source.facts().iter().filter(|fact| !fact.is_test());
    let map = facts.find(|fact| match fact.kind() {
        FactKind::Call { callee, arguments } if callee.last() == "FeatureMap" => {
            let features = arguments.first().and_then(|a| a.property("features"));
            features.is_some_and(|features| match features {
                Operand::Object(fields) => fields.iter().any(|(_, needs)| {
                    let needs = needs.property("edition").unwrap_or(needs);
                    source.text_of(needs).is_some_and(is_advanced)
                }),
                _ => false,
            })
        }
        _ => false,
    });
    map.map(Fact::range)
}

/// `capabilityAdvanced`, `advanced`, `Capability.ADVANCED`, `Edition::Advanced`.
fn is_advanced(text: &str) -> bool {
    let last = text.rsplit(['.', ':']).next().unwrap_or_default();
    let folded = last.replace('_', "").to_ascii_lowercase();
    matches!(&*folded, "advanced" | "capabilityadvanced")
}

/// `context.license`, and the library's readers of it.
fn forge_asks(source: &Source, fact: &Fact) -> bool {
    match fact.kind() {
        FactKind::Read(path) => of_context(path),
        FactKind::Call { callee, .. } => {
            let name = callee.last();
            FORGE_READERS.iter().any(|reader| name.starts_with(reader))
                || FORGE_GATES.contains(&name) && imports_forge(source, name)
        }
        FactKind::Text(text) => text.contains("/forge/app/v1/license"),
        _ => false,
    }
}

/// Whether a name is imported from the library's entry for functions.
fn imports_forge(source: &Source, name: &str) -> bool {
    source.facts().iter().any(|fact| match fact.kind() {
        FactKind::Import { module, names } => {
            module == "@app-license/sdk/forge" && names.iter().any(|it| it == name || it == "*")
        }
        _ => false,
    })
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
fn connect_asks(_: &Source, fact: &Fact) -> bool {
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
