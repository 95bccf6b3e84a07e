//! The findings as JSON.

use app_license_descriptor::Severity;
use serde::Serialize;

use crate::document::Position;
use crate::finding::Finding;

/// How many findings there are.
///
/// ```
/// use app_license_doctor::Summary;
/// assert_eq!(Summary::of(&[]).to_string(), "no findings");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many that are only worth knowing.
    pub infos: usize,
    /// How many can be fixed by `--fix`.
    pub fixable: usize,
}

impl Summary {
    /// Of these findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|f| f.severity() == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            fixable: findings.iter().filter(|f| !f.edits().is_empty()).count(),
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.infos, "info"),
        ];
        let counts: Vec<_> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| match count {
                1 => format!("1 {name}"),
                n => format!("{n} {name}s"),
            })
            .collect();
        if counts.is_empty() {
            return f.write_str("no findings");
        }
        f.write_str(&counts.join(", "))
    }
}

/// The findings as they are written to JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Report<'f> {
    version: u32,
    findings: Vec<Item<'f>>,
    /// How many findings of the baseline are left out.
    known: usize,
    summary: Summary,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'f> {
    code: &'f str,
    severity: Severity,
    file: &'f str,
    start: Position,
    end: Position,
    #[serde(skip_serializing_if = "String::is_empty")]
    path: String,
    message: &'f str,
    reason: &'f str,
    fix: &'f str,
    page: String,
    fixable: bool,
}

impl<'f> Report<'f> {
    /// Of these findings, and so many that a baseline knows.
    #[must_use]
    pub fn new(findings: &'f [Finding], known: usize) -> Self {
        let items = findings.iter().map(|finding| Item {
            code: finding.code(),
            severity: finding.severity(),
            file: finding.file(),
            start: finding.start(),
            end: finding.end(),
            path: finding.diagnostic().path().whole(),
            message: finding.diagnostic().message(),
            reason: finding.rule().summary,
            fix: finding.diagnostic().fix(),
            page: finding.diagnostic().page(),
            fixable: !finding.edits().is_empty(),
        });
        Self {
            version: 1,
            findings: items.collect(),
            known,
            summary: Summary::of(findings),
        }
    }
}
