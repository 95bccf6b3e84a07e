//! What cases are made of: tenants, tokens, requests, answers of the platform, expectations.

use std::sync::OnceLock;

use app_license_testkit::{SigningKey, TokenSpec, query_hash};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::file::{
    Allowed, Case, Count, Exchange, Expect, File, Flood, PlatformResponse, Tenant, Text,
};

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

    fn tenant(&self) -> Tenant {
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

/// A request before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent(Exchange);

pub(crate) fn get(target: &str) -> Sent {
    request("GET", target)
}

pub(crate) fn post(target: &str) -> Sent {
    request("POST", target)
}

pub(crate) fn request(method: &str, target: &str) -> Sent {
    Sent(Exchange {
        method: method.to_owned(),
        target: target.to_owned(),
        ..Exchange::default()
    })
}

impl Sent {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn jwt(self, token: &str) -> Self {
        self.header("authorization", &format!("JWT {token}"))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn query_token(mut self, token: &str) -> Self {
        let sign = if self.0.target.contains('?') {
            '&'
        } else {
            '?'
        };
        self.0.target.push_str(&format!("{sign}jwt={token}"));
        self
    }

    /// The same request at another target.
    pub(crate) fn at(mut self, target: &str) -> Self {
        target.clone_into(&mut self.0.target);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    pub(crate) fn text(mut self, body: &str) -> Self {
        self.0.body = Some(Text::Plain(body.to_owned()));
        self.header("content-type", "application/json")
    }

    pub(crate) fn repeated(mut self, text: &str, times: usize) -> Self {
        let repeat = text.to_owned();
        self.0.body = Some(Text::Repeated { repeat, times });
        self.header("content-type", "application/json")
    }

    /// Sends it so often, each time with another key id in its token. The header of the token
    /// holds `{n}`.
    pub(crate) fn flood(mut self, count: u64, scheme: &str, header: &str, token: &str) -> Self {
        let rest = token
            .split_once('.')
            .map_or("", |(_, rest)| rest)
            .to_owned();
        let header = header.to_owned();
        self.0.flood = Some(Flood {
            count,
            header,
            rest,
        });
        self.header("authorization", &format!("{scheme} {{token}}"))
    }
}

pub(crate) fn status(status: u16) -> Expect {
    Expect {
        status: Some(status),
        ..Expect::default()
    }
}

pub(crate) fn ok() -> Expect {
    status(200)
}

pub(crate) fn no_content() -> Expect {
    status(204)
}

pub(crate) fn refused(code: u16, name: &str) -> Expect {
    let mut expect = status(code);
    expect.code = Some(name.to_owned());
    expect
}

impl Expect {
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: Option<&str>) -> Self {
        self.headers
            .insert(name.to_owned(), value.map(str::to_owned));
        self
    }

    /// How many fetches there are so far in the case.
    pub(crate) fn fetches(mut self, count: u64) -> Self {
        self.fetches = Some(count);
        self
    }
}

/// Answers of the platform.
pub(crate) fn document(name: &str) -> PlatformResponse {
    let document = name.to_owned();
    PlatformResponse {
        body: Some(Text::Document { document }),
        ..PlatformResponse::default()
    }
}

pub(crate) fn answering(status: u16, body: &str) -> PlatformResponse {
    PlatformResponse {
        status: Some(status),
        body: Some(Text::Plain(body.to_owned())),
        ..PlatformResponse::default()
    }
}

pub(crate) fn json_answer(json: Value) -> PlatformResponse {
    PlatformResponse {
        body: Some(Text::Json { json }),
        ..PlatformResponse::default()
    }
}

pub(crate) fn fault(name: &str) -> PlatformResponse {
    PlatformResponse {
        fault: Some(name.to_owned()),
        ..PlatformResponse::default()
    }
}

impl PlatformResponse {
    /// Only from this second on.
    pub(crate) fn since(mut self, at: i64) -> Self {
        self.from = Some(at);
        self
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn failing(mut self, fault: &str) -> Self {
        self.fault = Some(fault.to_owned());
        self
    }
}

pub(crate) fn key_url(host: &str, kid: &str) -> String {
    format!("{host}/{kid}")
}

pub(crate) fn case(id: &str, about: &str) -> Case {
    Case {
        id: id.to_owned(),
        about: about.to_owned(),
        clock: CLOCK,
        ..Case::default()
    }
}

impl Case {
    /// Changes settings of the app.
    pub(crate) fn app(mut self, patch: Value) -> Self {
        self.app = Some(patch);
        self
    }

    /// The store took this Connect event before.
    pub(crate) fn seeded(mut self, at: i64, body: &Value) -> Self {
        self.store.push(json!({ "at": at, "connect": body }));
        self
    }

    /// The app's vendor blocked this installation before: `{"connect": key}` or `{"forge": ARI}`.
    pub(crate) fn blocked(mut self, at: i64, key: &Value) -> Self {
        self.store.push(json!({ "at": at, "block": key }));
        self
    }

    /// The app was installed a day ago.
    pub(crate) fn installed(self, site: &Site) -> Self {
        self.seeded(-86_400, &site.body("installed"))
    }

    pub(crate) fn answers(mut self, url: &str, answers: Vec<PlatformResponse>) -> Self {
        self.platform.insert(url.to_owned(), answers);
        self
    }

    /// The first key host serves the platform's key.
    pub(crate) fn keys_served(self) -> Self {
        self.answers(&key_url(KEY_HOST, KID), vec![document("install-key")])
    }

    pub(crate) fn send(mut self, at: u64, sent: Sent, expect: Expect) -> Self {
        let Sent(exchange) = sent;
        self.requests.push(Exchange {
            at,
            expect,
            ..exchange
        });
        self
    }

    /// Node's own HTTP server answers a request whose head is larger than 16 KiB, before any app sees
    /// it: 431 without a body.
    pub(crate) fn or_by_node_without_a_body(mut self) -> Self {
        let allowed = ["express", "fetch"].map(|shell| Allowed {
            shell: shell.to_owned(),
            reason: "Node answers a head over 16 KiB itself, without a body".to_owned(),
            expect: Some(json!({ "status": 431 })),
        });
        if let Some(last) = self.requests.last_mut() {
            last.allowed.extend(allowed);
        }
        self
    }

    pub(crate) fn restart(mut self, at: u64) -> Self {
        let restart = true;
        self.requests.push(Exchange {
            at,
            restart,
            ..Exchange::default()
        });
        self
    }

    pub(crate) fn stored(mut self, records: Vec<Value>) -> Self {
        self.store_after = Some(records);
        self
    }

    pub(crate) fn fetches(mut self, url: &str, count: u64) -> Self {
        self.fetched.insert(url.to_owned(), Count::Exactly(count));
        self
    }

    pub(crate) fn fetches_between(mut self, url: &str, min: u64, max: u64) -> Self {
        self.fetched
            .insert(url.to_owned(), Count::Between { min, max });
        self
    }

    /// The platform's key was fetched once, and nothing else.
    pub(crate) fn one_key_fetched(self) -> Self {
        self.fetches(&key_url(KEY_HOST, KID), 1)
    }

    pub(crate) fn hooks(mut self, hooks: &[String]) -> Self {
        self.hooks = Some(hooks.to_vec());
        self
    }

    pub(crate) fn not_built(mut self, code: &str) -> Self {
        self.not_built = Some(code.to_owned());
        self
    }
}

/// A file of Connect cases.
pub(crate) fn connect_file(about: &str, cases: Vec<Case>) -> anyhow::Result<File> {
    let app = json!({ "connect": { "key": APP_KEY, "base_url": BASE_URL } });
    file(about, app, cases)
}

pub(crate) fn file(about: &str, app: Value, cases: Vec<Case>) -> anyhow::Result<File> {
    let tenants = [ACME, GLOBEX].map(|site| (site.name.to_owned(), site.tenant()));
    let documents = [
        ("install-key", first_key().public_pem()),
        ("next-install-key", second_key().public_pem()),
        (
            "short-install-key",
            include_str!("short-key.pem").to_owned(),
        ),
    ];
    let named = |name: &str| {
        let cases = serde_json::to_string(&cases).unwrap_or_default();
        cases.contains(&format!("\"document\":\"{name}\""))
    };
    let documents = documents
        .into_iter()
        .filter(|(name, _)| named(name))
        .map(|(name, text)| (name.to_owned(), text));
    Ok(File {
        kind: "contract".to_owned(),
        about: about.to_owned(),
        app,
        documents: documents.collect(),
        tenants: tenants.into(),
        cases,
    })
}
