//! What cases are made of: tenants, tokens, requests, answers of the platform, expectations.

mod sent;
mod site;

use serde_json::{Value, json};

pub(crate) use self::sent::{Sent, get, post, request};
pub(crate) use self::site::{
    ACME, APP_KEY, BASE_URL, CLOCK, EVIL_SECRET, GLOBEX, KEY_HOST, KID, LEEWAY, LIFE, NEXT_KID,
    SECOND_KEY_HOST, Site, USER, first_key, hashed, read_keys, second_key, seconds,
};

use crate::file::{
    Allowed, Case, Count, Exchange, Expect, File, PlatformResponse, StoreFault, Text,
};

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

    /// Of a flood at once, how often this code was answered.
    pub(crate) fn codes(mut self, name: &str, min: u64, max: u64) -> Self {
        self.codes
            .insert(name.to_owned(), Count::Between { min, max });
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
    pub(crate) fn or_by_node_without_a_body(self) -> Self {
        self.or_by_node(
            431,
            "Node answers a head over 16 KiB itself, without a body",
        )
    }

    /// Node's own HTTP server answers by this status, without a body.
    pub(crate) fn or_by_node(mut self, status: u16, reason: &str) -> Self {
        let allowed = ["express", "fetch"].map(|shell| Allowed {
            shell: shell.to_owned(),
            reason: reason.to_owned(),
            expect: Some(json!({ "status": status })),
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

    /// The store fails from one second on, and before another: all of it, or only what writes.
    pub(crate) fn store_fails(mut self, from: u64, until: u64, writes: bool) -> Self {
        self.store_fault = Some(StoreFault {
            from,
            until,
            writes,
        });
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
