//! From a name in a module to the module that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::tree::{Reference, Tree};

#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) from: PathBuf,
    pub(super) line: usize,
    pub(super) to: PathBuf,
    pub(super) items: BTreeSet<String>,
}

impl Edge {
    fn new(from: &Path, line: usize, to: &Path, items: BTreeSet<String>) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        Self {
            from,
            line,
            to,
            items,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Module(usize),
    /// An item, and the module that defines it.
    Item(usize),
    /// Of another crate.
    Foreign,
}

/// The names that are being looked up: an import may name itself.
type Pending = Vec<(usize, String, bool)>;

impl Tree {
    /// Which file needs which other, for what. One edge a pair of files.
    pub(super) fn edges(&self) -> Vec<Edge> {
        let mut items: BTreeMap<(&_, &_), (usize, BTreeSet<String>)> = BTreeMap::new();
        for reference in &self.references {
            let Some(Meaning::Item(definer)) = self.meaning(reference) else {
                continue;
            };
            let file = |module: usize| self.modules.get(module).map(|it| it.file.as_path());
            let (Some(from), Some(to)) = (file(reference.module), file(definer)) else {
                continue;
            };
            if from != to {
                let (_, names) = items
                    .entry((from, to))
                    .or_insert_with(|| (reference.line, BTreeSet::new()));
                let roots = ["crate", "self", "super"];
                let named = reference
                    .path
                    .iter()
                    .filter(|it| !roots.contains(&it.as_str()));
                names.insert(named.map(String::as_str).collect::<Vec<_>>().join("::"));
            }
        }
        let edge = |((from, to), (line, items))| Edge::new(from, line, to, items);
        items.into_iter().map(edge).collect()
    }

    fn meaning(&self, reference: &Reference) -> Option<Meaning> {
        let found = self.resolve(reference.module, &reference.path, &mut Vec::new());
        let [name] = reference.path.as_slice() else {
            return found;
        };
        let by_text = || self.macros.get(name).copied().map(Meaning::Item);
        found.or_else(|| by_text().filter(|_| reference.is_macro))
    }

    fn resolve(&self, module: usize, path: &[String], pending: &mut Pending) -> Option<Meaning> {
        let mut rest = path;
        let mut meaning = None;
        while let Some((first, tail)) = rest.split_first() {
            meaning = Some(match (first.as_str(), meaning) {
                ("crate", None) => Meaning::Module(0),
                ("self", None) => Meaning::Module(module),
                ("super", None) => self.parent(module)?,
                ("super", Some(Meaning::Module(it))) => self.parent(it)?,
                (_, None) => self.look_up(module, first, tail.is_empty(), pending)?,
                // a macro makes items that no `use` and no parser shows
                (_, Some(Meaning::Module(it))) => self
                    .look_up(it, first, tail.is_empty(), pending)
                    .unwrap_or(Meaning::Item(it)),
                // a variant, an associated function
                (_, Some(item)) => item,
            });
            rest = tail;
        }
        meaning
    }

    fn parent(&self, module: usize) -> Option<Meaning> {
        let module = self.modules.get(module)?;
        module.parent.map(Meaning::Module)
    }

    /// A module and an item may have one name: the last name of a path is the item.
    fn look_up(
        &self,
        module: usize,
        name: &str,
        last: bool,
        pending: &mut Pending,
    ) -> Option<Meaning> {
        let key = (module, name.to_owned(), last);
        if pending.contains(&key) {
            return None;
        }
        pending.push(key);
        let names = &self.modules.get(module)?.names;
        let child = names.children.get(name).copied().map(Meaning::Module);
        let mut item = || {
            if names.items.contains(name) {
                return Some(Meaning::Item(module));
            }
            let import = names.imports.get(name)?;
            let resolved = self.resolve(module, import, pending);
            Some(resolved.unwrap_or(Meaning::Foreign))
        };
        let named = if last {
            item().or(child)
        } else {
            child.or_else(item)
        };
        named.or_else(|| {
            names.globs.iter().find_map(|glob| {
                match self.resolve(module, glob, &mut pending.clone())? {
                    Meaning::Module(it) => self.look_up(it, name, last, &mut pending.clone()),
                    _ => None,
                }
            })
        })
    }
}
