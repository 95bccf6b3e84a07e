//! Queries and conditions.

use serde_json::{Value, json};

use super::refusal::{Body, Refusal, StorageResponse};
use super::{Space, Storage};

/// How many a query answers unless it says so.
const LIMIT: usize = 10;
/// The most that a query answers.
const MAX_LIMIT: usize = 100;

impl Storage {
    /// `kvs.query()`: by the beginning of the key, in the order of the keys.
    pub(super) fn query(&self, body: &Body) -> Result<StorageResponse, Refusal> {
        let conditions = body.get("where").and_then(Value::as_array);
        let prefix = match conditions.and_then(|it| it.first()) {
            None => "",
            Some(condition) => {
                let word = |name: &str| condition.get(name).and_then(Value::as_str);
                // an older `@forge/api` says it so
                let begins =
                    ["BEGINS_WITH", "STARTS_WITH"].contains(&word("condition").unwrap_or_default());
                let property = word("property").or_else(|| word("field"));
                let value = condition
                    .pointer("/values/0")
                    .or_else(|| condition.get("value"));
                match value
                    .and_then(Value::as_str)
                    .filter(|_| begins && property == Some("key"))
                {
                    Some(prefix) => prefix,
                    None => {
                        let why = "a query is by `key` and `BEGINS_WITH`";
                        return Err(Refusal::new("INVALID_QUERY", why));
                    }
                }
            }
        };
        let of_space = self
            .entries
            .iter()
            .filter(|((space, key), _)| *space == Space::Plain && key.starts_with(prefix));
        let after = body.get("after").and_then(Value::as_str);
        // where it went on from may be deleted since
        let rest = of_space.filter(|((_, key), _)| after.is_none_or(|after| key.as_str() > after));
        let rows = rest.map(|((_, key), stored)| (key.clone(), stored.json(key)));
        Ok((200, page(rows.collect(), body)?))
    }
}

/// One page of what was found, each row with where the next page goes on from; none at the end.
pub(super) fn page(rows: Vec<(String, Value)>, body: &Body) -> Result<Value, Refusal> {
    let limit = match body.get("limit").filter(|it| !it.is_null()) {
        None => LIMIT,
        Some(limit) => limit
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
            .filter(|it| (1..=MAX_LIMIT).contains(it))
            .ok_or_else(|| Refusal::new("INVALID_LIMIT", format!("`limit` is 1 to {MAX_LIMIT}")))?,
    };
    let more = rows.len() > limit;
    let (mut data, mut cursor) = (Vec::new(), None);
    for (place, row) in rows.into_iter().take(limit) {
        data.push(row);
        cursor = Some(place).filter(|_| more);
    }
    Ok(json!({"data": data, "cursor": cursor}))
}
