//! A map that never grows over its limit: the entry used longest ago goes first.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// A map of at most so many entries. Reading counts as a use, unless it only peeks.
///
/// ```
/// use app_license::plan::Bounded;
/// let mut map = Bounded::new(2);
/// map.insert("a", 1);
/// map.insert("b", 2);
/// assert_eq!(map.get(&"a"), Some(&mut 1));
/// map.insert("c", 3);
/// assert_eq!((map.peek("a"), map.peek("b"), map.len()), (Some(&1), None, 2));
/// ```
#[derive(Debug, Clone)]
pub struct Bounded<K, V> {
    entries: BTreeMap<K, (u64, V)>,
    order: BTreeMap<u64, K>,
    next: u64,
    limit: usize,
}

impl<K: Ord + Clone, V> Bounded<K, V> {
    /// An empty map of at most so many entries; of one at the least.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            order: BTreeMap::new(),
            next: 0,
            limit,
        }
    }

    /// Reads without counting as a use.
    pub fn peek<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Reads, and counts as a use.
    pub fn get(&mut self, key: &K) -> Option<&mut V> {
        let (used, value) = self.entries.get_mut(key)?;
        // the newest entry stays where it is: no work for a map of one hot key
        if used.wrapping_add(1) != self.next {
            let key = self.order.remove(used)?;
            *used = self.next;
            self.order.insert(self.next, key);
            self.next = self.next.wrapping_add(1);
        }
        Some(value)
    }

    /// Puts an entry in, in place of one of the same key.
    pub fn insert(&mut self, key: K, value: V) {
        self.remove(&key);
        while self.entries.len() >= self.limit.max(1) {
            let Some((_, oldest)) = self.order.pop_first() else {
                break;
            };
            self.entries.remove(&oldest);
        }
        self.order.insert(self.next, key.clone());
        self.entries.insert(key, (self.next, value));
        self.next = self.next.wrapping_add(1);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (used, value) = self.entries.remove(key)?;
        self.order.remove(&used);
        Some(value)
    }

    /// Changes an entry, a new one where there is none. Counts as a use.
    pub fn change<T>(&mut self, key: &K, change: impl FnOnce(&mut V) -> T) -> T
    where
        V: Default,
    {
        let mut value = self.remove(key).unwrap_or_default();
        let answer = change(&mut value);
        self.insert(key.clone(), value);
        answer
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    #[test]
    fn the_entry_used_longest_ago_goes_first() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        assert_eq!(map.get(&"a"), Some(&mut 1));
        map.insert("c", 3);
        assert_eq!(
            (map.peek("a"), map.peek("b"), map.peek("c")),
            (Some(&1), None, Some(&3))
        );
        map.insert("a", 4);
        assert_eq!((map.len(), map.order.len()), (2, 2));
        assert_eq!(map.remove(&"a"), Some(4));
        assert_eq!((map.len(), map.order.len()), (1, 1));
    }

    #[test]
    fn a_hundred_thousand_keys_leave_no_trace() {
        let mut map = Bounded::new(16);
        for i in 0..100_000 {
            map.insert(i, ());
            map.get(&(i / 2));
        }
        assert_eq!((map.len(), map.order.len()), (16, 16));
    }
}
