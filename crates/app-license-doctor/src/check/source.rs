//! Rules about source files, by their syntax trees.

use std::collections::BTreeSet;

use app_license::Edition;
use app_license_descriptor::{Diagnostic, Rule};
use app_license_source::{Comparison, Fact, FactKind, Operand, Path, Source, SourceFile};

use super::Options;
use crate::deprecation::{Deprecation, DeprecationKind, deprecations};
use crate::document::Node;
use crate::finding::{Edit, Finding};
use crate::project::{Project, ProjectFileKind};
use crate::rules;

/// Members that say whether a license is active.
const ACTIVE: [&str; 6] = [
    "active",
    "isActive",
    "is_active",
    "state",
    "isLicensed",
    "lic",
];
/// Calls that ask for an active license themselves.
const ASKS: [&str; 12] = [
    "hasCapability",
    "has_capability",
    "isActive",
    "is_active",
    "state",
    "check",
    "decide",
    "requires",
    "requires_feature",
    "requireFeature",
    "requireCapability",
    "isLicensed",
];

/// Members that say the edition.
const EDITION: [&str; 6] = [
    "capabilitySet",
    "capability_set",
    "capSet",
    "cap_set",
    "appEdition",
    "app_edition",
];
/// What says whether a license is a trial's.
const EVALUATION: [&str; 5] = [
    "isEvaluation",
    "evaluation",
    "is_evaluation",
    "isTrial",
    "is_trial",
];

pub(super) fn check(project: &Project, options: &Options, findings: &mut Vec<Finding>) {
    for file in project.sources().files() {
        if file.test || file.source.is_generated() {
            continue;
        }
        Reader::new(project, file, options).check(findings);
    }
}

/// The manifest of the nearest folder around a file.
fn manifest<'p>(project: &'p Project, path: &str) -> Option<&'p Node> {
    let manifests = project.of_kind(ProjectFileKind::Manifest);
    let around = manifests.filter(|manifest| path.starts_with(manifest.folder()));
    let nearest = around.max_by_key(|manifest| manifest.folder().len())?;
    Some(nearest.document()?.root())
}

struct Reader<'s> {
    file: &'s SourceFile,
    source: &'s Source,
    options: &'s Options,
    /// The manifest of the nearest folder around the file.
    manifest: Option<&'s Node>,
    /// Whether the file is of a Forge app: it imports `@forge/…`, or is below a manifest.
    forge: bool,
    /// The outermost function around each function.
    roots: Vec<usize>,
    /// The outermost functions that ask whether the license is active; `None` is the file itself.
    active: BTreeSet<Option<usize>>,
    /// Those that ask whether it is a trial.
    evaluation: BTreeSet<Option<usize>>,
}

impl<'s> Reader<'s> {
    fn new(project: &'s Project, file: &'s SourceFile, options: &'s Options) -> Self {
        let source = &file.source;
        let mut roots: Vec<usize> = Vec::new();
        for (n, function) in source.functions().iter().enumerate() {
            let root = function.parent().and_then(|at| roots.get(at).copied());
            roots.push(root.unwrap_or(n));
        }
        let manifest = manifest(project, &file.path);
        let imports = source.facts().iter().any(|fact| match fact.kind() {
            FactKind::Import { module, .. } => module.starts_with("@forge/"),
            _ => false,
        });
        let mut reader = Self {
            file,
            source,
            options,
            manifest,
            forge: imports || manifest.is_some(),
            roots,
            active: BTreeSet::new(),
            evaluation: BTreeSet::new(),
        };
        reader.active = reader.who(&ACTIVE, &ASKS);
        reader.evaluation = reader.who(&EVALUATION, &EVALUATION);
        reader
    }

    /// The outermost functions that read one of these members, or call one of these.
    fn who(&self, members: &[&str], calls: &[&str]) -> BTreeSet<Option<usize>> {
        let asking = self.facts().filter(|fact| match fact.kind() {
            FactKind::Read(path) => members.contains(&path.last()),
            FactKind::Call { callee, .. } => {
                calls.contains(&callee.last().trim_end_matches(['(', ')']))
            }
            _ => false,
        });
        asking.map(|fact| self.outermost(fact)).collect()
    }

    fn check(&self, findings: &mut Vec<Finding>) {
        self.active_flags(findings);
        for fact in self.facts() {
            match fact.kind() {
                FactKind::Compare {
                    comparison,
                    left,
                    right,
                } => self.compare(fact, *comparison, left, right, findings),
                FactKind::Test { operand, .. } => self.test(fact, operand, findings),
                FactKind::Read(path) => self.payload(fact, path, findings),
                FactKind::Text(text) => self.text(fact, text, findings),
                FactKind::Import { module, .. } => self.import(fact, module, findings),
                _ => {}
            }
        }
    }

    fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.source.facts().iter().filter(|fact| !fact.is_test())
    }

    fn find(&self, rule: &'static Rule, message: impl Into<String>, fact: &Fact) -> Finding {
        self.finding(Diagnostic::new(rule, message), fact)
    }

    fn finding(&self, diagnostic: Diagnostic, fact: &Fact) -> Finding {
        let text = self.source.text();
        Finding::new(diagnostic, &self.file.path, text, fact.range())
    }

    /// Whether somebody around a fact asks whether the license is active: in the outermost function
    /// around it.
    fn asks_for_active(&self, fact: &Fact) -> bool {
        self.active.contains(&self.outermost(fact))
    }

    fn outermost(&self, fact: &Fact) -> Option<usize> {
        fact.function().and_then(|at| self.roots.get(at).copied())
    }

    /// `license.isActive` and `license.active`: one of the two is half of what Forge sends.
    fn active_flags(&self, findings: &mut Vec<Finding>) {
        if !self.forge {
            return;
        }
        let reads = |name: &'static str| {
            self.facts().filter(move |fact| match fact.kind() {
                FactKind::Read(path) => path.last() == name && is_license(path),
                _ => false,
            })
        };
        // an object of the app's own may have an `active` elsewhere in the file
        let active: BTreeSet<_> = reads("active").map(|fact| self.outermost(fact)).collect();
        let alone = reads("isActive").find(|fact| !active.contains(&self.outermost(fact)));
        let only = reads("active")
            .next()
            .filter(|_| reads("isActive").next().is_none());
        match (alone, only) {
            (Some(fact), _) => {
                let today = self.options.today;
                let gone = Deprecation::get("is-active");
                let when = gone.map_or_else(String::new, |d| format!(", {}", d.when(today)));
                let message = format!("only `isActive` is read, not `active`{when}");
                findings.push(self.find(&rules::ONLY_IS_ACTIVE_READ, message, fact));
            }
            (None, Some(fact)) => {
                let message = "only `active` is read, not `isActive` of older contexts";
                findings.push(self.find(&rules::ONLY_ACTIVE_READ, message, fact));
            }
            _ => {}
        }
    }

    /// Whether the app is known to have no license: its manifest says nothing of licensing.
    fn sells_nothing(&self) -> bool {
        self.manifest.is_some_and(|manifest| {
            let enabled = manifest.pointer("/app/licensing/enabled");
            manifest.pointer("/app/licensing").is_none()
                || enabled.and_then(Node::bool) == Some(false)
        })
    }

    fn compare(
        &self,
        fact: &Fact,
        comparison: Comparison,
        left: &Operand,
        right: &Operand,
        findings: &mut Vec<Finding>,
    ) {
        if comparison == Comparison::Order {
            return self.order(fact, findings);
        }
        // `decision.needs` is no license, `set` may hold one
        let edition = |side: &Operand| {
            side.path().is_none_or(|path| {
                let last = path.last().trim_end_matches(['(', ')']);
                path.len() == 1 || EDITION.contains(&last)
            })
        };
        let capability = self
            .source
            .text_of(left)
            .filter(|_| edition(right))
            .or_else(|| self.source.text_of(right).filter(|_| edition(left)))
            .filter(|text| {
                let folded = text.replace('_', "").to_ascii_lowercase();
                folded.starts_with("capability") && Edition::of(text).is_some()
            });
        if let Some(capability) = capability
            && !self.asks_for_active(fact)
        {
            let message =
                format!("`{capability}` is compared, and nothing asks whether it is active");
            findings.push(self.find(&rules::CAPABILITY_WITHOUT_ACTIVE, message, fact));
        }
    }

    /// `new Date(license.trialEndDate) > now`: a date says nothing about a trial.
    fn order(&self, fact: &Fact, findings: &mut Vec<Finding>) {
        let range = fact.range();
        let all = self.source.facts();
        let first = all.partition_point(|other| other.range().start < range.start);
        let inside = all.get(first..).unwrap_or_default().iter();
        let mut inside = inside.take_while(|other| other.range().start < range.end);
        let date = inside.find_map(|other| match other.kind() {
            FactKind::Read(path) => path.parts().find(|part| is_trial_date(part)),
            FactKind::Call { callee, .. } => callee.parts().find(|part| is_trial_date(part)),
            _ => None,
        });
        if let Some(date) = date
            && !self.reads_evaluation(fact)
        {
            let message = format!("`{date}` decides whether it is a trial");
            findings.push(self.find(&rules::TRIAL_FROM_DATES, message, fact));
        }
    }

    fn reads_evaluation(&self, fact: &Fact) -> bool {
        self.evaluation.contains(&self.outermost(fact))
    }

    /// `if (context.license)`: an ended license is there as well.
    fn test(&self, fact: &Fact, operand: &Operand, findings: &mut Vec<Finding>) {
        let Some(path) = operand.path() else { return };
        // `context.license`; `pkg.license` is that of a package
        let mut before = path.parts().rev().skip(1);
        let of_context = before.any(|part| part.to_ascii_lowercase().contains("context"));
        let license = path.last() == "license" && path.len() > 1;
        if license && (of_context || self.forge) && !self.asks_for_active(fact) {
            let message = format!("`{path}` is tested for being there, not for being active");
            findings.push(self.find(&rules::LICENSE_TRUTHINESS, message, fact));
        }
    }

    /// What the browser sent to a resolver about the license.
    fn payload(&self, fact: &Fact, path: &Path, findings: &mut Vec<Finding>) {
        let mut sent = path.parts().skip_while(|part| *part != "payload").skip(1);
        let names = ["license", "capabilitySet", "isLicensed", "appEdition"];
        let about = sent.any(|part| names.contains(&part));
        if !about || self.sells_nothing() || !self.in_resolver(fact) {
            return;
        }
        let message = format!("`{path}` comes from the browser, which can send anything");
        findings.push(self.find(&rules::UI_CONTEXT_TRUSTED, message, fact));
    }

    fn in_resolver(&self, fact: &Fact) -> bool {
        let mut function = fact.function();
        while let Some(at) = function {
            let Some(found) = self.source.functions().get(at) else {
                return false;
            };
            let define = found.passed_to().is_some_and(|(callee, name)| {
                callee.last().trim_end_matches(['(', ')']) == "define" && name.is_some()
            });
            if define {
                return true;
            }
            function = found.parent();
        }
        false
    }

    /// An endpoint that goes.
    fn text(&self, fact: &Fact, text: &str, findings: &mut Vec<Finding>) {
        let today = self.options.today;
        let endpoints = deprecations().iter();
        let endpoint = endpoints
            .filter(|d| d.kind == DeprecationKind::Endpoint)
            .find(|d| text.contains(&d.pattern));
        let Some(gone) = endpoint else { return };
        let message = format!("{}: {}", gone.title, gone.when(today));
        let diagnostic = Diagnostic::new(&rules::DEPRECATED_ENDPOINT, message)
            .with_severity(gone.severity_on(today))
            .with_fix(&gone.replacement);
        let written = self.source.text().get(fact.range());
        let edits = match (&gone.fix, written) {
            (Some(new), Some(written)) if written.contains(&gone.pattern) => {
                vec![Edit::new(fact.range(), written.replace(&gone.pattern, new))]
            }
            _ => Vec::new(),
        };
        findings.push(self.finding(diagnostic, fact).with_edits(edits));
    }

    /// The server entry of the npm package in a file of a page.
    fn import(&self, fact: &Fact, module: &str, findings: &mut Vec<Finding>) {
        if module != "@app-license/sdk/server" {
            return;
        }
        let page = self.facts().any(|other| match other.kind() {
            FactKind::Import { module, .. } => {
                matches!(
                    module.as_str(),
                    "@forge/bridge" | "react" | "react-dom/client"
                )
            }
            _ => false,
        });
        if page {
            let message = "the server entry is imported beside what runs in a page";
            findings.push(self.find(&rules::SERVER_ENTRY_IN_BROWSER, message, fact));
        }
    }
}

/// Whether a path is of a license: `context.license.active`.
fn is_license(path: &Path) -> bool {
    path.parts().rev().nth(1).is_some_and(|part| {
        let part = part.trim_end_matches(['(', ')']).to_ascii_lowercase();
        part.contains("license") || part == "lic"
    })
}

fn is_trial_date(part: &str) -> bool {
    let part = part.trim_end_matches(['(', ')']);
    matches!(
        part,
        "trialEndDate" | "trial_end_date" | "trial_end" | "trialEnd"
    )
}
