//! Where Forge licenses and the right to ask for them are kept, for all replicas together.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_license::{InstallationAri, UnixTime};

use crate::bounded::Bounded;
use crate::clock::passed;
use crate::error::Source;

/// What a [`LicenseCache`] answers, later.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = Result<T, Source>> + Send + 'a>>;

/// What the Forge License API said about an installation, and when.
///
/// ```
/// use app_license::UnixTime;
/// use app_license_client::Kept;
/// let kept = Kept::new(r#"{"results":[]}"#, UnixTime::EPOCH);
/// assert_eq!(kept.body(), r#"{"results":[]}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    body: String,
    as_of: UnixTime,
}

impl Kept {
    /// An answer of the API, as it was written, and when it was asked for (UTC).
    pub fn new(body: impl Into<String>, as_of: UnixTime) -> Self {
        let body = body.into();
        Self { body, as_of }
    }

    /// The answer as the API wrote it: `{"results":[…]}`.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// When it was asked for (UTC).
    #[must_use]
    pub const fn as_of(&self) -> UnixTime {
        self.as_of
    }
}

/// Whose turn it is to ask.
///
/// ```
/// use app_license::UnixTime;
/// use app_license_client::Turn;
/// assert_ne!(Turn::Ours, Turn::Held { until: UnixTime::EPOCH });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// The asker's, for as long as it asked for.
    Ours,
    /// Somebody asked already.
    Held {
        /// When it can be had again (UTC).
        until: UnixTime,
    },
}

/// Where the answers of the Forge License API are kept, and the right to ask it: shared by every
/// replica of an app, so that together they ask once in five minutes an installation.
///
/// A store of the app's implements it; [`MemoryLicenseCache`] is right for one process only. Only
/// what the License API answered may be kept here: what is read back counts as verified.
///
/// ```
/// use std::sync::Arc;
/// use app_license::{InstallationAri, UnixTime};
/// use app_license_client::{Kept, LicenseCache, MemoryLicenseCache, Turn, Waiting};
///
/// #[derive(Debug)]
/// struct Mine(MemoryLicenseCache); // a database, as a rule
///
/// impl LicenseCache for Mine {
///     fn try_lease<'a>(
///         &'a self, installation: &'a InstallationAri, now: UnixTime, seconds: u64,
///     ) -> Waiting<'a, Turn> {
///         Box::pin(async move { self.0.try_lease(installation, now, seconds).await })
///     }
///     fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<Kept>> {
///         Box::pin(async move { self.0.get(installation).await })
///     }
///     fn put<'a>(&'a self, installation: &'a InstallationAri, kept: Kept) -> Waiting<'a, ()> {
///         Box::pin(async move { self.0.put(installation, kept).await })
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
    ) -> Waiting<'a, Turn>;

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
    fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<Kept>>;

    /// Keeps an answer, unless a later one is kept already.
    fn put<'a>(&'a self, installation: &'a InstallationAri, kept: Kept) -> Waiting<'a, ()>;
}

impl<C: LicenseCache + ?Sized> LicenseCache for Arc<C> {
    fn try_lease<'a>(
        &'a self,
        installation: &'a InstallationAri,
        now: UnixTime,
        seconds: u64,
    ) -> Waiting<'a, Turn> {
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

    fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<Kept>> {
        (**self).get(installation)
    }

    fn put<'a>(&'a self, installation: &'a InstallationAri, kept: Kept) -> Waiting<'a, ()> {
        (**self).put(installation, kept)
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
    leased: Option<(UnixTime, u64)>,
    kept: Option<Kept>,
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
        let mut entries = self.lock();
        let mut entry = entries.remove(installation).unwrap_or_default();
        let answer = change(&mut entry);
        entries.insert(installation.clone(), entry);
        answer
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
    ) -> Waiting<'a, Turn> {
        let turn = self.change(installation, |entry| match entry.leased {
            Some((since, held)) if !passed(now, since, held) => Turn::Held {
                until: since.plus(held),
            },
            _ => {
                entry.leased = Some((now, seconds));
                Turn::Ours
            }
        });
        Box::pin(std::future::ready(Ok(turn)))
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

    fn get<'a>(&'a self, installation: &'a InstallationAri) -> Waiting<'a, Option<Kept>> {
        let mut entries = self.lock();
        let kept = entries.get(installation).and_then(|e| e.kept.clone());
        Box::pin(std::future::ready(Ok(kept)))
    }

    fn put<'a>(&'a self, installation: &'a InstallationAri, kept: Kept) -> Waiting<'a, ()> {
        self.change(installation, |entry| {
            let later = entry.kept.as_ref().is_some_and(|k| k.as_of > kept.as_of);
            if !later {
                entry.kept = Some(kept);
            }
        });
        Box::pin(std::future::ready(Ok(())))
    }
}
