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
    let members: Vec<Member> = names
        .map(|(key, docs)| Member {
            member: member_of(&key),
            key,
            docs,
        })
        .collect();
    let keys = members.iter().map(|m| m.key.as_str());
    match same_member(keys).first() {
        Some((first, second, member)) => Err(format!(
            "`{first}` and `{second}` are both `{member}` in code"
        )),
        None => Ok(members),
    }
}

/// The name in code.
fn member_of(key: &str) -> String {
    let mut member = member_name(key);
    // a name of symbols alone, or a word that Rust keeps for itself
    if member.is_empty() || member == "Self" {
        member.push('_');
    }
    member
}

/// The pairs of names that become one name in code, with that.
fn same_member<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<(&'k str, &'k str, String)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut same = Vec::new();
    for key in keys {
        let member = member_of(key);
        match seen.get(&member) {
            Some(first) => same.push((*first, key, member)),
            None => {
                seen.insert(member, key);
            }
        }
    }
    same
}

/// Two names of one table that no language with typed names can tell apart.
pub(crate) struct Collision<'e> {
    /// The table of the file.
    pub(crate) table: &'static str,
    /// Both names.
    pub(crate) names: [&'e str; 2],
    /// What both become.
    pub(crate) member: String,
}

/// The names that [`Generator::Rust`] and [`Generator::TypeScript`] refuse.
pub(crate) fn collisions(editions: &Editions) -> Vec<Collision<'_>> {
    let map = editions.map();
    let features = editions.features().iter().map(|f| f.key.as_str());
    let tables = [
        ("features", same_member(features)),
        ("limits", same_member(map.limits())),
        ("service-levels", same_member(map.service_levels())),
    ];
    let all = tables.into_iter().flat_map(|(table, same)| {
        let same = same.into_iter();
        same.map(move |(first, second, member)| Collision {
            table,
            names: [first, second],
            member,
        })
    });
    all.collect()
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
