//! Queries of the Custom Entity Store, by the indexes of the manifest.
//!
//! Platform page: <https://developer.atlassian.com/platform/forge/storage-reference/entities/>

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::condition::{compare, holds, is_met};
use super::entity_type::{EntityType, Index};
use super::query::page;
use super::refusal::{Body, Refusal, StorageResponse};
use super::{Space, Storage};

/// The index that every entity has.
const BY_KEY: &str = "by-key";

impl Storage {
    /// `kvs.entity(name).query().index(name, {partition})`
    pub(super) fn query_entities(
        &self,
        body: &Body,
        entities: &[EntityType],
    ) -> Result<StorageResponse, Refusal> {
        let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, wanted) = (word("entityName"), word("indexName"));
        let entity = entities.iter().find(|it| it.name == name);
        let by_key = Index {
            name: BY_KEY.to_owned(),
            partition: Vec::new(),
            range: None,
        };
        let index = entity.and_then(|entity| {
            let mut all = entity.indexes.iter().chain([&by_key]);
            all.find(|it| it.name == wanted)
        });
        let index = index.ok_or_else(|| {
            let why = format!("the manifest has no entity `{name}` with an index `{wanted}`");
            Refusal::new("INVALID_INDEX", why)
        })?;
        let attribute = |value: &Value, key: &str| match &index.range {
            Some(name) => value.get(name).cloned(),
            None => Some(Value::String(key.to_owned())),
        };
        let partition = body.get("partition").and_then(Value::as_array);
        let partition = partition.map(Vec::as_slice).unwrap_or_default();
        if partition.len() != index.partition.len() {
            let (count, named) = (partition.len(), index.partition.len());
            let why = format!("`{wanted}` has {named} attributes of a partition, not {count}");
            return Err(Refusal::new("INVALID_PARTITION", why));
        }
        let mut found = Vec::new();
        for ((space, key), stored) in &self.entries {
            if !matches!(space, Space::Entity(of) if of == name) {
                continue;
            }
            let value = &stored.value;
            let mut parts = index.partition.iter().zip(partition);
            let ours = parts.all(|(name, wanted)| value.get(name) == Some(wanted));
            // what lacks the attribute is not in the index
            let Some(by) = attribute(value, key).filter(|_| ours) else {
                continue;
            };
            let range = body.get("range").filter(|it| !it.is_null());
            if range.is_none_or(|range| is_met(range, Some(&by)))
                && holds(body.get("filters"), Some(value))
            {
                found.push((by, key.clone(), stored.json(key)));
            }
        }
        let down = word("sort") == "DESC";
        let order = |left: (&Value, &str), right: (&Value, &str)| {
            let order = compare(left.0, right.0).unwrap_or(Ordering::Equal);
            let order = order.then_with(|| left.1.cmp(right.1));
            if down { order.reverse() } else { order }
        };
        found.sort_by(|left, right| order((&left.0, &left.1), (&right.0, &right.1)));
        // where it went on from may be deleted since
        if let Some(cursor) = body.get("cursor").and_then(Value::as_str) {
            let unknown = |_| Refusal::new("INVALID_CURSOR", "`cursor` is none");
            let (by, key) = serde_json::from_str::<(Value, String)>(cursor).map_err(unknown)?;
            found.retain(|row| order((&row.0, &row.1), (&by, &key)) == Ordering::Greater);
        }
        let rows = found
            .into_iter()
            .map(|(by, key, row)| (json!([by, key]).to_string(), row));
        Ok((200, page(rows.collect(), body)?))
    }
}
