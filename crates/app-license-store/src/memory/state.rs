//! What a store in memory holds, and how it changes.

use std::collections::{BTreeMap, BTreeSet};

use app_license::delivery::{Delivery, ReplayMark, StoredMark, TokenHash};
use app_license::plan::license::CachedLicense;
use app_license::{Installation, InstallationKey, UnixTime};

use crate::applied::Applied;
use crate::erase::Erased;
use crate::error::{Error, ErrorKind};
use crate::history::{HistoryEntry, Sequence};
use crate::install_key::InstallKey;
use crate::name::Name;
use crate::stopped::Stopped;
use crate::tenant::{id, tenant};

/// The most replay marks that are kept.
pub(super) const MAX_MARKS: u64 = 100_000;

#[derive(Default)]
pub(super) struct State {
    pub(super) installations: BTreeMap<String, Installation>,
    pub(super) history: BTreeMap<Sequence, HistoryEntry>,
    /// The last number that was given.
    pub(super) last: Sequence,
    pub(super) by_tenant: BTreeMap<String, Vec<Sequence>>,
    pub(super) stopped: BTreeMap<(Name, String), Stopped>,
    pub(super) payloads: BTreeMap<Sequence, String>,
    pub(super) cursors: BTreeMap<Name, Sequence>,
    pub(super) leases: BTreeMap<Name, (Name, UnixTime)>,
    /// The newest last.
    pub(super) install_keys: Vec<InstallKey>,
    pub(super) marks: BTreeMap<TokenHash, StoredMark>,
    pub(super) marks_by_expiry: BTreeSet<(UnixTime, TokenHash)>,
    pub(super) licenses: BTreeMap<(String, &'static str), CachedLicense>,
}

impl State {
    pub(super) fn forget_marks(&mut self, now: UnixTime) -> u64 {
        let mut forgotten = 0_u64;
        while let Some(&(expires_at, token)) = self.marks_by_expiry.first() {
            if expires_at >= ReplayMark::forgotten_before(now) {
                break;
            }
            self.marks_by_expiry.pop_first();
            self.marks.remove(&token);
            forgotten = forgotten.saturating_add(1);
        }
        forgotten
    }

    pub(super) fn stored_mark(&mut self, mark: &ReplayMark, now: UnixTime) -> Option<StoredMark> {
        self.forget_marks(now);
        self.marks.get(mark.token_hash()).copied()
    }

    pub(super) fn write_mark(&mut self, mark: &ReplayMark) -> Result<(), Error> {
        if self.marks.len() as u64 >= MAX_MARKS {
            let limit = MAX_MARKS;
            return Err(ErrorKind::TooManyMarks { limit }.into());
        }
        self.marks.insert(*mark.token_hash(), mark.stored());
        self.marks_by_expiry
            .insert((mark.expires_at(), *mark.token_hash()));
        Ok(())
    }

    /// Erases a tenant, and the links to it.
    pub(super) fn erase(&mut self, key: &InstallationKey) -> Erased {
        let mut erased = self.erase_one(&tenant(key));
        if let InstallationKey::Connect(customer) = key {
            let linked = self.installations.iter();
            let linked = linked.filter(|(_, it)| it.tenant() == Some(customer));
            let links: Vec<_> = linked.map(|(tenant, _)| tenant.clone()).collect();
            for link in links {
                erased = erased.with_link(self.erase_one(&link));
            }
        }
        erased
    }

    fn erase_one(&mut self, tenant: &str) -> Erased {
        let installation = self.installations.remove(tenant).is_some();
        let events = self.by_tenant.remove(tenant).unwrap_or_default();
        for sequence in &events {
            self.history.remove(sequence);
            self.payloads.remove(sequence);
        }
        let before = self.licenses.len();
        self.licenses.retain(|(of, _), _| of != tenant);
        let licenses = before.saturating_sub(self.licenses.len());
        self.stopped.retain(|(_, of), _| of != tenant);
        let own = format!("/{}", id(tenant));
        self.leases.retain(|name, _| !name.as_str().ends_with(&own));
        Erased::new(installation, events.len() as u64, licenses as u64)
    }

    pub(super) fn apply(&mut self, delivery: &Delivery, now: UnixTime) -> Result<Applied, Error> {
        let tenant = tenant(delivery.key());
        let stored = self.installations.get(&tenant).cloned();
        let stored_mark = delivery.mark().and_then(|mark| self.stored_mark(mark, now));
        let outcome = delivery.apply(stored, stored_mark.as_ref(), now)?;
        if let Some(mark) = &outcome.mark {
            self.write_mark(mark)?;
        }
        // nothing fails from here on
        if let Some(after) = &outcome.after {
            self.installations.insert(tenant.clone(), after.clone());
        }
        for entry in &outcome.entries {
            let sequence = self.last.next();
            self.last = sequence;
            let own = self.by_tenant.entry(tenant.clone()).or_default();
            own.push(sequence);
            let entry_of_history = HistoryEntry {
                sequence,
                key: delivery.key().clone(),
                at: now,
                event: entry.event.to_owned(),
                changes: entry.changes.clone(),
                unknown_changes: 0,
            };
            self.history.insert(sequence, entry_of_history);
            if let Some(payload) = &entry.payload {
                self.payloads.insert(sequence, payload.clone());
            }
        }
        let sequence = (!outcome.entries.is_empty()).then_some(self.last);
        Ok(Applied::new(outcome, sequence))
    }
}
