//! Entities as the manifest states them.

use serde_json::Value;

/// `app.storage.entities[]` of the manifest.
#[derive(Debug, Clone)]
pub(in crate::forge) struct EntityType {
    pub(super) name: String,
    pub(super) indexes: Vec<Index>,
}

#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) partition: Vec<String>,
    /// What is ordered by; the key unless stated.
    pub(super) range: Option<String>,
}

impl EntityType {
    /// Reads one; `None` without a name.
    pub(in crate::forge) fn read(entity: &Value) -> Option<Self> {
        let name = entity.get("name")?.as_str()?.to_owned();
        let indexes = entity.get("indexes").and_then(Value::as_array);
        let names = |of: Option<&Value>| -> Vec<String> {
            let all = of.and_then(Value::as_array).into_iter().flatten();
            all.filter_map(|it| Some(it.as_str()?.to_owned())).collect()
        };
        let indexes = indexes.into_iter().flatten().filter_map(|index| {
            // an attribute's name alone is an index of it
            if let Some(name) = index.as_str() {
                return Some(Index {
                    name: name.to_owned(),
                    partition: Vec::new(),
                    range: Some(name.to_owned()),
                });
            }
            Some(Index {
                name: index.get("name")?.as_str()?.to_owned(),
                partition: names(index.get("partition")),
                range: names(index.get("range")).into_iter().next(),
            })
        });
        let indexes = indexes.collect();
        Some(Self { name, indexes })
    }
}
