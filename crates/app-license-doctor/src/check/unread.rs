//! Source files that could not be read.

use std::io::Read as _;

use app_license_descriptor::{Diagnostic, Severity};
use app_license_source::{Error, is_test_path};

use super::identity::offset_of;
use crate::finding::Finding;
use crate::project::Project;
use crate::rules;

/// The most of a file that is read again to show where its syntax ends.
const MAX_BYTES: u64 = 1 << 20;

/// What stands in code that a rule could be about, in lower case.
const WORDS: [&str; 9] = [
    "licens",
    "capabilit",
    "capset",
    "edition",
    "evaluation",
    "trial",
    "forge",
    "atlassian",
    "app_license",
];

/// What no rule has looked at is named, so that no finding means that there is none.
pub(super) fn check(project: &Project, findings: &mut Vec<Finding>) {
    for (path, error) in project.sources().unread() {
        // tests of tools hold broken code on purpose
        if is_test_path(path) {
            continue;
        }
        let (severity, text, offset) = match error {
            // a dialect, perhaps, or a part of a file: not every `.js` is JavaScript
            Error::Syntax { position, .. } => {
                let text = text_of(project, path);
                let offset = offset_of(&text, position.line, position.column);
                let severity = if mentions(&text) {
                    Severity::Warning
                } else {
                    Severity::Info
                };
                (severity, text, offset)
            }
            // what people wrote by hand is smaller
            Error::TooLarge { .. } => (Severity::Info, String::new(), 0),
            // it may lead to code of the app, and to anything else
            Error::Link(_) => (Severity::Info, String::new(), 0),
            _ => (Severity::Warning, String::new(), 0),
        };
        let message = match error {
            Error::Link(_) => error.to_string(),
            _ => format!("cannot be read: {error}"),
        };
        let diagnostic = Diagnostic::new(&rules::UNREADABLE, message).with_severity(severity);
        findings.push(Finding::new(diagnostic, path, &text, offset..offset));
    }
    for (path, why) in project.links() {
        let message = format!("a link is not followed: {why}");
        let diagnostic =
            Diagnostic::new(&rules::UNREADABLE, message).with_severity(Severity::Warning);
        findings.push(Finding::new(diagnostic, path, "", 0..0));
    }
    if project.is_truncated() {
        let message = "there are more files than are read: check the folders of the app one by one";
        let diagnostic =
            Diagnostic::new(&rules::UNREADABLE, message).with_severity(Severity::Warning);
        findings.push(Finding::new(diagnostic, ".", "", 0..0));
    }
}

/// Whether a text has one of the words, other than in the comment that says how the file itself is licensed.
fn mentions(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start().to_ascii_lowercase();
        let comment = ["//", "/*", "*"].iter().any(|sign| line.starts_with(sign));
        !comment && WORDS.iter().any(|word| line.contains(word))
    })
}

fn text_of(project: &Project, path: &str) -> String {
    let mut text = String::new();
    if let Ok(file) = std::fs::File::open(project.root().join(path)) {
        // it is shown, no more: what cannot be read again is not
        let _ = file.take(MAX_BYTES).read_to_string(&mut text);
    }
    text
}
