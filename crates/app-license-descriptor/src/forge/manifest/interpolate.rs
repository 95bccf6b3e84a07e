//! `${NAME}` in a manifest: the defaults of `environment.variables`, as the platform's tool puts them
//! in.

use std::collections::BTreeMap;

use app_license::Error;
use serde_json::{Map, Value};

use crate::diagnostic::DocumentPath;
use crate::document::at_most;

/// The most that defaults may add, in bytes.
const MAX_ADDED: usize = 1024 * 1024;

/// A variable that has no default, and where it is used.
pub(super) type Unset = (DocumentPath, String);

/// Puts the defaults of the declared variables into every text; others stay as they are.
///
/// # Errors
/// `too_large` when the defaults add more than 1 MiB.
pub(super) fn variables(root: &mut Value) -> Result<Vec<Unset>, Error> {
    let declared = declared(root);
    let mut state = State {
        declared: &declared,
        added: 0,
        unset: Vec::new(),
    };
    if !declared.is_empty() {
        state.walk(root, &DocumentPath::root())?;
    }
    Ok(state.unset)
}

/// The declared variables, with their defaults: the first of a name counts.
fn declared(root: &Value) -> BTreeMap<String, Option<String>> {
    let list = root.pointer("/environment/variables");
    let mut declared = BTreeMap::new();
    for variable in list.and_then(Value::as_array).into_iter().flatten() {
        let (name, default) = match variable {
            Value::String(name) => (Some(name.as_str()), None),
            Value::Object(fields) => (
                fields.get("key").and_then(Value::as_str),
                default_of(fields),
            ),
            _ => (None, None),
        };
        if let Some(name) = name
            && !declared.contains_key(name)
        {
            declared.insert(name.to_owned(), default);
        }
    }
    declared
}

fn default_of(fields: &Map<String, Value>) -> Option<String> {
    match fields.get("default")? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

struct State<'d> {
    declared: &'d BTreeMap<String, Option<String>>,
    added: usize,
    unset: Vec<Unset>,
}

impl State<'_> {
    /// The strict look has bounded the depth.
    fn walk(&mut self, value: &mut Value, path: &DocumentPath) -> Result<(), Error> {
        match value {
            Value::String(text) if text.contains("${") => *text = self.replace(text, path)?,
            Value::Array(items) => {
                for (n, item) in items.iter_mut().enumerate() {
                    self.walk(item, &path.index(n))?;
                }
            }
            Value::Object(fields) => {
                for (name, inner) in fields.iter_mut() {
                    self.walk(inner, &path.key(name))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn replace(&mut self, text: &str, path: &DocumentPath) -> Result<String, Error> {
        let mut written = String::with_capacity(text.len());
        let mut pieces = text.split("${");
        written.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let variable = piece.split_once('}').filter(|(name, _)| is_name(name));
            let found = variable.and_then(|(name, rest)| {
                let default = self.declared.get(name)?;
                Some((name, default, rest))
            });
            match found {
                Some((_, Some(default), rest)) => {
                    self.added = self.added.saturating_add(default.len());
                    at_most("interpolated manifest", self.added, MAX_ADDED)?;
                    written.push_str(default);
                    written.push_str(rest);
                }
                other => {
                    if let Some((name, None, _)) = other {
                        self.unset.push((path.clone(), name.to_owned()));
                    }
                    written.push_str("${");
                    written.push_str(piece);
                }
            }
        }
        Ok(written)
    }
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::variables;

    #[test]
    fn defaults_stand_where_variables_are_named() {
        let mut manifest = json!({
            "environment": {"variables": [
                "NO_DEFAULT", {"key": "ID", "default": "8db33809"}, {"key": "EDITION", "default": "advanced"},
                {"key": "ON", "default": true}, {"key": "ID", "default": "second"}
            ]},
            "app": {"id": "ari:cloud:ecosystem::app/${ID}", "name": "${ID}${EDITION}-${OTHER}-$ID-${1}-${"},
            "modules": {"jira:issuePanel": [{"key": "${NO_DEFAULT}", "displayConditions": {"appEdition": "${EDITION}"}}]},
            "${ID}": "${ON}"
        });
        let unset = variables(&mut manifest).unwrap();
        assert_eq!(manifest["app"]["id"], "ari:cloud:ecosystem::app/8db33809");
        assert_eq!(
            manifest["app"]["name"],
            "8db33809advanced-${OTHER}-$ID-${1}-${"
        );
        assert_eq!(
            manifest.pointer("/modules/jira:issuePanel/0/displayConditions/appEdition"),
            Some(&json!("advanced"))
        );
        // names of fields are left alone, and what is put in is a text
        assert_eq!(manifest["${ID}"], "true");
        let unset: Vec<_> = unset.iter().map(|(p, n)| format!("{p} {n}")).collect();
        assert_eq!(unset, ["modules.jira:issuePanel[0].key NO_DEFAULT"]);
    }

    #[test]
    fn defaults_cannot_make_a_small_manifest_huge() {
        let mut manifest = json!({
            "environment": {"variables": [{"key": "A", "default": "x".repeat(100_000)}]},
            "app": {"name": "${A}".repeat(100)}
        });
        assert_eq!(variables(&mut manifest).unwrap_err().code(), "too_large");
        assert_eq!(variables(&mut Value::Null).unwrap(), []);
    }
}
