//! The `storage` of an older `@forge/api`, which is the same store behind GraphQL. Its queries are
//! fixed texts: the name of the operation and the variables tell them apart.

use app_license::UnixTime;
use serde_json::{Value, json};

use super::{EntityType, Storage, StorageResponse};

/// Answers a request to `/forge/entities/graphql`; `None` for an operation that the lab does not
/// have.
pub(in crate::forge) fn answer(
    storage: &mut Storage,
    body: &Value,
    entities: &[EntityType],
    now: UnixTime,
) -> Option<StorageResponse> {
    let query = body.get("query")?.as_str()?;
    let variables = body.get("variables")?;
    let has = |name: &str| query.contains(name);
    let custom = has("CustomEntit");
    let input = variables.get("input").unwrap_or(variables);
    let encrypted = input.get("encrypted") == Some(&Value::Bool(true));
    let kind = match (custom, encrypted) {
        (true, _) => "entity/",
        (false, true) => "secret/",
        (false, false) => "",
    };
    let mut ask = |verb: &str, body: &Value| {
        storage.answer(&format!("/api/v1/{kind}{verb}"), body, entities, now)
    };
    // what is not there has no value, and what was never there is deleted
    let found = |answer: StorageResponse| match answer {
        (404, _) => Ok(Value::Null),
        (status, body) if status >= 400 => Err(body),
        (_, body) => Ok(body),
    };
    let data = if has("mutation") {
        let verb = if has("delete") { "delete" } else { "set" };
        let errors = match found(ask(verb, input)?) {
            Ok(_) => json!([]),
            Err(refusal) => json!([error(&refusal)]),
        };
        let done = json!({"success": errors == json!([]), "errors": errors});
        let suffix = if custom { "CustomEntity" } else { "Entity" };
        let storage = if custom {
            "appStorageCustomEntity"
        } else {
            "appStorage"
        };
        json!({storage: {format!("{verb}AppStored{suffix}"): done}})
    } else if has("forge_app_getApplicationStorageEntities") {
        let page = json!({
            "where": variables.get("where"), "after": variables.get("cursor"),
            "limit": variables.get("limit"),
        });
        match found(ask("query", &page)?) {
            Ok(page) => json!({"appStoredEntities": {"edges": edges(&page)}}),
            Err(refusal) => return Some(refused(&refusal)),
        }
    } else if has("AppStorageCustomEntityQueries") {
        match found(ask("query", variables)?) {
            Ok(page) => json!({"appStoredCustomEntities": {
                "edges": edges(&page), "cursor": page.get("cursor"),
            }}),
            Err(refusal) => return Some(refused(&refusal)),
        }
    } else if has("appStored") {
        let name = if custom {
            "appStoredCustomEntity"
        } else {
            "appStoredEntity"
        };
        match found(ask("get", variables)?) {
            Ok(stored) => json!({name: {
                "key": variables.get("key"), "value": stored.get("value"),
                "entityName": variables.get("entityName"),
            }}),
            Err(refusal) => return Some(refused(&refusal)),
        }
    } else {
        return None;
    };
    Some((200, json!({"data": data})))
}

fn edges(page: &Value) -> Vec<Value> {
    let rows = page
        .get("data")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let edge = |row: &Value| {
        let node = json!({"key": row.get("key"), "value": row.get("value")});
        json!({"node": node, "cursor": row.get("key")})
    };
    rows.map(edge).collect()
}

fn error(refusal: &Value) -> Value {
    json!({
        "message": refusal.get("message"),
        "extensions": {"errorType": refusal.get("code"), "statusCode": 400},
    })
}

fn refused(refusal: &Value) -> StorageResponse {
    (200, json!({"errors": [error(refusal)], "data": null}))
}
