//! The keys of the objects that are open: a key that comes again is found in constant time.
//!
//! A few without escapes are compared one by one, which is all that most documents ask for. Others
//! go into a hash table without allocation, which is made when it is needed: the keys lie in a slice
//! in the order they came, which is also the table of its buckets. Objects close in the reverse order
//! of their opening, so the newest keys come first in every bucket, and closing an object takes them
//! off again.
//!
//! Keys that are made to share a bucket or a hash cost a bounded amount, too: past it they are
//! refused. Keys that nobody made so do not come near.

use super::text::Str;
use crate::gate::work;

/// How many keys are held without the table, those of all open objects together: more than a token of the
/// platform has.
const FEW: usize = 32;
/// How many of one object are compared one by one.
const ONE_BY_ONE: usize = 16;
/// How many keys of the same hash and another text a document may have.
const MAX_COLLISIONS: u32 = 8;
/// How many keys may be passed for each one that is looked up, on average, and at the beginning.
const STEPS: u32 = 8;
const FIRST_STEPS: u32 = 256;

/// A key of an open object, and a bucket of the table. The empty one is zeros, so that a table is
/// made at the speed of clearing memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    hash: u32,
    /// Where its text lies.
    start: u32,
    end: u32,
    /// The newest key of the bucket that has this key's place, plus one; 0 when it is empty.
    newest: u16,
    /// The key before this one in its own bucket, plus one; 0 at the end.
    before: u16,
}

impl Key {
    pub(super) const NONE: Self = Self {
        hash: 0,
        start: 0,
        end: 0,
        newest: 0,
        before: 0,
    };

    fn text<'a>(&self, text: &'a str) -> Str<'a> {
        let range = self.start as usize..self.end as usize;
        Str::escaped(text.get(range).unwrap_or_default())
    }
}

/// Where the keys are when they are not few.
pub(super) trait Table {
    /// One place for each key that may be open, made by the first call.
    fn places(&mut self) -> &mut [Key];
}

impl<const KEYS: usize> Table for Option<[Key; KEYS]> {
    fn places(&mut self) -> &mut [Key] {
        if self.is_none() {
            // in place, where a table that is handed on would be made first and copied then
            *self = Some([Key::NONE; KEYS]);
        }
        self.as_mut().map_or(&mut [], <[Key; KEYS]>::as_mut_slice)
    }
}

/// Where a key lies that is compared one by one.
#[derive(Debug, Clone, Copy)]
struct PlainKey {
    start: u32,
    end: u32,
}

impl PlainKey {
    const NONE: Self = Self { start: 0, end: 0 };

    const fn len(self) -> usize {
        self.end.wrapping_sub(self.start) as usize
    }

    fn text<'a>(&self, text: &'a str) -> &'a [u8] {
        let range = self.start as usize..self.end as usize;
        text.as_bytes().get(range).unwrap_or_default()
    }
}

/// How many keys are open, and what looking them up has cost.
#[derive(Debug)]
pub(super) struct Keys {
    /// The keys, until there are more or one has escapes.
    few: [PlainKey; FEW],
    open: usize,
    /// How many may be open.
    room: usize,
    /// Whether they are in the table.
    tabled: bool,
    steps: u32,
    collisions: u32,
}

/// Why a key is not taken.
pub(super) enum Refused {
    Duplicate,
    TooMany,
}

impl Keys {
    pub(super) const fn new(room: usize) -> Self {
        Self {
            few: [PlainKey::NONE; FEW],
            open: 0,
            room,
            tabled: false,
            steps: FIRST_STEPS,
            collisions: 0,
        }
    }

    pub(super) const fn open(&self) -> usize {
        self.open
    }

    /// Takes a key that begins at `start` of the text, of the object whose first key is at `first`.
    #[inline]
    pub(super) fn add(
        &mut self,
        text: &str,
        key: Str<'_>,
        start: usize,
        first: usize,
        table: &mut dyn Table,
    ) -> Result<(), Refused> {
        let of_object = self.open.wrapping_sub(first);
        let are_few = !self.tabled && self.open < FEW && of_object < ONE_BY_ONE;
        let plain = key.plain().filter(|_| are_few);
        let Some(plain) = plain else {
            return self.add_to_table(text, key, start, first, table.places());
        };
        let known = self.few.get(first..self.open).unwrap_or_default();
        for known in known {
            work::count(known.len());
            // most differ in length
            if known.len() == plain.len() && known.text(text) == plain.as_bytes() {
                return Err(Refused::Duplicate);
            }
        }
        let end = start.wrapping_add(plain.len());
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else {
            return Err(Refused::TooMany);
        };
        let slot = self.few.get_mut(self.open);
        *slot
            .filter(|_| self.open < self.room)
            .ok_or(Refused::TooMany)? = PlainKey { start, end };
        self.open = self.open.wrapping_add(1);
        Ok(())
    }

    #[inline(never)]
    fn add_to_table(
        &mut self,
        text: &str,
        key: Str<'_>,
        start: usize,
        first: usize,
        table: &mut [Key],
    ) -> Result<(), Refused> {
        if !self.tabled {
            // all of them go in, or none
            u32::try_from(text.len()).map_err(|_| Refused::TooMany)?;
            for (at, known) in self.few.iter().take(self.open).enumerate() {
                let start = known.start as usize;
                let key = str::from_utf8(known.text(text)).unwrap_or_default();
                let key = Str::from(key);
                put(at, key, key.hash(), start, table).ok_or(Refused::TooMany)?;
            }
            self.tabled = true;
        }
        let hash = key.hash();
        let mut next = bucket_of(hash, table).map_or(0, |bucket| bucket.newest);
        self.steps = self.steps.saturating_add(STEPS);
        while let Some(at) = usize::from(next).checked_sub(1) {
            let Some(other) = table.get(at).filter(|_| at >= first) else {
                break;
            };
            work::count(1);
            self.steps = self.steps.checked_sub(1).ok_or(Refused::TooMany)?;
            if other.hash == hash {
                if other.text(text) == key {
                    return Err(Refused::Duplicate);
                }
                self.collisions = self.collisions.saturating_add(1);
                if self.collisions > MAX_COLLISIONS {
                    return Err(Refused::TooMany);
                }
            }
            next = other.before;
        }
        put(self.open, key, hash, start, table).ok_or(Refused::TooMany)?;
        self.open = self.open.wrapping_add(1);
        Ok(())
    }

    /// Forgets the keys of the object whose first key is at `first`, the newest first.
    #[inline]
    pub(super) fn close(&mut self, first: usize, table: &mut dyn Table) {
        if self.tabled {
            self.close_in_table(first, table.places());
        }
        self.open = first;
    }

    fn close_in_table(&mut self, first: usize, table: &mut [Key]) {
        while self.open > first {
            work::count(1);
            self.open = self.open.wrapping_sub(1);
            let Some(Key { hash, before, .. }) = table.get(self.open).copied() else {
                continue;
            };
            if let Some(bucket) = bucket_of(hash, table) {
                bucket.newest = before;
            }
        }
    }
}

/// Puts a key into its bucket, at a place that is free. Where there is none, the table stays as it is.
fn put(at: usize, key: Str<'_>, hash: u32, start: usize, table: &mut [Key]) -> Option<()> {
    let end = u32::try_from(start.checked_add(key.as_written().len())?).ok()?;
    let start = u32::try_from(start).ok()?;
    let number = u16::try_from(at.wrapping_add(1)).ok()?;
    if at >= table.len() {
        return None;
    }
    let bucket = bucket_of(hash, table)?;
    let before = core::mem::replace(&mut bucket.newest, number);
    let slot = table.get_mut(at)?;
    *slot = Key {
        hash,
        start,
        end,
        before,
        newest: slot.newest,
    };
    Some(())
}

fn bucket_of(hash: u32, table: &mut [Key]) -> Option<&mut Key> {
    let at = (hash as usize).checked_rem(table.len())?;
    table.get_mut(at)
}

#[cfg(test)]
mod tests {
    use super::super::{Error, ErrorKind, Scanner};
    use std::format;
    use std::string::String;

    fn read<const KEYS: usize>(text: &str) -> Result<(), ErrorKind> {
        fn walk<const KEYS: usize>(s: &mut Scanner<'_, KEYS>) -> Result<(), Error> {
            s.object(|s, _| match s.peek()? {
                super::super::Kind::Object => walk(s),
                _ => s.value().map(drop),
            })
        }
        walk(&mut Scanner::<KEYS>::from_text(text)).map_err(|e| e.kind())
    }

    #[test]
    fn closing_an_object_gives_its_places_back_and_keeps_those_outside() {
        let inner = |n: usize| {
            let fields: String = (0..n).map(|i| format!("\"k{i}\":0,")).collect();
            format!("{{{fields}\"last\":1}}")
        };
        // the same names inside and outside, again and again
        let text = format!(
            "{{\"k0\":{0},\"k1\":{0},\"k2\":{0},\"k3\":{{\"k0\":{0}}}}}",
            inner(9)
        );
        assert_eq!(read::<16>(&text), Ok(()));
        let again = format!("{{\"k0\":{0},\"k1\":{0},\"k0\":1}}", inner(9));
        assert_eq!(read::<16>(&again), Err(ErrorKind::DuplicateKey));
        assert_eq!(read::<9>(&inner(9)), Err(ErrorKind::TooManyKeys));
        assert_eq!(read::<0>("{\"a\":1}"), Err(ErrorKind::TooManyKeys));
        assert_eq!(read::<0>("{}"), Ok(()));
    }

    #[test]
    fn a_key_that_comes_again_is_found_among_few_and_among_many() {
        for keys in [2, 15, 16, 17, 18, 40] {
            for again in [0, keys / 2, keys - 1] {
                for (name, written) in [("k", "k"), ("k", "\\u006b"), ("\\u006b", "k")] {
                    let fields: String =
                        (0..keys).map(|i| format!("\"{name}{i}\":{{}},")).collect();
                    let text = |last: &str| format!("{{\"a\":{{{fields}\"{last}\":1}},\"k0\":1}}");
                    let twice = text(&format!("{written}{again}"));
                    assert_eq!(read::<64>(&twice), Err(ErrorKind::DuplicateKey), "{twice}");
                    assert_eq!(read::<64>(&text("k40")), Ok(()));
                }
            }
        }
        // all of them open at once, of objects in objects
        let deep = |last: &str| {
            let inner: String = (0..30).map(|_| "{\"a\":1,\"b\":").collect();
            format!("{inner}{{\"a\":1,\"{last}\":1}}{}", "}".repeat(30))
        };
        assert_eq!(read::<64>(&deep("b")), Ok(()));
        assert_eq!(read::<64>(&deep("a")), Err(ErrorKind::DuplicateKey));
        assert_eq!(read::<61>(&deep("b")), Err(ErrorKind::TooManyKeys));
    }

    /// A key that is not taken leaves nothing behind: a caller may go on, and the keys of the objects outside
    /// are still known.
    #[test]
    fn a_key_that_is_too_many_hides_no_other() {
        for middle in b'b'..=b'z' {
            let middle = char::from(middle);
            // the innermost `a` is one too many, and falls into the bucket of the first
            let text = format!("{{\"\\u0061\":{{\"{middle}\":{{\"a\"}},\"a\":1}}");
            let mut refused = None;
            let read = Scanner::<2>::from_text(&text).object(|s, _| {
                if s.peek()? != super::super::Kind::Object {
                    return s.value().map(drop);
                }
                s.object(|s, _| {
                    refused = s.walk().err().map(|e| e.kind());
                    Ok(())
                })
            });
            assert_eq!(refused, Some(ErrorKind::TooManyKeys), "{text}");
            let read = read.map_err(|e: Error| e.kind());
            assert_eq!(read, Err(ErrorKind::DuplicateKey), "{text}");
        }
    }

    #[test]
    fn cost_linear_keys_that_are_made_to_share_a_hash_are_refused() {
        // two words of a key cancel each other in the hash: any number of keys collide
        let mul = 0x9e37_79b9_7f4a_7c15_u64;
        let mut keys = String::new();
        let mut made = 0;
        for word in 0_u64.. {
            let first: [u8; 8] = core::array::from_fn(|i| b'a' + (word >> (4 * i) & 15) as u8);
            let state = u64::from_le_bytes(first).wrapping_mul(mul);
            let second = state.rotate_left(5).to_le_bytes();
            // nothing that needs escapes
            let plain = |b: &u8| (0x20..0x7f).contains(b) && *b != b'"' && *b != b'\\';
            if second.iter().all(plain) {
                let key: String = first.into_iter().chain(second).map(char::from).collect();
                keys.push_str(&format!("\"{key}\":0,"));
                made += 1;
                if made == 40 {
                    break;
                }
            }
        }
        let text = format!("{{{keys}\"last\":1}}");
        assert_eq!(read::<64>(&text), Err(ErrorKind::TooManyKeys));
    }
}
