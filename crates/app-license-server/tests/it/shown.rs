//! The page that says which tests show what the backend promises.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// How many promises the page lists.
const PROMISES: usize = 21;

/// The tests that a page names, by the number of the promise that they are listed under.
fn named(page: &str) -> BTreeMap<usize, Vec<(&str, &str)>> {
    let mut found: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    let mut promise = 0;
    for line in page.lines() {
        if let Some((number, _)) = line.split_once(". ")
            && let Ok(number) = number.parse()
        {
            promise = number;
            found.insert(number, Vec::new());
        }
        let test = line.trim_start().strip_prefix("- `");
        if let Some((file, name)) = test.and_then(|it| it.strip_suffix('`')?.split_once("::")) {
            found.entry(promise).or_default().push((file, name));
        }
    }
    found
}

/// Whether a file has a test of a name: a function with an attribute that ends with `test`, or one of the
/// suite that each store runs.
fn has_test(text: &str, name: &str, of_suite: bool) -> bool {
    text.match_indices(&format!("fn {name}(")).any(|(at, _)| {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let above = text[..line].lines().rev().map(str::trim_start);
        let attributes = above.take_while(|it| it.starts_with("#[") || it.starts_with("//"));
        let attributes: Vec<&str> = attributes.collect();
        // a proof is run by `cargo xtask prove`
        let ignored = |it: &&&str| it.starts_with("#[ignore") && !it.contains("xtask prove");
        let is_run = !attributes.iter().any(|it| ignored(&it));
        let is_test = attributes.iter();
        let is_test = of_suite
            || is_test
                .copied()
                .any(|it| it.contains("test]") || it.contains("::test("));
        is_run && is_test
    })
}

#[test]
fn the_tests_that_the_page_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("tests/README.md")).unwrap();
    let found = named(&page);
    assert!(found.keys().copied().eq(1..=PROMISES), "{:?}", found.keys());
    for (promise, tests) in &found {
        assert!(!tests.is_empty(), "nothing shows {promise}");
        for (file, name) in tests {
            let text = fs::read_to_string(root.join(file)).unwrap_or_default();
            let of_suite = file.contains("/conformance/");
            assert!(
                has_test(&text, name, of_suite),
                "{promise}: `{file}` has no test `{name}`"
            );
        }
    }
    // what is no test, or is not run, is found out
    assert!(!has_test("#[test]\n#[ignore]\nfn a() {}", "a", false));
    assert!(!has_test("#[inline]\nfn a() {}", "a", false));
    assert!(has_test("#[tokio::test]\nasync fn a() {}", "a", false));
}
