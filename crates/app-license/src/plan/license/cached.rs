//! What replicas share: the last answer of a License API with its age, and the right to ask it.

use crate::error::Error;
use crate::forge::LicenseApiResponse;
use crate::gate::policy::Evidence;
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::time::UnixTime;
use crate::verified::Verified;

/// What a License API said last about an installation, and when it was asked.
///
/// Only what this app itself fetched from the platform belongs here, so reading it back gives a
/// [`Verified`] license.
///
/// ```
/// use app_license::{License, UnixTime};
/// use app_license::plan::license::CachedLicense;
/// let body = br#"{"key":"com.example.app","license":{"active":true,"new":1}}"#;
/// let fetched = CachedLicense::new(&License::from_connect_api(body)?, UnixTime::EPOCH);
/// assert_eq!(fetched.document(), Some(r#"{"active":true,"new":1}"#));
/// assert_eq!(fetched.age(UnixTime::EPOCH.plus(60)), 60);
/// assert!(fetched.license()?.has_capability("capabilityStandard"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedLicense {
    source: LicenseSource,
    document: Option<String>,
    fetched_at: UnixTime,
}

impl CachedLicense {
    /// Keeps the license's raw JSON and when it was fetched (UTC seconds).
    #[must_use]
    pub fn new(license: &License, fetched_at: UnixTime) -> Self {
        Self::from_parts(
            license.source(),
            license.raw().map(str::to_owned),
            fetched_at,
        )
    }

    /// Puts one together from what a store kept.
    #[must_use]
    pub const fn from_parts(
        source: LicenseSource,
        document: Option<String>,
        fetched_at: UnixTime,
    ) -> Self {
        Self {
            source,
            document,
            fetched_at,
        }
    }

    /// Says that whatever a License API stated before `at` (UTC seconds) counts no more: it refused the
    /// app's token. No license can be read of it, not even an absent one.
    ///
    /// ```
    /// use app_license::plan::license::CachedLicense;
    /// use app_license::{LicenseSource, UnixTime};
    /// let ended = CachedLicense::ended(LicenseSource::ConnectLicenseApi, UnixTime::EPOCH);
    /// assert!(ended.license().is_err());
    /// ```
    #[must_use]
    pub const fn ended(source: LicenseSource, at: UnixTime) -> Self {
        Self::from_parts(source, Some(String::new()), at)
    }

    /// Whether it is no answer, but the end of those before: see [`CachedLicense::ended`].
    ///
    /// ```
    /// use app_license::plan::license::CachedLicense;
    /// use app_license::{LicenseSource, UnixTime};
    /// let (source, at) = (LicenseSource::ConnectLicenseApi, UnixTime::EPOCH);
    /// assert!(CachedLicense::ended(source, at).is_ended());
    /// assert!(!CachedLicense::from_parts(source, None, at).is_ended());
    /// ```
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.document.as_deref() == Some("")
    }

    /// Which API said it.
    #[must_use]
    pub const fn source(&self) -> LicenseSource {
        self.source
    }

    /// The license object as the platform wrote it, or the whole answer of the Forge License API;
    /// `None` when it said there is none.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        self.document.as_deref()
    }

    /// When it was fetched (UTC seconds).
    #[must_use]
    pub const fn fetched_at(&self) -> UnixTime {
        self.fetched_at
    }

    /// How old the answer is, in seconds. One that is dated further ahead of `now` than clocks differ
    /// ([`Evidence::MAX_AHEAD`]) counts as older than any: nobody knows when it was said.
    ///
    /// [`Evidence::MAX_AHEAD`]: crate::Evidence::MAX_AHEAD
    ///
    /// ```
    /// use app_license::plan::license::CachedLicense;
    /// use app_license::{LicenseSource, UnixTime};
    /// let at = UnixTime::EPOCH.plus(1_000_000);
    /// let kept = CachedLicense::from_parts(LicenseSource::ConnectLicenseApi, None, at);
    /// assert_eq!(kept.age(at.plus(60)), 60);
    /// assert_eq!(kept.age(UnixTime::EPOCH), u64::MAX);
    /// ```
    #[must_use]
    pub fn age(&self, now: UnixTime) -> u64 {
        match self.fetched_at.since(now) {
            0 => now.since(self.fetched_at),
            ahead if ahead <= Evidence::MAX_AHEAD => 0,
            _ => u64::MAX,
        }
    }

    /// Whether this answer is kept in place of that one: it is as new, or that one is dated further ahead of
    /// it than clocks differ ([`Evidence::MAX_AHEAD`]). An answer is kept when it is fetched, so that the
    /// clock was wrong that dated the other, and no newer one would ever be kept. Which of the two clocks was
    /// wrong cannot be told: a replica whose clock is that slow puts what it fetches in place of what the
    /// others fetched, until they fetch again. That is what the platform says at that time, and it is dated
    /// earlier, so that it ends sooner.
    ///
    /// [`Evidence::MAX_AHEAD`]: crate::Evidence::MAX_AHEAD
    ///
    /// ```
    /// use app_license::plan::license::CachedLicense;
    /// use app_license::{LicenseSource, UnixTime};
    /// let at = |seconds| {
    ///     let at = UnixTime::EPOCH.plus(seconds);
    ///     CachedLicense::from_parts(LicenseSource::ConnectLicenseApi, None, at)
    /// };
    /// assert!(at(1000).replaces(&at(1000)));
    /// assert!(!at(1000).replaces(&at(1300)));
    /// assert!(at(1000).replaces(&at(1301)));
    /// ```
    #[must_use]
    pub const fn replaces(&self, kept: &Self) -> bool {
        let ahead = kept.fetched_at.since(self.fetched_at);
        ahead == 0 || ahead > Evidence::MAX_AHEAD
    }

    /// The license, dated.
    ///
    /// # Errors
    /// Those of reading the document; `field_value` for an answer about several apps.
    pub fn license(&self) -> Result<Verified<License>, Error> {
        let license = match &self.document {
            None => License::absent(self.source),
            Some(json) => self.read(json)?,
        };
        Ok(Verified::stored(license.at(self.fetched_at)))
    }

    fn read(&self, json: &str) -> Result<License, Error> {
        if self.source == LicenseSource::ForgeLicenseApi
            && let Ok(answer) = LicenseApiResponse::parse(json.as_bytes())
        {
            return answer.into_only();
        }
        License::from_object(json.as_bytes(), self.source)
    }
}

/// The right to do something that one holder at a time has, over all replicas: what came of
/// trying to take it.
///
/// ```
/// use app_license::UnixTime;
/// use app_license::plan::license::Lease;
/// let until = UnixTime::EPOCH.plus(300);
/// assert!(Lease::Granted { until }.is_granted());
/// assert_eq!(Lease::Held { until }.until(), until);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is taken or not")]
pub enum Lease {
    /// It is the asker's until then.
    Granted {
        /// When it ends (UTC seconds).
        until: UnixTime,
    },
    /// Somebody holds it until then; the asker itself, perhaps.
    Held {
        /// When it can be had again (UTC seconds).
        until: UnixTime,
    },
}

impl Lease {
    /// How long a lease lasts at the most, in seconds: a day. Work that takes longer renews it.
    pub const LONGEST: u64 = 86_400;

    /// When a lease ends at the latest that is held at `now` (UTC seconds). One that ends later was taken by
    /// a clock that was wrong, and is nobody's: it would keep everybody waiting until that time comes.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license::plan::license::Lease;
    /// assert_eq!(Lease::latest_end(UnixTime::EPOCH), UnixTime::EPOCH.plus(86_700));
    /// ```
    #[must_use]
    pub const fn latest_end(now: UnixTime) -> UnixTime {
        now.plus(Self::LONGEST.saturating_add(Evidence::MAX_AHEAD))
    }

    /// Whether a lease that ends at `until` is held at `now`.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license::plan::license::Lease;
    /// let now = UnixTime::EPOCH.plus(1_000_000);
    /// assert!(Lease::is_held(now.plus(1), now));
    /// assert!(!Lease::is_held(now, now));
    /// assert!(!Lease::is_held(now.plus(3 * 86_400), now));
    /// ```
    #[must_use]
    pub const fn is_held(until: UnixTime, now: UnixTime) -> bool {
        until.since(now) > 0 && until.since(Self::latest_end(now)) == 0
    }

    /// Whether the asker has it.
    #[must_use]
    pub const fn is_granted(self) -> bool {
        matches!(self, Self::Granted { .. })
    }

    /// When it ends (UTC seconds).
    #[must_use]
    pub const fn until(self) -> UnixTime {
        match self {
            Self::Granted { until } | Self::Held { until } => until,
        }
    }
}
