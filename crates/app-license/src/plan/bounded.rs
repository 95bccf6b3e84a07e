//! A map that never grows over its limit: the entry used longest ago goes first.
//!
//! Not a cache by a library (quick_cache), which is some three times as fast: where much is new, its policy
//! lets the newest go first. Here the newest is what must stay: who was just asked about, who has spent
//! how much. A map is asked once a fetch, and does not have to be fast.

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
    /// Where in `slots` an entry is.
    places: BTreeMap<K, usize>,
    /// The entries, in a list from the oldest to the newest use.
    slots: Vec<Option<Slot<K, V>>>,
    free: Vec<usize>,
    oldest: Option<usize>,
    newest: Option<usize>,
    limit: usize,
}

#[derive(Debug, Clone)]
struct Slot<K, V> {
    key: K,
    value: V,
    older: Option<usize>,
    newer: Option<usize>,
}

impl<K: Ord + Clone, V> Bounded<K, V> {
    /// An empty map of at most so many entries; of one at the least.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            places: BTreeMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: None,
            newest: None,
            limit,
        }
    }

    /// Reads without counting as a use.
    pub fn peek<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = *self.places.get(key)?;
        self.slots.get(place)?.as_ref().map(|slot| &slot.value)
    }

    /// Reads, and counts as a use.
    pub fn get(&mut self, key: &K) -> Option<&mut V> {
        let place = *self.places.get(key)?;
        // the newest entry stays where it is: no work for a map of one hot key
        if self.newest != Some(place) {
            self.unlink(place);
            self.link(place);
        }
        self.slot(Some(place)).map(|slot| &mut slot.value)
    }

    /// Puts an entry in, in place of one of the same key.
    pub fn insert(&mut self, key: K, value: V) {
        if let Some(known) = self.get(&key) {
            *known = value;
            return;
        }
        while self.places.len() >= self.limit.max(1) {
            let oldest = self.slot(self.oldest).map(|slot| slot.key.clone());
            let Some(oldest) = oldest else {
                break;
            };
            self.remove(&oldest);
        }
        let slot = Some(Slot {
            key: key.clone(),
            value,
            older: None,
            newer: None,
        });
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.slots.push(None);
                self.slots.len().saturating_sub(1)
            }
        };
        if let Some(empty) = self.slots.get_mut(place) {
            *empty = slot;
        }
        self.places.insert(key, place);
        self.link(place);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.places.remove(key)?;
        self.unlink(place);
        self.free.push(place);
        self.slots.get_mut(place)?.take().map(|slot| slot.value)
    }

    /// Changes an entry, a new one where there is none. Counts as a use.
    pub fn change<T>(&mut self, key: &K, change: impl FnOnce(&mut V) -> T) -> T
    where
        V: Default,
    {
        if let Some(known) = self.get(key) {
            return change(known);
        }
        let mut value = V::default();
        let answer = change(&mut value);
        self.insert(key.clone(), value);
        answer
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn slot(&mut self, place: Option<usize>) -> Option<&mut Slot<K, V>> {
        self.slots.get_mut(place?)?.as_mut()
    }

    /// Takes an entry out of the list.
    fn unlink(&mut self, place: usize) {
        let Some(slot) = self.slot(Some(place)) else {
            return;
        };
        let (older, newer) = (slot.older.take(), slot.newer.take());
        match self.slot(older) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slot(newer) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    /// Puts an entry at the end of the list.
    fn link(&mut self, place: usize) {
        let before = self.newest.replace(place);
        if let Some(slot) = self.slot(Some(place)) {
            slot.older = before;
        }
        match self.slot(before) {
            Some(slot) => slot.newer = Some(place),
            None => self.oldest = Some(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    /// How many entries there are from the oldest to the newest; as many as there are the other way.
    fn listed<K: Ord + Clone, V>(map: &Bounded<K, V>) -> usize {
        let slot = |place: usize| map.slots.get(place).unwrap().as_ref().unwrap();
        let up = std::iter::successors(map.oldest, |place| slot(*place).newer).count();
        let down = std::iter::successors(map.newest, |place| slot(*place).older).count();
        assert_eq!(up, down);
        assert_eq!(map.slots.len().checked_sub(map.free.len()), Some(map.len()));
        up
    }

    /// Against a list that is looked through.
    #[test]
    fn it_is_what_a_plain_list_is() {
        let mut map = Bounded::new(5);
        let mut list: Vec<(u32, u32)> = Vec::new();
        let mut seed = 1_u32;
        for step in 0..20_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = (seed >> 16) % 9;
            let known = list.iter().position(|(of, _)| *of == key);
            match (seed >> 8) % 4 {
                0 => {
                    let entry = known.map(|at| list.remove(at));
                    assert_eq!(map.remove(&key), entry.map(|(_, value)| value));
                }
                1 => {
                    assert_eq!(map.get(&key).copied(), known.map(|at| list[at].1));
                    if let Some(at) = known {
                        let entry = list.remove(at);
                        list.push(entry);
                    }
                }
                2 => assert_eq!(map.peek(&key).copied(), known.map(|at| list[at].1)),
                _ => {
                    map.insert(key, step);
                    if let Some(at) = known {
                        list.remove(at);
                    } else if list.len() == 5 {
                        list.remove(0);
                    }
                    list.push((key, step));
                }
            }
            assert_eq!((map.len(), listed(&map)), (list.len(), list.len()));
        }
    }

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
        assert_eq!((map.len(), listed(&map)), (2, 2));
        assert_eq!(map.remove(&"a"), Some(4));
        assert_eq!((map.len(), listed(&map)), (1, 1));
    }

    #[test]
    fn a_hundred_thousand_keys_leave_no_trace() {
        let mut map = Bounded::new(16);
        for i in 0..100_000 {
            map.insert(i, ());
            map.get(&(i / 2));
        }
        assert_eq!((map.len(), listed(&map)), (16, 16));
    }
}
