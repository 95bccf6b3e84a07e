//! Rules about a Connect descriptor.

use app_license_descriptor::{Diagnostic, DocumentPath, connect};

use super::context::Context;
use crate::deprecation::{Deprecation, DeprecationKind, deprecations};
use crate::document::Document;
use crate::finding::Finding;
use crate::rules;

pub(super) fn check(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    let features = context.features();
    // without its comments
    let json = document.root().to_json().to_string();
    match connect::diagnostics(json.as_bytes(), features.as_ref()) {
        Ok(found) => findings.extend(found.into_iter().map(|d| context.located(document, d))),
        Err(error) => {
            let diagnostic = Diagnostic::new(&rules::UNREADABLE, error.to_string());
            findings.push(context.finding(diagnostic, 0..0));
        }
    }
    super::behind::hidden(context, document, findings);
    let today = context.options.today;
    if let Some(connect) = Deprecation::get("connect-updates") {
        let message = format!("{}: {}", connect.title, connect.when(today));
        let diagnostic = Diagnostic::new(&rules::CONNECT_END_OF_SUPPORT, message)
            .with_severity(connect.severity_on(today))
            .with_fix(&connect.replacement);
        findings.push(context.finding(diagnostic, 0..0));
    }
    let fields = deprecations().iter();
    for gone in fields.filter(|d| d.kind == DeprecationKind::DescriptorField) {
        if document.root().pointer(&gone.pattern).is_some() {
            let path = path_of(&gone.pattern);
            let message = format!("{}: {}", gone.title, gone.when(today));
            let diagnostic = Diagnostic::new(&rules::DEPRECATED_FIELD, message)
                .with_severity(gone.severity_on(today))
                .with_fix(&gone.replacement);
            findings.push(context.at(document, &path, diagnostic, Vec::new()));
        }
    }
}

/// A pointer without list elements as a path.
pub(super) fn path_of(pointer: &str) -> DocumentPath {
    let steps = pointer.split('/').skip(1);
    steps.fold(DocumentPath::root(), |path, step| path.key(step))
}
