//! What is wrong with a manifest.

use app_license::{Error, FeatureMap};

use super::{Manifest, ModuleCondition};
use crate::connect::check::places_text;
use crate::diagnostic::{Diagnostic, DocumentPath};
use crate::forge::display_condition::supported;
use crate::rules;
use app_license::error::shown;

impl Manifest {
    /// What is wrong with it, or does something else than its author is likely to want. With the
    /// feature map, the capabilities it names are known.
    #[must_use]
    pub fn diagnostics(&self, features: Option<&FeatureMap>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        of_licensing(self, &mut found);
        for module in &self.conditions {
            of_condition(module, features, &mut found);
        }
        found.extend(self.connect.of_conditions(features));
        found.extend(self.connect.diagnostics.iter().cloned());
        of_filters(self, &mut found);
        of_uses(self, &mut found);
        found
    }
}

fn at(
    path: &DocumentPath,
    diagnostics: Vec<Diagnostic>,
) -> impl Iterator<Item = Diagnostic> + use<'_> {
    diagnostics.into_iter().map(move |d| d.at(path))
}

fn invalid(path: &DocumentPath, error: &Error) -> Diagnostic {
    Diagnostic::new(&rules::CONDITION_INVALID, error.to_string()).at(path)
}

/// With a fix that knows more than the rule's, where there is one.
fn fixed(diagnostic: Diagnostic, fix: Option<String>) -> Diagnostic {
    match fix {
        Some(fix) => diagnostic.with_fix(fix),
        None => diagnostic,
    }
}

fn of_licensing(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let app = DocumentPath::root().key("app");
    let licensing = app.key("licensing");
    let enabled = manifest.licensing_enabled();
    let stated = manifest.licensing.as_ref().map(|l| l.enabled);
    if stated == Some(None) {
        let message = "`enabled` is missing";
        found.push(Diagnostic::new(&rules::ENABLED_MISSING, message).at(&licensing));
    } else if manifest.editions_enabled() && !enabled {
        let message = "editions are enabled, and licensing is not";
        let path = licensing.key("editionsEnabled");
        found.push(Diagnostic::new(&rules::EDITIONS_WITHOUT_LICENSING, message).at(&path));
    }
    if manifest.user_access() && !enabled {
        let message = "billing by user needs `app.licensing.enabled`";
        let path = app.key("access").key("userAccess");
        found.push(Diagnostic::new(&rules::USER_ACCESS_WITHOUT_LICENSING, message).at(&path));
    }
    if manifest.access_empty {
        let message = "`userAccess` is missing";
        let path = app.key("access");
        found.push(Diagnostic::new(&rules::ACCESS_EMPTY, message).at(&path));
    }
    let modes = licensing.key("modes");
    for (n, mode) in manifest.modes().enumerate() {
        if mode != "user-access" {
            let message = format!("unknown mode `{mode}`");
            found.push(Diagnostic::new(&rules::UNKNOWN_MODE, message).at(&modes.index(n)));
        }
    }
    if manifest.modes().next().is_some() {
        let message = "superseded by `app.access.userAccess`";
        found.push(Diagnostic::new(&rules::MODES_SUPERSEDED, message).at(&modes));
    }
    for (path, place) in &manifest.misplaced {
        let message = format!("the platform has no such field here: it belongs to `{place}`");
        let fix = format!("move it to `{place}`");
        found.push(
            Diagnostic::new(&rules::FIELD_MISPLACED, message)
                .at(path)
                .with_fix(fix),
        );
    }
    for (path, name) in &manifest.unset {
        let message = format!("`${{{}}}` has no default and is not checked", shown(name));
        found.push(Diagnostic::new(&rules::VARIABLE_WITHOUT_DEFAULT, message).at(path));
    }
    for (path, fix) in &manifest.unknown {
        let message = "the platform has no such field";
        let diagnostic = Diagnostic::new(&rules::UNKNOWN_FIELD, message).at(path);
        found.push(fixed(diagnostic, fix.clone()));
    }
}

fn of_condition(
    module: &ModuleCondition,
    features: Option<&FeatureMap>,
    found: &mut Vec<Diagnostic>,
) {
    let condition = match &module.condition {
        Ok(condition) => condition,
        Err(error) => return found.push(invalid(&module.path, error)),
    };
    if !supported::has_conditions(&module.module_type, module.nested) {
        let kind = shown(&module.module_type);
        let message = if module.nested {
            format!("pages and sections of `{kind}` have no display conditions")
        } else {
            format!("modules of the kind `{kind}` have no display conditions")
        };
        let rule = &rules::CONDITION_NOT_SUPPORTED;
        return found.push(Diagnostic::new(rule, message).at(&module.path));
    }
    let json = serde_json::from_str(&module.json).unwrap_or_default();
    for refused in supported::refused(&module.module_type, &json, &module.path) {
        let rule = &rules::CONDITION_NOT_SUPPORTED;
        let diagnostic = Diagnostic::new(rule, refused.why).at(&refused.path);
        found.push(fixed(diagnostic, refused.fix));
    }
    found.extend(at(&module.path, condition.diagnostics(features)));
}

fn of_filters(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for filter in &manifest.filters {
        if !matches!(filter.module_type.as_str(), "trigger" | "scheduledTrigger") {
            let kind = shown(&filter.module_type);
            let message = format!("modules of the kind `{kind}` have no filter on the license");
            found.push(Diagnostic::new(&rules::FILTER_NOT_SUPPORTED, message).at(&filter.path));
        } else if let Some(problem) = &filter.problem {
            let diagnostic = Diagnostic::new(&rules::FILTER_INVALID, problem).at(&filter.path);
            found.push(fixed(diagnostic, filter.fix.clone()));
        }
    }
}

/// What asks about the license in an app that is not sold, or about the edition in one that is not
/// sold in editions: one diagnostic, whatever the number of places.
fn of_uses(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    let conditions = manifest
        .conditions
        .iter()
        .filter_map(|m| Some((&m.path, m.condition.as_ref().ok()?)));
    let connect = manifest
        .connect
        .conditions
        .iter()
        .filter_map(|(path, c)| Some((path, c.as_ref().ok()?)));
    let filters = manifest.filters.iter();
    let mut license: Vec<_> = filters
        .filter(|f| f.app_is_licensed == Some(true) && f.problem.is_none())
        .map(|f| &f.path)
        .collect();
    let mut edition = Vec::new();
    for (path, condition) in conditions {
        if condition.is_about_editions() {
            edition.push(path);
        } else if condition.is_about_the_license() {
            license.push(path);
        }
    }
    for (path, condition) in connect {
        if condition.is_about_editions() {
            edition.push(path);
        } else if condition.is_about_the_license() {
            license.push(path);
        }
    }
    let app = DocumentPath::root().key("app");
    let path = if manifest.licensing.is_some() {
        app.key("licensing")
    } else {
        app
    };
    // a missing `enabled`, or editions without licensing, have been named already
    let named = manifest
        .licensing
        .as_ref()
        .is_some_and(|l| l.enabled.is_none())
        || manifest.editions_enabled();
    if !manifest.licensing_enabled() {
        if let Some(first) = license.first().or_else(|| edition.first())
            && !named
        {
            let places = license.len().saturating_add(edition.len());
            let message = format!(
                "licensing is not enabled, and the license is asked about {}",
                places_text(first, places)
            );
            found.push(Diagnostic::new(&rules::LICENSING_NOT_ENABLED, message).at(&path));
        }
    } else if let Some(first) = edition.first()
        && !manifest.editions_enabled()
    {
        let message = format!(
            "editions are not enabled, and the edition is asked about {}",
            places_text(first, edition.len())
        );
        found.push(Diagnostic::new(&rules::EDITIONS_NOT_ENABLED, message).at(&path));
    }
}
