//! The words by which code speaks of licenses.

use app_license::Edition;
use app_license_source::{Operand, Path};

/// Members that say whether a license is active.
pub(super) const ACTIVE: [&str; 6] = [
    "active",
    "isActive",
    "is_active",
    "state",
    "isLicensed",
    "lic",
];
/// Calls that ask for an active license themselves.
pub(super) const ASKS: [&str; 12] = [
    "hasCapability",
    "has_capability",
    "isActive",
    "is_active",
    "state",
    "check",
    "decide",
    "requires",
    "requires_feature",
    "requireFeature",
    "requireCapability",
    "isLicensed",
];

/// Members that say the edition.
pub(super) const EDITION: [&str; 6] = [
    "capabilitySet",
    "capability_set",
    "capSet",
    "cap_set",
    "appEdition",
    "app_edition",
];
/// What says whether a license is a trial's.
pub(super) const EVALUATION: [&str; 5] = [
    "isEvaluation",
    "evaluation",
    "is_evaluation",
    "isTrial",
    "is_trial",
];

/// Whether a path is of a license: `context.license.active`.
pub(super) fn is_license(path: &Path) -> bool {
    path.parts().rev().nth(1).is_some_and(|part| {
        let part = part.trim_end_matches(['(', ')']).to_ascii_lowercase();
        part.contains("license") || part == "lic"
    })
}

/// Whether something names an edition above the lowest one that is sold: alone, or as a field.
pub(super) fn is_paid(value: &Operand) -> bool {
    match value {
        Operand::Text(text) => {
            let edition = Edition::of(text).or_else(|| Edition::from_name(text));
            edition.is_some_and(|edition| edition > Edition::Standard)
        }
        Operand::Object(fields) => fields.iter().any(|(_, value)| is_paid(value)),
        _ => false,
    }
}

/// What only the platform's license has.
pub(super) fn is_state(part: &str) -> bool {
    let part = part.trim_end_matches(['(', ')']);
    let active = matches!(part, "active" | "isActive" | "is_active" | "state");
    active || EDITION.contains(&part) || EVALUATION.contains(&part) || is_trial_date(part)
}

pub(super) fn is_about_licenses(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    let words = [
        "license",
        "capability",
        "edition",
        "active",
        "allowed",
        "entitle",
    ];
    let stores = ["save", "set", "store", "log", "write", "send"];
    words.iter().any(|word| part.contains(word))
        && !stores.iter().any(|word| part.starts_with(word))
}

pub(super) fn is_capability(text: &str) -> bool {
    let folded = text.replace('_', "").to_ascii_lowercase();
    folded.starts_with("capability") && Edition::of(text).is_some()
}

/// The field that holds the date of a trial's end, where a name is that of one.
pub(super) fn trial_date(part: &str) -> Option<&'static str> {
    let part = part.trim_end_matches(['(', ')']);
    let fields = ["trialEndDate", "trial_end_date", "trial_end", "trialEnd"];
    fields.into_iter().find(|field| *field == part)
}

pub(super) fn is_trial_date(part: &str) -> bool {
    trial_date(part).is_some()
}

/// Calls that compare two dates: `isAfter(end, now)`, `dayjs(end).isBefore(now)`.
pub(super) fn compares_dates(name: &str) -> bool {
    matches!(name, "isAfter" | "isBefore" | "isPast" | "isFuture")
}

/// `license.is_some()` as `license`.
pub(super) fn without_is_some(path: &Path) -> Path {
    let mut path = path.clone();
    while matches!(path.last(), "is_some()" | "is_none()" | "as_ref()") {
        path = path.first(path.len().saturating_sub(1));
    }
    path
}
