//! What Forge cases are made of: invocation tokens, key sets, lifecycle payloads.

use app_license_testkit::{SigningKey, TokenSpec};
use serde_json::{Value, json};

use super::kit::{Sent, first_key, get, json_answer, second_key, seconds};
use crate::file::{PlatformResponse, Case, File};

pub(crate) const APP_ARI: &str = "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
pub(crate) const APP_UUID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
pub(crate) const OTHER_APP: &str = "ari:cloud:ecosystem::app/0d1c2b3a-5f6e-4d7c-8b9a-0f1e2d3c4b5a";
pub(crate) const KEY_SET: &str = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json";
pub(crate) const LICENSE_API: &str = "https://api.atlassian.com/forge/app/v1/license";
pub(crate) const FIRST: &str = "forge/invocation-token/wf-6c1f0a8e-95a3-4a43-9d3f-0f6c2b1d7e55";
pub(crate) const SECOND: &str = "forge/invocation-token/wf-b2a7d0c4-11f7-4d0c-8f0e-2f4f7f1c9a66";
pub(crate) const INSTALLATION: &str = "ari:cloud:ecosystem::installation/fff8e466-31f4-4c73-a337-c3309dd930dc";
pub(crate) const OTHER_INSTALLATION: &str = "ari:cloud:ecosystem::installation/0b7e3f52-9a1c-4f0e-8d2b-6f4f1a2b3c4d";
pub(crate) const CLOUD: &str = "2f9c1d3e-4b5a-4c6d-8e7f-9a0b1c2d3e4f";
pub(crate) const SYSTEM_TOKEN: &str = "system-token-0123456789abcdef";
/// How long an invocation token lives, in seconds.
pub(crate) const LIFE: u64 = 25;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A page in a browser.
    Page,
    /// A function of the app.
    Function,
    /// A lifecycle trigger, in the form that remotes recorded.
    Trigger,
}

/// The claims of a genuine invocation token.
pub(crate) fn fit(at: i64, by: By) -> TokenSpec {
    let api = format!("https://api.atlassian.com/ex/jira/{CLOUD}");
    let module = match by {
        By::Page => "jira:issuePanel",
        By::Function => "core:endpoint",
        By::Trigger => "core:trigger",
    };
    let app = json!({
        "id": APP_ARI,
        "version": "3.1.0",
        "appVersion": "3.1.0",
        "installationId": INSTALLATION,
        "apiBaseUrl": api,
        "installation": { "id": INSTALLATION, "contexts": [{ "name": "jira", "apiBaseUrl": api, "cloudId": CLOUD }] },
        "environment": { "type": "PRODUCTION", "id": "ari:cloud:ecosystem::environment/8db33809/e1" },
        "module": { "type": module, "key": "the-module" },
    });
    let mut token = TokenSpec::new()
        .header("kid", FIRST)
        .claim("iss", "forge/invocation-token")
        .claim("aud", APP_ARI)
        .claim("iat", seconds(at))
        .claim("nbf", seconds(at))
        .claim("exp", seconds(at) + LIFE)
        .claim("jti", format!("{:040x}", seconds(at)))
        .claim("app", app);
    match by {
        By::Page => {
            token = token
                .claim("context", json!({ "cloudId": CLOUD, "moduleKey": "the-module" }))
                .claim("principal", "557058:0123abcd");
        }
        By::Trigger => {
            let access = json!({ "cloudId": CLOUD, "moduleKey": "the-module", "userAccess": { "enabled": false } });
            token = token.claim("context", access);
        }
        By::Function => {}
    }
    token
}

/// Changes fields of the claim `app`, by dotted name; null takes one out.
pub(crate) fn app(token: &TokenSpec, changes: &[(&str, Value)]) -> TokenSpec {
    let mut app = token.get("app").cloned().unwrap_or_default();
    for (name, value) in changes {
        let mut place = &mut app;
        let mut names = name.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() && value.is_null() {
                if let Some(fields) = place.as_object_mut() {
                    fields.remove(name);
                }
                break;
            }
            place = &mut place[name];
            if names.peek().is_none() {
                place.clone_from(value);
            }
        }
    }
    token.clone().claim("app", app)
}

pub(crate) fn licensed(token: &TokenSpec, license: Value) -> TokenSpec {
    app(token, &[("license", license)])
}

/// A call to the remote with this token, signed by the platform.
pub(crate) fn call(target: &str, token: &TokenSpec) -> Sent {
    get(target).bearer(&token.rs256(first_key()))
}

fn jwk(key: &SigningKey, kid: &str) -> Value {
    let mut jwk = key.public_jwk();
    jwk["kid"] = json!(kid);
    jwk
}

/// A key set with the first key, the second one, or both.
pub(crate) fn key_set(kids: &[&str]) -> PlatformResponse {
    let key = |kid: &&str| jwk(if *kid == SECOND { second_key() } else { first_key() }, kid);
    let keys: Vec<_> = kids.iter().map(key).collect();
    json_answer(json!({ "keys": keys }))
}

/// A key set whose one key has other fields.
pub(crate) fn key_set_with(changes: &[(&str, Value)]) -> PlatformResponse {
    let mut key = jwk(first_key(), FIRST);
    for (name, value) in changes {
        key[*name] = value.clone();
    }
    json_answer(json!({ "keys": [key] }))
}

impl Case {
    /// The platform serves a key set with the first key.
    pub(crate) fn key_set_served(self) -> Self {
        self.answers(KEY_SET, vec![key_set(&[FIRST])])
    }

    /// The key set was fetched once, and nothing else.
    pub(crate) fn one_set_fetched(self) -> Self {
        self.fetches(KEY_SET, 1)
    }

    /// The store took this Forge event before.
    pub(crate) fn seeded_forge(mut self, at: i64, payload: &Value) -> Self {
        self.store.push(json!({ "at": at, "forge": payload }));
        self
    }
}

pub(crate) fn forge_file(about: &str, settings: &Value, cases: Vec<Case>) -> anyhow::Result<File> {
    let mut forge = json!({ "app_ids": [APP_ARI] });
    for (name, value) in settings.as_object().into_iter().flatten() {
        forge[name] = value.clone();
    }
    super::kit::file(about, json!({ "forge": forge }), cases)
}
