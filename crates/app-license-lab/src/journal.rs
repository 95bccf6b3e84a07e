//! What the app was told, newest last, within bounds.

use std::collections::VecDeque;

use app_license::UnixTime;
use app_license_testkit::SignedRequest;
use serde::Serialize;
use serde_json::Value;

/// How many entries are kept.
const MAX_ENTRIES: usize = 400;
/// How much of an answer is kept, in bytes.
const MAX_ANSWER: usize = 16 * 1024;

/// One thing the app was told, or one thing that was done.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// Counts up from 1.
    pub(crate) id: u64,
    /// By the test clock.
    pub(crate) at: UnixTime,
    pub(crate) site: Option<String>,
    /// `installed`, `page`, `invocation`, …; `note` for what nobody was told.
    pub(crate) name: String,
    /// What happened, in words.
    pub(crate) title: String,
    /// `lost`, `twice`, `out of order`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mishap: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivered: Option<DeliveredRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<AppResponse>,
}

/// A request, decoded beside what was verified and decided.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "made by the explainer")]
pub struct DeliveredRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// The request as a command for curl.
    pub curl: String,
    /// The body, where it is JSON.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// Header and claims of the token, unverified.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub token: Value,
    /// What `inspect` says of the part that holds the license statement.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub inspected: Value,
    /// What `verify` says: the verdict, what is proved, the decisions.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub verified: Value,
}

impl DeliveredRequest {
    /// The request as it was sent, explained by nothing.
    ///
    /// ```
    /// use app_license_lab::DeliveredRequest;
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// let app = App::connect("com.example.app", "https://app.example.com")?;
    /// let acme = host.tenant(&app, "acme")?;
    /// acme.install()?;
    /// assert_eq!(DeliveredRequest::of(&acme.page("/panel")?).method, "GET");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn of(request: &SignedRequest) -> Self {
        Self {
            method: request.method(),
            url: request.url(),
            curl: request.curl(),
            body: request.json(),
            token: Value::Null,
            inspected: Value::Null,
            verified: Value::Null,
        }
    }
}

/// What the app answered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AppResponse {
    /// The status; `None` when it could not be reached.
    pub(crate) status: Option<u16>,
    /// The body as text, or why it could not be reached.
    pub(crate) text: String,
}

impl AppResponse {
    pub(crate) fn new(status: Option<u16>, mut text: String) -> Self {
        if text.len() > MAX_ANSWER {
            let end = (0..=MAX_ANSWER).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or_default());
            text.push('…');
        }
        Self { status, text }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Journal {
    /// A journal that goes on from what another one had counted to.
    pub(crate) fn after(last: u64) -> Self {
        Self {
            entries: VecDeque::new(),
            last,
        }
    }

    /// Keeps an entry under the next number.
    pub(crate) fn add(&mut self, mut entry: Entry) -> u64 {
        self.last = self.last.saturating_add(1);
        entry.id = self.last;
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.last
    }

    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn find(&self, id: u64) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The newest first, of one site or of all.
    pub(crate) fn newest<'a>(&'a self, site: Option<&'a str>) -> impl Iterator<Item = &'a Entry> {
        let of_site = move |entry: &&Entry| {
            site.is_none_or(|site| entry.site.as_deref().is_none_or(|found| found == site))
        };
        self.entries.iter().rev().filter(of_site)
    }
}
