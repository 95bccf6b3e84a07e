//! One source file with what rules ask about it.

use std::collections::BTreeSet;

use app_license_descriptor::{Diagnostic, Rule};
use app_license_source::{Fact, FactKind, Locals, Operand, Source, SourceFile};

use super::absent::Absent;
use super::dates::Dates;
use super::words::{ACTIVE, ASKS, EVALUATION};
use crate::check::context::Options;
use crate::finding::Finding;
use crate::project::{Project, ProjectFileKind};

pub(super) struct Reader<'s> {
    pub(super) file: &'s SourceFile,
    pub(super) source: &'s Source,
    pub(super) options: &'s Options,
    pub(super) locals: Locals<'s>,
    pub(super) dates: Dates<'s>,
    /// Whether the file is of a Forge app: it imports `@forge/…`, or is below a manifest.
    pub(super) forge: bool,
    /// The outermost function around each function.
    roots: Vec<usize>,
    /// The outermost functions that ask whether the license is active; `None` is the file itself.
    active: BTreeSet<Option<usize>>,
    /// Those that ask whether it is a trial.
    evaluation: BTreeSet<Option<usize>>,
    /// Where the license is treated as absent.
    pub(super) absent: Absent<'s>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(project: &'s Project, file: &'s SourceFile, options: &'s Options) -> Self {
        let source = &file.source;
        let mut roots: Vec<usize> = Vec::new();
        for (n, function) in source.functions().iter().enumerate() {
            let root = function.parent().and_then(|at| roots.get(at).copied());
            roots.push(root.unwrap_or(n));
        }
        let imports = source.facts().iter().any(|fact| match fact.kind() {
            FactKind::Import { module, .. } => module.starts_with("@forge/"),
            _ => false,
        });
        let locals = Locals::of(source);
        let mut reader = Self {
            file,
            source,
            options,
            dates: Dates::of(source, &locals),
            locals,
            forge: imports || is_below_a_manifest(project, &file.path),
            roots,
            active: BTreeSet::new(),
            evaluation: BTreeSet::new(),
            absent: Absent::default(),
        };
        reader.absent = Absent::of(source, |fact| reader.outermost(fact));
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

    pub(super) fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.source.facts().iter().filter(|fact| !fact.is_test())
    }

    pub(super) fn find(
        &self,
        rule: &'static Rule,
        message: impl Into<String>,
        fact: &Fact,
    ) -> Finding {
        self.finding(Diagnostic::new(rule, message), fact)
    }

    pub(super) fn finding(&self, diagnostic: Diagnostic, fact: &Fact) -> Finding {
        let text = self.source.text();
        Finding::new(diagnostic, &self.file.path, text, fact.range())
    }

    /// Whether somebody around a fact asks whether the license is active: in the outermost function
    /// around it.
    pub(super) fn asks_for_active(&self, fact: &Fact) -> bool {
        self.active.contains(&self.outermost(fact))
    }

    pub(super) fn outermost(&self, fact: &Fact) -> Option<usize> {
        fact.function().and_then(|at| self.roots.get(at).copied())
    }

    /// The texts of a constant of this file.
    pub(super) fn list(&self, name: &str) -> Option<&[String]> {
        self.source
            .facts()
            .iter()
            .find_map(|fact| match fact.kind() {
                FactKind::Definition {
                    name: defined,
                    value: Operand::Texts(texts),
                } if defined.len() == 1 && defined.last() == name => Some(texts.as_slice()),
                _ => None,
            })
    }

    /// The facts inside another one.
    pub(super) fn inside(&self, fact: &Fact) -> impl Iterator<Item = &'s Fact> + use<'s> {
        let range = fact.range();
        let all = self.source.facts();
        let first = all.partition_point(|other| other.range().start < range.start);
        let inside = all.get(first..).unwrap_or_default().iter();
        inside.take_while(move |other| other.range().start < range.end)
    }

    pub(super) fn reads_evaluation(&self, fact: &Fact) -> bool {
        self.evaluation.contains(&self.outermost(fact))
    }

    pub(super) fn in_resolver(&self, fact: &Fact) -> bool {
        let imports = self.facts().any(|fact| match fact.kind() {
            FactKind::Import { module, .. } => module == "@forge/resolver",
            _ => false,
        });
        let mut function = fact.function();
        while let Some(at) = function {
            let Some(found) = self.source.functions().get(at) else {
                return false;
            };
            let define = found.passed_to().is_some_and(|(callee, name)| {
                let callee = callee.last().trim_end_matches(['(', ')']);
                matches!(callee, "define" | "makeResolver") && name.is_some()
            });
            // a handler that is defined under its name elsewhere in the file
            let handler = imports && found.parameters().any(|name| name == "payload");
            if define || handler {
                return true;
            }
            function = found.parent();
        }
        false
    }
}

/// Whether a file is in the folder of a manifest that can be read.
fn is_below_a_manifest(project: &Project, path: &str) -> bool {
    let manifests = project.of_kind(ProjectFileKind::Manifest);
    let around = manifests.filter(|manifest| path.starts_with(manifest.folder()));
    let nearest = around.max_by_key(|manifest| manifest.folder().len());
    nearest.is_some_and(|manifest| manifest.document().is_some())
}
