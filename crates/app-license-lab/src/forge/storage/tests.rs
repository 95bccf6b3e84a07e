//! Bodies as `@forge/kvs` 1.6 and the `storage` of `@forge/api` 3 send them.

use super::*;

const NOW: UnixTime = UnixTime::EPOCH;

fn entities() -> Vec<EntityType> {
    let entity = json!({
        "name": "task",
        "attributes": {"owner": {"type": "string"}, "rank": {"type": "integer"}},
        "indexes": ["rank", {"name": "by-owner", "partition": ["owner"], "range": ["rank"]}],
    });
    EntityType::read(&entity).into_iter().collect()
}

#[expect(clippy::needless_pass_by_value, reason = "each test makes its own")]
fn ask(storage: &mut Storage, path: &str, body: Value) -> StorageResponse {
    ask_at(storage, path, &body, NOW)
}

fn ask_at(storage: &mut Storage, path: &str, body: &Value, now: UnixTime) -> StorageResponse {
    let path = format!("/api/v1/{path}");
    storage.answer(&path, body, &entities(), now).unwrap()
}

fn keys(answer: &StorageResponse) -> Vec<&str> {
    let rows = answer.1["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row["key"].as_str().unwrap())
        .collect()
}

#[test]
fn what_is_set_is_got_until_it_is_deleted() {
    let mut storage = Storage::default();
    let (status, body) = ask(&mut storage, "get", json!({"key": "a"}));
    assert_eq!((status, &body["code"]), (404, &json!("KEY_NOT_FOUND")));
    let set = ask(
        &mut storage,
        "set",
        json!({"key": "a", "value": {"rows": [1, 2]}}),
    );
    assert_eq!(set, (204, Value::Null));
    let got = ask(&mut storage, "get", json!({"key": "a"}));
    assert_eq!((got.0, &got.1["value"]), (200, &json!({"rows": [1, 2]})));
    // a secret of the same key is another one
    assert_eq!(ask(&mut storage, "secret/get", json!({"key": "a"})).0, 404);
    ask(
        &mut storage,
        "secret/set",
        json!({"key": "a", "value": "s"}),
    );
    assert_eq!(ask(&mut storage, "delete", json!({"key": "a"})).0, 204);
    assert_eq!(ask(&mut storage, "get", json!({"key": "a"})).0, 404);
    assert_eq!(
        ask(&mut storage, "secret/get", json!({"key": "a"})).1["value"],
        "s"
    );
    ask(&mut storage, "secret/delete", json!({"key": "a"}));
    assert_eq!(storage.bytes, 0);
}

#[test]
fn options_of_a_set() {
    let mut storage = Storage::default();
    let set = |options: Value, value: u32| json!({"key": "a", "value": value, "options": options});
    let first = json!({"keyPolicy": "FAIL_IF_EXISTS"});
    assert_eq!(ask(&mut storage, "set", set(first.clone(), 1)).0, 204);
    let (status, body) = ask(&mut storage, "set", set(first, 2));
    assert_eq!((status, &body["code"]), (409, &json!("KEY_ALREADY_EXISTS")));
    let before = json!({"keyPolicy": "OVERRIDE", "returnValue": "PREVIOUS"});
    assert_eq!(ask(&mut storage, "set", set(before, 3)).1["value"], 1);
    let ttl = json!({"keyPolicy": "OVERRIDE", "returnValue": "LATEST",
                     "ttl": {"value": 2, "unit": "DAYS"}});
    let latest = ask(&mut storage, "set", set(ttl, 4));
    assert_eq!(latest.1["value"], 4);
    assert_eq!(latest.1["expireTime"], "1970-01-03T00:00:00Z");
    let day = NOW.plus(86_400);
    assert_eq!(
        ask_at(&mut storage, "get", &json!({"key": "a"}), day).0,
        200
    );
    let (later, key) = (day.plus(86_400), json!({"key": "a"}));
    assert_eq!(ask_at(&mut storage, "get", &key, later).0, 404);
}

#[test]
fn keys_and_values_are_within_the_bounds_of_the_platform() {
    let mut storage = Storage::default();
    let mut code = |key: &str, value: Value| {
        let (status, body) = ask(&mut storage, "set", json!({"key": key, "value": value}));
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let mut refused = |key: &str, value: Value, expected: &str| {
        assert_eq!(code(key, value), (400, expected.to_owned()));
    };
    refused("", json!(1), "KEY_TOO_SHORT");
    refused("  ", json!(1), "INVALID_KEY");
    refused("a/b", json!(1), "INVALID_KEY");
    refused(&"k".repeat(501), json!(1), "KEY_TOO_LONG");
    refused("a", Value::Null, "INVALID_VALUE");
    refused("a", json!("x".repeat(240 << 10)), "MAX_SIZE");
    let deep = |depth: u32| (0..depth).fold(json!(1), |inside, _| json!([inside]));
    refused("a", deep(33), "MAX_DEPTH");
    assert_eq!(code("a:b.c_d-e#f g", deep(32)).0, 204);
}

#[test]
fn what_one_installation_stores_is_bounded() {
    let mut storage = Storage::default();
    let value = "x".repeat(200 << 10);
    let answers: Vec<u16> = (0..100)
        .map(|key| {
            ask(
                &mut storage,
                "set",
                json!({"key": key.to_string(), "value": value}),
            )
            .0
        })
        .collect();
    assert!(answers.contains(&400));
    assert!(storage.bytes <= MAX_BYTES);
    // in the place of what is there already, it fits
    assert_eq!(
        ask(&mut storage, "set", json!({"key": "0", "value": value})).0,
        204
    );
}

#[test]
fn a_query_goes_through_the_pages() {
    let mut storage = Storage::default();
    for key in 0..25 {
        ask(
            &mut storage,
            "set",
            json!({"key": format!("row:{key:02}"), "value": key}),
        );
    }
    ask(&mut storage, "set", json!({"key": "other", "value": 1}));
    ask(
        &mut storage,
        "secret/set",
        json!({"key": "row:secret", "value": 1}),
    );
    let rows = json!([{"property": "key", "condition": "BEGINS_WITH", "values": ["row:"]}]);
    let (mut found, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let page = ask(
            &mut storage,
            "query",
            json!({"where": rows, "after": cursor}),
        );
        found.extend(keys(&page).iter().map(|key| (*key).to_owned()));
        pages += 1;
        cursor = page.1["cursor"].clone();
        // an app that deletes what it has read still finds the rest
        ask(&mut storage, "delete", json!({"key": found.last()}));
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!((found.len(), pages), (25, 3));
    assert_eq!(
        ask(&mut storage, "query", json!({"limit": 1})).1["data"][0]["key"],
        "other"
    );
    assert_eq!(
        ask(&mut storage, "query", json!({"limit": 101})).1["code"],
        "INVALID_LIMIT"
    );
}

#[test]
fn entities_are_found_by_the_indexes_of_the_manifest() {
    let mut storage = Storage::default();
    for (key, owner, rank) in [
        ("a", "ann", 3),
        ("b", "bob", 1),
        ("c", "ann", 1),
        ("d", "ann", 2),
    ] {
        let value = json!({"owner": owner, "rank": rank});
        ask(
            &mut storage,
            "entity/set",
            json!({"entityName": "task", "key": key, "value": value}),
        );
    }
    ask(
        &mut storage,
        "entity/set",
        json!({"entityName": "task", "key": "e", "value": {"owner": "ann"}}),
    );
    let mut query = |more: Value| {
        let mut body = json!({"entityName": "task", "indexName": "by-owner", "partition": ["ann"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        ask(&mut storage, "entity/query", body)
    };
    assert_eq!(keys(&query(json!({}))), ["c", "d", "a"]);
    assert_eq!(keys(&query(json!({"sort": "DESC"}))), ["a", "d", "c"]);
    let range = json!({"range": {"condition": "BETWEEN", "values": [2, 3]}});
    assert_eq!(keys(&query(range)), ["d", "a"]);
    let filters = json!({"or": [{"property": "rank", "condition": "EQUAL_TO", "values": [3]}]});
    assert_eq!(keys(&query(json!({"filters": filters}))), ["a"]);
    let first = query(json!({"limit": 2, "sort": "DESC"}));
    let rest = query(json!({"limit": 2, "sort": "DESC", "cursor": first.1["cursor"]}));
    assert_eq!((keys(&first), keys(&rest)), (vec!["a", "d"], vec!["c"]));
    assert_eq!(
        query(json!({"partition": []})).1["code"],
        "INVALID_PARTITION"
    );
    assert_eq!(
        query(json!({"indexName": "none"})).1["code"],
        "INVALID_INDEX"
    );
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    let mut storage = Storage::default();
    let count = json!({"entityName": "task", "key": "a", "value": {"rank": 1}});
    ask(&mut storage, "entity/set", count);
    let check = |rank: u32| {
        let conditions =
            json!({"and": [{"property": "rank", "condition": "EQUAL_TO", "values": [rank]}]});
        json!([{"key": "a", "entityName": "task", "conditions": conditions}])
    };
    let set = json!([{"key": "b", "value": 1}]);
    let (status, body) = ask(
        &mut storage,
        "transaction",
        json!({"set": set, "check": check(2)}),
    );
    assert_eq!(
        (status, &body["code"]),
        (409, &json!("TRANSACTION_CONDITION_FAILED"))
    );
    assert_eq!(ask(&mut storage, "get", json!({"key": "b"})).0, 404);
    let done = json!({"set": set, "check": check(1), "delete": [{"key": "never"}]});
    assert_eq!(ask(&mut storage, "transaction", done).0, 204);
    assert_eq!(ask(&mut storage, "get", json!({"key": "b"})).0, 200);
}

#[test]
fn a_batch_answers_for_each_item() {
    let mut storage = Storage::default();
    let items = json!([{"key": "a", "value": 1}, {"key": "b/", "value": 2}]);
    let (_, set) = ask(&mut storage, "batch/set", items);
    assert_eq!(set["successfulKeys"][0]["key"], "a");
    assert_eq!(set["failedKeys"][0]["error"]["code"], "INVALID_KEY");
    let (_, got) = ask(
        &mut storage,
        "batch/get",
        json!([{"key": "a"}, {"key": "none"}]),
    );
    assert_eq!(got["successfulKeys"][0]["value"], 1);
    assert_eq!(got["failedKeys"][0]["error"]["code"], "KEY_NOT_FOUND");
}

#[test]
fn an_older_api_reaches_the_same_store() {
    let mut storage = Storage::default();
    let mut graphql = |query: &str, variables: Value| {
        let body = json!({"query": query, "variables": variables});
        let (status, body) = answer_graphql(&mut storage, &body, &entities(), NOW).unwrap();
        assert_eq!(status, 200);
        body["data"].clone()
    };
    let get = "query forge_app_getApplicationStorageEntity { appStoredEntity }";
    let key = json!({"key": "a", "encrypted": false});
    assert_eq!(
        graphql(get, key.clone())["appStoredEntity"]["value"],
        Value::Null
    );
    let set = "mutation forge_app_setApplicationStorageEntity { appStorage{ setAppStoredEntity } }";
    let input = json!({"input": {"key": "a", "value": 7, "encrypted": false}});
    let done = &graphql(set, input)["appStorage"]["setAppStoredEntity"];
    assert_eq!(done["success"], true);
    assert_eq!(graphql(get, key)["appStoredEntity"]["value"], 7);
    let list = "query forge_app_getApplicationStorageEntities { appStoredEntities }";
    let begins = json!([{"field": "key", "condition": "STARTS_WITH", "value": "a"}]);
    let variables = json!({"where": begins, "cursor": null, "limit": null});
    let found = graphql(list, variables);
    assert_eq!(found["appStoredEntities"]["edges"][0]["node"]["value"], 7);
    let wrong = json!({"input": {"key": "/", "value": 7, "encrypted": false}});
    let refused = &graphql(set, wrong)["appStorage"]["setAppStoredEntity"];
    assert_eq!(
        refused["errors"][0]["extensions"]["errorType"],
        "INVALID_KEY"
    );
}
