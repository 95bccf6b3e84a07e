//! Making the changes that are safe.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::finding::{Edit, Finding};
use crate::project::Project;

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FixResult {
    /// The files that were written.
    pub files: Vec<String>,
    /// How many findings were fixed.
    pub fixed: usize,
}

/// Makes the safe changes of these findings, and writes the files. Of two changes that overlap the
/// first is made; check again for what is left.
///
/// # Errors
/// `doctor_read`, `doctor_write`.
pub fn apply_fixes(project: &Project, findings: &[Finding]) -> Result<FixResult, Error> {
    let mut by_file: BTreeMap<&str, Vec<&[Edit]>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| !f.edits().is_empty()) {
        by_file
            .entry(finding.file())
            .or_default()
            .push(finding.edits());
    }
    let mut result = FixResult::default();
    for (file, groups) in by_file {
        let path = project.root().join(file);
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
            path: shown(),
            source,
        })?;
        let (text, fixed) = edited(&text, &groups);
        if fixed > 0 {
            std::fs::write(&path, text).map_err(|source| Error::Write {
                path: shown(),
                source,
            })?;
            result.files.push(file.to_owned());
            result.fixed = result.fixed.saturating_add(fixed);
        }
    }
    Ok(result)
}

/// The text with the edits made, and how many groups were: all of a group or none.
fn edited(text: &str, groups: &[&[Edit]]) -> (String, usize) {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut fixed: usize = 0;
    for group in groups {
        let free = |edit: &Edit| {
            let fits = text.get(edit.range.clone()).is_some();
            // two insertions at one place may both be made
            let apart =
                |t: &&Edit| edit.range.end <= t.range.start || t.range.end <= edit.range.start;
            fits && taken.iter().all(apart)
        };
        if group.iter().all(free) {
            taken.extend(group.iter());
            fixed = fixed.saturating_add(1);
        }
    }
    taken.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in taken {
        out.push_str(text.get(at..edit.range.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, fixed)
}

#[cfg(test)]
mod tests {
    use super::edited;
    use crate::finding::Edit;

    #[test]
    fn of_edits_that_overlap_the_first_is_made() {
        let (a, b, c) = (
            [Edit::new(1..3, "X")],
            [Edit::new(2..4, "Y")],
            [Edit::new(4..4, "Z"), Edit::new(0..1, "")],
        );
        assert_eq!(edited("abcd", &[&a, &b, &c]), ("XdZ".to_owned(), 2));
        assert_eq!(edited("é", &[&[Edit::new(1..2, "")]]), ("é".to_owned(), 0));
    }
}
