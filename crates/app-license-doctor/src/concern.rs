//! Which source files the rules can say anything about.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::deprecation::{DeprecationKind, deprecations};

/// What stands in every text that a rule, or the search for a gate, finds something in: names of the
/// platform, of the library, and of what feature maps are asked by. In lower case; found in any.
const PARTS: [&str; 34] = [
    "app-license",
    "app_license",
    "atlassian",
    "bool_details",
    "bool_value",
    "booleandetails",
    "booleanflagvalue",
    "booleanvalue",
    "cap_set",
    "capabilit",
    "capset",
    "connect_query",
    "connectquery",
    "decide",
    "edition",
    "entitle",
    "evaluation",
    "feature",
    "forge",
    "fromfunctioncontext",
    "int_details",
    "int_value",
    "licens",
    "limitname",
    "numberdetails",
    "numbervalue",
    "requires",
    "service_level",
    "servicelevel",
    "string_details",
    "string_value",
    "stringdetails",
    "stringvalue",
    "trial",
];
/// Names that are a part of many others: looked for as whole ones.
const NAMES: [&str; 6] = [
    "check",
    "check_hint",
    "lic",
    "limit",
    "limit_hint",
    "uselimit",
];

static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let endpoints = deprecations().iter();
    let endpoints = endpoints.filter(|d| d.kind == DeprecationKind::Endpoint);
    let endpoints = endpoints.map(|d| d.pattern.as_str());
    let parts = NAMES.into_iter().chain(PARTS);
    let mut automaton = AhoCorasick::builder();
    automaton.ascii_case_insensitive(true);
    automaton.build(parts.chain(endpoints)).ok()
});

/// Whether a rule can find anything in a text. What has none of the words has nothing: this is said
/// without reading the syntax, and may only be wrong the other way.
pub(crate) fn may_concern(text: &str) -> bool {
    let Some(words) = &*WORDS else { return true };
    holds(words, text) || is_escaped(text) || holds(words, &text.replace(['\\', '_'], ""))
}

/// Whether names and texts may be written by the numbers of their letters, or on two lines:
/// `licen\u{73}e`, `&#108;ic`.
pub(crate) fn is_escaped(text: &str) -> bool {
    let by_number = |b: &u8| matches!(b, b'u' | b'x' | b'0'..=b'7' | b'\r' | b'\n');
    let escapes = memchr::memchr_iter(b'\\', text.as_bytes());
    let mut escaped = escapes.map(|at| text.as_bytes().get(at.saturating_add(1)));
    escaped.any(|next| next.is_some_and(by_number)) || text.contains("&#")
}

fn holds(words: &AhoCorasick, text: &str) -> bool {
    let mut found = words.find_overlapping_iter(text);
    found.any(|found| found.pattern().as_usize() >= NAMES.len() || is_whole(text, found.range()))
}

fn is_whole(text: &str, name: std::ops::Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let part = |at: Option<usize>| {
        let byte = at.and_then(|at| bytes.get(at));
        byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
    };
    !part(name.start.checked_sub(1)) && !part(Some(name.end))
}

#[cfg(test)]
mod tests {
    use super::may_concern;

    #[test]
    fn a_word_is_found_however_it_is_written() {
        for text in [
            "context.license",
            "LICENSE",
            "q.lic",
            "features.x()",
            "check(a, b, c, d)",
            "'cap_ability_advanced'",
            r"context['lic\x65nse']",
            r"context['li\cense']",
            r"context.lic\u0065nse",
            "'lic\\\nense'",
            "<a b=\"lic&#101;nse\" />",
            "fetch('/rest/atlassian-connect/1/x')",
        ] {
            assert!(may_concern(text), "{text}");
        }
        for text in [
            "",
            "function draw(picture) { return checked(slice, delicate, limited); }",
            r"split('\n')",
        ] {
            assert!(!may_concern(text), "{text}");
        }
    }
}
