//! A store that counts what is asked of it, and fails where it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use app_license::delivery::{Delivery, Mark, ReplayMark};
use app_license::{Installation, InstallationKey, LicenseSource, UnixTime};
use app_license_server::async_trait;
use app_license_store::{
    Applied, CachedLicense, Erased, Error, Health, HistoryEntry, InstallKey, InstallationStore,
    Lease, MemoryStore, Name, Sequence, Stopped,
};

#[derive(Debug, Default)]
pub(crate) struct WatchedStore {
    store: MemoryStore,
    calls: Mutex<BTreeMap<&'static str, usize>>,
    failing: Mutex<BTreeSet<&'static str>>,
}

impl WatchedStore {
    /// How often a method was called since this was last asked.
    pub(crate) fn calls(&self, method: &'static str) -> usize {
        self.calls.lock().unwrap().remove(method).unwrap_or(0)
    }

    /// Lets a method fail from now on.
    pub(crate) fn fail(&self, method: &'static str) {
        self.failing.lock().unwrap().insert(method);
    }

    pub(crate) fn heal(&self) {
        self.failing.lock().unwrap().clear();
    }

    fn call(&self, method: &'static str) -> Result<(), Error> {
        *self.calls.lock().unwrap().entry(method).or_default() += 1;
        if self.failing.lock().unwrap().contains(method) {
            return Err(Error::unavailable("do what a test forbids", method));
        }
        Ok(())
    }
}

macro_rules! watched {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl InstallationStore for WatchedStore {
            $(
                async fn $name(&self, $($arg: $type),*) -> Result<$answer, Error> {
                    self.call(stringify!($name))?;
                    self.store.$name($($arg),*).await
                }
            )*
        }
    };
}

watched! {
    get(key: &InstallationKey) -> Option<Installation>;
    apply(delivery: Delivery, now: UnixTime) -> Applied;
    list(after: Option<&InstallationKey>, limit: usize) -> Vec<Installation>;
    count() -> u64;
    history(key: &InstallationKey, after: Sequence, limit: usize) -> Vec<HistoryEntry>;
    events_after(after: Sequence, limit: usize) -> Vec<HistoryEntry>;
    payload(sequence: Sequence) -> Option<String>;
    cursor(consumer: &Name) -> Sequence;
    advance(consumer: &Name, sequence: Sequence) -> ();
    stopped(consumer: &Name) -> Vec<Stopped>;
    stop(consumer: &Name, stopped: &Stopped) -> ();
    resume(consumer: &Name, key: &InstallationKey) -> bool;
    erase(key: &InstallationKey) -> Erased;
    erase_uninstalled(before: UnixTime) -> Vec<InstallationKey>;
    license(key: &InstallationKey, source: LicenseSource) -> Option<CachedLicense>;
    put_license(key: &InstallationKey, license: &CachedLicense) -> ();
    install_keys(limit: usize) -> Vec<InstallKey>;
    put_install_key(key: &InstallKey, now: UnixTime) -> ();
    try_lease(lease: &Name, holder: &Name, now: UnixTime, ttl: u64) -> Lease;
    renew_lease(lease: &Name, holder: &Name, now: UnixTime, ttl: u64) -> Lease;
    release_lease(lease: &Name, holder: &Name) -> ();
    mark_once(mark: &ReplayMark, now: UnixTime) -> Mark;
    prune(now: UnixTime) -> u64;
    reencrypt_all() -> u64;
    health() -> Health;
}
