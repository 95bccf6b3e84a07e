//! What the app was told, newest last, within bounds.

use std::collections::VecDeque;

use app_license::UnixTime;
use serde::Serialize;
use serde_json::Value;

/// How many entries are kept.
const KEPT: usize = 400;
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
    pub(crate) told: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Answered>,
}

/// A request, decoded beside what was verified and decided.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Told {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) curl: String,
    /// The body, where it is JSON.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) body: Value,
    /// Header and claims of the token.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) token: Value,
    /// What `inspect` says of the part that speaks of the licence.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) inspected: Value,
    /// What `verify` says: the verdict, what is proved, the decisions.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) verified: Value,
}

/// What the app answered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Answered {
    /// The status; `None` when it could not be reached.
    pub(crate) status: Option<u16>,
    /// The body as text, or why it could not be reached.
    pub(crate) text: String,
}

impl Answered {
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
        if self.entries.len() >= KEPT {
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
