//! Whether the code behind a module asks for the license.

use std::collections::BTreeSet;
use std::ops::Range;

use app_license_source::{Fact, FactKind, Source, SourceTree, gates};

use crate::concern::{is_escaped, may_concern};
use crate::document::{Document, Node};
use crate::error::Error;
use crate::modules::{Gate, Visibility};

/// What a handler's file may end with.
const EXTENSIONS: [&str; 6] = ["ts", "tsx", "js", "jsx", "mjs", "cjs"];
/// The paths of the Forge License API.
pub(crate) const LICENSE_API: [&str; 2] =
    ["/forge/app/v1/license", "/forge/installation/v1/license"];
/// Words in the names of what asks for a license.
const WORDS: [&str; 4] = ["license", "licensed", "capability", "edition"];

/// Looks for gates behind the modules of a document, in the sources of its folder: the files that
/// its resolver, function, endpoint or URL leads to, and what they import.
///
/// # Errors
/// `doctor_source` when the folder cannot be read.
pub fn gates_behind(
    document: &Document,
    folder: &std::path::Path,
    modules: &mut [Visibility],
) -> Result<(), Error> {
    let tree = SourceTree::read_where(folder, may_concern);
    let tree = tree.map_err(|source| Error::Source { source })?;
    find_gates(document, &tree, "", modules);
    Ok(())
}

/// The same in a tree, for an app in a folder of it (empty, or with `/` at its end).
pub(crate) fn find_gates(
    document: &Document,
    tree: &SourceTree,
    folder: &str,
    modules: &mut [Visibility],
) {
    let index = Index { tree, folder };
    for module in modules.iter_mut().filter(|m| m.about_the_license) {
        let files = index.behind(document, module);
        let reachable = index.reachable(&files);
        module.gate = if reachable.iter().any(|n| index.asks(*n)) {
            Gate::Found
        } else if reachable.iter().all(|n| index.imports_are_known(*n)) && !reachable.is_empty() {
            Gate::Missing
        } else {
            Gate::Unknown
        };
    }
}

pub(crate) struct Index<'t> {
    pub(crate) tree: &'t SourceTree,
    pub(crate) folder: &'t str,
}

impl Index<'_> {
    pub(crate) fn source(&self, n: usize) -> Option<&Source> {
        self.tree.files().get(n).map(|file| &file.source)
    }

    /// The files that a module leads to.
    fn behind(&self, document: &Document, module: &Visibility) -> Vec<usize> {
        let root = document.root();
        // a page or a section stands in a module
        let pointer = module.path.pointer();
        let steps: Vec<_> = pointer.split('/').take(4).collect();
        let Some(node) = root.pointer(&steps.join("/")) else {
            return Vec::new();
        };
        let named = |name: &str| {
            let inner = node.get("resolver").and_then(|r| r.get(name));
            inner.or_else(|| node.get(name)).and_then(Node::text)
        };
        if let Some(function) = named("function") {
            return self.function(document, function);
        }
        if let Some(endpoint) = named("endpoint") {
            let path = find_module(root, "endpoint", endpoint)
                .and_then(|e| e.pointer("/route/path"))
                .and_then(Node::text);
            return path.map_or_else(Vec::new, |path| self.route(path));
        }
        let url = node.get("url").and_then(Node::text);
        url.map_or_else(Vec::new, |url| self.route(url))
    }

    /// The file of a function's handler: `index.handler` is `src/index.ts`.
    pub(crate) fn function(&self, document: &Document, key: &str) -> Vec<usize> {
        let function = find_module(document.root(), "function", key);
        let handler = function.and_then(|f| f.get("handler")).and_then(Node::text);
        let Some((file, _)) = handler.and_then(|handler| handler.rsplit_once('.')) else {
            return Vec::new();
        };
        let paths = EXTENSIONS.map(|end| format!("{}src/{file}.{end}", self.folder));
        let files = self.tree.files().iter().enumerate();
        files
            .filter(|(_, f)| paths.contains(&f.path))
            .map(|(n, _)| n)
            .collect()
    }

    /// The files that name a route.
    fn route(&self, url: &str) -> Vec<usize> {
        let path = url.split(['?', '#', '{']).next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return Vec::new();
        }
        let files = self.tree.files().iter().enumerate();
        files
            .filter(|(_, file)| !file.test && file.path.starts_with(self.folder))
            .filter(|(_, file)| {
                let text = file.source.text();
                let may = text.contains(path) || text.contains('\\') || is_escaped(text);
                may && file.source.facts().iter().any(|fact| match fact.kind() {
                    FactKind::Text(text) => text.trim_end_matches('/') == path,
                    _ => false,
                })
            })
            .map(|(n, _)| n)
            .collect()
    }

    /// The files and what they import, from file to file; in Rust the whole crate.
    pub(crate) fn reachable(&self, files: &[usize]) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        let mut next = files.to_vec();
        while let Some(n) = next.pop() {
            if !found.insert(n) {
                continue;
            }
            let Some(file) = self.tree.files().get(n) else {
                continue;
            };
            if file.path.ends_with(".rs") {
                let crate_folder = file.path.rfind("src/").map_or("", |at| {
                    file.path.get(..at.saturating_add(4)).unwrap_or_default()
                });
                let all = self.tree.files().iter().enumerate();
                let same = all.filter(|(_, f)| {
                    f.path.ends_with(".rs") && f.path.starts_with(crate_folder) && !f.test
                });
                found.extend(same.map(|(n, _)| n));
                continue;
            }
            for fact in file.source.facts() {
                if let FactKind::Import { module, .. } = fact.kind() {
                    next.extend(self.imported(&file.path, module));
                }
            }
        }
        found
    }

    /// The file that a relative import means.
    pub(crate) fn imported(&self, from: &str, module: &str) -> Option<usize> {
        if !module.starts_with('.') {
            return None;
        }
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in module.split('/') {
            match part {
                "." | "" => {}
                ".." => {
                    parts.pop();
                }
                other => parts.push(other),
            }
        }
        let path = parts.join("/");
        // TypeScript imports `./a.js` and means `./a.ts`
        let stem = EXTENSIONS
            .iter()
            .find_map(|end| path.strip_suffix(&format!(".{end}")))
            .unwrap_or(&path);
        let ends = EXTENSIONS.iter();
        let candidates: Vec<_> = ends
            .flat_map(|end| [format!("{stem}.{end}"), format!("{path}/index.{end}")])
            .chain([path.clone()])
            .collect();
        let files = self.tree.files();
        candidates.iter().find_map(|c| {
            // the files are sorted by path
            files
                .binary_search_by(|file| file.path.as_str().cmp(c))
                .ok()
        })
    }

    /// Whether every file of the app that a file imports was found: an alias (`@/license`) or a
    /// file that is generated leads to code that was not read.
    pub(crate) fn imports_are_known(&self, n: usize) -> bool {
        let Some(file) = self.tree.files().get(n) else {
            return false;
        };
        file.source.facts().iter().all(|fact| match fact.kind() {
            FactKind::Import { module, .. } if file.path.ends_with(".rs") => !module.is_empty(),
            FactKind::Import { module, .. } if module.starts_with('.') => {
                let asset = module.rsplit('/').next().is_some_and(|name| {
                    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
                    matches!(
                        end,
                        "json" | "css" | "scss" | "svg" | "png" | "html" | "graphql"
                    )
                });
                asset || self.imported(&file.path, module).is_some()
            }
            FactKind::Import { module, .. } => {
                let alias = ["@/", "~", "#", "src/"]
                    .iter()
                    .any(|a| module.starts_with(a));
                !alias
            }
            _ => true,
        })
    }

    /// Whether a file asks for the license anywhere.
    pub(crate) fn asks(&self, n: usize) -> bool {
        let Some(source) = self.source(n).filter(|source| !source.is_set_aside()) else {
            return false;
        };
        !gates(source).is_empty() || source.facts().iter().any(is_question)
    }

    /// Whether a file asks for the license in these parts of it.
    pub(crate) fn asks_within(&self, n: usize, parts: &[Range<usize>]) -> bool {
        let inside = |range: Range<usize>| {
            let mut parts = parts.iter();
            parts.any(|part| part.start <= range.start && range.end <= part.end)
        };
        self.source(n).is_some_and(|source| {
            gates(source).iter().any(|gate| inside(gate.range()))
                || source
                    .facts()
                    .iter()
                    .any(|fact| inside(fact.range()) && is_question(fact))
        })
    }
}

/// Whether code asks for the license there.
fn is_question(fact: &Fact) -> bool {
    let word = |part: &str| {
        let part = part.to_ascii_lowercase();
        WORDS.iter().any(|word| part.contains(word))
    };
    !fact.is_test()
        && match fact.kind() {
            FactKind::Read(path) => path.parts().any(word),
            FactKind::Call { callee, .. } => {
                let last = callee.last();
                word(last) || last == "requires" || last.starts_with("requires(")
            }
            FactKind::Text(text) => {
                text == "lic" || text == "capSet" || LICENSE_API.iter().any(|at| text.contains(at))
            }
            // a module of the vendor's own that is about it; ours is imported for many things
            FactKind::Import { module, .. } => {
                word(module) && !module.contains("app-license") && !module.contains("app_license")
            }
            _ => false,
        }
}

/// A module of a kind, by its key.
pub(crate) fn find_module<'d>(root: &'d Node, kind: &str, key: &str) -> Option<&'d Node> {
    let modules = root.get("modules")?.get(kind)?;
    modules
        .items()
        .find(|module| module.get("key").and_then(Node::text) == Some(key))
}
