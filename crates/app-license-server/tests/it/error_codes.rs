//! Every stable code of client, store and server has its paragraph in docs/errors.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The codes that a function `code` names: `… => "code",`.
fn codes(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| {
        let (_, code) = line.split_once("=> \"")?;
        let code = code.strip_suffix("\",")?;
        code.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            .then_some(code)
    })
}

#[test]
fn every_code_has_its_paragraph() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read_to_string(crates.join(path)).unwrap();
    let page = read("../docs/errors.md");
    let headings = page.lines().filter_map(|line| {
        let heading = line.trim_start_matches('#').trim_start();
        heading.strip_prefix('`')?.strip_suffix('`')
    });
    let documented: BTreeSet<&str> = headings.collect();
    let sources = [
        read("app-license-client/src/error.rs"),
        read("app-license-store/src/error.rs"),
        read("app-license-server/src/error.rs"),
    ];
    let answered = read("app-license/src/answer.rs");
    let mut seen = BTreeSet::new();
    for code in sources.iter().flat_map(|source| codes(source)) {
        assert!(documented.contains(code), "docs/errors.md has no `{code}`");
        seen.insert(code);
    }
    assert!(seen.len() > 30, "{seen:?}");
    let refusals = answered
        .split_once("pub fn code(&self)")
        .and_then(|(_, rest)| rest.split_once("\n    }\n"))
        .unwrap()
        .0;
    for code in codes(refusals) {
        assert!(documented.contains(code), "docs/errors.md has no `{code}`");
        seen.insert(code);
    }
    assert!(seen.contains("body_timed_out"), "{seen:?}");
}
