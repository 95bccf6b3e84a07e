//! All that was bought, found by any key.

use std::hint::black_box;

use app_license::Edition;

use super::day::Day;
use super::index::{Entry, Index};
use super::key::FIELDS;
use super::key::{Key, KeyHasher, Keys};
use super::purchase::{Bought, Entitled, Flags, NOBODY, Purchase, Status, Type};
use super::report_row::{ReportRow, stated, yes};
use super::symbols::{Symbol, Symbols};
use super::texts::{TextRange, Texts};
use super::{Error, Summary};

pub(super) const CLOUD_ID: usize = 0;
pub(super) const ENTITLEMENT_ID: usize = 1;
pub(super) const ENTITLEMENT_NUMBER: usize = 2;
pub(super) const HOST: usize = 3;
pub(super) const MULTI_INSTANCE: usize = 4;

/// How many rows of one site, or snapshots in a row, are looked at. Honest reports have a handful.
pub(super) const CHAIN: usize = 64;
/// Rows in one allocation: a table that grows never needs twice its memory.
const PAGE: usize = 1 << 14;

/// The rows of the report, and an index for each key.
#[derive(Debug, Default)]
pub(super) struct Purchases {
    pages: Vec<Vec<Purchase>>,
    pub(super) texts: Texts,
    pub(super) hasher: KeyHasher,
    pub(super) index: [Index; FIELDS],
    pub(super) apps: Symbols,
    pub(super) words: Symbols,
    /// Whether rows do not name their app.
    pub(super) nameless: bool,
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

    /// What a row of the report is found by.
    pub(super) fn keys<'r>(&self, row: &ReportRow<'r>) -> Keys<'r> {
        let multi = stated(row.multi_instance_number).or_else(|| stated(row.multi_instance_id));
        let texts = [
            stated(row.cloud_id),
            stated(row.entitlement_id),
            stated(row.entitlement_number),
            stated(row.host_name),
            multi,
        ];
        texts.map(|text| Key::new(text?, &self.hasher))
    }

    /// Makes room for some rows, and reads ahead where they are looked for: memory brings many
    /// lines at once, but one that follows from another only after it.
    pub(super) fn expect(&mut self, rows: &[Keys<'_>]) {
        for index in &mut self.index {
            index.reserve(rows.len());
        }
        for keys in rows {
            for (key, index) in keys.iter().zip(&self.index) {
                black_box(key.and_then(|key| index.first(key.hash)));
            }
        }
    }

    /// Takes a row of the report.
    pub(super) fn add(
        &mut self,
        row: &ReportRow<'_>,
        keys: &Keys<'_>,
        app: Symbol,
        s: &mut Summary,
    ) -> Result<(), Error> {
        if keys.iter().all(Option::is_none) {
            s.rows_without_ids = s.rows_without_ids.saturating_add(1);
            return Ok(());
        }
        self.nameless |= app == Symbol::NONE;
        let mut new = self.read(row, app);
        let multi = keys.get(MULTI_INSTANCE).is_some_and(Option::is_some);
        new.flags.set(Flags::MULTI_INSTANCE, multi);
        let old = self.snapshot(app, keys);
        let Some((old, known)) = old.and_then(|o| Some((o, self.get(o)?.clone()))) else {
            return self.push(new, keys, NOBODY, s);
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
                    flags: new.flags.and(known.flags.shared()),
                    ..new
                };
                if let Some(row) = self.get_mut(old) {
                    *row = merged;
                }
                Ok(())
            }
            (true, false) => self.push(new, keys, old, s),
            (false, true) => Ok(()),
            (false, false) => {
                new.replaced_by = old;
                self.push(new, keys, NOBODY, s)
            }
        }
    }

    fn read(&mut self, row: &ReportRow<'_>, app: Symbol) -> Purchase {
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
            place: TextRange::default(),
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
    fn snapshot(&mut self, app: Symbol, keys: &Keys<'_>) -> Option<u32> {
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
        keys: &Keys<'_>,
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
        let Some(index) = index.get_mut(field) else {
            return;
        };
        index.reserve(1);
        let entry = index.entry(key.hash, |known| {
            row(known).is_some_and(|r| r.app == app && texts.is(r.place, field, key))
        });
        let head = match entry {
            Entry::Free { .. } => None,
            // of an entitlement for many sites, a row that is active speaks
            Entry::Used { row: known, .. }
                if field == MULTI_INSTANCE
                    && row(known).is_some_and(|r| r.status == Status::Active) =>
            {
                return;
            }
            // of a site, the newest row is the first
            Entry::Used { row, .. } => Some(row),
        };
        index.set(entry, key.hash, number);
        let (Some(head), Some(shared)) = (head, Flags::SHARED.get(field)) else {
            return;
        };
        if let Some(head) = self.get_mut(head) {
            head.flags.set(*shared, true);
        }
        if let Some(new) = self.get_mut(number) {
            new.flags.set(*shared, true);
            match field {
                CLOUD_ID => new.next_cloud = head,
                HOST => new.next_host = head,
                _ => {}
            }
        }
    }

    pub(super) fn find(&self, app: Symbol, field: usize, key: &Key<'_>) -> Option<u32> {
        let index = self.index.get(field)?;
        index.find(key.hash, |row| {
            self.get(row)
                .is_some_and(|r| r.app == app && self.texts.is(r.place, field, key))
        })
    }

    /// Whether a row has this text, and no other row has it.
    pub(super) fn is_only(&self, row: u32, field: usize, text: &str) -> bool {
        self.get(row).is_some_and(|r| {
            let shared = Flags::SHARED.get(field);
            shared.is_some_and(|shared| !r.flags.has(*shared))
                && self.texts.holds(r.place, field, text)
        })
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
