//! Names of the file as names in code, and its texts as comments and literals.

use std::collections::BTreeMap;

use app_license_source::member_name;

use crate::editions::Editions;

/// A name of the file and its member in generated code.
pub(super) struct Member {
    pub(super) key: String,
    pub(super) member: String,
    pub(super) docs: String,
}

/// The three tables as members: features in the order of the listing, the others by name.
pub(super) struct Members {
    pub(super) features: Vec<Member>,
    pub(super) limits: Vec<Member>,
    pub(super) service_levels: Vec<Member>,
}

impl Members {
    pub(super) fn of(editions: &Editions) -> Result<Self, String> {
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

pub(super) fn members(
    names: impl Iterator<Item = (String, String)>,
) -> Result<Vec<Member>, String> {
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
pub(super) fn member_of(key: &str) -> String {
    let mut member = member_name(key);
    // a name of symbols alone, or a word that Rust keeps for itself
    if member.is_empty() || member == "Self" {
        member.push('_');
    }
    member
}

/// The pairs of names that become one name in code, with that.
pub(super) fn same_member<'k>(
    keys: impl Iterator<Item = &'k str>,
) -> Vec<(&'k str, &'k str, String)> {
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

/// The names that the generators of Rust and TypeScript refuse.
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
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Free text as one line of a comment, without what could end it.
pub(super) fn comment(text: &str) -> String {
    one_line(text).replace("*/", "* /")
}

/// The text as a literal of JSON, which is one of TypeScript too.
pub(super) fn literal(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
