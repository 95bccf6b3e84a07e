//! A diagnostic in a file.

use std::fmt;
use std::ops::Range;

use app_license_descriptor::{Diagnostic, Rule, Severity};

use crate::document::Position;

/// A change of a file: these bytes become this text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edit {
    /// Which bytes.
    pub range: Range<usize>,
    /// What they become.
    pub text: String,
}

impl Edit {
    /// Replaces bytes.
    #[must_use]
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            text: text.into(),
        }
    }
}

/// A [`Diagnostic`] and the place in a file where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    diagnostic: Diagnostic,
    file: String,
    range: Range<usize>,
    start: Position,
    end: Position,
    /// The line, for whoever is shown the finding.
    line: String,
    edits: Vec<Edit>,
}

impl Finding {
    /// A diagnostic at these bytes of a file's text.
    pub(crate) fn new(diagnostic: Diagnostic, file: &str, text: &str, range: Range<usize>) -> Self {
        let start = Position::of(text, range.start);
        let end = Position::of(text, range.end);
        let line = text.lines().nth(start.line.saturating_sub(1));
        Self {
            diagnostic,
            file: file.to_owned(),
            range,
            start,
            end,
            line: line.unwrap_or_default().to_owned(),
            edits: Vec::new(),
        }
    }

    /// The same with changes that are safe to make.
    pub(crate) fn with_edits(mut self, edits: Vec<Edit>) -> Self {
        self.edits = edits;
        self
    }

    /// What is wrong.
    #[must_use]
    pub const fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }

    /// The rule that fails.
    #[must_use]
    pub const fn rule(&self) -> &'static Rule {
        self.diagnostic.rule()
    }

    /// The stable code of the rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.diagnostic.code()
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.diagnostic.severity()
    }

    /// The file, below the folder that was checked, with `/`.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Which bytes of the file.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Where it begins.
    #[must_use]
    pub const fn start(&self) -> Position {
        self.start
    }

    /// Where it ends.
    #[must_use]
    pub const fn end(&self) -> Position {
        self.end
    }

    /// The line in which it begins.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The changes that are safe to make; none when a person must decide.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// What stays the same when lines move: code, file, place in the document and message.
    pub(crate) fn identity(&self) -> String {
        let (code, file, diagnostic) = (self.code(), &self.file, &self.diagnostic);
        format!("{code} {file} {diagnostic}")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.start, self.diagnostic)
    }
}
