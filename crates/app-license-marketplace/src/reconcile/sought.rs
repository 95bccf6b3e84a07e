//! What was bought for an installation: lookups by every key that it names.

use std::hint::black_box;

use super::drift::JoinedBy;
use super::key::{Key, KeyHasher};
use super::purchase::NOBODY;
use super::purchases::{
    CHAIN, CLOUD_ID, ENTITLEMENT_ID, ENTITLEMENT_NUMBER, HOST, MULTI_INSTANCE, Purchases,
};
use super::symbols::Symbol;
use super::texts::TextRange;

/// The fields that an installation is looked up by, strongest first.
const BY: [(usize, JoinedBy); 4] = [
    (ENTITLEMENT_ID, JoinedBy::Entitlement),
    (ENTITLEMENT_NUMBER, JoinedBy::Entitlement),
    (CLOUD_ID, JoinedBy::CloudId),
    (HOST, JoinedBy::HostName),
];

/// What an installation is looked up by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought<'a> {
    /// The texts in the order of [`BY`].
    texts: [Option<&'a str>; BY.len()],
    /// The strongest of them. Most often it leads to a row that has the others too.
    strongest: Option<(usize, Key<'a>)>,
}

impl<'a> Sought<'a> {
    /// The entitlement's id and number, the cloud id, the host name.
    pub(super) fn new(texts: [Option<&'a str>; BY.len()], hasher: &KeyHasher) -> Self {
        let mut keys = texts.iter().zip(BY);
        let strongest =
            keys.find_map(|(text, (field, _))| Some((field, Key::new((*text)?, hasher)?)));
        Self { texts, strongest }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.iter().all(Option::is_none)
    }

    fn key(&self, field: usize, text: &'a str, hasher: &KeyHasher) -> Option<Key<'a>> {
        match self.strongest {
            Some((known, key)) if known == field => Some(key),
            _ => Key::new(text, hasher),
        }
    }
}

impl Purchases {
    /// Reads ahead the rows that some installations may be about, as [`Purchases::expect`] does.
    pub(super) fn seek<'s>(&self, sought: impl Iterator<Item = &'s Sought<'s>>) {
        let first = |sought: &Sought<'_>| {
            let (field, key) = sought.strongest?;
            self.index.get(field)?.first(key.hash)
        };
        let rows: Vec<u32> = sought.filter_map(first).collect();
        let places = rows.iter().filter_map(|row| Some(self.get(*row)?.place));
        let places: Vec<TextRange> = places.collect();
        for place in places {
            black_box(self.texts.first(place));
        }
    }

    /// The rows that an installation may be about, strongest key first.
    pub(super) fn candidates(
        &mut self,
        app: Symbol,
        sought: &Sought<'_>,
        into: &mut Vec<(u32, JoinedBy)>,
    ) {
        into.clear();
        self.of_app(app, sought, into);
        if self.nameless && app != Symbol::NONE {
            self.of_app(Symbol::NONE, sought, into);
        }
        into.sort_by_key(|(_, by)| *by);
    }

    fn of_app(&mut self, app: Symbol, sought: &Sought<'_>, into: &mut Vec<(u32, JoinedBy)>) {
        let many_sites = self
            .index
            .get(MULTI_INSTANCE)
            .is_some_and(|i| !i.is_empty());
        let mut found = None;
        for ((field, by), text) in BY.into_iter().zip(sought.texts) {
            let Some(text) = text else { continue };
            let is_id = by == JoinedBy::Entitlement;
            let known = found.is_some_and(|row| self.is_only(row, field, text));
            if known && !(is_id && many_sites) {
                continue;
            }
            let Some(key) = sought.key(field, text, &self.hasher) else {
                continue;
            };
            if !known && let Some(row) = self.find(app, field, &key) {
                found = found.or(Some(row));
                self.chain(row, field, by, into);
            }
            if is_id
                && many_sites
                && let Some(row) = self.find(app, MULTI_INSTANCE, &key)
            {
                self.candidate(row, JoinedBy::MultiInstance, into);
            }
        }
    }

    /// A row, and those of the same site.
    fn chain(&mut self, first: u32, field: usize, by: JoinedBy, into: &mut Vec<(u32, JoinedBy)>) {
        let mut next = Some(first);
        for _ in 0..CHAIN {
            let Some(row) = next.filter(|n| *n != NOBODY) else {
                return;
            };
            self.candidate(row, by, into);
            next = self.get(row).and_then(|r| match field {
                CLOUD_ID => Some(r.next_cloud),
                HOST => Some(r.next_host),
                _ => None,
            });
        }
    }

    fn candidate(&mut self, row: u32, by: JoinedBy, into: &mut Vec<(u32, JoinedBy)>) {
        let row = self.newest(row);
        if into.iter().all(|(known, _)| *known != row) {
            into.push((row, by));
        }
    }
}
