//! A store that counts what is asked of it, fails where it is told to, and lets others be quicker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use app_license::delivery::{Delivery, Mark, ReplayMark};
use app_license::{Installation, InstallationKey, LicenseSource, UnixTime};
use app_license_server::async_trait;
use app_license_store::{
    Applied, CachedLicense, Erased, Error, Health, HistoryEntry, InstallKey, InstallKeyStore,
    InstallationStore, Lease, LeaseStore, LicenseStore, MemoryStore, Name, Sequence, Stopped,
};
use tokio::sync::Notify;

/// A method whose next answer waits, that it waits, and that it may go on.
type Held = (&'static str, Arc<Notify>, Arc<Notify>);

#[derive(Debug, Default)]
pub(crate) struct WatchedStore {
    store: MemoryStore,
    calls: Mutex<BTreeMap<&'static str, usize>>,
    failing: Mutex<BTreeSet<&'static str>>,
    /// What happens before so many more deliveries are applied.
    quicker: Mutex<Option<(usize, Delivery)>>,
    held: Mutex<Option<Held>>,
    forgetful: Mutex<Option<&'static str>>,
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

    /// Lets a page of the history begin with the first event from now on, behind whatever it is asked for.
    pub(crate) fn forget(&self, method: &'static str) {
        *self.forgetful.lock().unwrap() = Some(method);
    }

    fn after(&self, method: &'static str, after: Sequence) -> Sequence {
        let forgets = *self.forgetful.lock().unwrap() == Some(method);
        if forgets { Sequence::START } else { after }
    }

    /// Lets something happen right before the delivery after so many others is applied.
    pub(crate) fn let_happen(&self, after: usize, delivery: Delivery) {
        *self.quicker.lock().unwrap() = Some((after, delivery));
    }

    /// Keeps the next answer of a method back: the first tells that it is there, the second lets it go.
    pub(crate) fn hold(&self, method: &'static str) -> (Arc<Notify>, Arc<Notify>) {
        let (there, go) = (Arc::default(), Arc::default());
        *self.held.lock().unwrap() = Some((method, Arc::clone(&there), Arc::clone(&go)));
        (there, go)
    }

    async fn wait(&self, method: &'static str) {
        let held = self.held.lock().unwrap().take_if(|held| held.0 == method);
        if let Some((_, there, go)) = held {
            there.notify_one();
            go.notified().await;
        }
    }

    /// What happens before this call.
    fn due(&self, method: &'static str) -> Option<Delivery> {
        let mut quicker = self.quicker.lock().unwrap();
        match (method, &mut *quicker) {
            ("apply", Some((0, _))) => quicker.take().map(|(_, delivery)| delivery),
            ("apply", Some((left, _))) => {
                *left -= 1;
                None
            }
            _ => None,
        }
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
    ($store:ident: $($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)* $({ $($more:tt)* })?) => {
        #[async_trait]
        impl $store for WatchedStore {
            $(
                async fn $name(&self, $($arg: $type),*) -> Result<$answer, Error> {
                    self.call(stringify!($name))?;
                    if let Some(delivery) = self.due(stringify!($name)) {
                        self.store.apply(delivery, UnixTime::EPOCH.plus(1_800_000_000)).await?;
                    }
                    let answer = self.store.$name($($arg),*).await;
                    self.wait(stringify!($name)).await;
                    answer
                }
            )*
            $($($more)*)?
        }
    };
}

watched! {
    InstallationStore:
    get(key: &InstallationKey) -> Option<Installation>;
    apply(delivery: Delivery, now: UnixTime) -> Applied;
    list(after: Option<&InstallationKey>, limit: usize) -> Vec<Installation>;
    count() -> u64;
    payload(sequence: Sequence) -> Option<String>;
    cursor(consumer: &Name) -> Sequence;
    advance(consumer: &Name, sequence: Sequence) -> ();
    stopped(consumer: &Name) -> Vec<Stopped>;
    stop(consumer: &Name, stopped: &Stopped) -> ();
    resume(consumer: &Name, key: &InstallationKey) -> bool;
    erase(key: &InstallationKey) -> Erased;
    erase_uninstalled(before: UnixTime) -> Vec<InstallationKey>;
    mark_once(mark: &ReplayMark, now: UnixTime) -> Mark;
    prune(now: UnixTime) -> u64;
    reencrypt_all() -> u64;
    health() -> Health;
    {
        async fn history(&self, key: &InstallationKey, after: Sequence, limit: usize) -> Result<Vec<HistoryEntry>, Error> {
            self.call("history")?;
            let answer = self.store.history(key, self.after("history", after), limit).await;
            self.wait("history").await;
            answer
        }

        async fn events_after(&self, after: Sequence, limit: usize) -> Result<Vec<HistoryEntry>, Error> {
            self.call("events_after")?;
            let answer = self.store.events_after(self.after("events_after", after), limit).await;
            self.wait("events_after").await;
            answer
        }
    }
}

watched! {
    LeaseStore:
    try_lease(lease: &Name, holder: &Name, now: UnixTime, ttl: u64) -> Lease;
    renew_lease(lease: &Name, holder: &Name, now: UnixTime, ttl: u64) -> Lease;
    release_lease(lease: &Name, holder: &Name) -> ();
}

watched! {
    LicenseStore:
    license(key: &InstallationKey, source: LicenseSource) -> Option<CachedLicense>;
    put_license(key: &InstallationKey, license: &CachedLicense) -> ();
}

watched! {
    InstallKeyStore:
    install_keys(limit: usize) -> Vec<InstallKey>;
    put_install_key(key: &InstallKey, now: UnixTime) -> ();
}
