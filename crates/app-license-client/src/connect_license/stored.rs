//! Where the answers of the Connect License API are stored as they come.

use std::fmt;
use std::sync::Arc;

use app_license::connect::LicenseApiResponse;
use app_license::plan::license::{CachedLicense, FetchResult};
use app_license::{ClientKey, License, LicenseSource, UnixTime};

use super::ConnectLicenseApi;
use crate::error::Error;
use crate::license_cache::Waiting;

/// Where each answer of the Connect License API is stored before anybody gets it, once however many
/// requests it is given to: see [`ConnectLicenseApi::stored_in`]. A store of the app's implements it.
///
/// ```
/// use app_license::ClientKey;
/// use app_license_client::{CachedLicense, ConnectLicenseStore, Waiting};
///
/// #[derive(Debug)]
/// struct Log; // a database, as a rule
///
/// impl ConnectLicenseStore for Log {
///     fn put<'a>(&'a self, tenant: &'a ClientKey, license: CachedLicense) -> Waiting<'a, ()> {
///         println!("{tenant}, {}: {:?}", license.fetched_at(), license.document());
///         Box::pin(std::future::ready(Ok(())))
///     }
/// }
/// ```
pub trait ConnectLicenseStore: Send + Sync + fmt::Debug + 'static {
    /// Keeps an answer, or the end of those before ([`CachedLicense::is_ended`]), unless a later one is
    /// kept already. The answer is given all the same where it fails.
    fn put<'a>(&'a self, tenant: &'a ClientKey, license: CachedLicense) -> Waiting<'a, ()>;
}

impl<S: ConnectLicenseStore + ?Sized> ConnectLicenseStore for Arc<S> {
    fn put<'a>(&'a self, tenant: &'a ClientKey, license: CachedLicense) -> Waiting<'a, ()> {
        (**self).put(tenant, license)
    }
}

impl ConnectLicenseApi {
    /// The same API, which stores every answer here before anybody gets it. A token that the site
    /// refuses ends what is stored. What fails is counted in [`ConnectLicenseApi::stats`].
    ///
    /// ```
    /// # use app_license::ClientKey;
    /// # use app_license_client::{CachedLicense, ConnectLicenseStore, Waiting};
    /// # #[derive(Debug)]
    /// # struct Log;
    /// # impl ConnectLicenseStore for Log {
    /// #     fn put<'a>(&'a self, _: &'a ClientKey, _: CachedLicense) -> Waiting<'a, ()> {
    /// #         Box::pin(std::future::ready(Ok(())))
    /// #     }
    /// # }
    /// use app_license::AppKey;
    /// use app_license::connect::KeyHosts;
    /// use app_license_client::{ConnectLicenseApi, Fetcher};
    /// let app = AppKey::new("com.example.app").unwrap();
    /// let api = ConnectLicenseApi::builder(Fetcher::new()?, app, KeyHosts::default()).build()?;
    /// let api = api.stored_in(Log);
    /// # Ok::<(), app_license_client::Error>(())
    /// ```
    #[must_use]
    pub fn stored_in(mut self, store: impl ConnectLicenseStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }
}

/// What is stored of what came of a call that ended then; nothing where nothing was learnt.
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
