//! The walks of ARCHITECTURE.md are true: their files are there, and none is named twice in one.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn each_walk_names_files_that_are_there_once() {
    let page = include_str!("../../../../ARCHITECTURE.md");
    let (_, page) = page.split_once("## Three walks").unwrap();
    let (page, _) = page.split_once("\n## ").unwrap();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut walks = Vec::new();
    for line in page.lines() {
        let Some((number, step)) = line.split_once(". `") else {
            continue;
        };
        let Ok(number) = number.parse::<usize>() else {
            continue;
        };
        let (file, _) = step.split_once("`: ").unwrap();
        if number == 1 {
            walks.push(BTreeSet::new());
        }
        let walk = walks.last_mut().unwrap();
        assert!(crates.join(file).is_file(), "{file} is not there");
        assert!(walk.insert(file), "{file} is named twice");
        assert_eq!(walk.len(), number, "{file}");
    }
    let lengths: Vec<_> = walks.iter().map(BTreeSet::len).collect();
    assert_eq!(lengths, [28, 28, 29]);
}
