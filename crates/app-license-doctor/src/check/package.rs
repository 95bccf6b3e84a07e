//! Rules about `package.json` and `Cargo.toml`.

use std::collections::BTreeSet;

use app_license_descriptor::{
    Diagnostic, DocumentPath, meant_capability, rules as descriptor_rules,
};
use app_license_editions::Editions;

use super::context::Context;
use crate::document::Document;
use crate::finding::Finding;
use crate::rules;

const SECTIONS: [&str; 4] = [
    "dependencies",
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
];
/// What gives the core its signatures.
const BACKENDS: [&str; 3] = ["aws-lc-rs", "rust-crypto", "host-crypto"];

pub(super) fn npm(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    for section in SECTIONS {
        let Some(dependency) = document
            .root()
            .get(section)
            .and_then(|d| d.get("app-license"))
        else {
            continue;
        };
        // a name of one's own: a file, a workspace, or the package under another name
        let own = ["file:", "link:", "workspace:", "npm:@app-license/"];
        let text = dependency.text().unwrap_or_default();
        if own.iter().any(|prefix| text.starts_with(prefix)) {
            continue;
        }
        let message = "`app-license` on npm is not of this project";
        let path = DocumentPath::root().key(section).key("app-license");
        let diagnostic = Diagnostic::new(&rules::BARE_NPM_NAME, message);
        findings.push(context.at(document, &path, diagnostic, Vec::new()));
    }
}

/// `editions.toml`: all that is wrong with it as a file.
pub(super) fn editions(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let text = &context.file.text;
    let editions = match Editions::read(&context.file.path, text) {
        Ok(editions) => editions,
        Err(errors) => {
            let found = errors.iter().map(|error| {
                let message = format!("cannot be read: {error}");
                let diagnostic = Diagnostic::new(&rules::UNREADABLE, message);
                context.finding(diagnostic, error.range())
            });
            return findings.extend(found);
        }
    };
    let map = editions.map();
    let mut seen = BTreeSet::new();
    for feature in map.features() {
        let Some(requires) = map.requirement(feature).filter(|c| c.edition().is_none()) else {
            continue;
        };
        let written = requires.as_str();
        let Some(meant) = meant_capability(written).filter(|_| seen.insert(written)) else {
            continue;
        };
        // declared as an edition to come
        if editions.knows(requires) {
            continue;
        }
        let message = format!("no edition is known to have `{written}`: did you mean `{meant}`?");
        let diagnostic = Diagnostic::new(&descriptor_rules::CAPABILITY_SPELLING, message)
            .with_fix(format!("write `{meant}`"));
        let at = text.find(written).unwrap_or(0);
        let end = at.saturating_add(written.len()).min(text.len());
        findings.push(context.finding(diagnostic, at..end));
    }
}

pub(super) fn cargo(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let text = &context.file.text;
    let table: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            let range = error.span().unwrap_or(0..0);
            let why = error.message().trim().replace('\n', ", ");
            let message = format!("cannot be read: {why}");
            let diagnostic = Diagnostic::new(&rules::UNREADABLE, message);
            return findings.push(context.finding(diagnostic, range));
        }
    };
    let Some(dependency) = table.get("dependencies").and_then(|d| d.get("app-license")) else {
        return;
    };
    let off = dependency
        .get("default-features")
        .and_then(toml::Value::as_bool)
        == Some(false);
    let features = dependency.get("features").and_then(toml::Value::as_array);
    let backend = features.is_some_and(|features| {
        let backend = |f: &toml::Value| f.as_str().is_some_and(|f| BACKENDS.contains(&f));
        features.iter().any(backend)
    });
    // the package's own features may enable one
    let passed_on = table.get("features").is_some_and(|features| {
        let features = features.to_string();
        BACKENDS
            .iter()
            .any(|b| features.contains(&format!("app-license/{b}")))
    });
    if off && !backend && !passed_on {
        let at = text.find("app-license").unwrap_or(0);
        let message = "`app-license` has no default features and no backend: no token is verified";
        let diagnostic = Diagnostic::new(&rules::NO_SIGNATURE_BACKEND, message);
        let end = at.saturating_add("app-license".len()).min(text.len());
        findings.push(context.finding(diagnostic, at..end));
    }
}
