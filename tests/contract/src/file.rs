//! The format of a contract file: see `README.md` beside the files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Always `contract`.
    pub(crate) kind: String,
    pub(crate) about: String,
    /// Settings of the app, handed to the shell as they are.
    pub(crate) app: Value,
    /// Long texts that answers of the platform refer to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) documents: BTreeMap<String, String>,
    pub(crate) tenants: BTreeMap<String, Tenant>,
    pub(crate) cases: Vec<Case>,
}

/// A customer whose requests are in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    /// `clientKey` on Connect, the installation ARI on Forge.
    pub(crate) key: String,
    pub(crate) base_url: String,
    /// Every secret the tenant has in some case; none may stand in an answer.
    pub(crate) secrets: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    /// The rule, in a sentence.
    pub(crate) about: String,
    /// Seconds of Unix time at which `at` is 0.
    pub(crate) clock: u64,
    /// What differs from the file's app: a JSON merge patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<Value>,
    /// The app must refuse to be made, with this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_built: Option<String>,
    /// Events that the store took before the case begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) store: Vec<Value>,
    /// What each URL answers, from when on. A URL that is not named answers 404.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) platform: BTreeMap<String, Vec<PlatformResponse>>,
    /// How often the app's hook fails before it succeeds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) hook_failures: u64,
    /// When the app's store fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) store_fault: Option<StoreFault>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) requests: Vec<Exchange>,
    /// The installations after the case: these and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) store_after: Option<Vec<Value>>,
    /// Which URLs were fetched, and how often: these and no others.
    #[serde(default)]
    pub(crate) fetched: BTreeMap<String, Count>,
    /// The hooks that were called, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hooks: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<Allowed>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The app's store fails from one second on, and before another.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreFault {
    /// In seconds after `clock`.
    pub(crate) from: u64,
    pub(crate) until: u64,
    /// Only what writes fails.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) writes: bool,
}

/// How often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Count {
    Exactly(u64),
    Between { min: u64, max: u64 },
}

impl Count {
    pub(crate) fn holds(&self, found: u64) -> bool {
        match *self {
            Self::Exactly(count) => count == found,
            Self::Between { min, max } => (min..=max).contains(&found),
        }
    }
}

/// What a URL of the platform answers, from `from` on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlatformResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Text>,
    /// `unreachable`: the connection ends without an answer; `timeout`: no answer comes;
    /// `truncated`: half of the body comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<String>,
    /// The value that `Authorization` must have, else the answer is 401.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authorization: Option<String>,
}

/// A body, written in one of three ways.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    Plain(String),
    /// A name under `documents`.
    Document {
        document: String,
    },
    /// A text so often.
    Repeated {
        repeat: String,
        times: usize,
    },
    /// JSON, written without blanks.
    Json {
        json: Value,
    },
}

impl Text {
    pub(crate) fn read(&self, documents: &BTreeMap<String, String>) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Document { document } => documents.get(document).cloned().unwrap_or_default(),
            Self::Repeated { repeat, times } => repeat.repeat(*times),
            Self::Json { json } => json.to_string(),
        }
    }
}

/// A request and what is answered to it, or a restart of the shell.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    /// Seconds after `clock`.
    pub(crate) at: u64,
    /// Nothing is sent: the app is made again over the same store, as by a deployment.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) restart: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) method: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) target: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Text>,
    /// Sent so often, each time with another key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) flood: Option<Flood>,
    pub(crate) expect: Expect,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<Allowed>,
}

fn is_false(yes: &bool) -> bool {
    !yes
}

/// Requests with made-up key ids. In the headers, `{token}` is the token of the turn: the header
/// with the id in place of `{n}`, then `rest`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flood {
    pub(crate) count: u64,
    pub(crate) header: String,
    pub(crate) rest: String,
    /// All are sent before the first is answered.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) at_once: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// These headers, with these values; `null` for a header that must not be there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, Option<String>>,
    /// Every field that is named must be in the body, with this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
    /// Of a flood at once, how many were answered with each code, and none with another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) codes: BTreeMap<String, Count>,
    /// How many fetches there are in the case so far. They are waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fetches: Option<u64>,
}

/// A difference that one shell may have, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allowed {
    pub(crate) shell: String,
    pub(crate) reason: String,
    /// What that shell does instead; nothing is checked when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect: Option<Value>,
}
