//! Forge's key-value store, in memory: what `@forge/kvs` and the `storage` of an older `@forge/api`
//! ask for, one store for each installation.
//!
//! Platform page: <https://developer.atlassian.com/platform/forge/runtime-reference/storage-api/>

mod condition;
mod entity;
mod entity_type;
mod graphql;
mod query;
mod refusal;
mod value;

use std::collections::BTreeMap;

use app_license::UnixTime;
use serde_json::{Value, json};

use self::refusal::{Body, Refusal};
use self::value::{Ttl, checked_key, checked_value};

pub(super) use self::entity_type::EntityType;
pub(super) use self::graphql::answer as answer_graphql;
pub(super) use self::refusal::StorageResponse;

/// The most that one installation stores, in bytes of JSON.
const MAX_BYTES: usize = 16 << 20;
/// The most operations of a transaction or a batch.
const MAX_OPERATIONS: usize = 25;

/// Where a key belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Space {
    Plain,
    Secret,
    Entity(String),
}

/// A value under a key.
#[derive(Debug, Clone)]
struct Stored {
    value: Value,
    /// Its length as JSON.
    bytes: usize,
    created: UnixTime,
    updated: UnixTime,
    expires: Option<UnixTime>,
}

impl Stored {
    /// As `@forge/kvs` reads it: times of what was written are in milliseconds, that of the end is
    /// text.
    fn json(&self, key: &str) -> Value {
        let milliseconds = |time: UnixTime| time.since(UnixTime::EPOCH).saturating_mul(1_000);
        json!({
            "key": key,
            "value": self.value,
            "createdAt": milliseconds(self.created),
            "updatedAt": milliseconds(self.updated),
            "expireTime": self.expires,
        })
    }
}

/// What one installation stores.
#[derive(Debug, Clone, Default)]
pub(super) struct Storage {
    entries: BTreeMap<(Space, String), Stored>,
    bytes: usize,
}

impl Storage {
    /// Answers a request of `@forge/kvs`; `None` for a path that the lab does not have.
    pub(super) fn answer(
        &mut self,
        path: &str,
        body: &Value,
        entities: &[EntityType],
        now: UnixTime,
    ) -> Option<StorageResponse> {
        let path = path.strip_prefix("/api/v1/")?;
        self.expire(now);
        let empty = Body::new();
        let fields = body.as_object().unwrap_or(&empty);
        let answered = match path {
            "batch/set" | "batch/get" | "batch/delete" => self.batch(path, body, now),
            "transaction" => self.transaction(fields, now),
            "query" => self.query(fields),
            "entity/query" => self.query_entities(fields, entities),
            _ => {
                let (kind, verb) = path.split_once('/').unwrap_or(("plain", path));
                if !["plain", "secret", "entity"].contains(&kind) {
                    return None;
                }
                match verb {
                    "get" => space(kind, fields).and_then(|space| self.get(space, fields)),
                    "set" => space(kind, fields).and_then(|space| self.set(space, fields, now)),
                    "delete" => space(kind, fields).and_then(|space| self.delete(space, fields)),
                    _ => return None,
                }
            }
        };
        Some(answered.unwrap_or_else(|refusal| refusal.answer()))
    }

    fn expire(&mut self, now: UnixTime) {
        let mut freed = 0_usize;
        self.entries.retain(|_, stored| {
            let ended = stored.expires.is_some_and(|at| at <= now);
            if ended {
                freed = freed.saturating_add(stored.bytes);
            }
            !ended
        });
        self.bytes = self.bytes.saturating_sub(freed);
    }

    fn get(&self, space: Space, body: &Body) -> Result<StorageResponse, Refusal> {
        let key = checked_key(body)?;
        let found = self.entries.get(&(space, key.clone()));
        let found = found.ok_or_else(|| Refusal::not_found(&key))?;
        Ok((200, found.json(&key)))
    }

    fn set(
        &mut self,
        space: Space,
        body: &Body,
        now: UnixTime,
    ) -> Result<StorageResponse, Refusal> {
        let options = body.get("options");
        let option = |name: &str| options.and_then(|it| it.get(name)).and_then(Value::as_str);
        let key = checked_key(body)?;
        let before = self.entries.get(&(space.clone(), key.clone())).cloned();
        if option("keyPolicy") == Some("FAIL_IF_EXISTS") && before.is_some() {
            return Err(Refusal {
                status: 409,
                ..Refusal::new("KEY_ALREADY_EXISTS", format!("`{key}` is stored already"))
            });
        }
        self.put(space.clone(), body, now)?;
        let returned = match option("returnValue") {
            Some("PREVIOUS") => before,
            Some(_) => self.entries.get(&(space, key.clone())).cloned(),
            None => None,
        };
        Ok(match returned {
            Some(stored) => (200, stored.json(&key)),
            None => (204, Value::Null),
        })
    }

    /// Stores `key` and `value` of a request.
    fn put(&mut self, space: Space, body: &Body, now: UnixTime) -> Result<(), Refusal> {
        let key = checked_key(body)?;
        let (value, bytes) = checked_value(body)?;
        let expires = Ttl::of(body.get("options"))?.map(|ttl| ttl.end(now));
        let place = (space, key);
        let before = self.entries.get(&place);
        let freed = before.map_or(0, |it| it.bytes);
        let all = self.bytes.saturating_sub(freed).saturating_add(bytes);
        if all > MAX_BYTES {
            return Err(Refusal::new(
                "MAX_SIZE",
                "the lab stores 16 MiB for an installation, and no more",
            ));
        }
        let created = before.map_or(now, |it| it.created);
        self.bytes = all;
        let stored = Stored {
            value,
            bytes,
            created,
            updated: now,
            expires,
        };
        self.entries.insert(place, stored);
        Ok(())
    }

    fn delete(&mut self, space: Space, body: &Body) -> Result<StorageResponse, Refusal> {
        let key = checked_key(body)?;
        let gone = self.entries.remove(&(space, key.clone()));
        let gone = gone.ok_or_else(|| Refusal::not_found(&key))?;
        self.bytes = self.bytes.saturating_sub(gone.bytes);
        Ok((204, Value::Null))
    }

    /// One answer for each item: a batch may succeed in part.
    fn batch(
        &mut self,
        path: &str,
        body: &Value,
        now: UnixTime,
    ) -> Result<StorageResponse, Refusal> {
        let items = body.as_array().map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() || items.len() > MAX_OPERATIONS {
            let why = format!("a batch has 1 to {MAX_OPERATIONS} items");
            return Err(Refusal::new("INVALID_BATCH_SIZE", why));
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        let empty = Body::new();
        for item in items {
            let item = item.as_object().unwrap_or(&empty);
            let space = space_of_item(item);
            let done = match path {
                "batch/get" => self.get(space, item).map(|(_, found)| found),
                "batch/set" => self.put(space, item, now).map(|()| json!({})),
                _ => match self.delete(space, item) {
                    // what is not there is as deleted as can be
                    Err(refusal) if refusal.status != 404 => Err(refusal),
                    _ => Ok(json!({})),
                },
            };
            let mut named = json!({"key": item.get("key"), "entityName": item.get("entityName")});
            match done {
                Ok(found) => {
                    if let (Some(fields), Value::Object(more)) = (named.as_object_mut(), found) {
                        fields.extend(more);
                    }
                    successful.push(named);
                }
                Err(refusal) => {
                    if let Some(fields) = named.as_object_mut() {
                        fields.insert("error".to_owned(), refusal.json());
                    }
                    failed.push(named);
                }
            }
        }
        Ok((
            200,
            json!({"successfulKeys": successful, "failedKeys": failed}),
        ))
    }

    /// All of it or nothing.
    fn transaction(&mut self, body: &Body, now: UnixTime) -> Result<StorageResponse, Refusal> {
        let list = |name: &str| {
            body.get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let count = ["set", "delete", "check"].map(|name| list(name).count());
        let count = count
            .iter()
            .fold(0_usize, |sum, it| sum.saturating_add(*it));
        if count == 0 || count > MAX_OPERATIONS {
            let why = format!("a transaction has 1 to {MAX_OPERATIONS} operations");
            return Err(Refusal::new("INVALID_TRANSACTION_SIZE", why));
        }
        let mut changed = self.clone();
        for item in ["check", "set", "delete"].into_iter().flat_map(list) {
            let Some(item) = item.as_object() else {
                continue;
            };
            let key = checked_key(item)?;
            let found = self.entries.get(&(space_of_item(item), key.clone()));
            if !condition::holds(item.get("conditions"), found.map(|it| &it.value)) {
                return Err(Refusal {
                    status: 409,
                    ..Refusal::new(
                        "TRANSACTION_CONDITION_FAILED",
                        format!("a condition on `{key}` does not hold"),
                    )
                });
            }
        }
        for item in list("set").filter_map(Value::as_object) {
            changed.put(space_of_item(item), item, now)?;
        }
        for item in list("delete").filter_map(Value::as_object) {
            // what is not there stays so
            let _ = changed.delete(space_of_item(item), item);
        }
        *self = changed;
        Ok((204, Value::Null))
    }
}

/// Where the key of a request belongs to.
fn space(kind: &str, body: &Body) -> Result<Space, Refusal> {
    Ok(match kind {
        "secret" => Space::Secret,
        "entity" => match body.get("entityName").and_then(Value::as_str) {
            Some(name) => Space::Entity(name.to_owned()),
            None => {
                return Err(Refusal::new(
                    "INVALID_ENTITY_NAME",
                    "`entityName` is missing",
                ));
            }
        },
        _ => Space::Plain,
    })
}

/// Where the key of one item of several belongs to.
fn space_of_item(item: &Body) -> Space {
    let name = item.get("entityName").and_then(Value::as_str);
    name.map_or(Space::Plain, |name| Space::Entity(name.to_owned()))
}

#[cfg(test)]
mod tests;
