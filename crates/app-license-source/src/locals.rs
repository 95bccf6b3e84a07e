//! What local names stand for.

use std::collections::BTreeMap;

use crate::fact::{Fact, FactKind, Operand};
use crate::path::{MAX_PARTS, Path};
use crate::source::Source;

/// The most names that are followed from one to the next.
const MAX_STEPS: usize = 8;

/// What the local names of a source text stand for: `const l = context.license`,
/// `const { license: l } = context`, `({ context: { license } }) => …`.
///
/// A name is looked up where it is used: in the function around it, then in the functions around
/// that one. Where it is defined several times, the last definition before the use counts.
///
/// ```
/// use app_license_source::{FactKind, Language, Locals, Source};
/// let source = Source::parse(
///     Language::TypeScript,
///     "const f = ({ context }) => { const { license: l } = context; return l.active; };",
/// )?;
/// let locals = Locals::of(&source);
/// let read = source.facts().iter().find_map(|fact| match fact.kind() {
///     FactKind::Read(path) if path.last() == "active" => Some(locals.resolve(path, fact)),
///     _ => None,
/// });
/// assert_eq!(read.unwrap().to_string(), "context.license.active");
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug)]
pub struct Locals<'s> {
    source: &'s Source,
    /// The definitions of a name in a function, by index of the fact, in the order of the text.
    definitions: BTreeMap<(Option<usize>, &'s str), Vec<usize>>,
}

impl<'s> Locals<'s> {
    /// Of a source text.
    #[must_use]
    pub fn of(source: &'s Source) -> Self {
        let mut definitions: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (n, fact) in source.facts().iter().enumerate() {
            if let FactKind::Definition { name, .. } = fact.kind()
                && name.len() == 1
            {
                let key = (fact.function(), name.last());
                definitions.entry(key).or_default().push(n);
            }
        }
        Self {
            source,
            definitions,
        }
    }

    /// Where the first name of a path is defined, as it is seen from a fact; the index in
    /// [`Source::facts`]. `None` for a parameter, and for what another file defines.
    #[must_use]
    pub fn definition(&self, path: &Path, at: &Fact) -> Option<usize> {
        let name = path.parts().next()?;
        let mut function = at.function();
        loop {
            if let Some(found) = self.definitions.get(&(function, name)) {
                let start = |n: &usize| self.source.facts().get(*n).map(|fact| fact.range.start);
                let before = found.partition_point(|n| start(n) < Some(at.range.start));
                let last = before.checked_sub(1).and_then(|n| found.get(n));
                // a closure may use what is defined after it
                return last.or_else(|| found.first()).copied();
            }
            let inside = self.source.functions().get(function?)?;
            if inside.parameters().any(|parameter| parameter == name) {
                return None;
            }
            function = inside.parent();
        }
    }

    /// The path with its first name as what that name stands for; the path as it is where that is
    /// no name.
    #[must_use]
    pub fn resolve(&self, path: &Path, at: &Fact) -> Path {
        let mut path = path.clone();
        let mut at = at;
        for _ in 0..MAX_STEPS {
            let defined = self.definition(&path, at);
            let Some(fact) = defined.and_then(|n| self.source.facts().get(n)) else {
                break;
            };
            let FactKind::Definition {
                value: Operand::Path(value),
                name,
            } = fact.kind()
            else {
                break;
            };
            let parts = value.len().saturating_add(path.len());
            if value == name || std::ptr::eq(fact, at) || parts > MAX_PARTS {
                break;
            }
            path = path
                .parts()
                .skip(1)
                .fold(value.clone(), |whole, part| whole.with(part));
            at = fact;
        }
        path
    }
}
