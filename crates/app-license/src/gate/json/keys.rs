//! The keys of the objects that are open: a key that comes again is found in constant time.
//!
//! A hash table without allocation: the keys lie in a slice in the order they came, which is also
//! the table of its buckets. Objects close in the reverse order of their opening, so the newest
//! keys come first in every bucket, and closing an object takes them off again.
//!
//! Keys that are made to share a bucket or a hash cost a bounded amount, too: past it they are
//! refused. Keys that nobody made so do not come near.

use super::text::Str;
use crate::gate::work;

/// How many keys of the same hash and another text a document may have.
const MAX_COLLISIONS: u32 = 8;
/// How many keys may be passed for each one that is looked up, on average, and at the beginning.
const STEPS: u32 = 8;
const FIRST_STEPS: u32 = 256;

/// A key of an open object, and a bucket of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    hash: u32,
    /// Where its text lies, quotes included.
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
        let start = (self.start as usize).wrapping_add(1);
        let end = (self.end as usize).wrapping_sub(1);
        Str::escaped(text.get(start..end).unwrap_or_default())
    }
}

/// How many keys are open, and what looking them up has cost.
#[derive(Debug)]
pub(super) struct Keys {
    open: usize,
    steps: u32,
    collisions: u32,
}

/// Why a key is not taken.
pub(super) enum Refused {
    Duplicate,
    TooMany,
}

impl Keys {
    pub(super) const NONE: Self = Self {
        open: 0,
        steps: FIRST_STEPS,
        collisions: 0,
    };

    pub(super) const fn open(&self) -> usize {
        self.open
    }

    /// Takes a key that begins at `start`, of the object whose first key is at `first`.
    pub(super) fn add(
        &mut self,
        text: &str,
        key: Str<'_>,
        start: usize,
        first: usize,
        keys: &mut [Key],
    ) -> Result<(), Refused> {
        let hash = key.hash();
        let bucket = bucket_of(hash, keys.len()).ok_or(Refused::TooMany)?;
        let newest = keys.get(bucket).map_or(0, |key| key.newest);
        self.steps = self.steps.saturating_add(STEPS);
        let mut next = newest;
        while let Some(at) = usize::from(next).checked_sub(1) {
            let Some(other) = keys.get(at).filter(|_| at >= first) else {
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
        let end = start.wrapping_add(key.as_written().len()).wrapping_add(2);
        let (Ok(start), Ok(end), Ok(number)) = (
            u32::try_from(start),
            u32::try_from(end),
            u16::try_from(self.open.wrapping_add(1)),
        ) else {
            return Err(Refused::TooMany);
        };
        let slot = keys.get_mut(self.open).ok_or(Refused::TooMany)?;
        *slot = Key {
            hash,
            start,
            end,
            before: newest,
            newest: slot.newest,
        };
        if let Some(bucket) = keys.get_mut(bucket) {
            bucket.newest = number;
        }
        self.open = self.open.wrapping_add(1);
        Ok(())
    }

    /// Forgets the keys of the object whose first key is at `first`, the newest first.
    pub(super) fn close(&mut self, first: usize, keys: &mut [Key]) {
        while self.open > first {
            work::count(1);
            self.open = self.open.wrapping_sub(1);
            let Some(Key { hash, before, .. }) = keys.get(self.open).copied() else {
                continue;
            };
            if let Some(bucket) = bucket_of(hash, keys.len()).and_then(|at| keys.get_mut(at)) {
                bucket.newest = before;
            }
        }
    }
}

fn bucket_of(hash: u32, buckets: usize) -> Option<usize> {
    (hash as usize).checked_rem(buckets)
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
