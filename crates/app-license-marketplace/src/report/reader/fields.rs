//! The fields of one record as they are scanned.

use std::marker::PhantomData;

use super::super::error::ErrorKind;
use super::super::kind::Kind;
use super::super::record::{Extra, Name, Shape, Span};
use super::scan::{Scan, Stop};

/// What a key leads to.
#[derive(Debug, Clone, Copy)]
enum Target {
    Field(usize),
    Group(u8),
    /// A field by its name in this library's export.
    Column(usize),
}

/// A key of a group.
#[derive(Debug)]
struct Entry {
    key: &'static [u8],
    /// The key as it usually stands: in quotes, before its colon.
    quoted: Box<[u8]>,
    target: Target,
    /// The key that followed it last time: records of one report have their keys in one order.
    next: usize,
}

/// Where the fields of the record at hand are.
#[derive(Debug)]
pub(super) struct Fields<K> {
    /// The keys by group.
    groups: Vec<Vec<Entry>>,
    /// The columns of this library's export that are no entries: a report may have other fields of
    /// these names.
    columns: Vec<(&'static [u8], usize)>,
    /// Whether records are those of this library's export.
    is_export: bool,
    pub(super) spans: Vec<Span>,
    pub(super) extras: Vec<Extra>,
    /// One bit a field that was there, also if it was null.
    seen: u128,
    seen_groups: u32,
    /// One bit a field that is asked for.
    selected: u128,
    /// One bit a group that has a field that is asked for.
    selected_groups: u32,
    keep_unknown: bool,
    kind: PhantomData<K>,
}

impl<K: Kind> Fields<K> {
    pub(super) fn new() -> Self {
        let mut groups: Vec<Vec<Entry>> = K::groups().iter().map(|_| Vec::new()).collect();
        let mut add = |group: u8, key: &'static str, target| {
            if let Some(entries) = groups.get_mut(usize::from(group)) {
                let next = entries.len().saturating_add(1);
                entries.push(Entry {
                    key: key.as_bytes(),
                    quoted: format!("\"{key}\":").into_bytes().into(),
                    target,
                    next,
                });
            }
        };
        for field in K::FIELDS {
            let spec = K::spec(*field);
            for key in spec.keys {
                add(spec.group, key, Target::Field(K::index(*field)));
            }
        }
        for (number, group) in (0_u8..).zip(K::groups()).skip(1) {
            add(group.parent, group.key, Target::Group(number));
        }
        let mut columns = Vec::new();
        if let Some(entries) = groups.first_mut() {
            for field in K::FIELDS {
                let (column, index) = (K::spec(*field).column, K::index(*field));
                if entries.iter().any(|entry| entry.key == column.as_bytes()) {
                    continue;
                }
                if !column.contains('_') {
                    columns.push((column.as_bytes(), index));
                    continue;
                }
                let next = entries.len().saturating_add(1);
                entries.push(Entry {
                    key: column.as_bytes(),
                    quoted: format!("\"{column}\":").into_bytes().into(),
                    target: Target::Column(index),
                    next,
                });
            }
        }
        Self {
            groups,
            columns,
            is_export: false,
            spans: vec![Span::default(); K::FIELDS.len()],
            extras: Vec::new(),
            seen: 0,
            seen_groups: 0,
            selected: u128::MAX,
            selected_groups: u32::MAX,
            keep_unknown: true,
            kind: PhantomData,
        }
    }

    /// Keeps these fields alone.
    pub(super) fn select(&mut self, fields: &[K::Field]) {
        (self.selected, self.selected_groups, self.keep_unknown) = (0, 0, false);
        for field in fields {
            self.selected |= bit(K::index(*field));
            let mut group = K::spec(*field).group;
            while group != 0 {
                self.selected_groups |= 1_u32.wrapping_shl(group.into());
                let parent = K::groups().get(usize::from(group)).map(|g| g.parent);
                group = parent.unwrap_or_default();
            }
        }
    }

    /// Whether the field is asked for.
    pub(super) const fn is_selected(&self, field: usize) -> bool {
        self.selected & bit(field) != 0
    }

    /// Whether the last record had no field that is known.
    pub(super) const fn is_empty(&self) -> bool {
        self.seen == 0 && self.seen_groups == 0
    }

    /// Whether unknown fields are kept.
    pub(super) const fn keeps_unknown(&self) -> bool {
        self.keep_unknown
    }

    /// Forgets the last record.
    pub(super) fn clear(&mut self) {
        self.spans.fill(Span::default());
        self.extras.clear();
        (self.seen, self.seen_groups) = (0, 0);
    }

    /// Whether this is a key of a record.
    pub(super) fn knows(&self, key: &[u8]) -> bool {
        let mut entries = self.groups.iter().take(1).flatten();
        entries.any(|entry| entry.key == key)
    }

    /// Scans the object of one record; how many bytes it has, and whether all are ASCII for sure.
    pub(super) fn record(&mut self, bytes: &[u8]) -> Result<(usize, bool), Stop> {
        self.clear();
        let mut scan = Scan::new(bytes, 0);
        let scanned = self.object(&mut scan, 0);
        #[cfg(test)]
        super::work::looked(scan.at);
        scanned.map(|()| (scan.at, scan.is_ascii()))
    }

    /// An object, at its brace. Groups nest a few levels, so this recurses a few times at most.
    fn object(&mut self, scan: &mut Scan<'_>, group: u8) -> Result<(), Stop> {
        scan.expect(b'{', "an object")?;
        if scan.peek()? == b'}' {
            scan.step();
            return Ok(());
        }
        // the first key is expected to be the first of the table
        let (mut last, mut expected) = (None, 0);
        loop {
            let at = scan.at;
            let (key, found) = match self.expected(group, expected) {
                // the records of one report have their keys in one order
                Some(entry) if scan.skip(&entry.quoted) => {
                    (Span::default(), Some((expected, entry.target)))
                }
                _ => {
                    let key = scan.key()?;
                    (key, self.find(group, scan.slice(key), expected))
                }
            };
            match found {
                Some((entry, target)) => {
                    if let Some(last) = last
                        && entry != expected
                    {
                        self.learn(group, last, entry);
                    }
                    last = Some(entry);
                    expected = self.following(group, entry);
                    match target {
                        Target::Field(field) => self.field(scan, field, at)?,
                        Target::Group(group) => self.group(scan, group, at)?,
                        Target::Column(field) => {
                            self.is_export = true;
                            self.field(scan, field, at)?;
                        }
                    }
                }
                None => match self.column(group, scan.slice(key)) {
                    Some(field) => self.field(scan, field, at)?,
                    None => {
                        let value = scan.value()?;
                        if self.keep_unknown && value.shape != Shape::Absent {
                            let name = Name::Key(group, key);
                            self.extras.push(Extra { name, value });
                        }
                    }
                },
            }
            match scan.peek()? {
                b',' => {
                    scan.step();
                    scan.peek()?;
                }
                b'}' => {
                    scan.step();
                    return Ok(());
                }
                _ => return Err(scan.wrong("`,` or `}`")),
            }
        }
    }

    #[inline]
    fn expected(&self, group: u8, entry: usize) -> Option<&Entry> {
        self.groups.get(usize::from(group))?.get(entry)
    }

    /// Looks from the key that is expected to the end of the table, and then before it.
    fn find(&self, group: u8, key: &[u8], expected: usize) -> Option<(usize, Target)> {
        let entries = self.groups.get(usize::from(group))?;
        let (before, behind) = entries.split_at_checked(expected)?;
        let known = |entry: &Entry| entry.key == key;
        let found = match behind.iter().position(known) {
            Some(found) => found.wrapping_add(expected),
            None => before.iter().position(known)?,
        };
        Some((found, entries.get(found)?.target))
    }

    /// The field of a column of the export that may be another field in a report.
    fn column(&self, group: u8, key: &[u8]) -> Option<usize> {
        if !self.is_export || group != 0 {
            return None;
        }
        let mut columns = self.columns.iter();
        columns
            .find(|(column, _)| *column == key)
            .map(|(_, field)| *field)
    }

    fn following(&self, group: u8, entry: usize) -> usize {
        let entries = self.groups.get(usize::from(group));
        entries
            .and_then(|entries| entries.get(entry))
            .map_or(0, |entry| entry.next)
    }

    fn learn(&mut self, group: u8, entry: usize, next: usize) {
        let entries = self.groups.get_mut(usize::from(group));
        if let Some(entry) = entries.and_then(|entries| entries.get_mut(entry)) {
            entry.next = next;
        }
    }

    fn field(&mut self, scan: &mut Scan<'_>, field: usize, at: usize) -> Result<(), Stop> {
        let value = match scan.peek()? {
            b'"' => {
                scan.step();
                scan.text()?
            }
            open @ (b'{' | b'[') => {
                let from = scan.at;
                let spec = K::FIELDS.get(field).map(|field| K::spec(*field));
                if !spec.is_some_and(|spec| spec.json) {
                    return Err(Stop::bad(
                        from,
                        ErrorKind::Shape {
                            field: spec.map(|spec| spec.path()).unwrap_or_default(),
                            expected: "a text",
                            found: if open == b'{' { "an object" } else { "a list" },
                        },
                    ));
                }
                scan.nested()?
            }
            _ => scan.value()?,
        };
        let bit = bit(field);
        if self.seen & bit != 0 {
            return self.again(scan, field, value, at);
        }
        self.seen |= bit;
        if self.selected & bit != 0
            && let Some(span) = self.spans.get_mut(field)
        {
            *span = value;
        }
        Ok(())
    }

    /// A field for the second time: fine if it is the other spelling, with the same value.
    #[cold]
    fn again(&self, scan: &Scan<'_>, field: usize, value: Span, at: usize) -> Result<(), Stop> {
        let spec = K::FIELDS.get(field).map(|field| K::spec(*field));
        let path = spec.map(|spec| spec.path()).unwrap_or_default();
        if spec.is_none_or(|spec| spec.keys.len() < 2) {
            return Err(Stop::bad(at, ErrorKind::Duplicate { field: path }));
        }
        let first = self.spans.get(field).copied().unwrap_or_default();
        if self.is_selected(field) && scan.slice(first) != scan.slice(value) {
            return Err(Stop::bad(at, ErrorKind::Conflict { field: path }));
        }
        Ok(())
    }

    fn group(&mut self, scan: &mut Scan<'_>, group: u8, at: usize) -> Result<(), Stop> {
        let bit = 1_u32.wrapping_shl(group.into());
        let spec = K::groups().get(usize::from(group));
        let path = || spec.map(|spec| spec.path.to_owned()).unwrap_or_default();
        if self.seen_groups & bit != 0 {
            return Err(Stop::bad(at, ErrorKind::Duplicate { field: path() }));
        }
        self.seen_groups |= bit;
        match scan.peek()? {
            b'{' if self.selected_groups & bit == 0 => scan.nested().map(drop),
            b'{' => self.object(scan, group),
            b'[' => Err(Stop::bad(
                scan.at,
                ErrorKind::Shape {
                    field: path(),
                    expected: "an object",
                    found: "a list",
                },
            )),
            // a contact that was erased may be one text in the place of the whole
            _ => {
                let value = scan.value()?;
                if value.shape != Shape::Absent {
                    self.fill(group, value);
                }
                Ok(())
            }
        }
    }

    /// One text for all fields of a group.
    #[cold]
    fn fill(&mut self, group: u8, value: Span) {
        for entry in self.groups.get(usize::from(group)).into_iter().flatten() {
            if let Target::Field(field) = entry.target
                && self.selected & bit(field) != 0
                && let Some(span) = self.spans.get_mut(field)
            {
                *span = value;
            }
        }
    }
}

/// The bit of a field; no kind has more than 128.
const fn bit(field: usize) -> u128 {
    1_u128 << (field & 127)
}
