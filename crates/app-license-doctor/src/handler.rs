//! What one function of a file reaches: a handler beside others that ask for the license.

use std::collections::BTreeSet;
use std::ops::Range;

use app_license_source::{FactKind, Source};

use crate::document::{Document, Node};
use crate::gates::{Index, find_module};

impl Index<'_> {
    /// Whether the function of a handler asks for the license, or what it names does: functions and constants
    /// of its file, and what it imports. `None` where the function is not found under its name.
    pub(crate) fn handler_asks(&self, document: &Document, key: &str) -> Option<bool> {
        let function = find_module(document.root(), "function", key)?;
        let handler = function.get("handler").and_then(Node::text)?;
        let (_, name) = handler.rsplit_once('.')?;
        let files = self.function(document, key);
        let [n] = files.as_slice() else { return None };
        let source = self.source(*n)?;
        let outermost = source.functions().iter();
        let mut named = outermost.filter(|f| f.parent().is_none() && f.name() == Some(name));
        let function = named.next().filter(|_| named.next().is_none())?;
        let (parts, words) = reached(source, function.range());
        if self.asks_within(*n, &parts) {
            return Some(true);
        }
        let path = &self.tree.files().get(*n)?.path;
        let mut imported = Vec::new();
        for fact in source.facts() {
            let FactKind::Import { module, .. } = fact.kind() else {
                continue;
            };
            let text = source.text().get(fact.range()).unwrap_or_default();
            if is_named(text, module, &words) {
                if self.asks_within(*n, &[fact.range()]) {
                    return Some(true);
                }
                imported.extend(self.imported(path, module));
            }
        }
        let files = self.reachable(&imported);
        Some(files.iter().any(|n| self.asks(*n)))
    }
}

/// The parts of a file that a function names, from one to the next, and the words in them.
fn reached(source: &Source, function: Range<usize>) -> (Vec<Range<usize>>, BTreeSet<&str>) {
    let functions = source.functions().iter();
    let functions = functions.filter(|f| f.parent().is_none());
    let functions = functions.filter_map(|f| Some((f.name()?, f.range())));
    let values = source.facts().iter().filter_map(|fact| match fact.kind() {
        FactKind::Definition { name, .. } if fact.function().is_none() => {
            Some((name.parts().next()?, fact.range()))
        }
        _ => None,
    });
    let mut known: Vec<_> = functions.chain(values).collect();
    let (mut parts, mut words) = (Vec::new(), BTreeSet::new());
    let mut next = vec![function];
    while let Some(part) = next.pop() {
        words.extend(words_of(
            source.text().get(part.clone()).unwrap_or_default(),
        ));
        parts.push(part);
        known.retain(|(name, range)| {
            let named = words.contains(name);
            if named {
                next.push(range.clone());
            }
            !named
        });
    }
    (parts, words)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$'))
}

/// Whether an import gives one of these names, or none; what is no declaration may give any.
fn is_named(import: &str, module: &str, words: &BTreeSet<&str>) -> bool {
    let Some(names) = import
        .strip_prefix("import")
        .filter(|n| !n.starts_with('('))
    else {
        return true;
    };
    let names = names.replace(module, "");
    let given: Vec<_> = words_of(&names)
        .filter(|word| !matches!(*word, "" | "from" | "type" | "as"))
        .collect();
    given.is_empty() || given.iter().any(|name| words.contains(name))
}
