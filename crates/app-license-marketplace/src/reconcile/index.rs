//! Rows by what one of their texts hashes to.
//!
//! A slot is eight bytes, so a lookup reads one line of memory where a table that keeps its slots
//! and their marks apart reads two; and a slot can be read ahead.

use super::purchase::NOBODY;

/// How many slots the first table has.
const FEWEST: usize = 64;

/// An open hash table of rows. Whether a row is the one that is looked for, the caller says.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// A power of two of them, three quarters used at most; behind a used slot, the next ones are
    /// tried. 0 is a free one.
    slots: Vec<u64>,
    used: usize,
}

/// The slot of a row. That of no row is 0.
const fn slot(hash: u32, row: u32) -> u64 {
    (hash as u64) << 32 | (row ^ NOBODY) as u64
}

const fn hash_of(slot: u64) -> u32 {
    (slot >> 32) as u32
}

const fn row_of(slot: u64) -> u32 {
    slot as u32 ^ NOBODY
}

/// How many of so many slots are used at most.
const fn most(slots: usize) -> usize {
    slots.saturating_sub(slots >> 2)
}

/// Where a row is, or would be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry {
    Used { at: usize, row: u32 },
    Free { at: usize },
}

impl Index {
    /// Makes room for so many more rows.
    pub(super) fn reserve(&mut self, more: usize) {
        let wanted = self.used.saturating_add(more);
        if wanted <= most(self.slots.len()) {
            return;
        }
        let mut length = self.slots.len().max(FEWEST);
        while most(length) < wanted {
            length = length.saturating_mul(2);
        }
        let old = std::mem::replace(&mut self.slots, vec![0; length]);
        for slot in old.into_iter().filter(|slot| *slot != 0) {
            // all are of different texts: the first free slot is theirs
            if let Entry::Free { at } = self.entry(hash_of(slot), |_| false)
                && let Some(free) = self.slots.get_mut(at)
            {
                *free = slot;
            }
        }
    }

    /// Looks for the row of this hash that is the one. There must be a free slot.
    pub(super) fn entry(&self, hash: u32, is: impl Fn(u32) -> bool) -> Entry {
        let mut at = self.start(hash);
        loop {
            match self.slots.get(at) {
                None | Some(0) => return Entry::Free { at },
                Some(slot) if hash_of(*slot) == hash && is(row_of(*slot)) => {
                    let row = row_of(*slot);
                    return Entry::Used { at, row };
                }
                Some(_) => at = at.wrapping_add(1) & self.mask(),
            }
        }
    }

    /// The row of this hash that is the one.
    pub(super) fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        match self.entry(hash, is) {
            Entry::Used { row, .. } => Some(row),
            Entry::Free { .. } => None,
        }
    }

    /// Writes a row where it was looked for. Room for a new one must have been made.
    pub(super) fn set(&mut self, entry: Entry, hash: u32, row: u32) {
        let (at, new) = match entry {
            Entry::Used { at, .. } => (at, 0),
            Entry::Free { at } => (at, 1),
        };
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = self::slot(hash, row);
            self.used = self.used.saturating_add(new);
        }
    }

    /// The first row that a lookup of this hash would look at.
    pub(super) fn first(&self, hash: u32) -> Option<u32> {
        let slot = self.slots.get(self.start(hash))?;
        (*slot != 0).then_some(row_of(*slot))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.used == 0
    }

    const fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    const fn start(&self, hash: u32) -> usize {
        hash as usize & self.mask()
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Index};

    #[test]
    fn rows_are_found_however_their_hashes_collide() {
        let mut index = Index::default();
        assert_eq!(index.find(7, |_| true), None);
        let hash = |row: u32| if row.is_multiple_of(3) { 7 } else { row / 2 };
        for row in 0..10_000 {
            index.reserve(1);
            let entry = index.entry(hash(row), |known| known == row);
            assert!(matches!(entry, Entry::Free { .. }), "{row}");
            index.set(entry, hash(row), row);
        }
        for row in (0..10_000).rev() {
            assert_eq!(index.find(hash(row), |known| known == row), Some(row));
        }
        assert_eq!(index.find(7, |known| known == 10_000), None);
        assert_eq!(index.used, 10_000);
    }

    #[test]
    fn a_row_takes_the_place_of_another() {
        let mut index = Index::default();
        index.reserve(1);
        index.set(index.entry(u32::MAX, |_| true), u32::MAX, 0);
        let entry = index.entry(u32::MAX, |_| true);
        assert!(matches!(entry, Entry::Used { row: 0, .. }));
        index.set(entry, u32::MAX, 1);
        assert_eq!((index.find(u32::MAX, |_| true), index.used), (Some(1), 1));
        assert_eq!(index.first(u32::MAX), Some(1));
    }
}
