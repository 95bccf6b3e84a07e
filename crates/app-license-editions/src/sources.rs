//! The file held against the code of the app.

use std::collections::BTreeSet;

use app_license::Edition;
use app_license_descriptor::meant_capability_in_code;
use app_license_source::{
    CapabilityText, CapabilityUse, CapabilityUseKind, GateKind, Source, SourceTree,
    capability_uses, gates,
};

use crate::check::CAPABILITY_SPELLING;
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::editions::{Editions, Gating};

/// Shorter names than this are near too many others, in bytes.
const NEAR_NAME: usize = 4;

/// Holds the file to the code that gates by it, and the code to the file.
///
/// Gates in tests count for nothing, nor do generated files.
///
/// | code | severity | what |
/// |---|---|---|
/// | `feature_not_in_file` | error | the code asks for a feature, limit or service level that the file does not name |
/// | `feature_not_gated` | error | a feature of the file that no code asks for, unless it is free, `gated = "conditions"` or `"service"` |
/// | `name_misspelled` | warning | a call that may be of something else, with nearly the name of a limit or service level |
/// | `gated_in_pages_only` | warning | a feature that pages alone ask for: it is hidden, and who calls the backend has it |
/// | `limit_not_asked` | warning | a limit of the file that no code asks for |
/// | `capability_compared` | warning | a capability set compared by hand beside the gate |
/// | `capability_spelling` | error | a text that is nearly a capability set of the host: it never matches |
/// | `capability_gate` | info | a gate that takes a capability: moving a feature does not move it |
/// | `source_unread` | warning | a source file that cannot be read |
///
/// ```
/// use app_license_editions::{Editions, check_sources};
/// use app_license_source::SourceTree;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.ts"), r#"requireFeature(features, "bulk-exprot");"#)?;
/// let tree = SourceTree::read(folder.path())?;
/// let editions = Editions::from_toml("editions.toml", "[features]\nbulk-export = \"advanced\"")?;
/// let found = check_sources(&editions, &tree);
/// assert_eq!(found[0].code(), "feature_not_gated");
/// assert_eq!(
///     found[1].to_string(),
///     "a.ts:1:1: error[feature_not_in_file]: the code asks for feature `bulk-exprot`, which \
///      editions.toml does not name",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn check_sources(editions: &Editions, tree: &SourceTree) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let (mut asked, mut hinted) = (BTreeSet::new(), BTreeSet::new());
    for file in tree.files() {
        for gate in gates(&file.source) {
            let names = names(editions, gate.kind());
            let named: Vec<&str> = names
                .into_iter()
                .filter(|name| gate.asks_for(name))
                .collect();
            if file.test || gate.is_test() {
                continue;
            }
            // what may be a call of something else is a mistake where the name nearly is one
            if named.is_empty()
                && !gate.is_certain()
                && gate.name().len() >= NEAR_NAME
                && let Some(near) = nearest(editions, gate.kind(), gate.name())
            {
                let kind = kind(gate.kind());
                let message = format!(
                    "the code asks for `{}`, which is no {kind} of {}",
                    gate.name(),
                    editions.file()
                );
                let help = format!("did you mean `{near}`?");
                let place = place(&file.path, &file.source, gate.range().start);
                found.push(
                    Diagnostic::new(Severity::Warning, "name_misspelled", message, &help)
                        .at(Some(place)),
                );
            }
            let of = if gate.is_hint() {
                &mut hinted
            } else {
                &mut asked
            };
            of.extend(named.iter().map(|name| (gate.kind(), (*name).to_owned())));
            // a member of a generated enum that does not exist does not compile
            if named.is_empty() && gate.is_certain() && !gate.is_member() {
                let message = format!(
                    "the code asks for {} `{}`, which {} does not name",
                    kind(gate.kind()),
                    gate.name(),
                    editions.file()
                );
                let help = match nearest(editions, gate.kind(), gate.name()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name it in the file, or take the gate away".to_owned(),
                };
                let place = place(&file.path, &file.source, gate.range().start);
                found.push(
                    Diagnostic::new(Severity::Error, "feature_not_in_file", message, &help)
                        .at(Some(place)),
                );
            }
        }
        if file.test {
            continue;
        }
        for used in capability_uses(&file.source) {
            if used.is_test() {
                continue;
            }
            let misspelled = misspelled(&file.path, &file.source, &used);
            if !misspelled.is_empty() {
                found.extend(misspelled);
                continue;
            }
            let place = place(&file.path, &file.source, used.range().start);
            let (severity, code, message, help) = match used.kind() {
                CapabilityUseKind::Compared => (
                    Severity::Warning,
                    "capability_compared",
                    format!("`{}` is compared by hand, beside the gate", used.value()),
                    "ask the feature map for a feature: a comparison forgets that Advanced includes \
                     Standard, and that the license must be active",
                ),
                _ => (
                    Severity::Info,
                    "capability_gate",
                    format!(
                        "a gate takes `{}` itself, not a feature of the file",
                        used.value()
                    ),
                    "ask for a feature, so that moving it is a change of one line",
                ),
            };
            found.push(Diagnostic::new(severity, code, message, help).at(Some(place)));
        }
    }
    for (path, error) in tree.unread() {
        let message = format!("{path}: {error}");
        let help = "gates in this file were not seen";
        found.push(Diagnostic::new(
            Severity::Warning,
            "source_unread",
            message,
            help,
        ));
    }
    let mut unasked = not_asked(editions, &asked, &hinted);
    unasked.append(&mut found);
    unasked
}

/// The capability set of the host that a text of the code means, where it is misspelled: it is nearly one, or
/// the name of an edition beside an edition, as `"advanced"`, which is a text like others elsewhere.
///
/// ```
/// use app_license_editions::misspelled_capability;
/// use app_license_source::{Language, Source, capability_uses};
/// let meant = |code: &str| {
///     let source = Source::parse(Language::TypeScript, code).unwrap();
///     capability_uses(&source).iter().flat_map(|it| it.texts()).find_map(misspelled_capability)
/// };
/// assert_eq!(meant(r#"license.capabilitySet === "advanced""#), Some("capabilityAdvanced"));
/// assert_eq!(meant(r#"hasCapability("capabilityAdvance")"#), Some("capabilityAdvanced"));
/// assert_eq!(meant(r#"license.capabilitySet === "capabilityAdvanced""#), None);
/// ```
#[must_use]
pub fn misspelled_capability(text: &CapabilityText) -> Option<&'static str> {
    let meant = meant_capability_in_code(&text.text, text.any_case)?;
    let capability = text.text.to_ascii_lowercase().starts_with("cap");
    (text.beside_edition || capability).then_some(meant)
}

/// The texts of a place that are nearly a capability set of the host, or an edition's name where
/// that is compared: they never match.
fn misspelled(path: &str, source: &Source, used: &CapabilityUse) -> Vec<Diagnostic> {
    let texts = used.texts().iter().filter_map(|text| {
        let meant = misspelled_capability(text)?;
        let message = format!("`{}` is no capability set of the host", text.text);
        let help = format!("did you mean `{meant}`?");
        let place = place(path, source, text.range.start);
        let diagnostic = Diagnostic::new(Severity::Error, CAPABILITY_SPELLING, message, &help);
        Some(diagnostic.at(Some(place)))
    });
    texts.collect()
}

/// The features and limits that the code asks for, by kind and name.
type GatedNames = BTreeSet<(GateKind, String)>;

/// What the code does not ask for, or hints at in pages alone.
fn not_asked(editions: &Editions, asked: &GatedNames, hinted: &GatedNames) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for feature in editions.features() {
        let key = (GateKind::Feature, feature.key.clone());
        let gated = asked.contains(&key);
        // what everybody has needs no gate
        let free = feature.requires.edition() == Some(Edition::Free);
        if feature.gating == Gating::Code && !gated && !free && hinted.contains(&key) {
            let message = format!("feature `{}` is gated in pages only", feature.key);
            let help = "whoever calls the backend has it, whatever they bought; gate it there too, or say \
                        gated = \"conditions\"";
            let place = editions.place(&["features", &feature.key]);
            found.push(
                Diagnostic::new(Severity::Warning, "gated_in_pages_only", message, help).at(place),
            );
        } else if feature.gating == Gating::Code && !gated && !free {
            let message = format!("feature `{}` is gated nowhere in the code", feature.key);
            let help = "everybody has it, whatever they bought; gate it, or say gated = \"conditions\" \
                        or gated = \"service\"";
            let place = editions.place(&["features", &feature.key]);
            found.push(
                Diagnostic::new(Severity::Error, "feature_not_gated", message, help).at(place),
            );
        }
    }
    for name in editions.map().limits() {
        let key = (GateKind::Limit, name.to_owned());
        if !asked.contains(&key) && !hinted.contains(&key) {
            let message = format!("limit `{name}` is asked for nowhere in the code");
            let place = editions.place(&["limits", name]);
            let help = "nobody is held to it";
            found.push(
                Diagnostic::new(Severity::Warning, "limit_not_asked", message, help).at(place),
            );
        }
    }
    found
}

fn names(editions: &Editions, kind: GateKind) -> Vec<&str> {
    let map = editions.map();
    match kind {
        GateKind::Feature => map.features().collect(),
        GateKind::Limit => map.limits().collect(),
        GateKind::ServiceLevel => map.service_levels().collect(),
        _ => Vec::new(),
    }
}

const fn kind(kind: GateKind) -> &'static str {
    match kind {
        GateKind::Limit => "limit",
        GateKind::ServiceLevel => "service level",
        _ => "feature",
    }
}

fn place(path: &str, source: &Source, offset: usize) -> Location {
    let position = source.position(offset);
    Location {
        file: path.to_owned(),
        line: position.line,
        column: position.column,
    }
}

/// The name that differs by the fewest edits, two at most.
fn nearest<'e>(editions: &'e Editions, kind: GateKind, name: &str) -> Option<&'e str> {
    let near = names(editions, kind)
        .into_iter()
        .map(|candidate| (distance(candidate, name), candidate))
        .min()?;
    (near.0 <= 2).then_some(near.1)
}

/// Edits from one name to another; names are at most 128 bytes, others are far away.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 128 || b.len() > 128 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, above) in b.bytes().zip(row.iter_mut().skip(1)) {
            let change = diagonal.saturating_add(usize::from(x != y));
            diagonal = *above;
            left = change
                .min(left.saturating_add(1))
                .min(above.saturating_add(1));
            *above = left;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in [
            ("", "", 0),
            ("a", "", 1),
            ("kitten", "sitting", 3),
            ("export", "exprot", 2),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }
}
