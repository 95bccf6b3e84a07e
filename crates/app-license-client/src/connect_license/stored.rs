//! What of the answers of the Connect License API is stored, and where.

use std::sync::Arc;

use app_license::connect::LicenseApiResponse;
use app_license::plan::license::{CachedLicense, FetchResult};
use app_license::{License, LicenseSource, UnixTime};
use app_license_store::LicenseStore;

use super::ConnectLicenseApi;
use crate::error::Error;

impl ConnectLicenseApi {
    /// The same API, which stores every answer here before anybody gets it, once however many requests
    /// it is given to. A token that the site refuses ends what is stored
    /// ([`CachedLicense::is_ended`]). The answer is given all the same where storing fails, which is
    /// counted in [`ConnectLicenseApi::stats`].
    ///
    /// ```
    /// use app_license::AppKey;
    /// use app_license::connect::KeyHosts;
    /// use app_license_client::{ConnectLicenseApi, Fetcher};
    /// use app_license_store::MemoryStore;
    /// let app = AppKey::new("com.example.app").unwrap();
    /// let api = ConnectLicenseApi::builder(Fetcher::new()?, app, KeyHosts::default()).build()?;
    /// let api = api.stored_in(MemoryStore::new()); // a database, as a rule
    /// # Ok::<(), app_license_client::Error>(())
    /// ```
    #[must_use]
    pub fn stored_in(mut self, store: impl LicenseStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }
}

/// What is stored of what came of a call that ended then; nothing where nothing was learned.
pub(super) fn of_result(
    result: &FetchResult<LicenseApiResponse, Error>,
    ended: UnixTime,
) -> Option<CachedLicense> {
    let source = LicenseSource::ConnectLicenseApi;
    let absent = License::absent(source);
    match result {
        _ if result.ends_stored() => Some(CachedLicense::ended(source, ended)),
        FetchResult::Answered { value, .. } => match value {
            LicenseApiResponse::License(license) => Some(CachedLicense::new(license, ended)),
            // the site says that it does not have the app: nothing is licensed there
            LicenseApiResponse::NotFound => Some(CachedLicense::new(&absent, ended)),
            _ => None,
        },
        _ => None,
    }
}
