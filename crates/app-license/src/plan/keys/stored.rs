//! Install keys that tokens were verified with, kept in the app's store over a restart.

use std::sync::Arc;

use crate::ids::KeyId;
use crate::time::UnixTime;

/// What is known of the install keys in the app's store: when it was looked into, and what it has.
///
/// A key that was only fetched is not worth a place there, for anybody can name it: a shell keeps
/// those that a token was verified with.
///
/// ```
/// use std::sync::Arc;
/// use app_license::plan::keys::StoredInstallKeys;
/// use app_license::{KeyId, UnixTime};
///
/// let mut stored = StoredInstallKeys::default();
/// let now = UnixTime::EPOCH.plus(1_000_000);
/// assert!(stored.is_due(now));
/// assert!(!stored.is_due(now.plus(59)) && stored.is_due(now.plus(60)));
/// let (kid, pem) = (KeyId::new("0e50fccb")?, Arc::from("-----BEGIN PUBLIC KEY-----…"));
/// assert!(stored.is_news(&kid, &pem));
/// assert!(!stored.is_news(&kid, &pem));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct StoredInstallKeys {
    looked_at: Option<UnixTime>,
    /// By the text of the keys, the newest first.
    kept: Vec<(KeyId, Arc<str>)>,
}

impl StoredInstallKeys {
    /// How many keys are kept and read: the platform has a handful at a time.
    pub const MOST: usize = 64;
    /// How long after a look into the store the next one is taken, in seconds.
    pub const REFRESH: u64 = 60;

    /// Whether the store is looked into now; if so, the turn is taken.
    pub fn is_due(&mut self, now: UnixTime) -> bool {
        let due = self
            .looked_at
            .is_none_or(|at| now.passed(at, Self::REFRESH));
        if due {
            self.looked_at = Some(now);
        }
        due
    }

    /// Remembers what the store has, the newest first.
    pub fn loaded(&mut self, keys: impl IntoIterator<Item = (KeyId, Arc<str>)>) {
        self.kept = keys.into_iter().take(Self::MOST).collect();
    }

    /// Whether a key that a token was verified with is to be put into the store. It counts as kept
    /// from then on.
    pub fn is_news(&mut self, kid: &KeyId, pem: &Arc<str>) -> bool {
        let known = |(id, text): &(KeyId, Arc<str>)| id == kid && text == pem;
        if self.kept.iter().any(known) {
            return false;
        }
        self.kept.retain(|(id, _)| id != kid);
        self.kept.truncate(Self::MOST.saturating_sub(1));
        self.kept.insert(0, (kid.clone(), Arc::clone(pem)));
        true
    }
}
