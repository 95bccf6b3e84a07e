//! Rules about a Forge manifest.

use app_license::ErrorKind;
use app_license::json::Kind;
use app_license_descriptor::{
    Diagnostic, DocumentPath, forge::Manifest, rules as descriptor_rules,
};

use super::connect::path_of;
use super::context::Context;
use crate::deprecation::{DeprecationKind, deprecations};
use crate::document::Document;
use crate::finding::Finding;
use crate::rules;

/// The most fields of another type that are named; there are fewer kinds of them.
const MAX_FIELDS: usize = 32;

pub(super) fn check(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    let features = context.features();
    let mut json = document.root().to_json();
    // a field of another type is named, and the rest read as if it had the right one
    for _ in 0..MAX_FIELDS {
        match Manifest::parse(json.to_string().as_bytes()) {
            Ok(manifest) => {
                let found = manifest.diagnostics(features.as_ref()).into_iter();
                findings.extend(found.map(|d| context.located(document, d)));
                break;
            }
            Err(error) => {
                findings.push(unreadable(context, document, &error));
                if !put_right(&mut json, &error) {
                    break;
                }
            }
        }
    }
    of_runtime(context, document, findings);
    of_fields(context, document, findings);
    of_scripts(context, document, findings);
    super::behind::hidden(context, document, findings);
    super::behind::triggers(context, document, findings);
}

/// Writes a value of the expected type into a field of another one; whether there is that field.
fn put_right(json: &mut serde_json::Value, error: &app_license::Error) -> bool {
    let ErrorKind::FieldType {
        field, expected, ..
    } = error.kind()
    else {
        return false;
    };
    let pointer = format!("/{}", field.replace('.', "/"));
    let Some(found) = json.pointer_mut(&pointer) else {
        return false;
    };
    *found = match (*field, expected) {
        // what it lacks is not known
        ("app.licensing", _) => serde_json::json!({ "enabled": true }),
        ("app.access", _) => serde_json::json!({ "userAccess": false }),
        (_, Kind::Bool) => true.into(),
        (_, Kind::Array) => serde_json::json!([]),
        _ => serde_json::json!({}),
    };
    true
}

/// Licensing of another type than the platform takes, say.
fn unreadable(context: &Context<'_>, document: &Document, error: &app_license::Error) -> Finding {
    if let ErrorKind::FieldType {
        field,
        expected,
        found,
        ..
    } = error.kind()
    {
        let path = field
            .split('.')
            .fold(DocumentPath::root(), |path, step| path.key(step));
        let message = format!("must be {expected}, found {found}");
        return context.located(
            document,
            Diagnostic::new(&descriptor_rules::FIELD_TYPE, message).at(&path),
        );
    }
    let diagnostic = Diagnostic::new(&rules::UNREADABLE, error.to_string());
    context.finding(diagnostic, 0..0)
}

fn of_runtime(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    let path = DocumentPath::root().key("app").key("runtime").key("name");
    let name = document.root().pointer("/app/runtime/name");
    let Some(name) = name.and_then(|name| name.text()) else {
        return;
    };
    let today = context.options.today;
    let gone = deprecations()
        .iter()
        .find(|d| d.kind == DeprecationKind::Runtime && d.pattern == name);
    if let Some(gone) = gone {
        let message = format!("{}: {}", gone.title, gone.when(today));
        let diagnostic = Diagnostic::new(&rules::DEPRECATED_RUNTIME, message)
            .with_severity(gone.severity_on(today))
            .with_fix(&gone.replacement);
        findings.push(context.at(document, &path, diagnostic, Vec::new()));
    }
}

fn of_fields(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    let today = context.options.today;
    let fields = deprecations().iter();
    for gone in fields.filter(|d| d.kind == DeprecationKind::ManifestField) {
        let (pointer, value) = match gone.pattern.split_once('=') {
            Some((pointer, value)) => (pointer, Some(value)),
            None => (gone.pattern.as_str(), None),
        };
        let Some(node) = document.root().pointer(pointer) else {
            continue;
        };
        if value.is_none_or(|value| node.text() == Some(value)) {
            let message = format!("{}: {}", gone.title, gone.when(today));
            let diagnostic = Diagnostic::new(&rules::DEPRECATED_FIELD, message)
                .with_severity(gone.severity_on(today))
                .with_fix(&gone.replacement);
            findings.push(context.at(document, &path_of(pointer), diagnostic, Vec::new()));
        }
    }
}

/// What pages may run besides their own scripts.
fn of_scripts(context: &Context<'_>, document: &Document, findings: &mut Vec<Finding>) {
    let scripts = document.root().pointer("/permissions/content/scripts");
    let path = path_of("/permissions/content/scripts");
    for (n, script) in scripts.into_iter().flat_map(|s| s.items()).enumerate() {
        let at = path.index(n);
        match script.text().map(|text| text.trim_matches('\'')) {
            Some("unsafe-eval") => {
                let message = "pages may run `eval`: adding it is a major version, which admins \
                               must consent to";
                let diagnostic = Diagnostic::new(&rules::UNSAFE_EVAL, message);
                findings.push(context.at(document, &at, diagnostic, Vec::new()));
            }
            Some("wasm-unsafe-eval") => {
                let message = "the platform knows no `wasm-unsafe-eval`";
                let diagnostic = Diagnostic::new(&rules::WASM_UNSAFE_EVAL, message);
                let edits = super::edit::without_line(document, script);
                findings.push(context.at(document, &at, diagnostic, edits));
            }
            _ => {}
        }
    }
}
