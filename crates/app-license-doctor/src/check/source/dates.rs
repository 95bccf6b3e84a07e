//! The dates of trials, and the local names that hold them.

use std::collections::BTreeMap;
use std::ops::Range;

use app_license_source::{Fact, FactKind, Locals, Operand, Path, Source};

use super::words::trial_date;

/// The longest definition that is looked into, in bytes: what is longer is no date.
const MAX_DEFINITION: usize = 4096;

/// Which names of a source text hold the date of a trial.
pub(super) struct Dates<'s> {
    source: &'s Source,
    /// The definitions that hold one, by index of the fact, and the field that it comes from.
    held: BTreeMap<usize, &'static str>,
    /// The functions and definitions whose name says that they are about being a trial.
    trials: Vec<Range<usize>>,
}

impl<'s> Dates<'s> {
    pub(super) fn of(source: &'s Source, locals: &Locals<'_>) -> Self {
        let mut dates = Self {
            source,
            held: BTreeMap::new(),
            trials: Vec::new(),
        };
        if !source.text().contains("trial") {
            return dates;
        }
        let says = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.contains("trial") && !["date", "end", "ends"].iter().any(|e| name.ends_with(e))
        };
        let functions = source.functions().iter();
        let functions = functions.filter(|f| f.name().is_some_and(says));
        dates.trials = functions.map(|f| f.range()).collect();
        for (n, fact) in source.facts().iter().enumerate() {
            let FactKind::Definition { name, value } = fact.kind() else {
                continue;
            };
            if name.len() != 1 || fact.range().len() > MAX_DEFINITION {
                continue;
            }
            if says(name.last()) {
                dates.trials.push(fact.range());
            }
            // a later definition is made of earlier ones
            let value = value
                .path()
                .and_then(|value| dates.of_path(value, fact, locals));
            if let Some(field) = value.or_else(|| dates.inside(fact, locals)) {
                dates.held.insert(n, field);
            }
        }
        dates
    }

    /// The date that is read within a fact, and in the same function as that.
    pub(super) fn inside(&self, fact: &Fact, locals: &Locals<'_>) -> Option<&'static str> {
        let range = fact.range();
        let all = self.source.facts();
        let first = all.partition_point(|other| other.range().start < range.start);
        let inside = all.get(first..).unwrap_or_default().iter();
        let mut inside = inside
            .take_while(|other| other.range().start < range.end)
            .filter(|other| other.function() == fact.function() && other.range().end <= range.end);
        inside.find_map(|other| match other.kind() {
            FactKind::Read(path) => self.of_path(path, other, locals),
            FactKind::Call { callee, arguments } => {
                let paths = arguments.iter().filter_map(Operand::path);
                let mut paths = std::iter::once(callee).chain(paths);
                paths.find_map(|path| self.of_path(path, other, locals))
            }
            FactKind::Compare { left, right, .. } => {
                let mut paths = [left, right].into_iter().filter_map(Operand::path);
                paths.find_map(|path| self.of_path(path, other, locals))
            }
            FactKind::Test { operand, .. } => {
                let path = operand.path()?;
                self.of_path(path, other, locals)
            }
            _ => None,
        })
    }

    /// The field that a path ends at, or that its first name holds.
    fn of_path(&self, path: &Path, at: &Fact, locals: &Locals<'_>) -> Option<&'static str> {
        let named = path.parts().find_map(trial_date);
        named.or_else(|| self.held.get(&locals.definition(path, at)?).copied())
    }

    /// Whether what is around a fact is named after trials: `const isTrial = …`.
    pub(super) fn names_a_trial(&self, fact: &Fact) -> bool {
        let range = fact.range();
        let mut around = self.trials.iter();
        around.any(|trial| trial.start <= range.start && range.end <= trial.end)
    }
}
