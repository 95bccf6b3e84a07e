//! Runs the rules over a project.

mod behind;
mod connect;
mod edit;
mod forge;
mod identity;
mod package;
mod sold;
mod source;
mod unread;

use std::ops::Range;

use app_license::FeatureMap;
use app_license_descriptor::{Diagnostic, DocumentPath};
use jiff::civil::Date;

use crate::document::Document;
use crate::finding::{Edit, Finding};
use crate::project::{Project, ProjectFile, ProjectFileKind};
use crate::rules;

pub use identity::app_identity;

/// What is checked, and on which day.
///
/// ```
/// use app_license_doctor::Options;
/// let options = Options::default().today(jiff::civil::date(2026, 11, 28));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    today: Option<Date>,
}

impl Options {
    /// Compares the dates of deprecations with this day.
    #[must_use]
    pub const fn today(mut self, today: Date) -> Self {
        self.today = Some(today);
        self
    }
}

/// Checks a project: the findings by file and place.
#[must_use]
pub fn check(project: &Project, options: &Options) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in project.files() {
        let context = Context {
            project,
            file,
            options,
        };
        if let Some((why, range)) = file.problem() {
            let message = format!("cannot be read: {why}");
            let diagnostic = Diagnostic::new(&rules::UNREADABLE, message);
            findings.push(context.finding(diagnostic, range));
            continue;
        }
        match file.document() {
            Some(document) => match file.kind {
                ProjectFileKind::Descriptor => connect::check(&context, document, &mut findings),
                ProjectFileKind::Manifest => forge::check(&context, document, &mut findings),
                ProjectFileKind::NpmPackage => package::npm(&context, document, &mut findings),
                ProjectFileKind::CargoPackage | ProjectFileKind::Editions => {}
            },
            None if file.kind == ProjectFileKind::CargoPackage => {
                package::cargo(&context, &mut findings);
            }
            None => package::editions(&context, &mut findings),
        }
    }
    identity::check(project, &mut findings);
    unread::check(project, &mut findings);
    sold::check(project, &mut findings);
    source::check(project, options, &mut findings);
    drop_implied(&mut findings);
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.file().to_owned(), f.range().start, f.code());
        key(a).cmp(&key(b))
    });
    findings
}

/// What follows from another finding: one mistake, one finding.
const IMPLIED: [(&str, &str); 1] = [
    // a condition that hides a module from Advanced customers hides it from those without an
    // edition, too
    ("standard_hides_unchanged", "standard_hides_advanced"),
];

fn drop_implied(findings: &mut Vec<Finding>) {
    let place = |f: &Finding| (f.code(), f.file().to_owned(), f.diagnostic().path().clone());
    let places: Vec<_> = findings.iter().map(place).collect();
    let unknown_mode = |f: &Finding| {
        let mut places = places.iter();
        places.any(|(code, file, _)| *code == "unknown_mode" && file == f.file())
    };
    findings.retain(|f| {
        let implied = IMPLIED.iter().any(|(code, by)| {
            let (found, file, path) = place(f);
            found == *code && places.contains(&(*by, file, path))
        });
        // a list with an unknown mode is wrong as it is, superseded or not
        !(implied || f.code() == "modes_superseded" && unknown_mode(f))
    });
}

/// A file, and what it is checked with.
pub(super) struct Context<'p> {
    project: &'p Project,
    file: &'p ProjectFile,
    options: &'p Options,
}

impl Context<'_> {
    /// A diagnostic at some bytes of the file.
    fn finding(&self, diagnostic: Diagnostic, range: Range<usize>) -> Finding {
        Finding::new(diagnostic, &self.file.path, &self.file.text, range)
    }

    /// A diagnostic at its path in the document.
    fn located(&self, document: &Document, diagnostic: Diagnostic) -> Finding {
        let range = document.range_of(diagnostic.path());
        let edits = edit::safe(document, &diagnostic);
        self.finding(diagnostic, range).with_edits(edits)
    }

    /// A diagnostic at a path, with edits of its own.
    fn at(
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
    fn features(&self) -> Option<FeatureMap> {
        let file = editions_of(self.project, self.file)?;
        FeatureMap::from_toml(&file.text).ok()
    }
}

/// The `editions.toml` of an app: of the nearest folder that has one, or the only one there is.
fn editions_of<'p>(project: &'p Project, app: &ProjectFile) -> Option<&'p ProjectFile> {
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
