//! A store that fails when the case says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app_license::plan::license::{CachedLicense, Lease};
use app_license::{Installation, InstallationKey, LicenseSource, UnixTime};
use app_license_server::async_trait;
use app_license_store::{
    Applied, Delivery, Erased, Error, Health, HistoryEntry, InstallKey, InstallKeyStore,
    InstallationStore, LeaseStore, LicenseStore, Mark, MemoryStore, Name, ReplayMark, Sequence,
    Stopped,
};

use crate::settings::StoreFault;

/// What an app uses in place of the store: the same, but for the time of the fault.
#[derive(Debug)]
pub(crate) struct FailingStore {
    pub(crate) inner: Arc<MemoryStore>,
    /// The second of Unix time at which the case begins.
    pub(crate) clock: u64,
    pub(crate) now: Arc<AtomicU64>,
    pub(crate) fault: Option<StoreFault>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Write,
}

impl FailingStore {
    fn hold(&self, as_: Use) -> Result<(), Error> {
        let at = self.now.load(Ordering::SeqCst).saturating_sub(self.clock);
        let fails = self.fault.as_ref().is_some_and(|fault| {
            (fault.from..fault.until).contains(&at) && (as_ == Use::Write || !fault.writes)
        });
        if fails {
            let source = std::io::Error::other("the case says that it fails");
            return Err(Error::unavailable("do what was asked", source));
        }
        Ok(())
    }
}

/// Every method of a trait, handed on unless the store fails.
macro_rules! handed_on {
    ($trait:ident: $($as_:ident $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait]
        impl $trait for FailingStore {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, Error> {
                self.hold(Use::$as_)?;
                self.inner.$name($($argument),*).await
            })+
        }
    };
}

handed_on! { InstallationStore:
    Read get(key: &InstallationKey) -> Option<Installation>;
    Write apply(delivery: Delivery, now: UnixTime) -> Applied;
    Read list(after: Option<&InstallationKey>, limit: usize) -> Vec<Installation>;
    Read count() -> u64;
    Read history(key: &InstallationKey, after: Sequence, limit: usize) -> Vec<HistoryEntry>;
    Read events_after(after: Sequence, limit: usize) -> Vec<HistoryEntry>;
    Read payload(sequence: Sequence) -> Option<String>;
    Read cursor(consumer: &Name) -> Sequence;
    Write advance(consumer: &Name, sequence: Sequence) -> ();
    Read stopped(consumer: &Name) -> Vec<Stopped>;
    Write stop(consumer: &Name, stopped: &Stopped) -> ();
    Write resume(consumer: &Name, key: &InstallationKey) -> bool;
    Write erase(key: &InstallationKey) -> Erased;
    Write erase_uninstalled(before: UnixTime) -> Vec<InstallationKey>;
    Write mark_once(mark: &ReplayMark, now: UnixTime) -> Mark;
    Write prune(now: UnixTime) -> u64;
    Write reencrypt_all() -> u64;
    Read health() -> Health;
}

handed_on! { LeaseStore:
    Write try_lease(lease: &Name, holder: &Name, now: UnixTime, ttl: u64) -> Lease;
    Write renew_lease(lease: &Name, holder: &Name, now: UnixTime, ttl: u64) -> Lease;
    Write release_lease(lease: &Name, holder: &Name) -> ();
}

handed_on! { LicenseStore:
    Read license(key: &InstallationKey, source: LicenseSource) -> Option<CachedLicense>;
    Write put_license(key: &InstallationKey, license: &CachedLicense) -> ();
}

handed_on! { InstallKeyStore:
    Read install_keys(limit: usize) -> Vec<InstallKey>;
    Write put_install_key(key: &InstallKey, now: UnixTime) -> ();
}
