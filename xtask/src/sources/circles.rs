//! Files in circles: two or more files of a crate of which each needs an item of another.
//!
//! An edge goes from the file that names an item to the file that defines it: `pub use` is followed
//! to the definition. What a module declares or only re-exports makes no edge, so a parent may hand
//! out what its children define; its code must not use it where a child uses the parent's own items.
//! Items under `#[cfg(test)]` are left out.

mod names;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use names::Edge;
use tree::Tree;

/// The files that need each other, and by which items.
#[derive(Debug)]
struct Circle {
    files: Vec<PathBuf>,
    edges: Vec<Edge>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files in a circle:", self.files.len())?;
        for edge in &self.edges {
            let items: Vec<&str> = edge.items.iter().map(String::as_str).collect();
            let (from, to, items) = (edge.from.display(), edge.to.display(), items.join(", "));
            write!(f, "\n  {from}:{} -> {to}: {items}", edge.line)?;
        }
        Ok(())
    }
}

/// Fails with the circles of the packages in `folders`, each a name and its folder.
pub(super) fn check(folders: &[(String, PathBuf)]) -> Result<()> {
    let mut report = String::new();
    for (name, folder) in folders {
        for circle in circles_of(folder)? {
            writeln!(report, "{name}: {circle}")?;
        }
    }
    if !report.is_empty() {
        bail!("files in circles\n{}", report.trim_end());
    }
    Ok(())
}

/// The circles of every target of the package in `folder`.
fn circles_of(folder: &Path) -> Result<Vec<Circle>> {
    let source = folder.join("src");
    let mut circles = Vec::new();
    for root in ["lib.rs", "main.rs"] {
        if source.join(root).is_file() {
            circles.extend(circles_in(&Tree::read(&source, root)?));
        }
    }
    Ok(circles)
}

fn circles_in(tree: &Tree) -> Vec<Circle> {
    let edges = tree.edges();
    let mut successors: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for edge in &edges {
        successors.entry(&edge.from).or_default().insert(&edge.to);
    }
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = successors
        .keys()
        .map(|from| (*from, reachable(&successors, from)))
        .collect();
    let each_other = |one: &Path, other: &Path| {
        let reaches = |from, to| reached.get(from).is_some_and(|all| all.contains(to));
        reaches(one, other) && reaches(other, one)
    };
    let mut circles: Vec<Circle> = Vec::new();
    for &file in reached.keys() {
        let done = |circle: &Circle| circle.files.iter().any(|it| it == file);
        if !each_other(file, file) || circles.iter().any(done) {
            continue;
        }
        let members = reached.keys().filter(|other| each_other(file, other));
        let files: Vec<PathBuf> = members.map(|path| path.to_path_buf()).collect();
        let inside = |edge: &&Edge| files.contains(&edge.from) && files.contains(&edge.to);
        let edges = edges.iter().filter(inside).cloned().collect();
        circles.push(Circle { files, edges });
    }
    circles
}

fn reachable<'a>(
    successors: &BTreeMap<&'a Path, BTreeSet<&'a Path>>,
    from: &Path,
) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Path> = vec![from];
    while let Some(file) = next.pop() {
        for &to in successors.get(file).into_iter().flatten() {
            if reached.insert(to) {
                next.push(to);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests;
