use app_license_source::{Language, Source, gates};
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
