//! Answers of the npm package that are taken for what they are not: a decision for a boolean, a promise
//! for a license, a page's reader in a function.

use std::collections::BTreeSet;

use app_license_source::{Fact, FactKind, Operand, Path, Source};

use super::reader::Reader;
use crate::finding::Finding;
use crate::rules;

const PACKAGE: &str = "@app-license/sdk";
/// What takes a function for whether something is in a list.
const PREDICATES: [&str; 6] = ["every", "filter", "find", "findIndex", "findLast", "some"];
/// What is done with a promise before its value is there.
const OF_PROMISES: [&str; 3] = ["then", "catch", "finally"];

/// What a file has of the package.
#[derive(Debug, Default)]
struct Imported {
    /// Whether anything.
    any: bool,
    /// `check`, which answers a decision.
    check: bool,
    /// `decide` of the hook, which answers one or null.
    decide: bool,
    /// `getLicense`, which answers a promise.
    get_license: bool,
}

impl Imported {
    fn of(source: &Source) -> Self {
        let mut imported = Self::default();
        for fact in source.facts() {
            let FactKind::Import { module, names } = fact.kind() else {
                continue;
            };
            if !module.strip_prefix(PACKAGE).is_some_and(is_entry) {
                continue;
            }
            let has =
                |name: &str| names.iter().any(|n| n == name || n == "*") && !own(source, name);
            imported.any = true;
            imported.check |= has("check");
            imported.get_license |= has("getLicense");
            imported.decide |= module.ends_with("/react") && !own(source, "decide");
        }
        imported
    }
}

fn is_entry(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// Whether a file has a function of its own by that name.
fn own(source: &Source, name: &str) -> bool {
    source.functions().iter().any(|f| f.name() == Some(name))
}

/// Who answers decisions in a file.
struct Decisions<'r, 's> {
    reader: &'r Reader<'s>,
    imported: Imported,
    /// Functions of the file that hand a decision on.
    gates: BTreeSet<&'s str>,
}

pub(super) fn check(reader: &Reader<'_>, findings: &mut Vec<Finding>) {
    let imported = Imported::of(reader.source);
    if !imported.any {
        return;
    }
    let mut decisions = Decisions {
        reader,
        imported,
        gates: BTreeSet::new(),
    };
    decisions.gates = decisions.handed_on();
    decisions.conditions(findings);
    decisions.promises(findings);
    decisions.hints(findings);
}

impl<'s> Decisions<'_, 's> {
    fn conditions(&self, findings: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        for fact in self.reader.facts() {
            let (tested, range) = match fact.kind() {
                FactKind::Test { operand, .. } => (operand.path(), fact.range()),
                _ => continue,
            };
            let Some(path) = tested else { continue };
            if self.is_decision(path, fact) && seen.insert(range.start) {
                findings.push(self.found(&path.to_string(), fact));
            }
        }
        // `rows.filter((row) => check(…))`
        for fact in self.reader.facts() {
            let FactKind::Call { callee, .. } = fact.kind() else {
                continue;
            };
            let inside = fact
                .function()
                .and_then(|at| self.reader.source.functions().get(at));
            let predicate = inside.and_then(|f| f.passed_to()).is_some_and(|(of, _)| {
                of.len() > 1 && PREDICATES.contains(&of.last().trim_end_matches(['(', ')']))
            });
            if predicate
                && self.answers(callee)
                && self.is_returned(fact)
                && seen.insert(fact.range().start)
            {
                findings.push(self.found(&format!("{callee}()"), fact));
            }
        }
    }

    fn found(&self, tested: &str, fact: &Fact) -> Finding {
        let message =
            format!("`{tested}` is a decision, and every decision is true: read its `allowed`");
        self.reader
            .find(&rules::DECISION_AS_CONDITION, message, fact)
    }

    /// Whether a tested value is a decision: a call that answers one, or a name that holds one and of which
    /// the function reads nothing (`decision && decision.allowed` reads it).
    fn is_decision(&self, path: &Path, fact: &Fact) -> bool {
        let calls = |path: &Path| path.last().ends_with("()");
        let resolved = self.reader.locals.resolve(path, fact);
        if calls(path) {
            return self.answers(path) || self.answers(&resolved);
        }
        // what the hook's `decide` answers is null while the license is loaded: that may be tested
        path.len() == 1
            && calls(&resolved)
            && resolved.last() != "decide()"
            && self.answers(&resolved)
            && !self.is_read(path, fact)
    }

    fn is_read(&self, name: &Path, test: &Fact) -> bool {
        let root = self.reader.outermost(test);
        let mut around = self
            .reader
            .facts()
            .filter(|fact| self.reader.outermost(fact) == root);
        around.any(|fact| match fact.kind() {
            FactKind::Read(read) => read.len() > 1 && read.starts_with(name),
            _ => false,
        })
    }

    /// Whether a call answers a decision, by what is called.
    fn answers(&self, callee: &Path) -> bool {
        let mut parts = callee.parts().rev();
        let name = parts.next().unwrap_or_default().trim_end_matches("()");
        let of = parts.next();
        match name {
            "check" => match of {
                None => self.imported.check,
                Some(of) => is_map(of),
            },
            "decide" => self.imported.decide && of.is_none_or(|of| of == "useLicense()"),
            name => of.is_none() && self.gates.contains(name),
        }
    }

    /// The functions whose value is a decision: `(license) => check(license, …)`, `return check(…);`.
    fn handed_on(&self) -> BTreeSet<&'s str> {
        let functions = self.reader.source.functions();
        let mut names = BTreeSet::new();
        for fact in self.reader.facts() {
            let FactKind::Call { callee, .. } = fact.kind() else {
                continue;
            };
            let name = fact.function().and_then(|at| functions.get(at)?.name());
            if let Some(name) = name
                && self.answers(callee)
                && self.is_returned(fact)
            {
                names.insert(name);
            }
        }
        // two functions of one name may be two things
        names.retain(|name| functions.iter().filter(|f| f.name() == Some(name)).count() == 1);
        names
    }

    /// Whether a call is all that the function around it returns there.
    fn is_returned(&self, call: &Fact) -> bool {
        let text = self.reader.source.text();
        let range = call.range();
        let before = text.get(..range.start).unwrap_or_default().trim_end();
        let before = before.strip_suffix("await").map_or(before, str::trim_end);
        let after = text.get(range.end..).unwrap_or_default().trim_start();
        if before.ends_with("return") {
            return after.starts_with([';', '}']);
        }
        let function = call
            .function()
            .and_then(|at| self.reader.source.functions().get(at));
        before.ends_with("=>") && function.is_some_and(|f| f.range().end == range.end)
    }

    /// `getLicense(context)` that is read without being awaited.
    fn promises(&self, findings: &mut Vec<Finding>) {
        if !self.imported.get_license {
            return;
        }
        for fact in self.reader.facts() {
            let FactKind::Call { callee, .. } = fact.kind() else {
                continue;
            };
            if callee.len() != 1 || callee.last() != "getLicense" || !self.is_read_as_license(fact)
            {
                continue;
            }
            let message = "`getLicense` answers a promise, which is not awaited here";
            findings.push(self.reader.find(&rules::LICENSE_NOT_AWAITED, message, fact));
        }
    }

    fn is_read_as_license(&self, call: &Fact) -> bool {
        let text = self.reader.source.text();
        let range = call.range();
        let before = text.get(..range.start).unwrap_or_default().trim_end();
        if before.ends_with("await") {
            return false;
        }
        let after = text.get(range.end..).unwrap_or_default().trim_start();
        if let Some(member) = after.strip_prefix("?.").or_else(|| after.strip_prefix('.')) {
            return !OF_PROMISES.iter().any(|name| member.starts_with(name));
        }
        // `check(getLicense(context), …)`
        before.strip_suffix('(').is_some_and(|outer| {
            let outer = outer.trim_end();
            let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '$');
            let check = outer.strip_suffix("check");
            self.imported.check && check.is_some_and(|rest| !rest.ends_with(part))
        })
    }

    /// `License.fromForgeContext` in a resolver: it reads as a page does, and the license is a hint.
    fn hints(&self, findings: &mut Vec<Finding>) {
        for fact in self.reader.facts() {
            let FactKind::Call { callee, arguments } = fact.kind() else {
                continue;
            };
            if !callee.ends_with(&["License", "fromForgeContext"]) || !self.reader.in_resolver(fact)
            {
                continue;
            }
            // of what the page sent it is a hint, indeed
            let payload = |path: &Path| self.reader.locals.resolve(path, fact).has("payload");
            if arguments.iter().filter_map(Operand::path).any(payload) {
                continue;
            }
            let message = "a resolver reads its context as a page does: the license is a hint";
            findings.push(self.reader.find(&rules::HINT_IN_FUNCTION, message, fact));
        }
    }
}

/// Names of feature maps: `features.check(…)`, `new FeatureMap(…).check(…)`.
fn is_map(of: &str) -> bool {
    let of = of.trim_end_matches(['(', ')']).to_ascii_lowercase();
    matches!(of.as_str(), "features" | "featuremap" | "feature_map")
}
