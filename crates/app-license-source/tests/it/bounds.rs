use app_license_source::{Language, Source, SourceTree, gates};
use proptest::prelude::*;

const ALL: [Language; 4] = [
    Language::Rust,
    Language::TypeScript,
    Language::Tsx,
    Language::JavaScript,
];

#[test]
fn large_and_deep_texts_are_refused() {
    for language in ALL {
        let large = "/".repeat((1 << 20) + 1);
        let error = Source::parse(language, large).unwrap_err();
        assert_eq!(error.code(), "source_too_large");
        let deep = format!("{}{}", "(".repeat(513), ")".repeat(513));
        let error = Source::parse(language, deep).unwrap_err();
        assert_eq!(error.code(), "source_too_deep");
    }
}

#[test]
fn long_chains_do_not_exhaust_the_stack() {
    let sum = vec!["a"; 20_000].join(" + ");
    let rust = format!("fn f() {{ let x = {sum}; }}");
    Source::parse(Language::Rust, rust).unwrap();
    let script = format!("let x = {sum}; let y = {};", "!".repeat(20_000) + "a");
    Source::parse(Language::JavaScript, script).unwrap();
    let calls = format!("let x = a{};", ".b()".repeat(5_000));
    Source::parse(Language::TypeScript, calls).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_panics(text in "(\\PC|\\n|check\\(|\"x\"|[(){}\\[\\]<>=!?.,;:]){0,60}") {
        for language in ALL {
            if let Ok(source) = Source::parse(language, text.clone()) {
                for gate in gates(&source) {
                    prop_assert!(gate.range().end <= text.len());
                }
            }
        }
    }
}

/// What nests without brackets: what comes before, what nests, how many operators it has, what
/// comes after.
const NESTED: [(&str, &str, &str, usize, &str); 11] = [
    ("a.js", "", "!", 1, "x;"),
    ("b.ts", "const f = ", "a=>", 2, "1;"),
    ("c.ts", "let a: ", "A<", 1, ""),
    ("d.js", "", "typeof ", 1, "x;"),
    ("e.js", "x ", "? 1 : a ", 2, "? 1 : 2;"),
    ("f.rs", "fn f() -> bool { ", "!", 1, " true }"),
    ("g.rs", "fn f() { let a = ", "& ", 1, " 1; }"),
    ("h.rs", "fn f() { let a = ", "|x| ", 2, " 1; }"),
    ("i.rs", "fn f() { ", "return ", 1, " 1 }"),
    ("j.js", "", "if (a) ", 1, " c();"),
    ("k.rs", "fn f() { a", ".b()", 1, " }"),
];

#[test]
fn what_nests_without_brackets_is_refused_too() {
    for (name, before, part, operators, after) in NESTED {
        let read = |times: usize| {
            let lines: Vec<_> = vec![part; times].chunks(20).map(<[&str]>::concat).collect();
            let folder = tempfile::tempdir().unwrap();
            let text = format!("{before}{}\n{after}", lines.join("\n"));
            std::fs::write(folder.path().join(name), text).unwrap();
            let tree = SourceTree::read(folder.path()).unwrap();
            tree.unread()
                .iter()
                .map(|(_, why)| why.code())
                .collect::<Vec<_>>()
        };
        assert_eq!(read(100_000), ["source_too_deep"], "{name}");
        // what is just not refused ends no process
        let codes = read(19_500 / operators);
        assert!(!codes.contains(&"source_too_deep"), "{name}: {codes:?}");
    }
}
