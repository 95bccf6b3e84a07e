//! What follows from the file: typed names, the map as data, flags, the text of the listing.

mod json;
mod manifest;
mod markdown;
mod openfeature;
mod rust;
mod typescript;

use std::collections::BTreeMap;

use app_license_source::member_name;

use crate::editions::Editions;

pub use manifest::update_manifest;

/// What is generated.
///
/// Generating twice changes nothing: the output follows from the file alone.
///
/// ```
/// use app_license_editions::{Editions, Generator};
/// let editions = Editions::from_toml("editions.toml", "[features]\nbulk-export = \"advanced\"")?;
/// let rust = Generator::Rust.generate(&editions).unwrap();
/// assert!(rust.contains("BulkExport"));
/// assert_eq!(Generator::Rust.generate(&editions).unwrap(), rust);
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Generator {
    /// Enums of features, limits and service levels.
    Rust,
    /// The same, and the map as a constant.
    TypeScript,
    /// The map as the npm package reads it.
    Json,
    /// A flag manifest of OpenFeature.
    OpenFeature,
    /// The text of the listing, in the order of the form.
    Markdown,
}

impl Generator {
    /// The output.
    ///
    /// # Errors
    /// Two names of the file that become one name in code, as `a-b` and `a.b`; the text names them.
    pub fn generate(self, editions: &Editions) -> Result<String, String> {
        match self {
            Self::Rust => rust::generate(editions),
            Self::TypeScript => typescript::generate(editions),
            Self::Json => Ok(json::generate(editions)),
            Self::OpenFeature => openfeature::generate(editions),
            Self::Markdown => Ok(markdown::generate(editions)),
        }
    }
}

/// A name of the file and its member in generated code.
struct Member {
    key: String,
    member: String,
    docs: String,
}

/// The three tables as members: features in the order of the listing, the others by name.
struct Members {
    features: Vec<Member>,
    limits: Vec<Member>,
    service_levels: Vec<Member>,
}

impl Members {
    fn of(editions: &Editions) -> Result<Self, String> {
        let map = editions.map();
        let features = editions.features().iter().map(|feature| {
            let text = feature.description.as_deref().or(feature.name.as_deref());
            let edition = editions.edition_name(&feature.requires);
            let docs = match text {
                Some(text) => format!("{} ({})", comment(text), comment(&edition)),
                None => format!("`{}` ({})", feature.key, comment(&edition)),
            };
            (feature.key.clone(), docs)
        });
        let plain = |name: &str| (name.to_owned(), format!("`{name}`"));
        Ok(Self {
            features: members(features)?,
            limits: members(map.limits().map(plain))?,
            service_levels: members(map.service_levels().map(plain))?,
        })
    }
}

fn members(names: impl Iterator<Item = (String, String)>) -> Result<Vec<Member>, String> {
    let mut seen = BTreeMap::new();
    names
        .map(|(key, docs)| {
            let mut member = member_name(&key);
            // a name of symbols alone, or a word that Rust keeps for itself
            if member.is_empty() || member == "Self" {
                member.push('_');
            }
            match seen.insert(member.clone(), key.clone()) {
                Some(other) => Err(format!("`{other}` and `{key}` are both `{member}` in code")),
                None => Ok(Member { key, member, docs }),
            }
        })
        .collect()
}

/// Free text as one line.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Free text as one line of a comment, without what could end it.
fn comment(text: &str) -> String {
    one_line(text).replace("*/", "* /")
}

/// The text as a literal of JSON, which is one of TypeScript too.
fn literal(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
