//! What the platform takes away, and when: a data file.

use std::sync::LazyLock;

use app_license_descriptor::Severity;
use jiff::civil::Date;
use serde::Deserialize;

const DATA: &str = include_str!("../data/deprecations.toml");

/// What is looked at for a deprecation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeprecationKind {
    /// A field of a Connect descriptor, by its JSON Pointer.
    DescriptorField,
    /// A field of a manifest, by its JSON Pointer, perhaps with `=value`.
    ManifestField,
    /// `app.runtime.name` of a manifest.
    Runtime,
    /// A part of a text in a source file.
    Endpoint,
    /// A name in a source file; a rule of its own looks for it.
    Text,
    /// A framework; a rule of its own looks for it.
    Framework,
}

/// Something that the platform takes away.
///
/// ```
/// use app_license_doctor::deprecations;
/// let runtime = deprecations().iter().find(|d| d.id == "runtime-nodejs20").unwrap();
/// assert_eq!(runtime.removed.unwrap().to_string(), "2026-04-30");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Deprecation {
    /// A stable name.
    pub id: String,
    /// What is looked at.
    pub kind: DeprecationKind,
    /// What is looked for.
    #[serde(rename = "match")]
    pub pattern: String,
    /// When the platform no longer supports it.
    #[serde(default, deserialize_with = "date")]
    pub removed: Option<Date>,
    /// How bad it is, whatever the date.
    #[serde(default, deserialize_with = "severity")]
    pub severity: Option<Severity>,
    /// What it is, for a message.
    pub title: String,
    /// What to do instead.
    pub replacement: String,
    /// The platform's page.
    pub page: String,
    /// The text that takes its place, when that is safe.
    #[serde(default)]
    pub fix: Option<String>,
}

fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let date = toml::value::Datetime::deserialize(deserializer)?;
    let text = date.to_string();
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn severity<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Severity>, D::Error> {
    let name = String::deserialize(deserializer)?;
    match name.as_str() {
        "info" => Ok(Some(Severity::Info)),
        "warning" => Ok(Some(Severity::Warning)),
        "error" => Ok(Some(Severity::Error)),
        _ => Err(serde::de::Error::custom("expected info, warning or error")),
    }
}

impl Deprecation {
    /// The deprecation with an id.
    pub(crate) fn get(id: &str) -> Option<&'static Self> {
        deprecations().iter().find(|d| d.id == id)
    }

    /// How bad it is on a day: a warning before it is removed, an error after.
    #[must_use]
    pub fn severity_on(&self, today: Option<Date>) -> Severity {
        if let Some(severity) = self.severity {
            return severity;
        }
        match (self.removed, today) {
            (Some(removed), Some(today)) if removed < today => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// Since when, or from when: for a message.
    pub(crate) fn when(&self, today: Option<Date>) -> String {
        match (self.removed, today) {
            (Some(removed), Some(today)) if removed < today => format!("its end was {removed}"),
            (Some(removed), _) => format!("its end is {removed}"),
            (None, _) => "it is deprecated".to_owned(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deprecation: Vec<Deprecation>,
}

static ALL: LazyLock<Vec<Deprecation>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(DATA);
    file.map(|file| file.deprecation).unwrap_or_default()
});

/// Everything that is known to go, in the order of the data file.
#[must_use]
pub fn deprecations() -> &'static [Deprecation] {
    &ALL
}

#[cfg(test)]
mod tests {
    use super::{DATA, Deprecation, File};
    use app_license_descriptor::Severity;

    #[test]
    fn the_data_file_is_read_whole() {
        let file: File = toml::from_str(DATA).unwrap();
        assert_eq!(file.deprecation.len(), super::deprecations().len());
        for (n, one) in file.deprecation.iter().enumerate() {
            assert!(
                one.page.starts_with("https://developer.atlassian.com/"),
                "{}",
                one.id
            );
            let twice = file.deprecation.iter().skip(n + 1).any(|d| d.id == one.id);
            assert!(!twice, "{}", one.id);
        }
    }

    #[test]
    fn it_is_an_error_from_the_day_after() {
        let runtime = Deprecation::get("runtime-nodejs18").unwrap();
        let on = |day: &str| runtime.severity_on(Some(day.parse().unwrap()));
        assert_eq!(on("2025-04-30"), Severity::Warning);
        assert_eq!(on("2025-05-01"), Severity::Error);
        assert_eq!(runtime.severity_on(None), Severity::Warning);
    }
}
