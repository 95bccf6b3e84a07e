//! A JSON object as it is looked at.

use serde_json::{Map, Value};

use crate::detect::look::Look;
use crate::input_error::InputError;
use crate::reading::Reading;

/// Its text, its fields, and how to look at it.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) json: &'a str,
    pub(super) fields: &'a Map<String, Value>,
    pub(super) look: Look,
}

impl Document<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}

/// How what stands inside an object is read, so many wrappers down.
#[derive(Clone, Copy)]
pub(super) struct Inner {
    /// JSON.
    pub(super) json: fn(&str, Look, u8) -> Result<Reading, InputError>,
    /// A text in JSON.
    pub(super) text: fn(&str, Look, u8) -> Result<Reading, InputError>,
}
