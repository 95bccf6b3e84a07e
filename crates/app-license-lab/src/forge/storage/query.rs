//! Queries and conditions.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{Answer, Body, Refusal, Space, Storage};

/// How many a query answers unless it says so.
const LIMIT: usize = 10;
/// The most that a query answers.
const MAX_LIMIT: usize = 100;

impl Storage {
    /// `kvs.query()`: by the beginning of the key, in the order of the keys.
    pub(super) fn query(&self, body: &Body) -> Result<Answer, Refusal> {
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

/// Whether `{and: […]}` or `{or: […]}` holds for a value; what says nothing holds.
pub(super) fn holds(filters: Option<&Value>, value: Option<&Value>) -> bool {
    let list = |name: &str| {
        filters
            .and_then(|it| it.get(name))
            .and_then(Value::as_array)
    };
    let one = |condition: &Value| {
        let property = condition.get("property").and_then(Value::as_str);
        let found = property.and_then(|name| value.and_then(|it| it.get(name)));
        is_met(condition, found)
    };
    match (list("and"), list("or")) {
        (Some(all), _) => all.iter().all(one),
        (None, Some(any)) => any.iter().any(one),
        (None, None) => true,
    }
}

/// Whether `{condition, values}` is met; what cannot be compared does not meet it.
pub(super) fn is_met(condition: &Value, found: Option<&Value>) -> bool {
    let name = condition
        .get("condition")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let values = condition.get("values").and_then(Value::as_array);
    let value = |at: usize| values.and_then(|it| it.get(at));
    let order = |at: usize| {
        found
            .zip(value(at))
            .and_then(|(left, right)| compare(left, right))
    };
    let contains = || match (found?, value(0)?) {
        (Value::String(text), Value::String(part)) => Some(text.contains(part.as_str())),
        (Value::Array(items), part) => Some(items.contains(part)),
        _ => None,
    };
    match name {
        "EXISTS" => found.is_some(),
        "NOT_EXISTS" => found.is_none(),
        "EQUAL_TO" => found.is_some() && found == value(0),
        "NOT_EQUAL_TO" => found != value(0),
        "CONTAINS" => contains() == Some(true),
        "NOT_CONTAINS" => contains() != Some(true),
        "BEGINS_WITH" => {
            let texts = found
                .and_then(Value::as_str)
                .zip(value(0).and_then(Value::as_str));
            texts.is_some_and(|(text, start)| text.starts_with(start))
        }
        "GREATER_THAN" => order(0) == Some(Ordering::Greater),
        "GREATER_THAN_EQUAL_TO" => order(0).is_some_and(Ordering::is_ge),
        "LESS_THAN" => order(0) == Some(Ordering::Less),
        "LESS_THAN_EQUAL_TO" => order(0).is_some_and(Ordering::is_le),
        "BETWEEN" => order(0).is_some_and(Ordering::is_ge) && order(1).is_some_and(Ordering::is_le),
        _ => false,
    }
}

/// Numbers with numbers, text with text.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
