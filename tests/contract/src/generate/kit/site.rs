//! The sites of all cases: their secrets, tokens, bodies and keys.

use std::sync::OnceLock;

use app_license_testkit::{SigningKey, TokenSpec, query_hash};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::sent::{Sent, get, post};
use crate::file::Tenant;

/// The second of Unix time at which `at` is 0: in January 2027.
pub(crate) const CLOCK: u64 = 1_800_000_000;

pub(crate) const APP_KEY: &str = "com.example.app";

pub(crate) const BASE_URL: &str = "https://app.example.com";

/// How much clocks may differ, in seconds: the default of every shell.
pub(crate) const LEEWAY: u64 = 30;

/// How long a Connect token lives here, in seconds.
pub(crate) const LIFE: u64 = 180;

pub(crate) const USER: &str = "557058:0123abcd";

/// The id of the install key that the platform signs with.
pub(crate) const KID: &str = "0e50fccb-239d-4991-a5db-dc850ba3f236";

/// The id of the key after the next rotation.
pub(crate) const NEXT_KID: &str = "5c1b4f7e-7b8e-4f9a-9c39-0b7f7f0f9d11";

pub(crate) const KEY_HOST: &str = "https://asap-distribution.us-west-2.prod.atl-asap.net";

pub(crate) const SECOND_KEY_HOST: &str = "https://connect-install-keys.atlassian.com";

/// A customer on Connect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    pub(crate) base_url: &'static str,
    pub(crate) product: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) next_secret: &'static str,
}

pub(crate) const ACME: Site = Site {
    name: "acme",
    key: "tenant-acme",
    base_url: "https://acme.atlassian.net",
    product: "jira",
    secret: "acme-secret-1-0123456789abcdef0123",
    next_secret: "acme-secret-2-0123456789abcdef0123",
};

pub(crate) const GLOBEX: Site = Site {
    name: "globex",
    key: "tenant-globex",
    base_url: "https://globex.atlassian.net/wiki",
    product: "confluence",
    secret: "globex-secret-1-0123456789abcdef01",
    next_secret: "globex-secret-2-0123456789abcdef01",
};

/// What an attacker chooses.
pub(crate) const EVIL_SECRET: &str = "the-attackers-own-secret-0123456789";

impl Site {
    /// The body of a lifecycle event; `installed` with the current secret.
    pub(crate) fn body(&self, event: &str) -> Value {
        let mut body = json!({
            "key": APP_KEY,
            "clientKey": self.key,
            "baseUrl": self.base_url,
            "productType": self.product,
            "eventType": event,
        });
        if event == "installed" {
            body["sharedSecret"] = json!(self.secret);
        }
        body
    }

    pub(crate) fn installed_with(&self, secret: &str) -> Value {
        let mut body = self.body("installed");
        body["sharedSecret"] = json!(secret);
        body
    }

    /// The claims of a token of `installed` or `uninstalled`.
    pub(crate) fn install_token(&self, at: i64, path: &str) -> TokenSpec {
        self.claims(at, LIFE)
            .header("kid", KID)
            .claim("aud", json!([BASE_URL]))
            .claim("qsh", query_hash("POST", path, ""))
    }

    /// The claims of a token that is bound to a URL.
    pub(crate) fn url_token(&self, at: i64, method: &str, target: &str) -> TokenSpec {
        self.claims(at, LIFE)
            .claim("sub", USER)
            .claim("qsh", query_hash(method, target, ""))
    }

    /// The claims of a token of `AP.context.getToken()`.
    pub(crate) fn context_token(&self, at: i64) -> TokenSpec {
        self.claims(at, 900)
            .claim("sub", USER)
            .claim("qsh", "context-qsh")
    }

    fn claims(&self, at: i64, life: u64) -> TokenSpec {
        TokenSpec::new()
            .claim("iss", self.key)
            .claim("iat", seconds(at))
            .claim("exp", seconds(at) + life)
    }

    /// A genuine `installed` or `uninstalled`.
    pub(crate) fn signed_event(&self, at: i64, event: &str) -> Sent {
        self.signed_event_with(at, &self.body(event))
    }

    pub(crate) fn signed_event_with(&self, at: i64, body: &Value) -> Sent {
        let path = format!("/{}", body["eventType"].as_str().unwrap_or_default());
        let token = self.install_token(at, &path).rs256(first_key());
        post(&path).jwt(&token).json(body)
    }

    /// A genuine `enabled` or `disabled`.
    pub(crate) fn tenant_event(&self, at: i64, event: &str, secret: &str) -> Sent {
        let path = format!("/{event}");
        let token = self.url_token(at, "POST", &path).hs256(secret.as_bytes());
        post(&path).jwt(&token).json(&self.body(event))
    }

    /// A genuine page of an iframe: the token in the query.
    pub(crate) fn page(&self, at: i64, target: &str, secret: &str) -> Sent {
        let token = self.url_token(at, "GET", target).hs256(secret.as_bytes());
        get(target).query_token(&token)
    }

    /// A call of the app's own front end.
    pub(crate) fn api(&self, at: i64, target: &str, secret: &str) -> Sent {
        get(target).jwt(&self.context_token(at).hs256(secret.as_bytes()))
    }

    /// The record after the case.
    pub(crate) fn stored(&self, state: &str, secret: &str) -> Value {
        json!({ "key": self.key, "state": state, "secret": hashed(secret), "previous_secret": null })
    }

    pub(crate) fn hook(&self, name: &str) -> String {
        format!("{} {name}", self.key)
    }

    pub(super) fn tenant(&self) -> Tenant {
        Tenant {
            key: self.key.to_owned(),
            base_url: self.base_url.to_owned(),
            secrets: vec![
                self.secret.to_owned(),
                self.next_secret.to_owned(),
                EVIL_SECRET.to_owned(),
            ],
        }
    }
}

/// Seconds of Unix time.
pub(crate) fn seconds(at: i64) -> u64 {
    CLOCK.saturating_add_signed(at)
}

/// The beginning of the hash of a secret, as a shell says which it holds.
pub(crate) fn hashed(secret: &str) -> String {
    let hash = Sha256::digest(secret.as_bytes());
    hash.iter()
        .take(8)
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

static KEYS: OnceLock<[SigningKey; 2]> = OnceLock::new();

/// Reads the keys that tokens are signed with; once, before any token is made.
pub(crate) fn read_keys() -> anyhow::Result<()> {
    let keys = [SigningKey::shipped_first()?, SigningKey::shipped_second()?];
    let _again = KEYS.set(keys);
    Ok(())
}

fn key(index: usize) -> &'static SigningKey {
    let keys = KEYS.get().and_then(|keys| keys.get(index));
    #[expect(clippy::expect_used, reason = "a generator that cannot sign must stop")]
    keys.expect("keys are read before tokens are made")
}

/// The key that the platform signs with.
pub(crate) fn first_key() -> &'static SigningKey {
    key(0)
}

/// The key after a rotation, or a stranger's.
pub(crate) fn second_key() -> &'static SigningKey {
    key(1)
}
