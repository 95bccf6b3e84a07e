//! What a delivery comes to, before it is written.

use super::mark::ReplayMark;
use super::payload;
use crate::installation::{Change, Event, Installation};

/// What a delivery comes to: write `after`, the entries and the mark, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The installation as it was.
    pub before: Option<Installation>,
    /// The installation as it is to be.
    pub after: Option<Installation>,
    /// The history entries to append, in order.
    pub entries: Vec<NewEntry>,
    /// The mark to write under its token, in place of one that is forgotten.
    pub mark: Option<ReplayMark>,
    /// Whether the token was seen before with this body, so that there is nothing to write.
    pub repeated: bool,
}

impl Outcome {
    pub(super) fn repeated(stored: Option<Installation>) -> Self {
        Self {
            before: stored.clone(),
            after: stored,
            entries: Vec::new(),
            mark: None,
            repeated: true,
        }
    }

    /// Whether record and history stay as they are. There may be a mark to write all the same.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.entries.is_empty() && self.before == self.after
    }

    /// What changed, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.entries.iter().flat_map(|entry| &entry.changes)
    }
}

/// A history entry that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEntry {
    /// What the platform calls the event; the code of the license source where a license was read.
    pub event: &'static str,
    /// What it changed, in order; never empty.
    pub changes: Vec<Change>,
    /// The body, without its secrets.
    pub payload: Option<String>,
}

impl NewEntry {
    pub(super) fn new(event: &Event, changes: Vec<Change>) -> Self {
        Self {
            event: name(event),
            changes,
            payload: body(event).and_then(payload::without_secrets),
        }
    }
}

/// What the platform calls the event.
pub(super) fn name(event: &Event) -> &'static str {
    match event {
        Event::Connect(event) => event.body().kind().name(),
        Event::Forge(event) => event.kind().name(),
        Event::License(license) => license.source().code(),
        Event::PageOpened { .. } => "page_opened",
        Event::Linked { .. } => "linked",
        Event::Joined(_) => "joined",
        Event::Invoked(_) => "invoked",
        Event::ForgetPreviousSecret => "forget_previous_secret",
        Event::Block => "block",
        Event::Unblock => "unblock",
    }
}

/// The text the event was read from.
fn body(event: &Event) -> Option<&str> {
    match event {
        Event::Connect(event) => Some(event.body().raw()),
        Event::Forge(event) => Some(event.raw()),
        Event::License(license) => license.raw(),
        _ => None,
    }
}
