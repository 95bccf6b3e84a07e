//! Old words and spellings that no file may have: one name a thing, US spelling.
//!
//! A type must say what it is: participles and figures of speech name nothing. What the platform or
//! a person who types wrongly spells otherwise is in [`SPARED`]. `CHANGELOG.md` may name what was.

use std::path::Path;

use anyhow::{Result, bail};

/// Not searched: what is given, what was, and the lists of this file.
const LEFT_OUT: [&str; 3] = ["CHANGELOG.md", "tests/vectors/", "xtask/src/sources/words"];

const ENDINGS: [&str; 14] = [
    "cjs", "css", "html", "js", "jsx", "md", "mjs", "rs", "sql", "toml", "ts", "tsx", "yaml", "yml",
];

/// Words as they must not be spelled, or what such words begin with.
const SPELLINGS: [&str; 59] = [
    "ageing",
    "amongst",
    "analyse",
    "analysing",
    "anonymis",
    "artefact",
    "apologis",
    "authoris",
    "behaviour",
    "canonicalis",
    "catalogue",
    "categoris",
    "centralis",
    "centre",
    "colour",
    "customis",
    "defence",
    "emphasis",
    "endeavour",
    "favour",
    "flavour",
    "formalis",
    "generalis",
    "grey",
    "honour",
    "initialis",
    "itemis",
    "judgement",
    "labelled",
    "labelling",
    "learnt",
    "licence",
    "localis",
    "maximis",
    "memoris",
    "minimis",
    "misspelt",
    "modelled",
    "modelling",
    "neighbour",
    "normalis",
    "offence",
    "optimis",
    "organis",
    "paralys",
    "prioritis",
    "randomis",
    "recognis",
    "sanitis",
    "serialis",
    "specialis",
    "spelt",
    "standardis",
    "summaris",
    "synchronis",
    "towards",
    "travell",
    "utilis",
    "whilst",
];

/// Names of the platform, of HTML and of files of before, and what people type: allowed where a line has them.
const SPARED: [&str; 7] = [
    "favourite_",
    "favouriting_",
    "labelledby",
    "\"licenc",
    "licenceapi",
    "appislicenced",
    // a setting of the contract's files, which others have too
    "\"stored_hint\"",
];

/// Files whose subject is a wrong spelling.
const ABOUT_SPELLING: [&str; 5] = [
    "crates/app-license-cli/src/detect/json/wrappers.rs",
    "crates/app-license-cli/tests/it/pastes/",
    "crates/app-license-descriptor/",
    "crates/app-license-doctor/tests/",
    "fuzz/",
];

/// Types and modules that must be named otherwise.
const NAMES: [&str; 28] = [
    "Answer",
    "Asked",
    "Book",
    "ConditionWarning",
    "DareMigration",
    "Desk",
    "Expectations",
    "Fault",
    "Flights",
    "Found",
    "Judge",
    "Kept",
    "KeySetUrl",
    "Known",
    "Landing",
    "LicenseApiAnswer",
    "LicenseApiFault",
    "LicenseApiProblem",
    "Mistake",
    "Needs",
    "Note",
    "Oddity",
    "Place",
    "Remark",
    "Standing",
    "Told",
    "TokenFingerprint",
    "Way",
];

/// Identifiers and words that must not stand anywhere.
const WORDS: [&str; 19] = [
    "despite",
    "heed",
    "judge",
    "judged",
    "judges",
    "judging",
    "landed",
    "may_recheck",
    "recheck",
    "rechecked",
    "rechecks",
    "resting",
    "storedHint",
    "stored_hint",
    "tokenFingerprint",
    "token_from_header",
    "wish",
    "wishes",
    "with_leeway",
];

/// Stored names of before, also as parts of names.
const STORED: [&str; 1] = ["touchpoint"];

/// What is stored under such names, and reads it.
const STORES_OF_BEFORE: [&str; 3] = [
    "crates/app-license-store/migrations/",
    "crates/app-license-store/tests/fixtures/",
    // carries the migrations
    "wasm/js/src/fetch/schema.ts",
];

/// Paths of items that have another name now.
const PATHS: [&str; 1] = ["connect::Request"];

/// Sentences of before.
const SENTENCES: [&str; 1] = ["the word is too old"];

/// Fails with every old word in the files below `root`, which are named relative to it.
pub(super) fn check(root: &Path, files: &[&str]) -> Result<usize> {
    let mut report = Vec::new();
    let mut searched = 0_usize;
    for &file in files {
        let ending = file.rsplit('.').next().unwrap_or_default();
        if !ENDINGS.contains(&ending) || LEFT_OUT.iter().any(|it| file.starts_with(it)) {
            continue;
        }
        // what is deleted and not committed
        let Ok(text) = std::fs::read_to_string(root.join(file)) else {
            continue;
        };
        searched = searched.saturating_add(1);
        report.extend(old_words(file, &text));
    }
    if !report.is_empty() {
        bail!("old words\n{}", report.join("\n"));
    }
    Ok(searched)
}

/// The old words of a file, each with its line.
fn old_words(file: &str, text: &str) -> Vec<String> {
    let about_spelling = ABOUT_SPELLING.iter().any(|it| file.starts_with(it));
    let stored = STORES_OF_BEFORE.iter().any(|it| file.starts_with(it));
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1_usize..) {
        let mut add = |word: &str| found.push(format!("{file}:{number}: {word}"));
        let lower = line.to_ascii_lowercase();
        let spared = about_spelling || SPARED.iter().any(|it| lower.contains(it));
        let words: Vec<&str> = line
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        for spelling in SPELLINGS.iter().filter(|it| !spared && begins(&lower, it)) {
            add(spelling);
        }
        for pair in words.windows(2) {
            if let [keyword, name] = pair
                && names_a_type(keyword)
                && NAMES.contains(name)
            {
                add(name);
            }
        }
        for word in words.iter().filter(|it| !spared && WORDS.contains(it)) {
            add(word);
        }
        for word in STORED.iter().filter(|it| !stored && lower.contains(**it)) {
            add(word);
        }
        for path in PATHS.iter().filter(|it| names(line, it)) {
            add(path);
        }
        for sentence in SENTENCES.iter().filter(|it| lower.contains(**it)) {
            add(sentence);
        }
    }
    found
}

fn names_a_type(keyword: &str) -> bool {
    [
        "struct",
        "enum",
        "type",
        "trait",
        "union",
        "interface",
        "class",
    ]
    .contains(&keyword)
}

/// Whether a word of the line, or a part of a name in it, begins so.
fn begins(lower: &str, spelling: &str) -> bool {
    lower.match_indices(spelling).any(|(at, _)| {
        let before = lower.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_ascii_alphabetic())
    })
}

/// Whether the line has this path, and no longer one that begins so.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let after = line.get(at.saturating_add(path.len())..);
        let after = after.and_then(|text| text.chars().next());
        after.is_none_or(|c| !c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_words_are_found_with_their_lines() {
        for (text, word) in [
            ("a\n// the behaviour of it", "behaviour"),
            ("a\nlet default_colour = 1;", "colour"),
            ("a\nSerialise it", "serialis"),
            ("a\npub(crate) struct Found {", "Found"),
            ("a\nexport interface Needs {", "Needs"),
            ("a\nlet x = app.stored_hint(1);", "stored_hint"),
            ("a\nwhat was judged", "judged"),
            ("a\nfn of_every_Touchpoint() {}", "touchpoint"),
            ("a\nuse app_license::connect::Request;", "connect::Request"),
            ("a\nThe word is too old", "the word is too old"),
        ] {
            assert_eq!(
                old_words("a.rs", text),
                [format!("a.rs:2: {word}")],
                "{text}"
            );
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        for text in [
            "let found = known(asked);",
            "// found in the file, kept and told apart",
            "\"favourite_page\", aria-labelledby=\"a\"",
            "a misspelled color, organs and behaviors; deserialize",
            "connect::RequestLine, connect::RequestToken",
            "struct FoundInstallation; type KnownLicense = ();",
        ] {
            assert_eq!(old_words("a.rs", text), [""; 0], "{text}");
        }
        let wrong = "{\"licence\": 1} licence";
        let about = "crates/app-license-descriptor/src/spelling.rs";
        assert_eq!(old_words(about, wrong), [""; 0]);
        assert_eq!(old_words("a.rs", "licence").len(), 1);
        let migration = "crates/app-license-store/migrations/sqlite/0002.sql";
        assert_eq!(old_words(migration, "touchpoint TEXT"), [""; 0]);
    }
}
