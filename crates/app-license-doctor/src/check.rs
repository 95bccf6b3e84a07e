//! Runs the rules over a project.

mod behind;
mod connect;
mod context;
mod edit;
mod forge;
mod identity;
mod package;
mod sold;
mod source;
mod unread;

use app_license_descriptor::{Diagnostic, Rule, rules as descriptor_rules};

use crate::finding::Finding;
use crate::project::{Project, ProjectFileKind};
use crate::rules;

use context::Context;

pub use context::Options;
pub use identity::app_identity;

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
const IMPLIED: [(Rule, Rule); 1] = [
    // a condition that hides a module from Advanced customers hides it from those without an
    // edition, too
    (
        descriptor_rules::STANDARD_HIDES_UNCHANGED,
        descriptor_rules::STANDARD_HIDES_ADVANCED,
    ),
];

fn drop_implied(findings: &mut Vec<Finding>) {
    let place = |f: &Finding| (f.rule(), f.file().to_owned(), f.diagnostic().path().clone());
    let places: Vec<_> = findings.iter().map(place).collect();
    let unknown_mode = |f: &Finding| {
        let mut places = places.iter();
        places.any(|(rule, file, _)| **rule == descriptor_rules::UNKNOWN_MODE && file == f.file())
    };
    findings.retain(|f| {
        let implied = IMPLIED.iter().any(|(rule, by)| {
            let (found, file, path) = place(f);
            found == rule && places.contains(&(by, file, path))
        });
        // a list with an unknown mode is wrong as it is, superseded or not
        !(implied || *f.rule() == descriptor_rules::MODES_SUPERSEDED && unknown_mode(f))
    });
}
