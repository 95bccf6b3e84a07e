//! Rules about source files, by their syntax trees.

use app_license::Edition;
use app_license_descriptor::{Diagnostic, Rule};
use app_license_source::{
    Comparison, Fact, FactKind, Function, Operand, Path, Source, SourceFile, SourceTree,
};

use super::Options;
use crate::deprecation::{Deprecation, DeprecationKind, deprecations};
use crate::finding::{Edit, Finding};
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

pub(super) fn check(tree: &SourceTree, options: &Options, findings: &mut Vec<Finding>) {
    for file in tree.files() {
        if file.test || file.source.is_generated() {
            continue;
        }
        let reader = Reader {
            file,
            source: &file.source,
            options,
        };
        reader.check(findings);
    }
}

struct Reader<'s> {
    file: &'s SourceFile,
    source: &'s Source,
    options: &'s Options,
}

impl Reader<'_> {
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

    /// The facts of the function around a fact, and of those around that one.
    fn around(&self, fact: &Fact) -> impl Iterator<Item = &Fact> {
        let mut functions = Vec::new();
        let mut function = fact.function();
        while let Some(at) = function {
            functions.push(at);
            function = self.source.functions().get(at).and_then(Function::parent);
        }
        let outermost = functions.last().copied();
        self.facts().filter(move |other| match outermost {
            None => other.function().is_none(),
            // everything inside the outermost function around it
            Some(outermost) => self.within(other.function(), outermost),
        })
    }

    fn within(&self, mut function: Option<usize>, outer: usize) -> bool {
        while let Some(at) = function {
            if at == outer {
                return true;
            }
            function = self.source.functions().get(at).and_then(Function::parent);
        }
        false
    }

    /// Whether somebody around a fact asks whether the license is active.
    fn asks_for_active(&self, fact: &Fact) -> bool {
        self.around(fact).any(|other| match other.kind() {
            FactKind::Read(path) => ACTIVE.contains(&path.last()),
            FactKind::Call { callee, .. } => {
                ASKS.contains(&callee.last().trim_end_matches(['(', ')']))
            }
            _ => false,
        })
    }

    /// `license.isActive` and `license.active`: one of the two is half of what Forge sends.
    fn active_flags(&self, findings: &mut Vec<Finding>) {
        let reads = |name: &str| {
            self.facts().find(|fact| match fact.kind() {
                FactKind::Read(path) => path.last() == name && is_license(path),
                _ => false,
            })
        };
        match (reads("isActive"), reads("active")) {
            (Some(fact), None) => {
                let today = self.options.today;
                let gone = Deprecation::get("is-active");
                let when = gone.map_or_else(String::new, |d| format!(", {}", d.when(today)));
                let message = format!("only `isActive` is read, not `active`{when}");
                findings.push(self.find(&rules::ONLY_IS_ACTIVE_READ, message, fact));
            }
            (None, Some(fact)) if self.is_forge() => {
                let message = "only `active` is read, not `isActive` of older contexts";
                findings.push(self.find(&rules::ONLY_ACTIVE_READ, message, fact));
            }
            _ => {}
        }
    }

    /// Whether the file is of a Forge app: it imports `@forge/…`.
    fn is_forge(&self) -> bool {
        self.facts().any(|fact| match fact.kind() {
            FactKind::Import { module, .. } => module.starts_with("@forge/"),
            _ => false,
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
        let mut sides = [left, right].into_iter();
        if comparison == Comparison::Order {
            let date = sides.find_map(|side| Some(side.path()?).filter(|p| has_trial_date(p)));
            if let Some(date) = date
                && !self.reads_evaluation(fact)
            {
                let message = format!("`{}` decides whether it is a trial", date.last());
                findings.push(self.find(&rules::TRIAL_FROM_DATES, message, fact));
            }
            return;
        }
        let capability = sides
            .find_map(|side| self.source.text_of(side))
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

    fn reads_evaluation(&self, fact: &Fact) -> bool {
        let names = ["isEvaluation", "evaluation", "is_evaluation", "is_trial"];
        self.around(fact).any(|other| match other.kind() {
            FactKind::Read(path) => names.contains(&path.last()),
            FactKind::Call { callee, .. } => {
                names.contains(&callee.last().trim_end_matches(['(', ')']))
            }
            _ => false,
        })
    }

    /// `if (context.license)`: an ended license is there as well.
    fn test(&self, fact: &Fact, operand: &Operand, findings: &mut Vec<Finding>) {
        let Some(path) = operand.path() else { return };
        if path.last() == "license" && path.len() > 1 && !self.asks_for_active(fact) {
            let message = format!("`{path}` is tested for being there, not for being active");
            findings.push(self.find(&rules::LICENSE_TRUTHINESS, message, fact));
        }
    }

    /// What the browser sent to a resolver about the license.
    fn payload(&self, fact: &Fact, path: &Path, findings: &mut Vec<Finding>) {
        let sent = path.has("payload");
        let names = [
            "license",
            "capabilitySet",
            "isLicensed",
            "isActive",
            "edition",
        ];
        let about = names.iter().any(|name| path.last() == *name);
        if !(sent && about && self.in_resolver(fact)) {
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

fn has_trial_date(path: &Path) -> bool {
    let names = ["trialEndDate", "trial_end_date", "trial_end", "trialEnd"];
    path.parts()
        .any(|part| names.contains(&part.trim_end_matches(['(', ')'])))
}
