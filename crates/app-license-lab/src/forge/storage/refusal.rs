//! Requests to the store, and what it answers.

use serde_json::{Map, Value, json};

/// What the store answers: a status and JSON; `null` is no body.
pub(in crate::forge) type StorageResponse = (u16, Value);

/// Why it refuses something.
#[derive(Debug)]
pub(in crate::forge) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
        }
    }

    pub(super) fn not_found(key: &str) -> Self {
        Self {
            status: 404,
            ..Self::new("KEY_NOT_FOUND", format!("nothing is stored under `{key}`"))
        }
    }

    pub(super) fn answer(&self) -> StorageResponse {
        (self.status, self.json())
    }

    pub(super) fn json(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }
}

/// The body of a request.
pub(super) type Body = Map<String, Value>;
