//! All that was bought, found by any key.

use app_license::Edition;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::day::Day;
use super::drift::JoinedBy;
use super::purchase::{Bought, Entitled, Flags, NOBODY, Purchase, Status, Type};
use super::report_row::{ReportRow, stated, yes};
use super::texts::{self, FIELDS, Key, KeyHasher, Texts, Word, Words};
use super::{Error, Summary};

pub(super) const CLOUD_ID: usize = 0;
pub(super) const ENTITLEMENT_ID: usize = 1;
pub(super) const ENTITLEMENT_NUMBER: usize = 2;
pub(super) const HOST: usize = 3;
pub(super) const MULTI_INSTANCE: usize = 4;

/// How many rows of one site, or snapshots in a row, are looked at. Honest reports have a handful.
const CHAIN: usize = 64;
/// Rows in one allocation: a table that grows never needs twice its memory.
const PAGE: usize = 1 << 14;

/// The rows of the report, and an index for each key.
#[derive(Debug, Default)]
pub(super) struct Purchases {
    pages: Vec<Vec<Purchase>>,
    texts: Texts,
    hasher: KeyHasher,
    index: [HashTable<Slot>; FIELDS],
    pub(super) apps: Words,
    pub(super) words: Words,
    /// Whether rows do not name their app.
    pub(super) nameless: bool,
}

/// A row in an index, with what its text hashes to: a table that grows looks at nothing else.
#[derive(Debug, Clone, Copy)]
struct Slot {
    row: u32,
    hash: u32,
}

/// What a table takes for a hash: it uses the lowest bits and the highest ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys<'a> {
    pub(super) app: Word,
    pub(super) entitlement_id: Option<&'a str>,
    pub(super) entitlement_number: Option<&'a str>,
    pub(super) cloud_id: Option<&'a str>,
    pub(super) host: Option<&'a str>,
}

impl Keys<'_> {
    pub(super) fn is_empty(&self) -> bool {
        [
            self.entitlement_id,
            self.entitlement_number,
            self.cloud_id,
            self.host,
        ]
        .iter()
        .all(Option::is_none)
    }
}

impl Purchases {
    pub(super) fn get(&self, row: u32) -> Option<&Purchase> {
        let row = usize::try_from(row).ok()?;
        self.pages.get(row / PAGE)?.get(row % PAGE)
    }

    pub(super) fn get_mut(&mut self, row: u32) -> Option<&mut Purchase> {
        let row = usize::try_from(row).ok()?;
        self.pages.get_mut(row / PAGE)?.get_mut(row % PAGE)
    }

    /// Every row, replaced ones included.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, &Purchase)> {
        (0..).zip(self.pages.iter().flatten())
    }

    pub(super) fn text(&self, row: &Purchase, field: usize) -> Option<std::borrow::Cow<'_, str>> {
        self.texts.get(row.place, field)
    }

    /// Takes a row of the report.
    pub(super) fn add(
        &mut self,
        row: &ReportRow<'_>,
        app: Word,
        s: &mut Summary,
    ) -> Result<(), Error> {
        let multi = stated(row.multi_instance_number).or_else(|| stated(row.multi_instance_id));
        let texts = [
            stated(row.cloud_id),
            stated(row.entitlement_id),
            stated(row.entitlement_number),
            stated(row.host_name),
            multi,
        ];
        if texts.iter().all(Option::is_none) {
            s.rows_without_ids = s.rows_without_ids.saturating_add(1);
            return Ok(());
        }
        self.nameless |= app == Word::NONE;
        let keys = texts.map(|text| text.and_then(|text| Key::new(text, &self.hasher)));
        let mut new = self.read(row, app);
        new.flags.set(Flags::MULTI_INSTANCE, multi.is_some());
        let old = self.snapshot(app, &keys);
        let Some((old, known)) = old.and_then(|o| Some((o, self.get(o)?.clone()))) else {
            return self.push(new, &keys, NOBODY, s);
        };
        s.older_snapshots = s.older_snapshots.saturating_add(1);
        let mut fields = keys.iter().enumerate();
        let same_texts = fields.all(|(field, key)| match key {
            Some(key) => self.texts.is(known.place, field, key),
            None => self.texts.get(known.place, field).is_none(),
        });
        match (new.age() >= known.age(), same_texts) {
            (true, true) => {
                let merged = Purchase {
                    place: known.place,
                    next_cloud: known.next_cloud,
                    next_host: known.next_host,
                    replaced_by: known.replaced_by,
                    ..new
                };
                if let Some(row) = self.get_mut(old) {
                    *row = merged;
                }
                Ok(())
            }
            (true, false) => self.push(new, &keys, old, s),
            (false, true) => Ok(()),
            (false, false) => {
                new.replaced_by = old;
                self.push(new, &keys, NOBODY, s)
            }
        }
    }

    fn read(&mut self, row: &ReportRow<'_>, app: Word) -> Purchase {
        let mut word = |text| self.words.intern(stated(text));
        let day = |text: Option<&str>| stated(text).and_then(Day::parse);
        let upgrade = stated(row.upgrade_trial_edition).map(|t| Bought::of(Some(t)));
        let license_type = Type::of(stated(row.license_type));
        let mut flags = Flags::default();
        let level = stated(row.license_level);
        let multi = level.is_some_and(|l| l.eq_ignore_ascii_case("multi-instance"));
        flags.set(Flags::MULTI_INSTANCE, multi);
        flags.set(Flags::SANDBOX, yes(row.sandbox));
        flags.set(Flags::IN_GRACE, yes(row.in_grace_period));
        // of a paid license the start of the latest evaluation is that of a trial of a higher edition
        let latest = if license_type == Type::Trial {
            None
        } else {
            day(row.evaluation_start)
        };
        Purchase {
            place: texts::Place::default(),
            app,
            license_type_text: word(row.license_type),
            status_text: word(row.status),
            edition_text: word(row.edition),
            upgrade_edition_text: word(row.upgrade_trial_edition),
            tier: word(row.tier),
            dunning: word(row.dunning_reason),
            license_type,
            status: Status::of(stated(row.status)),
            edition: Bought::of(stated(row.edition)),
            upgrade_edition: match upgrade {
                Some(Bought::Edition(edition)) => Some(edition),
                _ => None,
            },
            flags,
            start: day(row.maintenance_start),
            end: day(row.maintenance_end),
            upgrade_start: day(row.upgrade_trial_start).max(latest),
            updated: day(row.last_updated),
            recorded: day(row.recorded),
            next_cloud: NOBODY,
            next_host: NOBODY,
            replaced_by: NOBODY,
            latest: [0; 2],
        }
    }

    /// The row of the same entitlement, if there is one already.
    fn snapshot(&mut self, app: Word, keys: &texts::Keys<'_>) -> Option<u32> {
        let key = |field: usize| keys.get(field).copied().flatten();
        for field in [ENTITLEMENT_ID, ENTITLEMENT_NUMBER] {
            if let Some(found) = key(field).and_then(|k| self.find(app, field, &k)) {
                return Some(self.newest(found));
            }
        }
        if key(ENTITLEMENT_ID).is_some() || key(ENTITLEMENT_NUMBER).is_some() {
            return None;
        }
        // neither names its entitlement: one license a site
        let cloud = key(CLOUD_ID)?;
        let mut next = self.find(app, CLOUD_ID, &cloud);
        for _ in 0..CHAIN {
            let row = next?;
            let purchase = self.get(row)?;
            let nameless = [ENTITLEMENT_ID, ENTITLEMENT_NUMBER]
                .iter()
                .all(|f| self.texts.get(purchase.place, *f).is_none());
            if nameless {
                return Some(self.newest(row));
            }
            next = Some(purchase.next_cloud);
        }
        None
    }

    /// Appends a row; it takes the place of `replaces` as the newest of its entitlement.
    fn push(
        &mut self,
        mut new: Purchase,
        keys: &texts::Keys<'_>,
        replaces: u32,
        s: &mut Summary,
    ) -> Result<(), Error> {
        let full = || Error::too_many(self.rows().count());
        let last = self.pages.last().map_or(0, Vec::len);
        let before = self.pages.len().saturating_sub(1).saturating_mul(PAGE);
        let number = u32::try_from(before.saturating_add(last)).ok();
        let number = number.filter(|n| *n != NOBODY).ok_or_else(full)?;
        let Some(place) = self.texts.push(keys) else {
            return Err(Error::too_many(self.rows().count()));
        };
        new.place = place;
        let alias = new.replaced_by != NOBODY;
        if let Some(old) = self.get_mut(replaces) {
            old.replaced_by = number;
        }
        if !alias && replaces == NOBODY {
            s.entitlements = s.entitlements.saturating_add(1);
        }
        if self.pages.last().is_none_or(|p| p.len() == PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(new);
        }
        for (field, key) in keys.iter().enumerate() {
            if let Some(key) = key {
                self.link(number, field, key);
            }
        }
        Ok(())
    }

    /// Makes a row findable by one of its texts.
    fn link(&mut self, number: u32, field: usize, key: &Key<'_>) {
        let Self {
            pages,
            texts,
            index,
            ..
        } = self;
        let row = |n: u32| {
            let n = usize::try_from(n).ok()?;
            pages.get(n / PAGE)?.get(n % PAGE)
        };
        let Some(app) = row(number).map(|r| r.app) else {
            return;
        };
        let Some(table) = index.get_mut(field) else {
            return;
        };
        let new = Slot {
            row: number,
            hash: key.hash,
        };
        let is = |slot: &Slot| {
            let same = |r: &Purchase| r.app == app && texts.is(r.place, field, key);
            slot.hash == key.hash && row(slot.row).is_some_and(same)
        };
        let head = match table.entry(spread(key.hash), is, |slot| spread(slot.hash)) {
            Entry::Vacant(vacant) => {
                vacant.insert(new);
                return;
            }
            // of an entitlement for many sites, a row that is active speaks
            Entry::Occupied(found)
                if field == MULTI_INSTANCE
                    && row(found.get().row).is_some_and(|r| r.status == Status::Active) =>
            {
                return;
            }
            // of a site, the newest row is the first
            Entry::Occupied(mut found) => std::mem::replace(found.get_mut(), new).row,
        };
        if let Some(new) = self.get_mut(number) {
            match field {
                CLOUD_ID => new.next_cloud = head,
                HOST => new.next_host = head,
                _ => {}
            }
        }
    }

    fn find(&self, app: Word, field: usize, key: &Key<'_>) -> Option<u32> {
        let row = |n: u32| self.get(n).filter(|r| r.app == app);
        let is = |slot: &Slot| {
            let same = |r: &Purchase| self.texts.is(r.place, field, key);
            slot.hash == key.hash && row(slot.row).is_some_and(same)
        };
        let found = self.index.get(field)?.find(spread(key.hash), is)?;
        Some(found.row)
    }

    /// The newest snapshot of a row's entitlement; shortens the way for the next time.
    pub(super) fn newest(&mut self, mut row: u32) -> u32 {
        loop {
            let Some(next) = self
                .get(row)
                .map(|r| r.replaced_by)
                .filter(|n| *n != NOBODY)
            else {
                return row;
            };
            let after = self.get(next).map_or(NOBODY, |r| r.replaced_by);
            if after != NOBODY
                && let Some(here) = self.get_mut(row)
            {
                here.replaced_by = after;
            }
            row = next;
        }
    }

    /// The rows that an installation may be about, strongest key first.
    pub(super) fn candidates(&mut self, keys: &Keys<'_>, into: &mut Vec<(u32, JoinedBy)>) {
        into.clear();
        self.of_app(keys.app, keys, into);
        if self.nameless && keys.app != Word::NONE {
            self.of_app(Word::NONE, keys, into);
        }
        into.sort_by_key(|(_, by)| *by);
    }

    fn of_app(&mut self, app: Word, keys: &Keys<'_>, into: &mut Vec<(u32, JoinedBy)>) {
        let ids = [
            (keys.entitlement_id, ENTITLEMENT_ID),
            (keys.entitlement_number, ENTITLEMENT_NUMBER),
        ];
        for (text, field) in ids {
            let Some(key) = text.and_then(|text| Key::new(text, &self.hasher)) else {
                continue;
            };
            for (field, by) in [
                (field, JoinedBy::Entitlement),
                (MULTI_INSTANCE, JoinedBy::MultiInstance),
            ] {
                if let Some(found) = self.find(app, field, &key) {
                    self.candidate(found, by, into);
                }
            }
        }
        self.chain(app, CLOUD_ID, keys.cloud_id, JoinedBy::CloudId, into);
        self.chain(app, HOST, keys.host, JoinedBy::HostName, into);
    }

    fn chain(
        &mut self,
        app: Word,
        field: usize,
        text: Option<&str>,
        by: JoinedBy,
        into: &mut Vec<(u32, JoinedBy)>,
    ) {
        let key = text.and_then(|text| Key::new(text, &self.hasher));
        let mut next = key.and_then(|k| self.find(app, field, &k));
        for _ in 0..CHAIN {
            let Some(row) = next.filter(|n| *n != NOBODY) else {
                return;
            };
            self.candidate(row, by, into);
            next = self.get(row).map(|r| match field {
                CLOUD_ID => r.next_cloud,
                _ => r.next_host,
            });
        }
    }

    fn candidate(&mut self, row: u32, by: JoinedBy, into: &mut Vec<(u32, JoinedBy)>) {
        let row = self.newest(row);
        if into.iter().all(|(known, _)| *known != row) {
            into.push((row, by));
        }
    }

    /// How a row is told of in words: an edition, `nothing`, `unknown`.
    pub(super) fn grants(row: &Purchase, today: Day) -> &'static str {
        match (row.entitled(today), row.limits(today)) {
            (Entitled::No, _) => "nothing",
            (Entitled::Yes, Some(limits)) => edition_name(limits.floor),
            _ => "unknown",
        }
    }
}

/// An edition in words.
pub(super) const fn edition_name(edition: Edition) -> &'static str {
    match edition {
        Edition::Free => "free",
        Edition::Standard => "standard",
        Edition::Advanced => "advanced",
        _ => "unknown",
    }
}
