//! What the rules check with: the file, the project around it, the options.

use std::ops::Range;

use app_license::FeatureMap;
use app_license_descriptor::{Diagnostic, DocumentPath};
use jiff::civil::Date;

use super::edit;
use crate::document::Document;
use crate::finding::{Edit, Finding};
use crate::project::{Project, ProjectFile, ProjectFileKind};

/// What is checked, and on which day.
///
/// ```
/// use app_license_doctor::Options;
/// let options = Options::default().today(jiff::civil::date(2026, 11, 28));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    pub(super) today: Option<Date>,
}

impl Options {
    /// Compares the dates of deprecations with this day.
    #[must_use]
    pub const fn today(mut self, today: Date) -> Self {
        self.today = Some(today);
        self
    }
}

/// A file, and what it is checked with.
pub(super) struct Context<'p> {
    pub(super) project: &'p Project,
    pub(super) file: &'p ProjectFile,
    pub(super) options: &'p Options,
}

impl Context<'_> {
    /// A diagnostic at some bytes of the file.
    pub(super) fn finding(&self, diagnostic: Diagnostic, range: Range<usize>) -> Finding {
        Finding::new(diagnostic, &self.file.path, &self.file.text, range)
    }

    /// A diagnostic at its path in the document.
    pub(super) fn located(&self, document: &Document, diagnostic: Diagnostic) -> Finding {
        let range = document.range_of(diagnostic.path());
        let edits = edit::safe(document, &diagnostic);
        self.finding(diagnostic, range).with_edits(edits)
    }

    /// A diagnostic at a path, with edits of its own.
    pub(super) fn at(
        &self,
        document: &Document,
        path: &DocumentPath,
        diagnostic: Diagnostic,
        edits: Vec<Edit>,
    ) -> Finding {
        let range = document.range_of(path);
        self.finding(diagnostic.at(path), range).with_edits(edits)
    }

    /// The feature map of the app: of the nearest folder that has one, or the only one there is.
    pub(super) fn features(&self) -> Option<FeatureMap> {
        let file = editions_of(self.project, self.file)?;
        FeatureMap::from_toml(&file.text).ok()
    }
}

/// The `editions.toml` of an app: of the nearest folder that has one, or the only one there is.
pub(super) fn editions_of<'p>(project: &'p Project, app: &ProjectFile) -> Option<&'p ProjectFile> {
    let all: Vec<_> = project.of_kind(ProjectFileKind::Editions).collect();
    let folder = app.folder();
    let around = all.iter().filter(|e| folder.starts_with(e.folder()));
    let near = around.max_by_key(|editions| editions.folder().len());
    near.or(match all.as_slice() {
        [only] => Some(only),
        _ => None,
    })
    .copied()
}
