//! A store in memory: for tests, and for apps that may forget.

mod state;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use app_license::delivery::{Delivery, Mark, ReplayMark};
use app_license::plan::license::{CachedLicense, Lease};
use app_license::{Installation, InstallationKey, InstallationStatus, LicenseSource, UnixTime};
use async_trait::async_trait;

use crate::applied::Applied;
use crate::erase::Erased;
use crate::error::{Error, ErrorKind};
use crate::health::Health;
use crate::history::{HistoryEntry, MAX_PAGE, Sequence, page};
use crate::install_key::{InstallKey, MAX_INSTALL_KEYS};
use crate::name::Name;
use crate::stopped::Stopped;
use crate::store::{InstallKeyStore, InstallationStore, LeaseStore, LicenseStore, lasting};
use crate::tenant::tenant;
use state::State;

/// A store in memory. It keeps all promises but one: it does not outlive the process.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use app_license_store::{InstallationStore, MemoryStore};
/// let store = MemoryStore::new();
/// assert_eq!(store.count().await?, 0);
/// # Ok::<(), app_license_store::Error>(())
/// # }).unwrap();
/// ```
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// The most replay marks that are kept: for a day after their tokens ended, so about as many lifecycle
    /// events a day are taken.
    pub const MAX_MARKS: u64 = state::MAX_MARKS;

    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing is left half done under the lock, so a poisoned one is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl InstallationStore for MemoryStore {
    async fn get(&self, key: &InstallationKey) -> Result<Option<Installation>, Error> {
        Ok(self.state().installations.get(&tenant(key)).cloned())
    }

    async fn apply(&self, delivery: Delivery, now: UnixTime) -> Result<Applied, Error> {
        self.state().apply(&delivery, now)
    }

    async fn list(
        &self,
        after: Option<&InstallationKey>,
        limit: usize,
    ) -> Result<Vec<Installation>, Error> {
        let from = after.map_or(std::ops::Bound::Unbounded, |k| {
            std::ops::Bound::Excluded(tenant(k))
        });
        let state = self.state();
        let behind = state
            .installations
            .range((from, std::ops::Bound::Unbounded));
        Ok(behind.take(page(limit)).map(|(_, i)| i.clone()).collect())
    }

    async fn count(&self) -> Result<u64, Error> {
        let state = self.state();
        let links = state.installations.values();
        let links = links.filter(|it| it.status() == InstallationStatus::Linked);
        let links = links.count();
        Ok(state.installations.len().saturating_sub(links) as u64)
    }

    async fn history(
        &self,
        key: &InstallationKey,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let state = self.state();
        let Some(own) = state.by_tenant.get(&tenant(key)) else {
            return Ok(Vec::new());
        };
        let behind = own.iter().filter(|sequence| **sequence > after);
        let behind = behind.filter_map(|sequence| state.history.get(sequence));
        Ok(behind.take(page(limit)).cloned().collect())
    }

    async fn events_after(
        &self,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let state = self.state();
        let behind = state.history.range(after.next()..);
        Ok(behind.take(page(limit)).map(|(_, e)| e.clone()).collect())
    }

    async fn payload(&self, sequence: Sequence) -> Result<Option<String>, Error> {
        Ok(self.state().payloads.get(&sequence).cloned())
    }

    async fn cursor(&self, consumer: &Name) -> Result<Sequence, Error> {
        Ok(self
            .state()
            .cursors
            .get(consumer)
            .copied()
            .unwrap_or_default())
    }

    async fn advance(&self, consumer: &Name, sequence: Sequence) -> Result<(), Error> {
        let mut state = self.state();
        let last = state.last;
        if sequence > last {
            let (asked, last) = (sequence.get(), last.get());
            return Err(ErrorKind::CursorBeyondEnd { asked, last }.into());
        }
        let cursor = state.cursors.entry(consumer.clone()).or_default();
        *cursor = sequence.max(*cursor);
        Ok(())
    }

    async fn stopped(&self, consumer: &Name) -> Result<Vec<Stopped>, Error> {
        let state = self.state();
        let of = state.stopped.iter().filter(|((by, _), _)| by == consumer);
        let mut stopped: Vec<_> = of.map(|(_, stopped)| stopped.clone()).collect();
        stopped.sort_by_key(|stopped| stopped.at);
        Ok(stopped)
    }

    async fn stop(&self, consumer: &Name, stopped: &Stopped) -> Result<(), Error> {
        let at = (consumer.clone(), tenant(&stopped.key));
        self.state().stopped.insert(at, stopped.clone());
        Ok(())
    }

    async fn resume(&self, consumer: &Name, key: &InstallationKey) -> Result<bool, Error> {
        let at = (consumer.clone(), tenant(key));
        Ok(self.state().stopped.remove(&at).is_some())
    }

    async fn erase(&self, key: &InstallationKey) -> Result<Erased, Error> {
        Ok(self.state().erase(key))
    }

    async fn erase_uninstalled(&self, before: UnixTime) -> Result<Vec<InstallationKey>, Error> {
        let mut state = self.state();
        let gone = |it: &&Installation| {
            // what became a link is not uninstalled any more
            let is = it.status() == InstallationStatus::Uninstalled;
            is && it.uninstalled_at().is_some_and(|at| at < before)
        };
        let gone = state.installations.values().filter(gone);
        let gone: Vec<_> = gone.take(MAX_PAGE).map(|it| it.key().clone()).collect();
        for key in &gone {
            state.erase(key);
        }
        Ok(gone)
    }

    async fn mark_once(&self, mark: &ReplayMark, now: UnixTime) -> Result<Mark, Error> {
        let mut state = self.state();
        let answer = mark.against(state.stored_mark(mark, now).as_ref(), now);
        if answer == Mark::First {
            state.write_mark(mark)?;
        }
        Ok(answer)
    }

    async fn prune(&self, now: UnixTime) -> Result<u64, Error> {
        let mut state = self.state();
        let marks = state.forget_marks(now);
        let before = state.leases.len();
        state.leases.retain(|_, (_, until)| *until > now);
        let leases = before.saturating_sub(state.leases.len());
        Ok(marks.saturating_add(leases as u64))
    }

    async fn reencrypt_all(&self) -> Result<u64, Error> {
        Ok(0)
    }

    async fn health(&self) -> Result<Health, Error> {
        Ok(Health::new("memory", 0, false))
    }
}

#[async_trait]
impl LeaseStore for MemoryStore {
    async fn try_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let until = now.plus(lasting(ttl)?);
        let mut state = self.state();
        match state.leases.get(lease) {
            Some(&(_, held)) if Lease::is_held(held, now) => Ok(Lease::Held { until: held }),
            _ => {
                state.leases.insert(lease.clone(), (holder.clone(), until));
                Ok(Lease::Granted { until })
            }
        }
    }

    async fn renew_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let until = now.plus(lasting(ttl)?);
        match self.state().leases.get_mut(lease) {
            Some((by, held)) if by == holder && Lease::is_held(*held, now) => {
                *held = until;
                Ok(Lease::Granted { until })
            }
            Some(&mut (_, held)) => Ok(Lease::Held {
                until: held.max(now),
            }),
            None => Ok(Lease::Held { until: now }),
        }
    }

    async fn release_lease(&self, lease: &Name, holder: &Name) -> Result<(), Error> {
        let mut state = self.state();
        if state.leases.get(lease).is_some_and(|(by, _)| by == holder) {
            state.leases.remove(lease);
        }
        Ok(())
    }
}

#[async_trait]
impl LicenseStore for MemoryStore {
    async fn license(
        &self,
        key: &InstallationKey,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Error> {
        let at = (tenant(key), source.code());
        Ok(self.state().licenses.get(&at).cloned())
    }

    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), Error> {
        let at = (tenant(key), license.source().code());
        let mut state = self.state();
        let kept = state.licenses.get(&at);
        if kept.is_none_or(|kept| license.replaces(kept)) {
            state.licenses.insert(at, license.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl InstallKeyStore for MemoryStore {
    async fn install_keys(&self, limit: usize) -> Result<Vec<InstallKey>, Error> {
        let keys = &self.state().install_keys;
        let newest = keys.iter().rev().take(limit.min(MAX_INSTALL_KEYS));
        Ok(newest.cloned().collect())
    }

    async fn put_install_key(&self, key: &InstallKey, _: UnixTime) -> Result<(), Error> {
        let keys = &mut self.state().install_keys;
        keys.retain(|kept| kept.id() != key.id());
        keys.push(key.clone());
        let beyond = keys.len().saturating_sub(MAX_INSTALL_KEYS);
        keys.drain(..beyond);
        Ok(())
    }
}
