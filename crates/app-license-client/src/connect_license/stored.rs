//! What of the answers of the Connect License API is stored.

use app_license::connect::LicenseApiResponse;
use app_license::plan::license::{CachedLicense, FetchResult};
use app_license::{License, LicenseSource, UnixTime};

use crate::error::Error;

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
