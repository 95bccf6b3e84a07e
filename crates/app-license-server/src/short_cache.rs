//! What was read from the store, kept in memory for a short while.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use app_license::UnixTime;
use quick_cache::sync::Cache;

/// How many values are kept.
const MOST: usize = 10_000;

pub(crate) struct ShortCache<K, V> {
    kept: Cache<K, (V, UnixTime)>,
    /// How often something was forgotten: what was read before is not kept after.
    forgotten: AtomicU64,
    seconds: u64,
}

impl<K: Eq + Hash + Clone, V: Clone> ShortCache<K, V> {
    pub(crate) fn new(seconds: u64) -> Self {
        Self {
            kept: Cache::new(MOST),
            forgotten: AtomicU64::new(0),
            seconds,
        }
    }

    pub(crate) fn get(&self, key: &K, now: UnixTime) -> Option<V> {
        let (value, read_at) = self.kept.get(key)?;
        (!now.passed(read_at, self.seconds)).then_some(value)
    }

    /// Keeps what is read, unless it is nothing, or something was forgotten meanwhile.
    pub(crate) async fn read<E>(
        &self,
        key: &K,
        now: UnixTime,
        read: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let value = read.await?;
        match &value {
            Some(value) if self.seconds > 0 => self.kept.insert(key.clone(), (value.clone(), now)),
            _ => drop(self.kept.remove(key)),
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
