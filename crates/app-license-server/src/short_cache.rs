//! What was read from the store, kept in memory for a short while.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use app_license::UnixTime;
use quick_cache::sync::Cache;

/// How many values are kept.
const MOST: usize = 10_000;

pub(crate) struct ShortCache<K, V> {
    kept: Cache<K, Entry<V>>,
    /// How often something was forgotten: what was read before is not kept after.
    forgotten: AtomicU64,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    read_at: UnixTime,
    through: UnixTime,
}

impl<K: Eq + Hash + Clone, V: Clone> ShortCache<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            kept: Cache::new(MOST),
            forgotten: AtomicU64::new(0),
        }
    }

    pub(crate) fn get(&self, key: &K, now: UnixTime) -> Option<V> {
        let kept = self.kept.get(key)?;
        (kept.read_at <= now && now <= kept.through).then_some(kept.value)
    }

    /// Keeps what is read through the second that it says, unless it says none, or something was forgotten
    /// meanwhile.
    pub(crate) async fn read<E>(
        &self,
        key: &K,
        now: UnixTime,
        read: impl Future<Output = Result<Option<V>, E>>,
        through: impl FnOnce(&V) -> Option<UnixTime>,
    ) -> Result<Option<V>, E> {
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let value = read.await?;
        match value.as_ref().and_then(|it| Some((it, through(it)?))) {
            Some((value, through)) => self.kept.insert(
                key.clone(),
                Entry {
                    value: value.clone(),
                    read_at: now,
                    through,
                },
            ),
            None => drop(self.kept.remove(key)),
        }
        if self.forgotten.load(Ordering::SeqCst) != forgotten {
            self.kept.remove(key);
        }
        Ok(value)
    }

    pub(crate) fn forget(&self, key: &K) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.kept.remove(key);
    }
}
