//! Keys and values within the platform's bounds.
//!
//! Platform pages:
//! <https://developer.atlassian.com/platform/forge/limits-kvs-ce/>,
//! <https://developer.atlassian.com/platform/forge/storage-reference/handling-errors-kvs/>

use app_license::UnixTime;
use serde_json::Value;

use super::refusal::{Body, Refusal};

/// The longest key, in characters.
const MAX_KEY: usize = 500;
/// The largest value, in bytes of JSON.
const MAX_VALUE: usize = 240 << 10;
/// How deep a value may be.
const MAX_DEPTH: usize = 32;

/// `key` of a request.
pub(super) fn checked_key(body: &Body) -> Result<String, Refusal> {
    let key = body.get("key").and_then(Value::as_str).unwrap_or_default();
    if key.is_empty() {
        return Err(Refusal::new("KEY_TOO_SHORT", "`key` is empty or no text"));
    }
    if key.chars().count() > MAX_KEY {
        let why = format!("`key` has more than {MAX_KEY} characters");
        return Err(Refusal::new("KEY_TOO_LONG", why));
    }
    let plain = |it: char| it.is_ascii_alphanumeric() || it.is_whitespace() || ":._-#".contains(it);
    if !key.chars().all(plain) || key.chars().all(char::is_whitespace) {
        let why = "`key` has other characters than a-z, A-Z, 0-9, `:._-#` and spaces";
        return Err(Refusal::new("INVALID_KEY", why));
    }
    Ok(key.to_owned())
}

/// `value` of a request, and its length.
pub(super) fn checked_value(body: &Body) -> Result<(Value, usize), Refusal> {
    let value = match body.get("value") {
        None | Some(Value::Null) => {
            return Err(Refusal::new(
                "INVALID_VALUE",
                "`value` is null or undefined",
            ));
        }
        Some(value) => value.clone(),
    };
    let bytes = value.to_string().len();
    if bytes > MAX_VALUE {
        let why = format!("`value` has {bytes} bytes, and {MAX_VALUE} are allowed");
        return Err(Refusal::new("MAX_SIZE", why));
    }
    if is_deeper(&value, MAX_DEPTH) {
        let why = format!("`value` is deeper than {MAX_DEPTH}");
        return Err(Refusal::new("MAX_DEPTH", why));
    }
    Ok((value, bytes))
}

/// The JSON reader stops at 128, so this does.
fn is_deeper(value: &Value, than: usize) -> bool {
    let Some(inside) = than.checked_sub(1) else {
        return value.is_object() || value.is_array();
    };
    match value {
        Value::Array(items) => items.iter().any(|it| is_deeper(it, inside)),
        Value::Object(fields) => fields.values().any(|it| is_deeper(it, inside)),
        _ => false,
    }
}

/// How long something is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ttl {
    seconds: u64,
}

impl Ttl {
    /// `ttl` of the options, where they have one.
    pub(super) fn of(options: Option<&Value>) -> Result<Option<Self>, Refusal> {
        let Some(ttl) = options
            .and_then(|it| it.get("ttl"))
            .filter(|it| !it.is_null())
        else {
            return Ok(None);
        };
        let unit = match ttl.get("unit").and_then(Value::as_str) {
            Some("SECONDS") => 1,
            Some("MINUTES") => 60,
            Some("HOURS") => 3_600,
            Some("DAYS") => 86_400,
            _ => return Err(Refusal::new("INVALID_TTL", "`ttl.unit` is none")),
        };
        let value = ttl
            .get("value")
            .and_then(Value::as_u64)
            .filter(|it| *it > 0);
        let value = value.ok_or_else(|| Refusal::new("INVALID_TTL", "`ttl.value` is no number"))?;
        Ok(Some(Self {
            seconds: value.saturating_mul(unit),
        }))
    }

    /// When it ends, by the test clock.
    pub(super) const fn end(self, now: UnixTime) -> UnixTime {
        now.plus(self.seconds)
    }
}
