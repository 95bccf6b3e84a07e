//! The last word of a License API, with its age.

use app_license::forge::LicenseApiResponse;
use app_license::{License, Touchpoint, UnixTime, Verified};

use crate::error::Error;

/// What a License API said last about an installation, and when it was asked.
///
/// Only what this app itself fetched from the platform belongs here, so reading it back gives a
/// [`Verified`] license.
///
/// ```
/// use app_license::{License, UnixTime};
/// use app_license_store::CachedLicense;
/// let body = br#"{"key":"com.example.app","license":{"active":true,"new":1}}"#;
/// let fetched = CachedLicense::new(&License::from_connect_api(body)?, UnixTime::EPOCH);
/// assert_eq!(fetched.document(), Some(r#"{"active":true,"new":1}"#));
/// assert_eq!(fetched.age(UnixTime::EPOCH.plus(60)), 60);
/// assert!(fetched.license()?.has_capability("capabilityStandard"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedLicense {
    touchpoint: Touchpoint,
    document: Option<String>,
    fetched_at: UnixTime,
}

impl CachedLicense {
    /// Keeps the license's raw JSON and when it was fetched (UTC seconds).
    #[must_use]
    pub fn new(license: &License, fetched_at: UnixTime) -> Self {
        Self::from_parts(
            license.touchpoint(),
            license.raw().map(str::to_owned),
            fetched_at,
        )
    }

    /// Puts one together from what a store kept.
    #[must_use]
    pub const fn from_parts(
        touchpoint: Touchpoint,
        document: Option<String>,
        fetched_at: UnixTime,
    ) -> Self {
        Self {
            touchpoint,
            document,
            fetched_at,
        }
    }

    /// Which API said it.
    #[must_use]
    pub const fn touchpoint(&self) -> Touchpoint {
        self.touchpoint
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

    /// How old the word is, in seconds.
    #[must_use]
    pub const fn age(&self, now: UnixTime) -> u64 {
        now.since(self.fetched_at)
    }

    /// The license, dated.
    ///
    /// # Errors
    /// `store_corrupt` when the document cannot be read, or is an answer about several apps.
    pub fn license(&self) -> Result<Verified<License>, Error> {
        let license = match &self.document {
            None => License::absent(self.touchpoint),
            Some(json) => self.read(json).map_err(|e| Error::corrupt("license", e))?,
        };
        Ok(Verified::dangerous_assume(license.at(self.fetched_at)))
    }

    fn read(&self, json: &str) -> Result<License, app_license::Error> {
        if self.touchpoint == Touchpoint::ForgeLicenseApi
            && let Ok(answer) = LicenseApiResponse::parse(json.as_bytes())
        {
            return answer.into_only();
        }
        License::from_object(json.as_bytes(), self.touchpoint)
    }
}
