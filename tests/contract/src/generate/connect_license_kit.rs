//! What cases about the License API of Connect are made of.

use serde_json::{Value, json};

use super::kit::{Site, ACME, APP_KEY, Sent, json_answer, ok};
use crate::file::{Expect, PlatformResponse};

pub(super) fn api(site: &Site) -> String {
    format!("{}/rest/atlassian-connect/1/addons/{APP_KEY}", site.base_url)
}

pub(super) fn license(fields: &Value) -> PlatformResponse {
    json_answer(json!({ "key": APP_KEY, "version": "1.0", "state": "ENABLED", "license": fields }))
}

pub(super) fn active() -> PlatformResponse {
    license(&json!({ "active": true, "type": "COMMERCIAL", "evaluation": false, "entitlementId": "E-1" }))
}

pub(super) fn inactive() -> PlatformResponse {
    license(&json!({ "active": false, "type": "COMMERCIAL", "evaluation": false }))
}

pub(super) fn silent_page(at: u64, target: &str) -> Sent {
    ACME.page(i64::try_from(at).unwrap_or_default(), target, ACME.secret)
}

pub(super) fn standard(at: u64) -> Sent {
    silent_page(at, "/standard")
}

pub(super) fn says(reason: &str, age: u64) -> Expect {
    ok().body(json!({ "decision": { "reason": reason, "age": age } }))
}
