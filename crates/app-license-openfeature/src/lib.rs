//! An [OpenFeature](https://openfeature.dev) provider: what a customer bought, as flags.
//!
//! Features of the map are boolean flags, limits integers or floats, service levels strings
//! (`""` for none). An unlimited limit is [`i64::MAX`] as an integer and infinite as a float; its
//! variant is `unlimited`.
//!
//! A flag's value follows from the license and the policy alone. This SDK answers `Err` where no
//! license could be read or the flag is not in the map: go on with `false` and `0` then.
//!
//! | license | reason |
//! |---|---|
//! | active or inactive | `TARGETING_MATCH` |
//! | absent: the policy decides | `DEFAULT` |
//! | older than the policy's `max_age` | `STALE` |
//!
//! | what is wrong | error code |
//! |---|---|
//! | not in the map | `FLAG_NOT_FOUND` |
//! | in the map, but of another kind | `TYPE_MISMATCH` |
//! | [`LookupError::NotReady`] | `PROVIDER_NOT_READY` |
//! | [`LookupError::NoTenant`] | `TARGETING_KEY_MISSING` |
//! | [`LookupError::UnknownTenant`] | `INVALID_CONTEXT` |
//! | [`LookupError::Unreadable`] | `PARSE_ERROR` |
//! | [`LookupError::Unavailable`] | `GENERAL` |
//!
//! The decision itself travels in the flag metadata: `reason`, `needs`, `has`, `state`, which
//! source spoke, `trust`, and `age` in seconds where it is known.
//!
//! ```
//! use app_license::{FeatureMap, License, LicenseSource, Verified};
//! use app_license_openfeature::{LicenseProvider, lookup};
//! use open_feature::{EvaluationContext, OpenFeature};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let features = FeatureMap::from_toml("[limits]\nrows = { standard = 100 }").unwrap();
//! let licenses = lookup(|_context: &EvaluationContext| {
//!     let license = License::from_object(br#"{"active":true}"#, LicenseSource::ConnectLicenseApi)?;
//!     Ok(Verified::fetched(license)) // fetched by this very process
//! });
//! let mut api = OpenFeature::default();
//! api.set_provider(LicenseProvider::new(features, licenses)).await;
//! let rows = api.create_client().get_int_details("rows", None, None).await.unwrap();
//! assert_eq!(rows.value, 100);
//! # });
//! ```

mod lookup;
mod provider;
mod resolve;

pub use lookup::{LicenseLookup, LookupError, lookup};
pub use provider::LicenseProvider;

/// The README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
