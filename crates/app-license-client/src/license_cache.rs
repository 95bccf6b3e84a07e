//! Where Forge licenses and the right to ask for them are kept, for all replicas together.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::plan::Bounded;
use app_license::plan::license::{CachedLicense, Lease};
use app_license::{InstallationAri, UnixTime};

use crate::error::Source;

/// What a [`LicenseCache`] answers, later.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = Result<T, Source>> + Send + 'a>>;

/// Where the answers of the Forge License API are kept, and the right to ask it: shared by every
/// replica of an app, so that together they ask once in five minutes an installation.
///
/// A store of the app's implements it; [`MemoryLicenseCache`] is right for one process only. Only
/// what the License API answered may be kept here: what is read back counts as verified.
///
/// ```
/// use std::sync::Arc;
/// use app_license::plan::license::{CachedLicense, Lease};
/// use app_license::{InstallationAri, UnixTime};
/// use app_license_client::{LicenseCache, MemoryLicenseCache, Waiting};
///
/// #[derive(Debug)]
/// struct Mine(MemoryLicenseCache); // a database, as a rule
///
/// impl LicenseCache for Mine {
///     fn try_lease<'a>(
///         &'a self, installation: &'a InstallationAri, now: UnixTime, seconds: u64,
///     ) -> Waiting<'a, Lease> {
///         Box::pin(async move { self.0.try_lease(installation, now, seconds).await })
///     }
///     fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<CachedLicense>> {
///         Box::pin(async move { self.0.get(installation).await })
///     }
///     fn put<'a>(&'a self, installation: &'a InstallationAri, license: CachedLicense) -> Waiting<'a, ()> {
///         Box::pin(async move { self.0.put(installation, license).await })
///     }
/// }
/// ```
pub trait LicenseCache: Send + Sync + fmt::Debug + 'static {
    /// Takes the right to ask about an installation, for so many seconds from `now`, if nobody has
    /// it: the asker itself included. It is never given back.
    fn try_lease<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, Lease>;

    /// Holds the right, just taken, for so many seconds from `now`: the platform asked for a
    /// longer pause. A cache that cannot may leave it.
    fn prolong<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, ()> {
        let _ = (installation, now, seconds);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Gives the right back, which the asker has just taken: its call was refused before the
    /// platform counted it. A cache that cannot may leave it; then nobody asks until it ends.
    fn release<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, ()> {
        let _ = installation;
        Box::pin(std::future::ready(Ok(())))
    }

    /// The last answer that was kept.
    fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<CachedLicense>>;

    /// Keeps an answer, unless a later one is kept already.
    fn put<'a>(
        &'a self,
        installation: &'a InstallationAri,
        license: CachedLicense,
    ) -> Waiting<'a, ()>;
}

impl<C: LicenseCache + ?Sized> LicenseCache for Arc<C> {
    fn try_lease<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, Lease> {
        (**self).try_lease(installation, now, seconds)
    }

    fn prolong<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, ()> {
        (**self).prolong(installation, now, seconds)
    }

    fn release<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, ()> {
        (**self).release(installation)
    }

    fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<CachedLicense>> {
        (**self).get(installation)
    }

    fn put<'a>(
        &'a self,
        installation: &'a InstallationAri,
        license: CachedLicense,
    ) -> Waiting<'a, ()> {
        (**self).put(installation, license)
    }
}

/// A [`LicenseCache`] for one process: what it knows is gone with it. Keeps 4096 installations.
///
/// ```
/// use app_license_client::MemoryLicenseCache;
/// let cache = MemoryLicenseCache::new();
/// ```
#[derive(Debug)]
pub struct MemoryLicenseCache(Mutex<Bounded<InstallationAri, Entry>>);

#[derive(Debug, Clone, Default)]
struct Entry {
    /// From when on, and for how many seconds.
    leased: Option<(UnixTime, u64)>,
    license: Option<CachedLicense>,
}

impl MemoryLicenseCache {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Bounded::new(4096)))
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<InstallationAri, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, installation: &InstallationAri, change: impl FnOnce(&mut Entry) -> T) -> T {
        self.lock().change(installation, change)
    }
}

impl Default for MemoryLicenseCache {
    fn default() -> Self {
        Self::new()
    }
}

impl LicenseCache for MemoryLicenseCache {
    fn try_lease<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, Lease> {
        let lease = self.change(installation, |entry| match entry.leased {
            Some((since, held)) if !now.passed(since, held) => Lease::Held {
                until: since.plus(held),
            },
            _ => {
                entry.leased = Some((now, seconds));
                Lease::Granted {
                    until: now.plus(seconds),
                }
            }
        });
        Box::pin(std::future::ready(Ok(lease)))
    }

    fn prolong<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, ()> {
        self.change(installation, |entry| entry.leased = Some((now, seconds)));
        Box::pin(std::future::ready(Ok(())))
    }

    fn release<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, ()> {
        self.change(installation, |entry| entry.leased = None);
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<CachedLicense>> {
        let mut entries = self.lock();
        let license = entries.get(installation).and_then(|e| e.license.clone());
        Box::pin(std::future::ready(Ok(license)))
    }

    fn put<'a>(
        &'a self,
        installation: &'a InstallationAri,
        license: CachedLicense,
    ) -> Waiting<'a, ()> {
        self.change(installation, |entry| {
            let later = |known: &CachedLicense| known.fetched_at() > license.fetched_at();
            if !entry.license.as_ref().is_some_and(later) {
                entry.license = Some(license);
            }
        });
        Box::pin(std::future::ready(Ok(())))
    }
}
