//! Forge licenses and the right to ask for them, for one process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use app_license::plan::Bounded;
use app_license::plan::license::{CachedLicense, Lease};
use app_license::{InstallationKey, LicenseSource, UnixTime};
use app_license_store::{Error, LeaseStore, LicenseStore, Name, lasting};
use async_trait::async_trait;

/// What a [`ForgeLicenseApi`](crate::ForgeLicenseApi) shares with its replicas, in one process: what it
/// knows is gone with it. Keeps 4096 answers, and as many leases.
///
/// ```
/// use app_license_client::MemoryLicenseCache;
/// let cache = MemoryLicenseCache::new();
/// ```
#[derive(Debug)]
pub struct MemoryLicenseCache {
    leases: Mutex<Bounded<Name, Option<Held>>>,
    licenses: Mutex<Bounded<(InstallationKey, &'static str), Option<CachedLicense>>>,
}

/// Who holds a lease, and until when.
#[derive(Debug, Clone)]
struct Held {
    holder: Name,
    until: UnixTime,
}

impl MemoryLicenseCache {
    const MOST: usize = 4096;

    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            leases: Mutex::new(Bounded::new(Self::MOST)),
            licenses: Mutex::new(Bounded::new(Self::MOST)),
        }
    }
}

impl Default for MemoryLicenseCache {
    fn default() -> Self {
        Self::new()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl LeaseStore for MemoryLicenseCache {
    async fn try_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let ttl = lasting(ttl)?;
        Ok(lock(&self.leases).change(lease, |held| match held {
            Some(other) if Lease::is_held(other.until, now) => Lease::Held { until: other.until },
            _ => granted(held, holder, now, ttl),
        }))
    }

    async fn renew_lease(
        &self,
        lease: &Name,
        holder: &Name,
        now: UnixTime,
        ttl: u64,
    ) -> Result<Lease, Error> {
        let ttl = lasting(ttl)?;
        Ok(lock(&self.leases).change(lease, |held| match held {
            Some(own) if own.holder == *holder && Lease::is_held(own.until, now) => {
                granted(held, holder, now, ttl)
            }
            Some(other) => Lease::Held {
                until: other.until.max(now),
            },
            None => Lease::Held { until: now },
        }))
    }

    async fn release_lease(&self, lease: &Name, holder: &Name) -> Result<(), Error> {
        lock(&self.leases).change(lease, |held| {
            held.take_if(|held| held.holder == *holder);
        });
        Ok(())
    }
}

fn granted(held: &mut Option<Held>, holder: &Name, now: UnixTime, ttl: u64) -> Lease {
    let (holder, until) = (holder.clone(), now.plus(ttl));
    *held = Some(Held { holder, until });
    Lease::Granted { until }
}

#[async_trait]
impl LicenseStore for MemoryLicenseCache {
    async fn license(
        &self,
        key: &InstallationKey,
        source: LicenseSource,
    ) -> Result<Option<CachedLicense>, Error> {
        let mut licenses = lock(&self.licenses);
        Ok(licenses
            .get(&(key.clone(), source.code()))
            .cloned()
            .flatten())
    }

    async fn put_license(
        &self,
        key: &InstallationKey,
        license: &CachedLicense,
    ) -> Result<(), Error> {
        let key = (key.clone(), license.source().code());
        lock(&self.licenses).change(&key, |known| {
            if known.as_ref().is_none_or(|known| license.replaces(known)) {
                *known = Some(license.clone());
            }
        });
        Ok(())
    }
}
