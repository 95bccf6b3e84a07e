//! The app that `editions.toml` is of.

use std::ops::Range;

use app_license_descriptor::Diagnostic;
use app_license_editions::{AppIdentity, Editions, Location, check_app};

use crate::document::{Document, Node};
use crate::finding::Finding;
use crate::project::{Project, ProjectFileKind};
use crate::rules;

/// What a descriptor or a manifest says about which app it is of: for
/// [`check_app`](app_license_editions::check_app).
///
/// ```
/// use app_license_doctor::{Document, app_identity};
/// let document = Document::yaml("app: {id: ari:cloud:ecosystem::app/1, connect: {key: a}}").unwrap();
/// let app = app_identity("manifest.yml", &document);
/// assert_eq!(app.id.as_deref(), Some("ari:cloud:ecosystem::app/1"));
/// assert_eq!(app.key.as_deref(), Some("a"));
/// ```
#[must_use]
pub fn app_identity(file: &str, document: &Document) -> AppIdentity {
    let text = |pointer: &str| {
        let node = document.root().pointer(pointer);
        node.and_then(Node::text).map(str::to_owned)
    };
    let mut app = AppIdentity::new(file);
    app.id = text("/app/id");
    app.key = text("/app/connect/key").or_else(|| text("/key"));
    let on = |pointer: &str| document.root().pointer(pointer).and_then(Node::bool) == Some(true);
    app.licensing = Some(on("/app/licensing/enabled") || on("/enableLicensing"));
    app.editions = Some(on("/app/licensing/editionsEnabled") || on("/editionsEnabled"));
    app
}

/// `[app]` of each `editions.toml` against the descriptors and manifests that it is of.
pub(super) fn check(project: &Project, findings: &mut Vec<Finding>) {
    for app in project.files() {
        if !matches!(
            app.kind,
            ProjectFileKind::Descriptor | ProjectFileKind::Manifest
        ) {
            continue;
        }
        // of several apps below one file each may be another one
        let Some(document) = app.document().filter(|d| d.root().is_object()) else {
            continue;
        };
        let Some(file) = super::context::editions_of(project, app) else {
            continue;
        };
        let Ok(editions) = Editions::read(&file.path, &file.text) else {
            continue;
        };
        for found in check_app(&editions, &app_identity(&app.path, document)) {
            let diagnostic = Diagnostic::new(&rules::APP_DIFFERS, found.message());
            let range = line_of(&file.text, found.place());
            findings.push(Finding::new(diagnostic, &file.path, &file.text, range));
        }
    }
}

/// From a place to the end of its line.
pub(super) fn line_of(text: &str, place: Option<&Location>) -> Range<usize> {
    place.map_or(0..0, |place| {
        let start = offset_of(text, place.line, place.column);
        let rest = text.get(start..).unwrap_or_default();
        let line = rest.lines().next().map_or(0, str::len);
        start..start.saturating_add(line)
    })
}

/// The byte at a line and a column, both from 1.
pub(super) fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start = before.fold(0_usize, |sum, line| sum.saturating_add(line.len()));
    let rest = text.get(start..).unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1));
    start.saturating_add(within.map_or(rest.len(), |(at, _)| at))
}
