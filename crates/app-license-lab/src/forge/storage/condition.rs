//! Conditions on values.

use std::cmp::Ordering;

use serde_json::Value;

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
